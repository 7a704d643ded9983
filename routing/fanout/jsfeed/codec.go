package jsfeed

import (
	"encoding/json"
	"fmt"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/routing/catalog"
	"github.com/ocpihub/ocpihub/routing/fanout"
)

// headHeader carries all of a change but its body.
const headHeader = "Ocpi-Change"

// traceHeader carries the place of the push in its trace, under the name that
// other tools look for (W3C Trace Context).
const traceHeader = "traceparent"

// head is a change on the wire. Names are short: every message has it. V is
// the version of the format.
type head struct {
	V           int    `json:"v"`
	Module      string `json:"m"`
	Country     string `json:"cc"`
	Party       string `json:"p"`
	ID          string `json:"i"`
	EVSE        string `json:"e,omitempty"`
	Connector   string `json:"c,omitempty"`
	Calendar    string `json:"k,omitempty"`
	Method      string `json:"M"`
	Path        string `json:"P"`
	Query       string `json:"Q,omitempty"`
	Role        string `json:"r"`
	Platform    string `json:"s"`
	Version     string `json:"o"`
	For         string `json:"f,omitempty"`
	Newest      bool   `json:"n,omitempty"`
	Correlation string `json:"x"`
}

const headVersion = 1

func encodeHead(c fanout.Change) string {
	raw, _ := json.Marshal(head{ // strings always can be written
		V: headVersion, Module: string(c.Key.Module), Country: c.Key.Owner.Country, Party: c.Key.Owner.ID, ID: c.Key.ID,
		EVSE: c.Part.EVSE, Connector: c.Part.Connector, Calendar: c.Part.Calendar, Method: c.Method, Path: c.Path, Query: c.Query,
		Role: string(c.Role), Platform: c.Platform, Version: string(c.Version), For: c.For, Newest: c.Newest, Correlation: c.CorrelationID,
	})
	return string(raw)
}

// decode reads a message; of one that is no change only the sequence.
func decode(msg jetstream.Msg) (fanout.Record, error) {
	meta, err := msg.Metadata()
	if err != nil {
		return fanout.Record{}, fmt.Errorf("read %s: %w", streamName, err)
	}
	var h head
	if err := json.Unmarshal([]byte(msg.Headers().Get(headHeader)), &h); err != nil || h.V != headVersion {
		return fanout.Record{Seq: meta.Sequence.Stream}, fmt.Errorf("message %d of %s is not of this version of the hub", meta.Sequence.Stream, streamName)
	}
	return fanout.Record{Seq: meta.Sequence.Stream, Time: meta.Timestamp, Change: fanout.Change{
		Key: catalog.Key{
			Module: ocpi.ModuleID(h.Module), Owner: ocpi.PartyID{Country: h.Country, ID: h.Party}, ID: h.ID,
		},
		Part:   catalog.Part{EVSE: h.EVSE, Connector: h.Connector, Calendar: h.Calendar},
		Method: h.Method, Path: h.Path, Query: h.Query, Body: msg.Data(),
		Role: ocpi.Role(h.Role), Platform: h.Platform, Version: ocpi.Version(h.Version), For: h.For, Newest: h.Newest, CorrelationID: h.Correlation,
		Traceparent: msg.Headers().Get(traceHeader),
	}}, nil
}

package held

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/routing/catalog"
	"github.com/ocpihub/ocpihub/routing/fanout"
)

// record is an entry as adapters store it, without its number, in JSON. Names
// and meanings are part of their formats: add members, never change one.
type record struct {
	Since       time.Time     `json:"since"`
	Module      ocpi.ModuleID `json:"module"`
	Owner       string        `json:"owner"`
	Object      string        `json:"object"`
	EVSE        string        `json:"evse,omitempty"`
	Connector   string        `json:"connector,omitempty"`
	Method      string        `json:"method"`
	Path        string        `json:"path"`
	Query       string        `json:"query,omitempty"`
	Body        []byte        `json:"body"`
	Role        ocpi.Role     `json:"role"`
	Platform    string        `json:"platform"`
	Version     ocpi.Version  `json:"version"`
	Correlation string        `json:"correlation_id,omitempty"`
	Traceparent string        `json:"traceparent,omitempty"`
}

// Encode writes an entry, without its ID, for a store.
func Encode(e *Entry) ([]byte, error) {
	p := &e.Push
	return json.Marshal(record{
		Since: e.Since, Module: p.Key.Module, Owner: p.Key.Owner.String(), Object: p.Key.ID,
		EVSE: p.Part.EVSE, Connector: p.Part.Connector, Method: p.Method, Path: p.Path, Query: p.Query, Body: p.Body,
		Role: p.Role, Platform: p.Platform, Version: p.Version, Correlation: p.CorrelationID, Traceparent: p.Traceparent,
	})
}

// Decode reads what Encode wrote of the entry with an ID.
func Decode(id uint64, raw []byte) (Entry, error) {
	var r record
	if err := json.Unmarshal(raw, &r); err != nil {
		return Entry{}, fmt.Errorf("held push %d: %w", id, err)
	}
	owner, err := ocpi.ParsePartyID(r.Owner)
	if err != nil {
		return Entry{}, fmt.Errorf("held push %d: %w", id, err)
	}
	return Entry{ID: id, Since: r.Since, Push: fanout.Change{
		Key:  catalog.Key{Module: r.Module, Owner: owner, ID: r.Object},
		Part: catalog.Part{EVSE: r.EVSE, Connector: r.Connector}, Method: r.Method, Path: r.Path, Query: r.Query, Body: r.Body,
		Role: r.Role, Platform: r.Platform, Version: r.Version, CorrelationID: r.Correlation, Traceparent: r.Traceparent,
	}}, nil
}

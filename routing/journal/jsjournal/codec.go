package jsjournal

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/routing/journal"
)

// line is a record as it is kept: JSON, one record a line.
type line struct {
	Time          int64           `json:"t"` // nanoseconds since 1970
	CorrelationID string          `json:"c,omitempty"`
	RequestID     string          `json:"r,omitempty"`
	From          string          `json:"f,omitempty"` // CC*PID
	To            string          `json:"o,omitempty"`
	FromPlatform  string          `json:"fp,omitempty"`
	ToPlatform    string          `json:"op,omitempty"`
	Module        ocpi.ModuleID   `json:"m,omitempty"`
	Method        string          `json:"v,omitempty"`
	Object        string          `json:"p,omitempty"`
	Route         string          `json:"w,omitempty"`
	HTTPStatus    int             `json:"h,omitempty"`
	OCPIStatus    ocpi.StatusCode `json:"s,omitempty"`
	Duration      time.Duration   `json:"d,omitempty"`
	Attempt       int             `json:"a,omitempty"`
	Reason        string          `json:"y,omitempty"`
	Command       string          `json:"k,omitempty"`
	Reference     string          `json:"g,omitempty"`
	TraceID       string          `json:"x,omitempty"`
	LeftOut       int             `json:"n,omitempty"`
	Covers        []string        `json:"z,omitempty"`
}

// encode writes records, one a line.
func encode(entries []journal.Entry) ([]byte, error) {
	var out bytes.Buffer
	lines := json.NewEncoder(&out)
	for _, e := range entries {
		err := lines.Encode(line{
			e.Time.UnixNano(), e.CorrelationID, e.RequestID, written(e.From), written(e.To), e.FromPlatform, e.ToPlatform, e.Module, e.Method,
			e.Object, e.Route, e.HTTPStatus, e.OCPIStatus, e.Duration, e.Attempt, e.Reason, e.Command, e.Reference, e.TraceID,
			e.LeftOut, e.Covers,
		})
		if err != nil {
			return nil, fmt.Errorf("encode a record: %w", err)
		}
	}
	return out.Bytes(), nil
}

// decode reads a line.
func decode(raw []byte) (journal.Entry, error) {
	var l line
	if err := json.Unmarshal(raw, &l); err != nil {
		return journal.Entry{}, fmt.Errorf("decode a record: %w", err)
	}
	return journal.Entry{
		Time: time.Unix(0, l.Time).UTC(), CorrelationID: l.CorrelationID, RequestID: l.RequestID, From: party(l.From), To: party(l.To),
		FromPlatform: l.FromPlatform, ToPlatform: l.ToPlatform, Module: l.Module, Method: l.Method, Object: l.Object,
		Route: l.Route, HTTPStatus: l.HTTPStatus, OCPIStatus: l.OCPIStatus, Duration: l.Duration, Attempt: l.Attempt,
		Reason: l.Reason, Command: l.Command, Reference: l.Reference, TraceID: l.TraceID, LeftOut: l.LeftOut, Covers: l.Covers,
	}, nil
}

// written is a party as CC*PID, empty when there is none.
func written(p ocpi.PartyID) string {
	if p.IsZero() {
		return ""
	}
	return p.String()
}

func party(s string) ocpi.PartyID {
	country, id, _ := strings.Cut(s, "*")
	return ocpi.PartyID{Country: country, ID: id}
}

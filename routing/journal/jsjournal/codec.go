package jsjournal

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/routing/journal"
)

// line is a record as it is kept: JSON, one record a line.
type line struct {
	Time          int64           `json:"t"` // nanoseconds since 1970
	CorrelationID string          `json:"c,omitempty"`
	RequestID     string          `json:"r,omitempty"`
	From          ocpi.PartyID    `json:"f,omitzero"`
	To            ocpi.PartyID    `json:"o,omitzero"`
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
}

// encode writes records, one a line.
func encode(entries []journal.Entry) ([]byte, error) {
	var out bytes.Buffer
	lines := json.NewEncoder(&out)
	for _, e := range entries {
		err := lines.Encode(line{
			e.Time.UnixNano(), e.CorrelationID, e.RequestID, e.From, e.To, e.FromPlatform, e.ToPlatform, e.Module, e.Method,
			e.Object, e.Route, e.HTTPStatus, e.OCPIStatus, e.Duration, e.Attempt, e.Reason, e.Command, e.Reference,
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
		Time: time.Unix(0, l.Time).UTC(), CorrelationID: l.CorrelationID, RequestID: l.RequestID, From: l.From, To: l.To,
		FromPlatform: l.FromPlatform, ToPlatform: l.ToPlatform, Module: l.Module, Method: l.Method, Object: l.Object,
		Route: l.Route, HTTPStatus: l.HTTPStatus, OCPIStatus: l.OCPIStatus, Duration: l.Duration, Attempt: l.Attempt,
		Reason: l.Reason, Command: l.Command, Reference: l.Reference,
	}, nil
}

// selected returns the records of a batch that s takes, in their order or the
// newest first. What cannot be read is left out: it was not written by this hub.
func selected(raw []byte, s *journal.Selector, backward bool) []journal.Entry {
	lines := bytes.Split(bytes.TrimSpace(raw), []byte("\n"))
	if backward {
		slices.Reverse(lines)
	}
	var out []journal.Entry
	for _, l := range lines {
		if !mentions(l, s.IDs()) {
			continue
		}
		if e, err := decode(l); err == nil && s.Takes(&e) {
			out = append(out, e)
		}
	}
	return out
}

// mentions says whether a line holds one of the ids, which is quicker than to
// decode it.
func mentions(l []byte, ids []string) bool {
	for _, id := range ids {
		quoted, err := json.Marshal(id)
		if err != nil || bytes.Contains(l, quoted) {
			return true
		}
	}
	return len(ids) == 0
}

package jsjournal

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/bridge"
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
	Bridged       []bridged       `json:"b,omitempty"`
}

// bridged is a translation as it is kept; few records have one.
type bridged struct {
	Class    bridge.Class  `json:"c,omitempty"`
	From     ocpi.Version  `json:"f"`
	To       ocpi.Version  `json:"t"`
	Withheld bridge.Reason `json:"w,omitempty"`
	Findings []finding     `json:"l,omitempty"`
	More     int           `json:"m,omitempty"`
}

type finding struct {
	Reason  bridge.Reason `json:"r"`
	Pointer string        `json:"p,omitempty"`
	Times   int           `json:"n"`
}

// lineRoom is the room that is made for a line; most take less.
const lineRoom = 384

// encode writes records, one a line, each as encoding/json writes it: records are
// written far more often than they are read, and by hand it costs a fifth.
func encode(entries []journal.Entry) []byte {
	out := writer(make([]byte, 0, len(entries)*lineRoom))
	for i := range entries {
		out.line(&entries[i])
	}
	return out
}

// writer writes the members of a line, but for those that are empty.
type writer []byte

func (w *writer) line(e *journal.Entry) {
	*w = strconv.AppendInt(append(*w, `{"t":`...), e.Time.UnixNano(), 10)
	w.text("c", e.CorrelationID)
	w.text("r", e.RequestID)
	w.text("f", written(e.From))
	w.text("o", written(e.To))
	w.text("fp", e.FromPlatform)
	w.text("op", e.ToPlatform)
	w.text("m", string(e.Module))
	w.text("v", e.Method)
	w.text("p", e.Object)
	w.text("w", e.Route)
	w.number("h", int64(e.HTTPStatus))
	w.number("s", int64(e.OCPIStatus))
	w.number("d", int64(e.Duration))
	w.number("a", int64(e.Attempt))
	w.text("y", e.Reason)
	w.text("k", e.Command)
	w.text("g", e.Reference)
	w.text("x", e.TraceID)
	w.number("n", int64(e.LeftOut))
	w.list("z", e.Covers)
	w.bridged("b", e.Bridged)
	*w = append(*w, "}\n"...)
}

func (w *writer) name(name string) { *w = append(append(append(*w, `,"`...), name...), `":`...) }

func (w *writer) text(name, value string) {
	if value != "" {
		w.name(name)
		w.quote(value)
	}
}

func (w *writer) number(name string, value int64) {
	if value != 0 {
		w.name(name)
		*w = strconv.AppendInt(*w, value, 10)
	}
}

func (w *writer) list(name string, values []string) {
	if len(values) == 0 {
		return
	}
	w.name(name)
	for i, value := range values {
		*w = append(*w, "[,"[min(i, 1)])
		w.quote(value)
	}
	*w = append(*w, ']')
}

func (w *writer) bridged(name string, all []journal.Bridged) {
	if len(all) == 0 {
		return
	}
	w.name(name)
	raw, _ := json.Marshal(writtenBridged(all)) // texts and numbers only
	*w = append(*w, raw...)
}

func (w *writer) quote(text string) {
	if plain(text) {
		*w = append(append(append(*w, '"'), text...), '"')
		return
	}
	*w = append(*w, quoted(text)...)
}

// plain says whether encoding/json writes a text as it is, within quotes.
func plain(text string) bool {
	for i := range len(text) {
		switch c := text[i]; {
		case c < ' ', c > '~', c == '"', c == '\\', c == '<', c == '>', c == '&':
			return false
		}
	}
	return true
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
		Reason: l.Reason, Command: l.Command, Reference: l.Reference, TraceID: l.TraceID, LeftOut: l.LeftOut, Covers: l.Covers, Bridged: readBridged(l.Bridged),
	}, nil
}

func writtenBridged(all []journal.Bridged) (out []bridged) {
	for _, b := range all {
		l := bridged{Class: b.Class, From: b.From, To: b.To, Withheld: b.Withheld, More: b.More}
		for _, f := range b.Findings {
			l.Findings = append(l.Findings, finding(f))
		}
		out = append(out, l)
	}
	return out
}

func readBridged(all []bridged) (out []journal.Bridged) {
	for _, l := range all {
		b := journal.Bridged{Class: l.Class, From: l.From, To: l.To, Withheld: l.Withheld, More: l.More}
		for _, f := range l.Findings {
			b.Findings = append(b.Findings, journal.Finding(f))
		}
		out = append(out, b)
	}
	return out
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

package sim

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/ocpitest"
)

// fields are what an event tells.
type fields = map[string]any

// Event is something that happened: listening, registered, faulty, published, pulled,
// pushed, received, healed, state_written, state_failed, stopped.
type Event struct {
	Time   time.Time
	Name   string
	Fields map[string]any
}

// MarshalJSON writes an event as one flat object with time and event.
func (e Event) MarshalJSON() ([]byte, error) {
	out := maps.Clone(e.Fields)
	if out == nil {
		out = fields{}
	}
	out["time"], out["event"] = e.Time.UTC(), e.Name
	return json.Marshal(out)
}

// String writes an event for people.
func (e Event) String() string {
	var out strings.Builder
	fmt.Fprintf(&out, "%s %s", e.Time.Format(time.TimeOnly), e.Name)
	for _, name := range slices.Sorted(maps.Keys(e.Fields)) {
		fmt.Fprintf(&out, " %s=%v", name, e.Fields[name])
	}
	return out.String()
}

// inTurn lets one event be told at a time, and puts the time on it.
func inTurn(tell func(Event), now func() time.Time) func(Event) {
	if now == nil {
		now = time.Now
	}
	var mu sync.Mutex
	return func(e Event) {
		mu.Lock()
		defer mu.Unlock()
		e.Time = now()
		tell(e)
	}
}

func (s *simulation) event(name string, f fields) { s.tell(Event{Name: name, Fields: f}) }

func (s *simulation) now() time.Time {
	if s.Platform.Now == nil {
		return time.Now()
	}
	return s.Platform.Now()
}

// tally counts what was sent.
type tally struct {
	published, pushed, refused, repeated atomic.Int64

	mu       sync.Mutex
	refusal  string
	doubtful map[string]bool
}

// count says whether a call was taken, and counts it if the hub refused it.
func (t *tally) count(reply ocpitest.Reply, err error) bool {
	if err != nil {
		return false // cut off at the end
	}
	if err = reply.Err(); err == nil {
		return true
	}
	t.refused.Add(1)
	t.mu.Lock()
	defer t.mu.Unlock()
	t.refusal = err.Error()
	return false
}

func (t *tally) lastRefusal() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.refusal
}

// doubt notes an object whose last change nobody acknowledged.
func (t *tally) doubt(object string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.doubtful == nil {
		t.doubtful = map[string]bool{}
	}
	t.doubtful[object] = true
}

func (t *tally) doubts() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return append([]string{}, slices.Sorted(maps.Keys(t.doubtful))...)
}

// totals tells what came so far.
func (s *simulation) totals() fields {
	calls, byModule := 0, map[ocpi.ModuleID]int{}
	for count, n := range s.platform.Counts() {
		calls += n
		byModule[count.Module] += n
	}
	return fields{"calls": calls, "modules": byModule, "regressions": len(s.platform.Regressions())}
}

// state is what is written to the state file.
type state struct {
	Name        string                         `json:"name"`
	Parties     []string                       `json:"parties"`
	Published   int64                          `json:"published"`
	Pushed      int64                          `json:"pushed"`
	Refused     int64                          `json:"refused"`
	Repeated    int64                          `json:"repeated"`
	Doubtful    []string                       `json:"unacknowledged"`
	Calls       map[string]int                 `json:"calls"`
	ClientInfos map[string]string              `json:"client_infos"`
	Regressions []string                       `json:"regressions"`
	Own         map[string]string              `json:"own_evse_status"`
	Held        map[string]map[string]string   `json:"evse_status"` // by receiving party
	Objects     map[ocpi.ModuleID][]heldObject `json:"objects"`
}

// heldObject is an object that the platform was given.
type heldObject struct {
	Owner   string          `json:"owner"`
	ID      string          `json:"id"`
	To      string          `json:"to"`
	From    string          `json:"from"`
	Changes int             `json:"changes"`
	Object  json.RawMessage `json:"object"`
}

// save writes the state file, if one is named.
func (s *simulation) save() error {
	if s.State == "" {
		return nil
	}
	raw, err := json.Marshal(s.state())
	if err != nil {
		return fmt.Errorf("write the state: %w", err)
	}
	// Readers find the old file or the whole new one.
	next := filepath.Join(filepath.Dir(s.State), "."+filepath.Base(s.State)+".next")
	if err := os.WriteFile(next, raw, 0o600); err != nil {
		return fmt.Errorf("write the state: %w", err)
	}
	return os.Rename(next, s.State)
}

func (s *simulation) state() state {
	p := s.platform
	out := state{
		Name: p.Name(), Doubtful: s.tally.doubts(), Regressions: []string{},
		Published: s.tally.published.Load(), Pushed: s.tally.pushed.Load(),
		Refused: s.tally.refused.Load(), Repeated: s.tally.repeated.Load(),
		Calls: map[string]int{}, ClientInfos: map[string]string{},
		Own:  ocpitest.Statuses(p.Offers(ocpi.Locations)),
		Held: map[string]map[string]string{}, Objects: map[ocpi.ModuleID][]heldObject{},
	}
	for _, r := range p.Regressions() {
		out.Regressions = append(out.Regressions, r.String())
	}
	for _, party := range p.Parties() {
		out.Parties = append(out.Parties, party.String())
	}
	for c, n := range p.Counts() {
		out.Calls[fmt.Sprintf("%s %s %d", c.Method, c.Module, c.Status)] += n
	}
	for _, info := range p.ClientInfos() {
		out.ClientInfos[info.Party.String()] = info.Status
	}
	byReceiver := map[string][]ocpitest.Object{}
	for _, o := range p.Objects("", nil) {
		to := o.To.String()
		if o.Module == ocpi.Locations {
			byReceiver[to] = append(byReceiver[to], o)
		}
		out.Objects[o.Module] = append(out.Objects[o.Module], heldObject{
			Owner: o.Owner.String(), ID: o.ID, To: to, From: o.From.String(), Changes: o.Changes, Object: o.Raw,
		})
	}
	for to, locations := range byReceiver {
		out.Held[to] = ocpitest.Statuses(locations)
	}
	return out
}

package watch

import (
	"context"
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"github.com/ocpihub/ocpihub/internal/fault"
	"github.com/ocpihub/ocpihub/ocpi"
)

// Where a hub has several replicas one of them watches. The others hand what
// they see to it, summed up, and show what it has written down. What is on its
// way while the watch changes hands is lost, and so is what was counted of
// shares and takings; rhythms and alerts are in the store.

const (
	// tellEvery is how long what was seen is summed up before it is told.
	tellEvery = time.Second
	// rereadEvery is how old what a replica shows may be.
	rereadEvery = 10 * time.Second
	// maxGathered bounds what is summed up.
	maxGathered = 8192
	// notesTold is how many notes are told at a time.
	notesTold = 100
)

// note is what another replica saw, as it is told, in JSON.
type note struct {
	Sort    sort          `json:"sort"`
	Refused bool          `json:"refused,omitempty"`
	Party   ocpi.PartyID  `json:"party,omitzero"`
	Module  ocpi.ModuleID `json:"module,omitempty"`
	Name    string        `json:"name,omitempty"`
	Change  change        `json:"change,omitzero"`
	At      time.Time     `json:"at"`
	Count   int           `json:"count"`
	Sight   *Sight        `json:"sight,omitempty"`
	Alert   *Alert        `json:"alert,omitempty"` // it was acknowledged
}

// gathered sums notes up.
type gathered map[note]*note

// add takes an event. It says whether there was room.
func (g gathered) add(e event) bool {
	switch rest := e.rest.(type) {
	case Object:
		ok := true
		for _, c := range changesIn(rest) {
			ok = g.sum(note{Sort: sortObject, Party: rest.Party, Module: rest.Module, Change: change{ID: c.ID}}, note{Change: c, At: e.at}) && ok
		}
		return ok
	case Sight:
		return g.sum(note{Sort: sortSight, Name: rest.Platform + " " + rest.Host}, note{Sight: &rest})
	default:
		n := note{Sort: e.sort, Refused: e.refused, Party: e.party, Module: e.module}
		if e.sort == sortCall || e.module == ocpi.Tariffs { // the names of others need not travel
			n.Name = e.name
		}
		return g.sum(n, note{At: e.at})
	}
}

// sum adds to the note that is told by what they have in common; the newest
// counts.
func (g gathered) sum(common, newest note) bool {
	n := g[common]
	if n == nil {
		if len(g) >= maxGathered {
			return false
		}
		n = &note{}
		g[common] = n
	}
	count := n.Count + 1
	*n = common
	n.Count, n.At, n.Sight = count, newest.At, newest.Sight
	if newest.Change.ID != 0 {
		n.Change = newest.Change
	}
	return true
}

// Assist hands over what this replica sees while another one watches, and keeps
// what it shows up to date, until ctx ends.
func (w *Watcher) Assist(ctx context.Context) error {
	tell, reread := time.NewTicker(tellEvery), time.NewTicker(rereadEvery)
	defer tell.Stop()
	defer reread.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tell.C:
			if !w.watching.Load() {
				w.tellOthers()
			}
		case <-reread.C:
			if !w.watching.Load() {
				w.reread(ctx)
			}
		}
	}
}

// tellOthers tells what has come in since it did so last.
func (w *Watcher) tellOthers() {
	sum := gathered{}
	for range maxWaiting {
		select {
		case e := <-w.queue:
			if o, is := e.rest.(Object); is {
				w.bytes.Add(-int64(len(o.Body)))
				e.at = w.Now()
			}
			if !sum.add(e) {
				w.dropped.Add(1)
			}
			continue
		default:
		}
		break
	}
	var notes []note
	for _, n := range sum {
		if notes = append(notes, *n); len(notes) == notesTold {
			w.tell(notes)
			notes = nil
		}
	}
	if len(notes) > 0 {
		w.tell(notes)
	}
}

// tell tells notes, with a number that makes each telling another one.
func (w *Watcher) tell(notes []note) {
	text, err := json.Marshal(notes)
	if err != nil {
		w.Log.Error("what was seen cannot be told", "error", err)
		return
	}
	w.Elsewhere(strconv.FormatInt(w.tellings.Add(1), 10) + " " + string(text))
}

// Hear takes what another replica tells, if this one watches.
func (w *Watcher) Hear(text string) {
	var notes []note
	_, body, _ := strings.Cut(text, " ")
	if !w.watching.Load() {
		return
	}
	if err := json.Unmarshal([]byte(body), &notes); err != nil {
		w.Log.Warn("what another replica saw cannot be read", "error", err)
		return
	}
	for _, n := range notes {
		e := event{sort: n.Sort, refused: n.Refused, party: n.Party, module: n.Module, name: n.Name, at: n.At, count: n.Count}
		switch {
		case n.Alert != nil:
			w.adopt(*n.Alert)
			continue
		case n.Sight != nil:
			e.rest = *n.Sight
		case n.Sort == sortObject:
			e.rest = n.Change
		}
		w.hand(e)
	}
}

// takeOver begins the watch: what others wrote down counts, and this replica has only
// now begun to look.
func (w *Watcher) takeOver(ctx context.Context) {
	w.reread(ctx)
	w.mu.Lock()
	defer w.mu.Unlock()
	now := w.Now()
	w.watched, w.looked, w.saved = now, now, now
	w.shares, w.taken, w.backlogs = map[shareKey]*share{}, map[taking]taken{}, map[string]*backlog{}
	w.expectShares()
}

// reread reads what was written down. What cannot be read stays as it was.
func (w *Watcher) reread(ctx context.Context) {
	memo, err := w.Store.Load(ctx)
	if err != nil {
		if ctx.Err() == nil {
			w.Log.Warn("the alerts cannot be read now", "error", err)
		}
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.remember(memo)
}

// adopt takes over that an alert was acknowledged at another replica.
func (w *Watcher) adopt(a Alert) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if known := w.ledger.alerts[a.ID]; known != nil && known.State == Firing {
		known.Acknowledged, known.Until = a.Acknowledged, a.Until
		w.ledger.dirty[a.ID] = true
	}
}

// pass writes down that an alert was acknowledged here, and tells the replica
// that watches.
func (w *Watcher) pass(ctx context.Context, a Alert) error {
	if err := w.Store.Save(ctx, Memo{Alerts: []Alert{a}}, nil); err != nil {
		return fault.Wrap(fault.Unavailable, err, "the alerts cannot be written now: try again")
	}
	w.tell([]note{{Alert: &a}})
	return nil
}

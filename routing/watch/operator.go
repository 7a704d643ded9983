package watch

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/ocpihub/ocpihub/internal/fault"
	"github.com/ocpihub/ocpihub/ocpi"
)

// Alerts returns the alerts that a query selects: those that hold first, the
// most urgent and the newest first.
func (w *Watcher) Alerts(q Query) []Alert {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.ledger.list(q)
}

// Counts says how many alerts hold, by kind and severity.
func (w *Watcher) Counts() map[Kind]map[Severity]int {
	out := map[Kind]map[Severity]int{}
	for _, k := range Kinds() {
		out[k] = map[Severity]int{}
	}
	if !w.watching.Load() {
		return out // the replica that watches tells of them
	}
	for _, a := range w.Alerts(Query{}) {
		out[a.Kind][a.Severity]++
	}
	return out
}

// Acknowledge notes that the operator knows of an alert: it stays listed, and
// the webhook is not told of it for so long; 0: until it ends. Faults: NotFound,
// Conflict when it has ended. dry: nothing is noted. what says in words what
// was, or would be, done.
func (w *Watcher) Acknowledge(ctx context.Context, id string, d time.Duration, dry bool) (a Alert, what string, err error) {
	a, what, err = w.acknowledge(id, d, dry)
	switch {
	case err != nil || dry:
	case w.watching.Load():
		w.save(ctx, false)
	default:
		err = w.pass(ctx, a)
	}
	return a, what, err
}

func (w *Watcher) acknowledge(id string, d time.Duration, dry bool) (Alert, string, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	known := w.ledger.alerts[id]
	switch {
	case known == nil:
		return Alert{}, "", fault.New(fault.NotFound, "no alert %q: hubctl alerts lists them", id)
	case known.State == Resolved:
		return Alert{}, "", fault.New(fault.Conflict, "alert %s has ended already: there is nothing to acknowledge", id)
	}
	a := *known
	a.Acknowledged, a.Until = true, time.Time{}
	what := "the webhook is not told of it until it ends"
	if d > 0 {
		a.Until = w.Now().Add(d).UTC()
		what = fmt.Sprintf("the webhook is not told of it until %s", a.Until.Format(time.RFC3339))
	}
	if !dry {
		*known = a
		w.ledger.dirty[id] = true
	}
	return a, what, nil
}

// Beat is the rhythm of a party in a module as an operator reads it.
type Beat struct {
	Party       ocpi.PartyID
	Module      ocpi.ModuleID
	First, Last time.Time
	Messages    int64
	Known       int     // hours of the cycle that were watched, of 168
	UsualNow    float64 // in how many of the twelve steps of this hour something comes
	Missed      float64 // steps missed since the last message
	Limit       float64 // more than so many are a silence
	Longest     float64 // the longest usual pause, in steps missed
	Usual       []float64
}

// Rhythms returns what is usual with a party, or with all, by party and module.
func (w *Watcher) Rhythms(party ocpi.PartyID) (out []Beat) {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := w.Now()
	for _, r := range w.rhythms {
		if party.IsZero() || party == r.Party {
			out = append(out, w.beat(r, now))
		}
	}
	slices.SortFunc(out, func(a, b Beat) int {
		return cmp.Or(cmp.Compare(a.Party.String(), b.Party.String()), cmp.Compare(a.Module, b.Module))
	})
	return out
}

func (w *Watcher) beat(r *Rhythm, now time.Time) Beat {
	b := Beat{
		Party: r.Party, Module: r.Module, First: r.First, Last: r.Last, Messages: r.Messages, Known: r.Known(),
		UsualNow: r.usualAt(w.calendar, now), Missed: r.missed(w.calendar, w.watched, now), Limit: r.limit(), Longest: r.Longest,
	}
	for _, level := range r.Usual {
		usual := -1.0
		if level != unseen {
			usual = float64(level) / grain
		}
		b.Usual = append(b.Usual, usual)
	}
	return b
}

func copied(r *Rhythm) Rhythm {
	c := *r
	c.Usual = slices.Clone(r.Usual)
	return c
}

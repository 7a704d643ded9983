package watch

import (
	"cmp"
	"slices"
	"time"
)

const (
	// settle is for how many intervals trouble must be over before its alert is.
	settle = 5
	// keepEnded and maxAlerts bound the alerts that are kept: those that ended go
	// after a week, and no more are taken than that.
	keepEnded = 7 * 24 * time.Hour
	maxAlerts = 5000
)

// ledger turns judgements into alerts. It is not safe for concurrent use.
type ledger struct {
	alerts  map[string]*Alert
	dirty   map[string]bool
	dropped int64
}

func newLedger(stored []Alert) *ledger {
	l := &ledger{alerts: map[string]*Alert{}, dirty: map[string]bool{}}
	for _, a := range stored {
		l.alerts[a.ID] = &a
	}
	return l
}

// firing returns the alert about a subject while it holds.
func (l *ledger) firing(k Kind, s Subject) (*Alert, bool) {
	a := l.alerts[idOf(k, s)]
	return a, a != nil && a.State == Firing
}

// settle takes a judgement. changed is the alert that it began or ended.
func (l *ledger) settle(j Judgement, now time.Time, calm time.Duration) (changed *Alert) {
	id := idOf(j.Kind, j.Subject)
	a := l.alerts[id]
	holds := a != nil && a.State == Firing
	switch {
	case !holds && !j.Bad:
		return nil
	case !holds:
		return l.begin(id, j, now)
	case j.Bad:
		l.goOn(a, j)
		return nil
	case a.Good.IsZero():
		a.Good = now
		l.dirty[id] = true
	}
	if now.Sub(a.Good) < calm {
		return nil
	}
	return l.end(a, now)
}

func (l *ledger) begin(id string, j Judgement, now time.Time) *Alert {
	if l.alerts[id] == nil && len(l.alerts) >= maxAlerts {
		l.dropped++
		return nil
	}
	a := &Alert{
		ID: id, Kind: j.Kind, Severity: j.Severity, Subject: j.Subject, State: Firing, Since: now,
		Value: j.Value, Threshold: j.Threshold,
	}
	l.alerts[id], l.dirty[id] = a, true
	return a
}

// goOn keeps an alert up to date. One that has become more urgent is told anew.
func (l *ledger) goOn(a *Alert, j Judgement) {
	if a.Severity != j.Severity {
		if j.Severity == Critical {
			a.Told = ""
		}
		l.dirty[a.ID] = true
	}
	if !a.Good.IsZero() {
		l.dirty[a.ID] = true
	}
	a.Severity, a.Value, a.Threshold, a.Good = j.Severity, j.Value, j.Threshold, time.Time{}
}

// end resolves an alert. One that the webhook never heard of it need not hear
// of now.
func (l *ledger) end(a *Alert, now time.Time) *Alert {
	if a.Told == "" {
		a.Told = Resolved
	}
	a.State, a.Ended, a.Acknowledged, a.Until, a.Good = Resolved, now, false, time.Time{}, time.Time{}
	l.dirty[a.ID] = true
	return a
}

// sweep drops what ended long ago and returns the ids.
func (l *ledger) sweep(now time.Time) (gone []string) {
	for id, a := range l.alerts {
		if a.State == Resolved && now.Sub(a.Ended) > keepEnded {
			gone = append(gone, id)
			delete(l.alerts, id)
			delete(l.dirty, id)
		}
	}
	return gone
}

// list returns copies of the alerts that a query selects: those that hold first,
// the most urgent and the newest first.
func (l *ledger) list(q Query) (out []Alert) {
	for _, a := range l.alerts {
		if q.selects(a) {
			out = append(out, *a)
		}
	}
	slices.SortFunc(out, func(a, b Alert) int {
		return cmp.Or(
			cmp.Compare(a.State, b.State), cmp.Compare(a.Severity, b.Severity), b.Since.Compare(a.Since), cmp.Compare(a.ID, b.ID),
		)
	})
	return out
}

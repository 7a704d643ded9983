package watch

import (
	"fmt"
	"time"
)

// silence judges the pause of one rhythm. While it is an alert it ends with the
// next message only.
func (w *Watcher) silence(r *Rhythm, now time.Time, firing bool, since time.Time) (Judgement, bool) {
	j := Judgement{Kind: Silence, Severity: Warning, Subject: Subject{Party: r.Party, Module: r.Module}}
	switch {
	case !w.seen.Active[r.Party]:
		return j, false
	case firing:
		j.Bad = !r.Last.After(since)
	default:
		j.Bad = now.Sub(r.Last) >= w.Silence && r.missed(w.calendar, w.watched, now) > r.limit()
	}
	j.Value = fmt.Sprintf("nothing for %s, since %s", rounded(now.Sub(r.Last)), r.Last.UTC().Format(time.RFC3339))
	j.Threshold = fmt.Sprintf("more than %.0f of the usual five-minute steps missed", r.limit())
	return j, true
}

// rounded shows a duration in no more detail than matters.
func rounded(d time.Duration) time.Duration {
	switch {
	case d > time.Hour:
		return d.Round(time.Minute)
	case d > time.Minute:
		return d.Round(time.Second)
	}
	return d.Round(time.Millisecond)
}

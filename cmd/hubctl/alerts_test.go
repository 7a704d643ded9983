package main

import (
	"context"
	"time"

	"github.com/ocpihub/ocpihub/internal/fault"
	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/routing/watch"
)

// lookout is a watcher over alerts that never change.
type lookout struct{ *stage }

func silent() watch.Alert {
	return watch.Alert{
		ID: "3f2a91c07be4", Kind: watch.Silence, Severity: watch.Warning, State: watch.Firing, Since: at(5),
		Subject: watch.Subject{Party: ocpi.NewPartyID("DE", "ACM"), Module: ocpi.Sessions},
		Value:   "nothing for 1h5m0s, since 2026-11-21T11:00:00Z", Threshold: "more than 12 of the usual five-minute steps missed",
	}
}

func (l lookout) Alerts(q watch.Query) []watch.Alert {
	if l.empty {
		return nil
	}
	out := []watch.Alert{silent()}
	if q.All {
		out = append(out, watch.Alert{
			ID: "0c11d2a4b6e8", Kind: watch.Backlog, Severity: watch.Warning, State: watch.Resolved, Since: at(1), Ended: at(4),
			Subject: watch.Subject{Platform: "p-1"}, Value: "1 pending, the oldest for 1m0s", Threshold: "more than 15m0s",
		})
	}
	return out
}

func (l lookout) Rhythms(ocpi.PartyID) []watch.Beat {
	if l.empty {
		return nil
	}
	return []watch.Beat{{
		Party: ocpi.NewPartyID("DE", "ACM"), Module: ocpi.Sessions, First: at(1), Last: at(2), Messages: 1200, Known: 168,
		UsualNow: 11.5, Missed: 13.04, Limit: 12, Longest: 4.5, Usual: []float64{11.5, -1},
	}}
}

func (l lookout) Acknowledge(_ context.Context, id string, d time.Duration, _ bool) (watch.Alert, string, error) {
	a := silent()
	if id != a.ID {
		return a, "", fault.New(fault.NotFound, "no alert %q: hubctl alerts lists them", id)
	}
	a.Acknowledged = true
	if d > 0 {
		a.Until = at(5).Add(d)
	}
	return a, "the webhook is not told of it until it ends", nil
}

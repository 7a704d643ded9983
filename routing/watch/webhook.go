package watch

import (
	"context"
	"encoding/json"
	"log/slog"
	"sync/atomic"
	"time"
)

const (
	// maxTold is how many alerts go into one call.
	maxTold = 100
	// retryFirst and retryMost bound how long a call that failed waits for the
	// next.
	retryFirst = time.Second
	retryMost  = 5 * time.Minute
	// again is how often it is looked whether an acknowledgement has ended.
	again = time.Minute
)

// Teller tells a webhook of alerts, in the form of Alertmanager's webhook
// (version 4). What is to be told is kept with the alerts: nothing is lost by a
// restart, and nothing is told twice that was taken. Make one with NewTeller;
// Run does the work.
type Teller struct {
	watcher  *Watcher
	post     func(ctx context.Context, body []byte) error
	hub      string
	log      *slog.Logger
	wake     chan struct{}
	failures atomic.Int64
}

// NewTeller returns a Teller for a hub of this name. post makes one call; any
// error means that it must be repeated.
func NewTeller(hub string, log *slog.Logger, post func(ctx context.Context, body []byte) error) *Teller {
	return &Teller{post: post, hub: hub, log: log, wake: make(chan struct{}, 1)}
}

// Wake says that there is something to tell. It does not block.
func (t *Teller) Wake() {
	select {
	case t.wake <- struct{}{}:
	default:
	}
}

// Failures counts the calls that failed since the start.
func (t *Teller) Failures() int64 { return t.failures.Load() }

// Run tells of the alerts of a watcher until ctx ends.
func (t *Teller) Run(ctx context.Context, w *Watcher) error {
	t.watcher = w
	wait, failing := retryFirst, false
	for {
		err := t.tell(ctx)
		pause := again
		switch {
		case err == nil:
			wait, failing = retryFirst, false
		case ctx.Err() == nil:
			if t.failures.Add(1); !failing {
				t.log.Warn("the webhook of alerts cannot be told: it is tried again", "error", err)
			}
			pause, failing = wait, true
			wait = min(2*wait, retryMost)
		}
		if !t.rest(ctx, pause, failing) {
			return nil
		}
	}
}

// rest waits: for the time given, and unless calls fail for something to tell.
func (t *Teller) rest(ctx context.Context, d time.Duration, failing bool) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	wake := t.wake
	if failing {
		wake = nil
	}
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
	case <-wake:
	}
	return true
}

// tell makes as many calls as there is to tell.
func (t *Teller) tell(ctx context.Context) error {
	for _, state := range []State{Firing, Resolved} {
		for {
			alerts := t.watcher.untold(state)
			if len(alerts) == 0 {
				break
			}
			body, err := json.Marshal(t.payload(state, alerts))
			if err != nil {
				return err
			}
			if err := t.post(ctx, body); err != nil {
				return err
			}
			t.watcher.told(ctx, alerts)
		}
	}
	return nil
}

// untold are the first of the alerts in a state of which the webhook is yet to
// be told.
func (w *Watcher) untold(state State) (out []Alert) {
	now := w.Now()
	for _, a := range w.Alerts(Query{All: state == Resolved}) {
		if a.State == state && a.Told != state && !a.Quiet(now) && len(out) < maxTold {
			out = append(out, a)
		}
	}
	return out
}

// told notes that the webhook knows of alerts as they were.
func (w *Watcher) told(ctx context.Context, alerts []Alert) {
	w.mu.Lock()
	for i := range alerts {
		a := w.ledger.alerts[alerts[i].ID]
		moreUrgent := a != nil && a.State == Firing && a.Severity != alerts[i].Severity
		if a != nil && !moreUrgent {
			a.Told = alerts[i].State
			w.ledger.dirty[a.ID] = true
		}
	}
	w.mu.Unlock()
	w.save(ctx, false)
}

// payload is the body of a call, in Alertmanager's words.
type payload struct {
	Version     string            `json:"version"`
	GroupKey    string            `json:"groupKey"`
	Truncated   int               `json:"truncatedAlerts"`
	Status      State             `json:"status"`
	Receiver    string            `json:"receiver"`
	GroupLabels map[string]string `json:"groupLabels"`
	Labels      map[string]string `json:"commonLabels"`
	Annotations map[string]string `json:"commonAnnotations"`
	ExternalURL string            `json:"externalURL"`
	Alerts      []toldAlert       `json:"alerts"`
}

type toldAlert struct {
	Status      State             `json:"status"`
	Labels      map[string]string `json:"labels"`
	Annotations map[string]string `json:"annotations"`
	StartsAt    time.Time         `json:"startsAt"`
	EndsAt      time.Time         `json:"endsAt"` // the year 1 while it holds
	Generator   string            `json:"generatorURL"`
	Fingerprint string            `json:"fingerprint"`
}

func (t *Teller) payload(state State, alerts []Alert) payload {
	common := map[string]string{"job": "ocpi-hub", "hub": t.hub}
	p := payload{
		Version: "4", GroupKey: "{}:{hub=\"" + t.hub + "\"}", Status: state, Receiver: "ocpi-hub",
		GroupLabels: map[string]string{"hub": t.hub}, Labels: common, Annotations: map[string]string{},
	}
	for i := range alerts {
		a := &alerts[i]
		labels := map[string]string{"job": "ocpi-hub", "hub": t.hub, "alertname": string(a.Kind), "severity": string(a.Severity)}
		for label, value := range map[string]string{
			"platform_id": a.Subject.Platform, "party": written(a.Subject.Party), "module": string(a.Subject.Module), "subject": a.Subject.Name,
		} {
			if value != "" {
				labels[label] = value
			}
		}
		p.Alerts = append(p.Alerts, toldAlert{
			Status: a.State, Labels: labels, StartsAt: a.Since, EndsAt: a.Ended, Fingerprint: a.ID,
			Annotations: map[string]string{"summary": a.Value, "threshold": a.Threshold, "description": a.Kind.Do(), "runbook": a.Kind.Runbook()},
		})
	}
	return p
}

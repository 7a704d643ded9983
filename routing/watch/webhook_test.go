package watch_test

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/ocpihub/ocpihub/routing/watch"
)

type told struct {
	Version, Status string
	Alerts          []struct {
		Fingerprint      string
		Labels           map[string]string
		StartsAt, EndsAt time.Time
	}
}

// tellOnce runs a teller until its webhook, which first fails once, was told.
func (w *world) tellOnce() (out told) {
	ctx, cancel := context.WithCancel(w.t.Context())
	defer cancel()
	failed := false
	teller := watch.NewTeller("NL*HUB", slog.New(slog.DiscardHandler), func(_ context.Context, body []byte) error {
		if !failed {
			failed = true
			return errors.New("HTTP 503")
		}
		cancel()
		return json.Unmarshal(body, &out)
	})
	if err := teller.Run(ctx, w.Watcher); err != nil || teller.Failures() != 1 {
		w.t.Errorf("%v, %d failures", err, teller.Failures())
	}
	return out
}

func TestTheWebhookIsToldOfBeginningAndEndAlsoWhenItFailsFirst(t *testing.T) {
	w := newWorld(t)
	w.loads = []watch.Load{{Platform: "p1", Pending: 1, Oldest: 20 * time.Minute}}
	w.pass(time.Hour, nil)
	began := w.tellOnce()
	if began.Version != "4" || began.Status != "firing" || len(began.Alerts) != 1 || began.Alerts[0].Labels["alertname"] != "backlog" {
		t.Fatalf("it was told %+v", began)
	}
	w.loads[0].Oldest = 0
	w.pass(time.Hour, nil)
	ended := w.tellOnce()
	if ended.Status != "resolved" || len(ended.Alerts) != 1 || ended.Alerts[0].Fingerprint != began.Alerts[0].Fingerprint || ended.Alerts[0].EndsAt.IsZero() {
		t.Errorf("it was told %+v", ended)
	}
}

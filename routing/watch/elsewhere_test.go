package watch_test

import (
	"context"
	"fmt"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/routing/watch"
)

// replicas are two watchers of one hub, in a bubble of synctest.
func replicas(t *testing.T) (one, two *watch.Watcher) {
	t.Helper()
	around := newWorld(t)
	open := func(other **watch.Watcher) *watch.Watcher {
		w, err := watch.Open(t.Context(), watch.Options{
			Store: around.store, Surroundings: around, Deadlines: around, Thresholds: around.limits,
			Now: time.Now, Log: slog.New(slog.DiscardHandler), Elsewhere: func(text string) { (*other).Hear(text) },
		})
		if err != nil {
			t.Fatal(err)
		}
		return w
	}
	return open(&two), open(&one)
}

// begin runs something until the returned function is called.
func begin(t *testing.T, run func(context.Context) error) (end func()) {
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- run(ctx) }()
	return func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

// kindsOf are the alerts that hold, by kind, state and whether somebody knows.
func kindsOf(w *watch.Watcher) string {
	out := ""
	for _, a := range w.Alerts(watch.Query{All: true}) {
		out += fmt.Sprint(a.Kind, " ", a.State, " ", a.Acknowledged, ";")
	}
	return out
}

func TestTheReplicaThatWatchesSeesWhatComesToTheOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		one, two := replicas(t)
		endOne := begin(t, one.Run)
		defer begin(t, one.Assist)()
		defer begin(t, two.Assist)()
		for range 15 { // to each too few for an alert
			one.Message(watch.Message{At: time.Now(), Party: abc, Module: ocpi.Locations, Refused: true})
			two.Message(watch.Message{At: time.Now(), Party: abc, Module: ocpi.Locations, Refused: true})
		}
		for i := range 20 {
			body := fmt.Appendf(nil, `{"uid":"E%d","status":"REMOVED"}`, i)
			two.Object(watch.Object{Party: abc, Module: ocpi.Locations, Class: "EVSE", ID: fmt.Sprint("L/E", i), Body: body})
		}
		time.Sleep(90 * time.Second)
		synctest.Wait()
		const noticed = "refused_messages firing false;"
		if a, b := kindsOf(one), kindsOf(two); a != noticed || b != noticed {
			t.Fatalf("the one that watches shows %q, the other %q", a, b)
		}
		if n := one.Counts()[watch.Refusals][watch.Warning] + two.Counts()[watch.Refusals][watch.Warning]; n != 1 {
			t.Errorf("%d alerts are counted", n)
		}
		if rhythms := one.Rhythms(abc); len(rhythms) != 1 || rhythms[0].Messages != 30 {
			t.Errorf("the rhythms are %+v", rhythms)
		}

		if _, _, err := two.Acknowledge(t.Context(), two.Alerts(watch.Query{})[0].ID, 0, false); err != nil {
			t.Fatal(err)
		}
		time.Sleep(90 * time.Second)
		synctest.Wait()
		const known = "refused_messages firing true;"
		if a, b := kindsOf(one), kindsOf(two); a != known || b != known {
			t.Errorf("when it was acknowledged at the other, the one that watches shows %q, the other %q", a, b)
		}

		endOne()
		endTwo := begin(t, two.Run)
		defer endTwo()
		time.Sleep(90 * time.Second)
		synctest.Wait()
		if a, b := kindsOf(one), kindsOf(two); a != known || b != known {
			t.Errorf("when the watch has changed hands, %q is shown, and %q", a, b)
		}
		one.Message(watch.Message{At: time.Now(), Party: abc, Module: ocpi.Tokens})
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if rhythms := two.Rhythms(abc); len(rhythms) != 2 {
			t.Errorf("the rhythms are then %+v", rhythms)
		}
	})
}

// Package watchtest judges implementations of watch.Store.
package watchtest

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/routing/watch"
)

// Run runs every test, each with an empty store that open makes.
func Run(t *testing.T, open func(*testing.T) watch.Store) {
	t.Run("an empty store holds nothing", func(t *testing.T) { holds(t, open(t), watch.Memo{}) })
	t.Run("what was saved is there as it was", func(t *testing.T) {
		s := open(t)
		save(t, s, Full())
		holds(t, s, Full())
	})
	t.Run("what is saved again takes the place of the older", func(t *testing.T) {
		s := open(t)
		save(t, s, Full())
		newer := Full()
		newer.Rhythms[0].Messages, newer.Alerts[0].State = 99, watch.Resolved
		save(t, s, newer)
		holds(t, s, newer)
	})
	t.Run("an alert that is dropped is gone", func(t *testing.T) {
		s := open(t)
		save(t, s, Full())
		save(t, s, watch.Memo{}, "a2", "never there")
		want := Full()
		want.Alerts = want.Alerts[:1]
		holds(t, s, want)
	})
	t.Run("a context that has ended stops both", func(t *testing.T) {
		s := open(t)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := s.Load(ctx); err == nil {
			t.Error("Load went on")
		}
		if err := s.Save(ctx, Full(), nil); err == nil {
			t.Error("Save went on")
		}
		holds(t, s, watch.Memo{})
	})
}

// Full is something of everything that is kept.
func Full() watch.Memo {
	at := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	abc := ocpi.NewPartyID("DE", "ABC")
	return watch.Memo{
		Rhythms: []watch.Rhythm{
			{Party: abc, Module: ocpi.Locations, First: at, Last: at.Add(time.Hour), Messages: 7, Usual: []byte{1, 240, 255}, Longest: 2.5, Faded: at, Hour: at, Active: 5},
			{Party: abc, Module: ocpi.Tariffs, First: at, Last: at, Messages: 1, Usual: []byte{255}, Faded: at, Hour: at},
		},
		Alerts: []watch.Alert{
			{ID: "a1", Kind: watch.Silence, Severity: watch.Warning, Subject: watch.Subject{Party: abc, Module: ocpi.Locations}, State: watch.Firing, Since: at, Value: "v", Threshold: "t", Acknowledged: true, Until: at.Add(time.Hour), Told: watch.Firing, Good: at},
			{ID: "a2", Kind: watch.Backlog, Severity: watch.Critical, Subject: watch.Subject{Platform: "p1", Name: "n"}, State: watch.Resolved, Since: at, Ended: at.Add(time.Minute)},
		},
	}
}

func save(t *testing.T, s watch.Store, m watch.Memo, dropped ...string) {
	t.Helper()
	if err := s.Save(t.Context(), m, dropped); err != nil {
		t.Fatal(err)
	}
}

func holds(t *testing.T, s watch.Store, want watch.Memo) {
	t.Helper()
	got, err := s.Load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	byModule := cmpopts.SortSlices(func(a, b watch.Rhythm) bool { return a.Module < b.Module })
	byID := cmpopts.SortSlices(func(a, b watch.Alert) bool { return a.ID < b.ID })
	if diff := cmp.Diff(want, got, byModule, byID, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("the store holds (-want +got):\n%s", diff)
	}
}

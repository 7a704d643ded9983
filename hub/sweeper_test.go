package hub

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/routing/catalog"
	"github.com/ocpihub/ocpihub/routing/trail"
)

// attic is a catalog and trails with a sweeper over them.
type attic struct {
	*sweeper
	t       *testing.T
	objects *catalog.Keyed
	count   map[string]int
}

func newAttic(t *testing.T, keep RetentionConfig) *attic {
	a := &attic{t: t, objects: catalog.NewMemory(), count: map[string]int{}}
	a.sweeper = &sweeper{
		retention: keep, purge: a.objects.Purge, trails: trail.NewMemory().Sweep,
		removed: func(what string, n int) { a.count[what] += n }, now: time.Now, log: slog.New(slog.DiscardHandler),
	}
	return a
}

func (a *attic) put(m ocpi.ModuleID, id string) {
	a.t.Helper()
	k := catalog.Key{Module: m, Owner: ocpi.NewPartyID("DE", "ABC"), Audience: ocpi.NewPartyID("NL", "TNM"), ID: id}
	if _, err := a.objects.Apply(a.t.Context(), catalog.Change{Key: k, Op: catalog.Put, Body: []byte(`{}`), At: time.Now()}); err != nil {
		a.t.Fatal(err)
	}
}

func (a *attic) held() map[ocpi.ModuleID]int {
	out := map[ocpi.ModuleID]int{}
	for _, m := range []ocpi.ModuleID{ocpi.Sessions, ocpi.CDRs} {
		page, err := a.objects.List(a.t.Context(), catalog.Query{Module: m, Reader: ocpi.NewPartyID("NL", "TNM"), Limit: 9})
		if err != nil {
			a.t.Fatal(err)
		}
		out[m] = page.Total
	}
	return out
}

func TestH211_SessionsAndCDRsAreRemovedAfterTheirRetention(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, began := newAttic(t, RetentionConfig{Sessions: 24 * time.Hour, CDRs: 48 * time.Hour}), time.Now()
		a.put(ocpi.Sessions, "S1")
		a.put(ocpi.CDRs, "C1")
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- a.run(ctx) }()
		for _, step := range []struct {
			after          time.Duration
			sessions, cdrs int
		}{{23 * time.Hour, 1, 1}, {26 * time.Hour, 0, 1}, {47 * time.Hour, 0, 1}, {50 * time.Hour, 0, 0}} {
			time.Sleep(step.after - time.Since(began))
			synctest.Wait()
			if diff := cmp.Diff(map[ocpi.ModuleID]int{ocpi.Sessions: step.sessions, ocpi.CDRs: step.cdrs}, a.held()); diff != "" {
				t.Errorf("after %s: %s", step.after, diff)
			}
		}
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
		if a.count["sessions"] != 1 || a.count["cdrs"] != 1 {
			t.Errorf("%v were counted", a.count)
		}
	})
}

func TestARetentionOfZeroKeepsForGood(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAttic(t, RetentionConfig{Sessions: time.Hour})
		a.put(ocpi.Sessions, "S1")
		a.put(ocpi.CDRs, "C1")
		time.Sleep(1000 * 24 * time.Hour)
		if err := a.sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := a.held(); got[ocpi.CDRs] != 1 || got[ocpi.Sessions] != 0 {
			t.Errorf("the hub holds %v", got)
		}
	})
}

func TestASweepThatFailsSaysSoAndGoesOnWithTheRest(t *testing.T) {
	a := newAttic(t, RetentionConfig{Sessions: time.Hour, CDRs: time.Hour})
	broken := errors.New("broken")
	var swept []ocpi.ModuleID
	a.purge = func(_ context.Context, m ocpi.ModuleID, _ time.Time) (int, error) {
		swept = append(swept, m)
		return 2, broken
	}
	if err := a.sweep(t.Context()); !errors.Is(err, broken) || len(swept) != 3 || a.count["cdrs"] != 2 {
		t.Errorf("got %v, swept %v, counted %v", err, swept, a.count)
	}
}

func TestTheTimeBetweenSweepsFollowsTheShortestRetention(t *testing.T) {
	for keep, want := range map[RetentionConfig]time.Duration{
		{}:                              time.Hour,
		{Sessions: 90 * 24 * time.Hour}: time.Hour,
		{Sessions: time.Hour, CDRs: 50 * time.Hour}: 6 * time.Minute,
		{CDRs: time.Second}:                         time.Second,
	} {
		if got := (&sweeper{retention: keep}).every(); got != want {
			t.Errorf("%+v: every %s, want %s", keep, got, want)
		}
	}
}

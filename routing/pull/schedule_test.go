package pull_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ocpihub/ocpihub/internal/fault"
	"github.com/ocpihub/ocpihub/internal/peer"
	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/parties"
	"github.com/ocpihub/ocpihub/routing/pull"
)

const interval = time.Hour

func hourly(o *pull.Options) { o.Interval = interval }

// running runs the schedule until the test ends.
func (w *world) running(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- w.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	synctest.Wait()
}

// after lets time pass, and returns how many calls there have been.
func (w *world) after(d time.Duration) int {
	time.Sleep(d)
	synctest.Wait()
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.calls)
}

func TestH134_APlatformIsPulledWhenItConnectsAndThenOnceInEachInterval(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(hourly)
		w.running(t)
		if n := w.after(0); n != 1 {
			t.Errorf("on connect: %d calls, want 1", n)
		}
		if n := w.after(interval * 9 / 10); n != 1 {
			t.Errorf("too early: %d calls", n)
		}
		if n := w.after(interval/10 + time.Second); n != 2 {
			t.Errorf("after an interval: %d calls, want 2", n)
		}
		if n := w.after(2 * interval); n < 4 || n > 5 {
			t.Errorf("after three intervals: %d calls", n)
		}
	})
}

func TestH134_PlatformsAreNotAllPulledInTheSameMoment(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(hourly)
		for i := range 20 {
			w.put(cpoPlatform(fmt.Sprint("c", i)))
		}
		w.running(t)
		moments := map[int]bool{}
		for range int(interval / time.Minute) {
			moments[w.after(time.Minute)] = true
		}
		if len(moments) < 4 {
			t.Errorf("21 platforms were pulled in %d moments", len(moments)-1)
		}
	})
}

func TestWhatAPlatformPushesIsNotPulledUnlessAlwaysIs(t *testing.T) {
	for mode, want := range map[string][]int{pull.Auto: {1, 1, 2}, pull.Always: {1, 2, 3}, pull.Never: {0, 0, 0}} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(hourly, func(o *pull.Options) { o.Mode = mode })
			w.running(t)
			first := w.after(0)
			w.Pushed("c", ocpi.Locations)
			w.Pushed("nobody", ocpi.Locations)
			second := w.after(interval)
			third := w.after(interval)
			if got := []int{first, second, third}; fmt.Sprint(got) != fmt.Sprint(want) {
				t.Errorf("%s: calls %v, want %v", mode, got, want)
			}
		})
	}
}

func TestAPullThatFailedIsTriedAgainSoonAndThenMoreSeldom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(hourly)
		w.serve = func(context.Context, peer.Call) (peer.Reply, error) {
			return peer.Reply{}, fault.New(fault.NotConnected, "refused")
		}
		w.running(t)
		for i, want := range []int{1, 2, 3, 3, 4} { // after 0, 1, 3, 5, 7 s
			wait := 2 * time.Second
			if i < 2 {
				wait = time.Duration(i) * time.Second
			}
			if n := w.after(wait); n != want {
				t.Errorf("step %d: %d calls, want %d", i, n, want)
			}
		}
		w.mu.Lock()
		if len(w.doubted) != 4 || w.doubted[0] != "c" {
			t.Errorf("the doubts are %v", w.doubted)
		}
		w.mu.Unlock()
		if n := w.after(24 * time.Hour); n > 40 {
			t.Errorf("after a day there were %d calls", n)
		}
	})
}

func TestASlowPlatformDelaysNobodyAndIsPulledByOneAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(hourly, func(o *pull.Options) { o.AtOnce = 2 })
		w.serve = func(ctx context.Context, call peer.Call) (peer.Reply, error) {
			if call.Routing.To == abc {
				<-ctx.Done()
				return peer.Reply{}, ctx.Err()
			}
			return ok(nil), nil
		}
		for i := range 5 {
			p := cpoPlatform(fmt.Sprint("quick", i))
			p.Parties[0].Party = ocpi.NewPartyID("FR", fmt.Sprint("Q0", i))
			w.put(p)
		}
		w.running(t)
		w.put(cpoPlatform("quick5")) // of the slow party's wire, too
		if n := w.after(0); n != 7 {
			t.Errorf("%d calls, want one of each of seven platforms", n)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if _, err := w.Sync(ctx, "c", pull.Request{}, nil); !fault.Is(err, fault.NotConnected) {
			t.Errorf("a sync beside the pull under way: %v", err)
		}
		if n := w.after(0); n != 7 {
			t.Errorf("%d calls: the slow platform was called beside its pull", n)
		}
	})
}

func TestAPullEndsWhenItsPlatformGoesAwayAndBeginsAgainWhenItIsBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(hourly)
		quick := false
		w.serve = func(context.Context, peer.Call) (peer.Reply, error) {
			if quick {
				return ok(nil), nil
			}
			time.Sleep(20 * time.Second) // whatever the context says
			return ok(nil), nil
		}
		w.running(t)
		away := cpoPlatform("c")
		away.Status = parties.Offline
		w.put(away)
		w.after(0)
		w.mu.Lock()
		if len(w.read) != 1 || !fault.Is(w.read[0].Err, fault.NotConnected) || len(w.doubted) > 0 {
			t.Errorf("reports %+v, doubts %v", w.read, w.doubted)
		}
		w.mu.Unlock()
		if n := w.after(interval); n != 1 {
			t.Errorf("while it is away there were %d calls", n)
		}
		w.mu.Lock()
		quick = true
		w.mu.Unlock()
		w.put(cpoPlatform("c"))
		if n := w.after(0); n != 2 {
			t.Errorf("back again: %d calls, want 2", n)
		}
	})
}

func TestAfterAStartThePlatformsAreDueByTheirMarks(t *testing.T) {
	for name, c := range map[string]struct {
		mark func(now time.Time) pull.Mark
		want int
	}{
		"never read":    {func(time.Time) pull.Mark { return pull.Mark{} }, 1},
		"read just now": {func(now time.Time) pull.Mark { return pull.Mark{Read: now} }, 0},
		"in doubt":      {func(now time.Time) pull.Mark { return pull.Mark{Read: now, Doubt: true} }, 1},
		"long ago":      {func(now time.Time) pull.Mark { return pull.Mark{Read: now.Add(-2 * interval)} }, 1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld()
				if err := w.marks.Save(t.Context(), "c", locationsOfABC, c.mark(time.Now())); err != nil {
					t.Fatal(err)
				}
				// A Puller that was not told of the platform's coming.
				w.Puller = pull.New(pull.Options{Self: hub, Registry: w, Caller: w, Intake: w, Marks: w.marks, Interval: interval})
				w.running(t)
				if n := w.after(0); n != c.want {
					t.Errorf("%d calls, want %d", n, c.want)
				}
			})
		})
	}
}

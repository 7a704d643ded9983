package lease_test

import (
	"maps"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

// bubble runs a test in a time of its own, and ends what it started.
func bubble(t *testing.T, names []string, test func(t *testing.T, w *world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { test(t, newWorld(t, names...)) })
}

// spread waits, and says how many leases each replica holds then.
func (w *world) spread(within time.Duration, want map[string]int) {
	w.t.Helper()
	time.Sleep(within)
	if got := w.counts(); !maps.Equal(got, want) {
		w.t.Errorf("after %s: %v, want %v", within, got, want)
	}
}

func end(replicas ...*replica) {
	for _, r := range replicas {
		r.stop()
		<-r.done
	}
}

func TestLeasesAreSpreadEvenlyOverThoseWhoAreThere(t *testing.T) {
	bubble(t, shards(8), func(_ *testing.T, w *world) {
		a := w.join("a")
		w.spread(2*time.Second, map[string]int{"a": 8})
		b := w.join("b")
		w.spread(10*time.Second, map[string]int{"a": 4, "b": 4})
		c := w.join("c")
		w.spread(10*time.Second, map[string]int{"a": 3, "b": 3, "c": 2})
		end(a, b, c)
	})
}

func TestEachGroupOfLeasesIsSpreadByItself(t *testing.T) {
	names := append(shards(2), "hub.pulls", "hub.watch")
	bubble(t, names, func(t *testing.T, w *world) {
		a := w.join("a")
		w.spread(2*time.Second, map[string]int{"a": 4})
		b := w.join("b")
		w.spread(10*time.Second, map[string]int{"a": 2, "b": 2})
		for _, r := range a.keeper.Replicas() {
			if len(r.Leases) != 2 || r.Leases[0][:4] != "hub." || r.Leases[1][:6] != "shard." {
				t.Errorf("%s holds %v", r.ID, r.Leases)
			}
		}
		end(a, b)
	})
}

func TestWhatADeadReplicaHeldIsTakenWithinFourSeconds(t *testing.T) {
	bubble(t, shards(8), func(_ *testing.T, w *world) {
		a, b := w.join("a"), w.join("b")
		w.spread(5*time.Second, map[string]int{"a": 4, "b": 4})
		a.cut(true)
		w.spread(4*time.Second, map[string]int{"b": 8})
		a.kill()
		end(b)
		<-a.done
	})
}

func TestAReplicaThatLeavesGivesItsLeasesBackAtOnce(t *testing.T) {
	bubble(t, shards(8), func(t *testing.T, w *world) {
		a, b, c := w.join("a"), w.join("b"), w.join("c")
		time.Sleep(15 * time.Second)
		if err := a.keeper.Leave(t.Context()); err != nil {
			t.Error(err)
		}
		time.Sleep(50 * time.Millisecond)
		if got := w.counts(); got["a"] != 0 || got["b"]+got["c"] != 8 {
			t.Errorf("at once: %v, want all of them at b and c", got)
		}
		w.spread(10*time.Second, map[string]int{"b": 4, "c": 4}) // who was faster gives one back
		end(a)
		time.Sleep(50 * time.Millisecond) // the news is on its way
		if got := b.keeper.Members(); !slices.Equal(got, []string{"b", "c"}) {
			t.Errorf("members: %v", got)
		}
		end(b, c)
	})
}

func TestALeaseGoesOnOnlyAfterItsWorkHasEnded(t *testing.T) {
	bubble(t, shards(2), func(_ *testing.T, w *world) {
		a := w.join("a")
		a.linger = 20 * time.Second
		w.spread(2*time.Second, map[string]int{"a": 2})
		b := w.join("b")
		w.spread(10*time.Second, map[string]int{"a": 2})
		w.spread(12*time.Second, map[string]int{"a": 1, "b": 1})
		end(a, b)
	})
}

func TestAHolderWithoutTheBucketStopsBeforeAnybodyElseBegins(t *testing.T) {
	bubble(t, shards(4), func(_ *testing.T, w *world) {
		a := w.join("a")
		time.Sleep(2 * time.Second)
		a.cut(true)
		w.spread(2100*time.Millisecond, map[string]int{})
		a.cut(false)
		w.spread(5*time.Second, map[string]int{"a": 4})
		end(a)
	})
}

func TestAllIsTakenAgainWhenTheBucketIsBack(t *testing.T) {
	bubble(t, shards(8), func(_ *testing.T, w *world) {
		a, b := w.join("a"), w.join("b")
		time.Sleep(10 * time.Second)
		for _, away := range []time.Duration{time.Second, 5 * time.Second, time.Minute} {
			a.cut(true)
			b.cut(true)
			time.Sleep(away)
			a.cut(false)
			b.cut(false)
			w.spread(15*time.Second, map[string]int{"a": 4, "b": 4})
		}
		end(a, b)
	})
}

func TestARenewalWhoseAnswerWasLostCounts(t *testing.T) {
	bubble(t, shards(4), func(_ *testing.T, w *world) {
		a := w.join("a")
		w.spread(2*time.Second, map[string]int{"a": 4})
		began := time.Now()
		a.mu.Lock()
		a.deaf = true
		a.mu.Unlock()
		time.Sleep(700 * time.Millisecond)
		a.mu.Lock()
		a.deaf = false
		a.mu.Unlock()
		w.spread(5*time.Second, map[string]int{"a": 4})
		w.mu.Lock()
		for name, held := range w.holders {
			if held[0].began.After(began) {
				w.t.Errorf("%s was lost meanwhile", name)
			}
		}
		w.mu.Unlock()
		end(a)
	})
}

func TestWhoServesALeaseAloneIsGivenIt(t *testing.T) {
	bubble(t, shards(2), func(t *testing.T, w *world) {
		a := w.join("a")
		time.Sleep(2 * time.Second)
		w.names = []string{"shard.1"}
		b := w.join("b")
		time.Sleep(10 * time.Second)
		for _, r := range a.keeper.Replicas() {
			if want := map[string]string{"a": "shard.0", "b": "shard.1"}[r.ID]; !slices.Equal(r.Leases, []string{want}) {
				t.Errorf("%s holds %v", r.ID, r.Leases)
			}
		}
		end(a, b)
	})
}

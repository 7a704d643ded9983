package fanout_test

import (
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/ocpihub/ocpihub/routing/fanout"
)

// event is one thing that happens to a fleet.
type event struct {
	what         string
	object, part string
	platform     int
	shard        int
	replica      int
	wait, stops  time.Duration
}

func events() *rapid.Generator[event] {
	return rapid.Custom(func(t *rapid.T) event {
		return event{
			what: rapid.SampledFrom([]string{
				"push", "push", "push", "push", "push", "push", "push", "wait", "wait", "wait", "long wait",
				"move", "move", "lose", "lose", "fall", "refuse", "fail", "late", "slow", "reject", "mend", "mend", "mend",
				"away", "back", "back", "pause", "resume", "resume", "resync", "retry", "publish fails", "bar", "unbar", "dim", "expire",
			}).Draw(t, "what"),
			object:   rapid.SampledFrom([]string{"L1", "L2"}).Draw(t, "object"),
			part:     rapid.SampledFrom([]string{"", "E1", "E1", "E2", "whole"}).Draw(t, "part"),
			platform: rapid.IntRange(0, 1).Draw(t, "platform"),
			shard:    rapid.IntRange(0, fleetShards-1).Draw(t, "shard"),
			replica:  rapid.IntRange(0, 2).Draw(t, "replica"),
			wait:     time.Duration(rapid.IntRange(0, 40).Draw(t, "wait")) * time.Millisecond,
			stops:    time.Duration(rapid.SampledFrom([]int{0, 0, 0, 1, 5, 20, 3000}).Draw(t, "stops")) * time.Millisecond,
		}
	})
}

// voyage is a script for a fleet.
type voyage struct {
	script  []event
	entries int
	slow    time.Duration
	lag     time.Duration
}

func voyages() *rapid.Generator[voyage] {
	return rapid.Custom(func(t *rapid.T) voyage {
		return voyage{
			script:  rapid.SliceOfN(events(), 1, 80).Draw(t, "script"),
			entries: rapid.SampledFrom([]int{0, 0, 2, 5}).Draw(t, "entries"),
			slow:    time.Duration(rapid.IntRange(0, 10).Draw(t, "slow")) * time.Millisecond,
			lag:     time.Duration(rapid.SampledFrom([]int{0, 5, 100}).Draw(t, "lag")) * time.Millisecond,
		}
	})
}

// sail plays a script, and returns which promises were broken.
func sail(t *testing.T, v voyage, planted bug) (broken []string) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, receiver("p1", "AAA", "BBB"), receiver("p2", "CCC"))
		w.options.Entries, w.options.Parallel = v.entries, 2
		w.slow, w.lag = v.slow, v.lag
		f := newFleet(w, 3, planted)
		var pushes sync.WaitGroup
		for _, id := range []string{"L1", "L2"} {
			f.pushVia(0, 0, id, "whole")
		}
		for _, e := range v.script {
			f.happen(e, &pushes)
		}
		f.calm(&pushes)
		f.settled()
		f.close()
		broken = w.broken
	})
	return broken
}

func (f *fleet) happen(e event, pushes *sync.WaitGroup) {
	p, to := f.platforms[e.platform], f.someone(e.replica).turns
	switch e.what {
	case "push":
		pushes.Go(func() { f.pushVia(e.replica, e.stops, e.object, e.part) })
	case "wait":
		time.Sleep(e.wait)
	case "long wait":
		time.Sleep(e.wait * 500)
	case "move":
		f.board.move(e.shard, to)
	case "lose":
		f.board.lose(e.shard, to, e.wait*200)
	case "fall":
		f.fell(e.replica)
	case "away", "back":
		f.present(p, e.what == "back")
	case "pause", "resume":
		f.operate(p, e.what)
	case "resync":
		_, _ = f.someone(e.replica).engine.Resync(f.t.Context(), fanout.ResyncOrder{Platform: p.id})
	case "retry":
		_, _ = f.someone(e.replica).engine.Retry(f.t.Context(), fanout.RetryOrder{Platform: p.id})
	case "bar", "unbar":
		f.bar(p, e.what == "bar")
	case "dim":
		f.mu.Lock()
		f.dim = !f.dim
		f.mu.Unlock()
	case "expire":
		time.Sleep(time.Second) // no reader is that far behind
		_, last, _ := f.feed.Bounds(f.t.Context())
		f.feed.Expire(last)
	default:
		f.behave(p, e.what)
	}
}

// calm ends all trouble, and waits until everything must have been brought.
func (f *fleet) calm(pushes *sync.WaitGroup) {
	f.mu.Lock()
	f.dim, f.failing = false, false
	f.mu.Unlock()
	for _, p := range f.platforms {
		f.behave(p, "mend")
		f.operate(p, "resume")
		f.present(p, true)
		if f.barred[p.id] {
			f.bar(p, false)
		}
	}
	pushes.Wait()
	time.Sleep(5 * time.Minute)
	for i, p := range f.platforms {
		if e := f.someone(i).engine; p.lost {
			if _, err := e.Resync(f.t.Context(), fanout.ResyncOrder{Platform: p.id}); err != nil {
				f.breaks("resync: %v", err)
			}
		}
		if _, err := f.someone(i+1).engine.Retry(f.t.Context(), fanout.RetryOrder{Platform: p.id}); err != nil {
			f.breaks("retry: %v", err)
		}
	}
	time.Sleep(5 * time.Minute)
	for n := range f.replicas {
		for _, s := range f.someone(n).engine.Deliveries() {
			if s.State != fanout.Live || s.Pending != 0 {
				f.breaks("at the end process %d says %+v", n, s)
			}
		}
	}
}

// Promises 1, 2 and 4 over several processes: whatever happens to them, and in
// whatever order they publish, every receiver ends with the newest state of each
// object, never sees an older one after a newer one, and gets nothing that it may
// not have.
func TestOverSeveralProcessesEveryReceiverEndsWithTheNewestStateAndNeverSeesAnOlderOne(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		if broken := sail(t, voyages().Draw(rt, "voyage"), ""); len(broken) > 0 {
			rt.Fatal(strings.Join(broken, "\n"))
		}
	})
}

// struggle is a script in which shards are lost again and again with a change
// under way, while the readers lag.
func struggle(seed int) voyage {
	v := voyage{lag: 100 * time.Millisecond}
	shard := fanout.ShardOf("p1", fleetShards).Index
	do := func(e event) {
		e.object, e.part, e.shard = "L1", "E1", shard
		v.script = append(v.script, e)
	}
	for round := range 20 {
		do(event{what: "wait", wait: 5 * time.Second})
		do(event{what: "refuse"})
		do(event{what: "push"})
		do(event{what: "wait", wait: 200 * time.Millisecond})
		do(event{what: "lose", replica: (seed + round) % 3, wait: 40 * time.Millisecond})
		do(event{what: "mend"})
		for range 4 {
			do(event{what: "push", replica: round % 3})
			do(event{what: "wait", wait: 60 * time.Millisecond})
		}
	}
	return v
}

// The test above finds the bugs that it is there for.
func TestABugThatBreaksAPromiseOverSeveralProcessesIsFound(t *testing.T) {
	for _, planted := range []bug{deafLease, earlyMark, orderBlind} {
		t.Run(string(planted), func(t *testing.T) {
			for seed := range 400 {
				v := voyages().Example(seed)
				if planted == deafLease {
					v = struggle(seed)
				}
				if broken := sail(t, v, planted); len(broken) > 0 {
					t.Logf("found by script %d: %s", seed, broken[0])
					return
				}
			}
			t.Error("400 scripts did not find it")
		})
	}
}

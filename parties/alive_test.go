package parties_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ocpihub/ocpihub/parties"
	"github.com/ocpihub/ocpihub/parties/memstore"
)

// peers answers pings as a test wants.
type peers struct {
	mu    sync.Mutex
	down  bool
	takes time.Duration // until the answer
	pings []time.Time
	busy  map[string]bool
	t     *testing.T
}

func (p *peers) ping(ctx context.Context, one *parties.Platform) error {
	p.mu.Lock()
	if p.busy[one.ID] {
		p.t.Error("two pings of one platform at once")
	}
	p.busy[one.ID] = true
	p.pings = append(p.pings, time.Now())
	down, takes := p.down, p.takes
	p.mu.Unlock()
	defer func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.busy[one.ID] = false
	}()
	select {
	case <-time.After(takes):
	case <-ctx.Done():
		return ctx.Err()
	}
	if down {
		return errors.New("connection refused")
	}
	return nil
}

func (p *peers) set(down bool) { p.answer(down, 0) }

func (p *peers) answer(down bool, takes time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.down, p.takes = down, takes
}

// since returns how many pings there were since a time.
func (p *peers) since(at time.Time) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(slices.DeleteFunc(slices.Clone(p.pings), func(t time.Time) bool { return t.Before(at) }))
}

const interval = 5 * time.Minute

// watched runs test with a registry of one connected platform and a watchdog.
func watched(t *testing.T, test func(t *testing.T, r *process, w *parties.Watchdog, p *peers)) {
	watchedWith(t, 2, test)
}

func watchedWith(t *testing.T, failures int, test func(t *testing.T, r *process, w *parties.Watchdog, p *peers)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		r := start(t, memstore.New(), newPartner())
		p := &peers{t: t, busy: map[string]bool{}}
		w := parties.NewWatchdog(parties.WatchdogOptions{Registry: r.Registry, Ping: p.ping, Interval: interval, Failures: failures})
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- w.Run(ctx) }()
		test(t, r, w, p)
		cancel()
		noError(t, <-done)
		noError(t, r.stop())
	})
}

func TestH190_ASilentPlatformIsPingedAndStaysConnectedWhenItAnswers(t *testing.T) {
	watched(t, func(t *testing.T, r *process, _ *parties.Watchdog, p *peers) {
		id, tokenC := r.join(t, abcCPO)
		for range 10 { // while it sends messages it is not asked
			time.Sleep(time.Minute)
			r.Seen(r.login(t, tokenC))
		}
		begin := time.Now()
		if n := p.since(time.Time{}); n != 0 {
			t.Errorf("%d pings of a platform that speaks", n)
		}
		time.Sleep(interval * 8 / 10)
		if n := p.since(begin); n != 0 {
			t.Errorf("%d pings too early", n)
		}
		time.Sleep(interval * 3 / 10)
		if n := p.since(begin); n != 1 || r.status(id) != parties.Connected {
			t.Errorf("%d pings, %s", n, r.status(id))
		}
		time.Sleep(interval)
		if n := p.since(begin); n != 2 {
			t.Errorf("%d pings after two intervals", n)
		}
	})
}

func TestH190_APlatformThatStopsIsOfflineAndComesBack(t *testing.T) {
	watched(t, func(t *testing.T, r *process, _ *parties.Watchdog, p *peers) {
		id, _ := r.join(t, abcCPO)
		p.set(true)
		time.Sleep(interval + 5*time.Second)
		if s := r.status(id); s != parties.Offline {
			t.Fatalf("status %s", s)
		}
		time.Sleep(time.Hour)
		p.set(false)
		time.Sleep(16 * time.Second)
		if s := r.status(id); s != parties.Connected {
			t.Errorf("its return is not noticed: %s", s)
		}
	})
}

func TestH190_OneLostPingIsNotOFFLINE(t *testing.T) {
	watched(t, func(t *testing.T, r *process, _ *parties.Watchdog, p *peers) {
		id, _ := r.join(t, abcCPO)
		r.OnChange(func(_, d *parties.Directory) {
			if q, ok := d.Platform(id); !ok || q.Status != parties.Connected {
				t.Errorf("its status is another one: %+v", q)
			}
		})
		for round := range 5 {
			p.set(true)
			begin := time.Now()
			for p.since(begin) == 0 {
				time.Sleep(100 * time.Millisecond)
			}
			p.set(false)
			time.Sleep(2 * time.Second)
			if n := p.since(begin); n != 2 {
				t.Errorf("round %d: %d pings, want one that is lost and one soon after", round, n)
			}
		}
	})
}

func TestOneFailedDeliveryAndOneFailedPingMakeAPlatformOffline(t *testing.T) {
	watched(t, func(t *testing.T, r *process, w *parties.Watchdog, p *peers) {
		id, _ := r.join(t, abcCPO)
		p.set(true)
		time.Sleep(time.Minute)
		w.Failed(id)
		synctest.Wait()
		if s := r.status(id); s != parties.Offline || p.since(time.Time{}) != 1 {
			t.Errorf("status %s after %d pings", s, p.since(time.Time{}))
		}
	})
}

func TestFailedDeliveriesAloneNeverMakeAPlatformOffline(t *testing.T) {
	watched(t, func(t *testing.T, r *process, w *parties.Watchdog, p *peers) {
		id, _ := r.join(t, abcCPO)
		begin := time.Now()
		for range 600 {
			w.Failed(id)
			time.Sleep(100 * time.Millisecond)
		}
		if s := r.status(id); s != parties.Connected {
			t.Errorf("status %s", s)
		}
		if n := p.since(begin); n < 10 || n > 61 {
			t.Errorf("%d pings in a minute, want at most one a second", n)
		}
	})
}

func TestAFailureThatAPingRefutesIsForgotten(t *testing.T) {
	watchedWith(t, 3, func(t *testing.T, r *process, w *parties.Watchdog, p *peers) {
		id, _ := r.join(t, abcCPO)
		w.Failed(id)
		w.Failed(id)
		time.Sleep(2 * time.Second) // one ping or two succeed: no failure in a row
		p.set(true)
		time.Sleep(time.Minute)
		w.Failed(id)
		synctest.Wait() // failed, and a failed ping: two
		if s := r.status(id); s != parties.Connected {
			t.Fatalf("status %s after two failures in a row", s)
		}
		time.Sleep(2 * time.Second)
		if s := r.status(id); s != parties.Offline {
			t.Errorf("status %s after three", s)
		}
	})
}

func TestAMessageResetsTheFailures(t *testing.T) {
	watchedWith(t, 3, func(t *testing.T, r *process, w *parties.Watchdog, p *peers) {
		id, tokenC := r.join(t, abcCPO)
		p.set(true)
		for range 20 {
			w.Failed(id) // one, and two with the ping
			time.Sleep(500 * time.Millisecond)
			if s := r.status(id); s != parties.Connected {
				t.Fatalf("status %s", s)
			}
			r.Seen(r.login(t, tokenC))
			time.Sleep(time.Second)
		}
	})
}

func TestAMessageDuringAPingThatFailsCountsMore(t *testing.T) {
	watched(t, func(t *testing.T, r *process, w *parties.Watchdog, p *peers) {
		id, tokenC := r.join(t, abcCPO)
		p.answer(true, 5*time.Second)
		w.Failed(id)
		time.Sleep(time.Second)
		r.Seen(r.login(t, tokenC))
		time.Sleep(10 * time.Second)
		if s := r.status(id); s != parties.Connected {
			t.Errorf("status %s", s)
		}
	})
}

func TestAPingThatHangsIsAFailure(t *testing.T) {
	watched(t, func(t *testing.T, r *process, w *parties.Watchdog, p *peers) {
		id, _ := r.join(t, abcCPO)
		p.answer(false, time.Hour)
		w.Failed(id)
		time.Sleep(11 * time.Second)
		if s := r.status(id); s != parties.Offline {
			t.Errorf("status %s", s)
		}
	})
}

func TestOnlyConnectedAndOfflinePlatformsArePinged(t *testing.T) {
	watched(t, func(t *testing.T, r *process, w *parties.Watchdog, p *peers) {
		invited, _, err := r.Invite(t.Context(), "planned", nil)
		noError(t, err)
		suspended, _ := r.join(t, abcCPO)
		_, err = r.Suspend(t.Context(), suspended)
		noError(t, err)
		gone, _ := r.join(t, defCPO)
		_, err = r.Remove(t.Context(), gone)
		noError(t, err)
		for _, id := range []string{invited.ID, suspended, gone, "nobody"} {
			w.Failed(id)
		}
		time.Sleep(3 * interval)
		if n := p.since(time.Time{}); n != 0 {
			t.Errorf("%d pings", n)
		}
	})
}

func TestPingsOfManyPlatformsAreSpreadOut(t *testing.T) {
	watched(t, func(t *testing.T, r *process, _ *parties.Watchdog, p *peers) {
		for i := range 50 {
			id := string([]byte{'A' + byte(i/26), 'A' + byte(i%26), 'X'})
			r.join(t, claim("CPO", "DE", id))
		}
		time.Sleep(interval + time.Second)
		p.mu.Lock()
		defer p.mu.Unlock()
		moments := map[time.Time]int{}
		for _, at := range p.pings {
			moments[at]++
		}
		if len(p.pings) != 50 || len(moments) < 20 {
			t.Errorf("%d pings in %d moments", len(p.pings), len(moments))
		}
	})
}

func TestAWatchdogThatRunsAgainPingsAnew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t, memstore.New(), newPartner())
		p := &peers{t: t, busy: map[string]bool{}}
		w := parties.NewWatchdog(parties.WatchdogOptions{Registry: r.Registry, Ping: p.ping, Interval: interval})
		turn := func() (stop func()) {
			ctx, cancel := context.WithCancel(t.Context())
			done := make(chan error, 1)
			go func() { done <- w.Run(ctx) }()
			return func() {
				cancel()
				noError(t, <-done)
			}
		}
		id, _ := r.join(t, abcCPO)
		p.answer(false, time.Minute) // no answer comes before the end
		stop := turn()
		for p.since(time.Time{}) == 0 {
			time.Sleep(time.Second)
		}
		stop()
		p.answer(false, 0)
		before := p.since(time.Time{})
		time.Sleep(3 * interval)
		if n := p.since(time.Time{}) - before; n != 0 || r.status(id) != parties.Connected {
			t.Errorf("while it is stopped: %d pings, %s", n, r.status(id))
		}
		again := time.Now()
		stop = turn()
		time.Sleep(interval / 2)
		if n := p.since(again); n != 0 {
			t.Errorf("the silence while nobody listened counts: %d pings at once", n)
		}
		time.Sleep(interval * 6 / 10)
		if n := p.since(again); n != 1 {
			t.Errorf("%d pings after an interval, want 1", n)
		}
		stop()
		w.Failed(id) // while it is stopped
		p.set(true)
		stop = turn()
		time.Sleep(2 * time.Second)
		if s := r.status(id); s != parties.Offline {
			t.Errorf("what failed meanwhile is forgotten: it is %s", s)
		}
		stop()
	})
}

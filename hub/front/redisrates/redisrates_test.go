package redisrates_test

import (
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ocpihub/ocpihub/hub/front/redisrates"
	"github.com/ocpihub/ocpihub/internal/redisconn"
	"github.com/ocpihub/ocpihub/internal/redistest"
)

func open(c *redisconn.Client, perSecond float64, burst int) *redisrates.Rates {
	return redisrates.New(redisrates.Options{
		Client: c, PerSecond: perSecond, Burst: burst, Replicas: func() int { return 3 }, Now: time.Now, Log: slog.New(slog.DiscardHandler),
	})
}

func TestThreeReplicasKeepToOneRateUnderUnevenLoad(t *testing.T) {
	const perSecond, burst, want = 400.0, 200, 1000
	c := redistest.Fresh(t)
	replicas := []*redisrates.Rates{open(c, perSecond, burst), open(c, perSecond, burst), open(c, perSecond, burst)}
	var granted [3]atomic.Int64
	total := func() int64 { return granted[0].Load() + granted[1].Load() + granted[2].Load() }
	began := time.Now()
	var all sync.WaitGroup
	for i, r := range replicas {
		for range []int{8, 2, 1}[i] {
			all.Go(func() {
				for total() < want && t.Context().Err() == nil {
					wait, ok := r.Take(t.Context(), "p", time.Now())
					if ok {
						granted[i].Add(1)
					}
					// The second and third ask seldom, the first as fast as it may.
					if ok && i > 0 || !ok {
						time.Sleep(min(max(wait, time.Duration(i)*5*time.Millisecond), 20*time.Millisecond))
					}
				}
			})
		}
	}
	all.Wait()
	took := time.Since(began).Seconds()
	if most := (burst + perSecond*took) * 1.1; float64(total()) > most {
		t.Errorf("%d requests in %.2f s, at most %.0f should be", total(), took, most)
	}
	for i := range granted {
		if granted[i].Load() == 0 {
			t.Errorf("replica %d got none: %v", i, &granted)
		}
	}
	unused := 0
	for _, r := range replicas {
		unused += r.Unused("p")
	}
	if unused > want/10 {
		t.Errorf("%d were drawn and not used", unused)
	}
}

func TestABurstIsThatOfAllReplicasTogether(t *testing.T) {
	c := redistest.Fresh(t)
	replicas := []*redisrates.Rates{open(c, 0.001, 5), open(c, 0.001, 5), open(c, 0.001, 5)}
	granted := 0
	for i := range 30 {
		wait, ok := replicas[i%3].Take(t.Context(), "p", time.Now())
		if ok {
			granted++
		} else if wait < time.Minute {
			t.Errorf("wait %s for the next", wait)
		}
	}
	if granted != 5 {
		t.Errorf("%d requests were let in, want 5", granted)
	}
	if _, ok := replicas[0].Take(t.Context(), "other", time.Now()); !ok {
		t.Error("another platform pays for it")
	}
}

func TestWhileRedisIsAwayEachReplicaKeepsToItsPart(t *testing.T) {
	server := redistest.Single(t)
	r := open(redistest.Open(t, server, redisconn.Options{}), 0.001, 9)
	if _, ok := r.Take(t.Context(), "p", time.Now()); !ok || r.Alone() {
		t.Fatal("the first request was refused")
	}
	server.Kill(t)
	granted := 0
	for range 20 {
		if _, ok := r.Take(t.Context(), "q", time.Now()); ok {
			granted++
		}
	}
	if granted != 3 || !r.Alone() {
		t.Errorf("%d requests were let in, want 3", granted)
	}
	server.Restart(t)
	for r.Alone() {
		if t.Context().Err() != nil {
			t.Fatal("it does not find Redis again")
		}
		r.Take(t.Context(), "r", time.Now())
		time.Sleep(10 * time.Millisecond)
	}
}

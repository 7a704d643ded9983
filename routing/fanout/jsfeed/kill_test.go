package jsfeed_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/ocpihub/ocpihub/internal/natstest"
	"github.com/ocpihub/ocpihub/routing/fanout"
	"github.com/ocpihub/ocpihub/routing/fanout/feedtest"
)

// The leader is killed again and again while changes are published and read.
func TestWhatWasAcknowledgedIsReadOnceAndInOrderWhateverNodeDies(t *testing.T) {
	s := natstest.Processes(t, 3)
	o := roomy
	o.Replicas = 3
	f := external(t, s, o)
	s.Whole("OCPI_FEED")
	reading, stop := context.WithCancel(t.Context())
	defer stop()
	var mu sync.Mutex
	got := make([][]uint64, 2)
	var readers sync.WaitGroup
	for i := range got {
		readers.Go(func() {
			after := uint64(0)
			for reading.Err() == nil { // as a shard does
				_ = f.Read(reading, after, func(r fanout.Record) error {
					mu.Lock()
					defer mu.Unlock()
					after, got[i] = r.Seq, append(got[i], r.Seq)
					return nil
				})
			}
		})
	}
	acked := map[uint64]bool{}
	publish := func(n int) {
		for range n {
			for {
				seq, err := f.Publish(t.Context(), feedtest.Change(len(acked)))
				if err == nil {
					acked[seq] = true
					break
				}
				t.Logf("a sender is told to try again: %v", err)
			}
		}
	}
	publish(50)
	for range 3 {
		leader := s.Leader("OCPI_FEED")
		s.Kill(leader)
		publish(50)
		s.Restart(leader)
		publish(50)
		s.Whole("OCPI_FEED")
	}
	_, last, err := f.Bounds(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 90*time.Second)
	defer cancel()
	for ctx.Err() == nil {
		mu.Lock()
		done := true
		for i := range got {
			done = done && len(got[i]) > 0 && got[i][len(got[i])-1] == last
		}
		mu.Unlock()
		if done {
			break
		}
		time.Sleep(50 * time.Millisecond)
	}
	stop()
	readers.Wait()
	for i := range got {
		seen := map[uint64]bool{}
		for n, seq := range got[i] {
			if n > 0 && seq <= got[i][n-1] {
				t.Errorf("reader %d: %d comes after %d", i, seq, got[i][n-1])
			}
			seen[seq] = true
		}
		for seq := range acked {
			if !seen[seq] {
				t.Errorf("reader %d lacks %d, which was acknowledged", i, seq)
			}
		}
	}
	if len(acked) != 350 {
		t.Errorf("%d sequences for 350 changes", len(acked))
	}
}

package leasetest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/ocpihub/ocpihub/internal/lease"
)

// Bucket judges a bucket. open returns an empty one.
func Bucket(t *testing.T, open func(t *testing.T) lease.Bucket) {
	t.Run("a key is written only over the revision that was seen", func(t *testing.T) {
		b := open(t)
		first := put(t, b, "lease.shard.0", "a", 0)
		if _, err := b.Put(t.Context(), "lease.shard.0", []byte("b"), 0); !errors.Is(err, lease.ErrChanged) {
			t.Errorf("over one that is there: %v", err)
		}
		second := put(t, b, "lease.shard.0", "b", first)
		if second <= first {
			t.Errorf("revision %d after %d", second, first)
		}
		if _, err := b.Put(t.Context(), "lease.shard.0", []byte("c"), first); !errors.Is(err, lease.ErrChanged) {
			t.Errorf("over an old revision: %v", err)
		}
		if _, err := b.Put(t.Context(), "member.x", []byte("c"), 7); !errors.Is(err, lease.ErrChanged) {
			t.Errorf("over one that is not there: %v", err)
		}
	})
	t.Run("of many who take a key one succeeds", func(t *testing.T) {
		b := open(t)
		var all sync.WaitGroup
		won := make(chan int, 20)
		for i := range 20 {
			all.Go(func() {
				if _, err := b.Put(t.Context(), "lease.shard.0", fmt.Append(nil, i), 0); err == nil {
					won <- i
				}
			})
		}
		all.Wait()
		if len(won) != 1 {
			t.Errorf("%d succeeded", len(won))
		}
	})
	t.Run("who watches is told of what is there, then of what changes", func(t *testing.T) {
		b := open(t)
		old := put(t, b, "member.a-1", "1", 0)
		put(t, b, "lease.shard.0", "a", 0)
		told := watch(t, b)
		for _, want := range []string{"member.a-1=1", "lease.shard.0=a", "="} {
			if got := <-told; got.Key+"="+string(got.Value) != want {
				t.Fatalf("got %+v, want %s", got, want)
			}
		}
		now := put(t, b, "member.a-1", "2", old)
		if got := <-told; got.Key != "member.a-1" || got.Revision != now {
			t.Errorf("got %+v", got)
		}
	})
	t.Run("who watches an empty bucket is told so", func(t *testing.T) {
		if got := <-watch(t, open(t)); got.Key != "" {
			t.Errorf("got %+v", got)
		}
	})
	t.Run("a key is dropped only as it was seen", func(t *testing.T) {
		b := open(t)
		old := put(t, b, "member.a", "1", 0)
		now := put(t, b, "member.a", "2", old)
		if err := b.Drop(t.Context(), "member.a", old); err != nil {
			t.Error(err)
		}
		now = put(t, b, "member.a", "3", now)
		if err := b.Drop(t.Context(), "member.a", now); err != nil {
			t.Error(err)
		}
		put(t, b, "member.a", "4", 0)
	})
}

func put(t *testing.T, b lease.Bucket, key, value string, last uint64) uint64 {
	t.Helper()
	revision, err := b.Put(t.Context(), key, []byte(value), last)
	if err != nil {
		t.Fatalf("put %s over %d: %v", key, last, err)
	}
	return revision
}

// watch returns what is told until the test ends.
func watch(t *testing.T, b lease.Bucket) <-chan lease.Entry {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	told, done := make(chan lease.Entry, 100), make(chan struct{})
	go func() {
		defer close(done)
		_ = b.Watch(ctx, func(e lease.Entry) { told <- e })
	}()
	t.Cleanup(func() { cancel(); <-done })
	return told
}

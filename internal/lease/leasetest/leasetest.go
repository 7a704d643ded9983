// Package leasetest is the suite that judges who hands out leases, and the buckets
// that they are kept in.
package leasetest

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/ocpihub/ocpihub/internal/lease"
)

// patience is how long something may take that surely happens.
const patience = 30 * time.Second

// Leases judges an implementation of lease.Leases with one replica. open returns
// one that is not yet running.
func Leases(t *testing.T, open func(t *testing.T) lease.Leases) {
	t.Run("work is done under a valid lease until its context ends", func(t *testing.T) {
		leases := run(t, open(t))
		ctx, cancel := context.WithCancel(t.Context())
		begun, done := make(chan lease.Held, 1), make(chan error, 1)
		go func() { done <- leases.Serve(ctx, "shard.0", until(begun)) }()
		if held := <-begun; !held.Valid() {
			t.Error("the lease is not valid")
		}
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	t.Run("who holds what is told", func(t *testing.T) {
		leases := run(t, open(t))
		for _, name := range []string{"shard.1", "shard.0", "hub.watch"} {
			begun := make(chan lease.Held, 1)
			go func() { _ = leases.Serve(t.Context(), name, until(begun)) }()
			<-begun
		}
		Eventually(t, "one replica that holds all", func() bool {
			all := leases.Replicas()
			return len(all) == 1 && all[0].Self && slices.Equal(all[0].Leases, []string{"hub.watch", "shard.0", "shard.1"})
		})
		if got := leases.Members(); len(got) != 1 || got[0] != leases.Replicas()[0].ID {
			t.Errorf("members: %v", got)
		}
	})
	t.Run("what fails by itself is told to who serves", func(t *testing.T) {
		leases := run(t, open(t))
		broken := errors.New("broken")
		err := leases.Serve(t.Context(), "shard.0", func(context.Context, lease.Held) error { return broken })
		if !errors.Is(err, broken) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("who leaves ends its works, waits for them and takes nothing any more", func(t *testing.T) {
		leases := run(t, open(t))
		ctx, cancel := context.WithCancel(t.Context())
		begun, ended, done := make(chan lease.Held, 1), make(chan error, 1), make(chan error, 1)
		go func() {
			done <- leases.Serve(ctx, "shard.0", func(ctx context.Context, held lease.Held) error {
				begun <- held
				<-ctx.Done()
				ended <- context.Cause(ctx)
				return nil
			})
		}()
		<-begun
		if err := leases.Leave(t.Context()); err != nil {
			t.Fatal(err)
		}
		select {
		case cause := <-ended:
			if !errors.Is(cause, lease.ErrLeave) {
				t.Errorf("it ended for: %v", cause)
			}
		default:
			t.Error("it left before the work had ended")
		}
		if err := leases.Leave(t.Context()); err != nil {
			t.Error("a second time: ", err)
		}
		select {
		case err := <-done:
			t.Errorf("Serve returned before its context ended: %v", err)
		case <-begun:
			t.Error("it was taken again")
		case <-time.After(50 * time.Millisecond):
		}
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

// until is a work that tells of its lease, and goes on until its context ends.
func until(begun chan<- lease.Held) lease.Work {
	return func(ctx context.Context, held lease.Held) error {
		begun <- held
		<-ctx.Done()
		return nil
	}
}

// run runs leases until the test ends.
func run(t *testing.T, leases lease.Leases) lease.Leases {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- leases.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return leases
}

// Eventually waits until something is so.
func Eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !is(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not within %s: %s", patience, what)
		}
	}
}

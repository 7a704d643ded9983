package pull_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ocpihub/ocpihub/internal/fault"
	"github.com/ocpihub/ocpihub/internal/peer"
	"github.com/ocpihub/ocpihub/routing/pull"
)

// run runs the schedule until stop is called.
func (w *world) run(t *testing.T) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- w.Run(ctx) }()
	synctest.Wait()
	return func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

func TestAScheduleThatRunsAgainComesToWhatWasEndedWithTheFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(hourly)
		w.serve = func(ctx context.Context, _ peer.Call) (peer.Reply, error) {
			<-ctx.Done()
			return peer.Reply{}, ctx.Err()
		}
		stop := w.run(t)
		stop()
		if n := w.after(2 * interval); n != 1 {
			t.Errorf("when it is stopped, %d calls, want that of the pull which was ended", n)
		}
		w.serve = nil
		stop = w.run(t)
		defer stop()
		if n := w.after(time.Second); n != 2 {
			t.Errorf("when it runs again, %d calls, want 2", n)
		}
		if n := w.after(interval); n != 3 {
			t.Errorf("an interval later, %d calls, want 3", n)
		}
	})
}

func TestAScheduleThatRunsAgainHonoursWhatAnotherProcessReadMeanwhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(hourly)
		w.run(t)()
		time.Sleep(interval)
		w.Pushed("c", locationsOfABC.Module) // and what it was told of while another pulled
		if err := w.marks.Save(t.Context(), "c", locationsOfABC, pull.Mark{Read: time.Now()}); err != nil {
			t.Fatal(err)
		}
		stop := w.run(t)
		defer stop()
		if n := w.after(interval * 8 / 10); n != 1 {
			t.Errorf("what was just read is read again: %d calls, want 1", n)
		}
		if n := w.after(interval * 3 / 10); n != 2 {
			t.Errorf("an interval later, %d calls, want 2", n)
		}
	})
}

func TestAPlatformThatAnotherProcessReadWhenItConnectedIsNotReadAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(hourly)
		back := cpoPlatform("back")
		back.Updated = time.Now()
		time.Sleep(time.Millisecond)
		for _, id := range []string{"c", back.ID} {
			if err := w.marks.Save(t.Context(), id, locationsOfABC, pull.Mark{Read: time.Now()}); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(time.Millisecond)
		w.put(back) // it is heard of only now
		defer w.run(t)()
		if n := w.after(0); n != 0 {
			t.Errorf("%d calls", n)
		}
	})
}

// shared is a lock that processes share.
type shared chan struct{}

func (s shared) locked(ctx context.Context, _ string, pull func(context.Context)) error {
	select {
	case s <- struct{}{}:
		defer func() { <-s }()
		pull(ctx)
	case <-ctx.Done():
	}
	return nil
}

func TestAPlatformIsPulledByOneProcessAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		lock := make(shared, 1)
		processes := func(o *pull.Options) { o.Interval, o.Locked = interval, lock.locked }
		a, b := newWorld(processes), newWorld(processes)
		a.serve = func(context.Context, peer.Call) (peer.Reply, error) {
			time.Sleep(10 * time.Second)
			return ok(nil), nil
		}
		defer a.run(t)()
		impatient, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := b.Sync(impatient, "c", pull.Request{}, nil); !fault.Is(err, fault.NotConnected) || b.after(0) != 0 {
			t.Errorf("who cannot wait gets %v after %d calls", err, b.after(0))
		}
		began := time.Now()
		if _, err := b.Sync(t.Context(), "c", pull.Request{}, nil); err != nil || b.after(0) != 1 {
			t.Errorf("who waits gets %v after %d calls", err, b.after(0))
		}
		if waited := time.Since(began); waited != 9*time.Second {
			t.Errorf("it waited for %s, want for the end of the other pull", waited)
		}
		if a.after(0) != 1 {
			t.Errorf("the other one made %d calls", a.after(0))
		}
	})
}

package parties_test

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ocpihub/ocpihub/internal/fault"
	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/parties"
	"github.com/ocpihub/ocpihub/parties/memstore"
)

// in makes a process a member of a circle.
func in(c *memstore.Circle, id string) func(*parties.Options) {
	return func(o *parties.Options) {
		m := c.Join(id)
		o.Replicas, o.Sightings, o.Locks = m, m, m
	}
}

func TestAChangeIsInUseEverywhereWhenItIsAnswered(t *testing.T) {
	for name, other := range map[string]func(parties.Store) parties.Store{
		"told by the store": func(s parties.Store) parties.Store { return s },
		"found by the poll": func(s parties.Store) parties.Store { return deaf{s} },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				store, circle := memstore.New(), memstore.NewCircle()
				first, second := start(t, store, newPartner(), in(circle, "a")), start(t, other(store), newPartner(), in(circle, "b"))
				synctest.Wait()                    // both have said that they live
				time.Sleep(100 * time.Millisecond) // a poll is not due in the moment in which the patience ends
				id, tokenC := first.join(t, abcCPO)
				second.login(t, tokenC)
				_, err := first.Suspend(t.Context(), id)
				noError(t, err)
				if s := second.status(id); s != parties.Suspended {
					t.Errorf("the other process sees %s", s)
				}
			})
		})
	}
}

func TestAReplicaThatHangsHoldsAChangeUpForASecondAtMost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		circle := memstore.NewCircle()
		p := start(t, memstore.New(), newPartner(), in(circle, "a"))
		synctest.Wait()
		noError(t, circle.Join("hangs").Beat(t.Context(), 0))
		began := time.Now()
		_, _, err := p.Invite(t.Context(), "platform", nil)
		noError(t, err)
		if took := time.Since(began); took != time.Second {
			t.Errorf("it took %s", took)
		}
		time.Sleep(3 * time.Second) // it counts as dead
		began = time.Now()
		_, _, err = p.Invite(t.Context(), "platform", nil)
		noError(t, err)
		if took := time.Since(began); took != 0 {
			t.Errorf("with a dead replica it took %s", took)
		}
	})
}

// counting counts how often the epoch is asked for.
type counting struct {
	deaf
	asked atomic.Int64
}

func (c *counting) Epoch(ctx context.Context) (uint64, error) {
	c.asked.Add(1)
	time.Sleep(10 * time.Millisecond)
	return c.deaf.Epoch(ctx)
}

func TestATokenThatIsNotKnownIsLookedUpBeforeItIsRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := memstore.New()
		first := start(t, store, newPartner())
		other := &counting{deaf: deaf{store}}
		second := start(t, other, newPartner(), in(memstore.NewCircle(), "b"))
		synctest.Wait()
		_, tokenC := first.join(t, abcCPO)
		l, ok := second.Authenticate(t.Context(), []string{tokenC}, time.Now())
		if !ok || !l.Platform.Holds(abcCPO.Party) {
			t.Error("the token is refused")
		}
		before := other.asked.Load()
		for range 100 {
			go func() {
				if _, ok := second.Authenticate(t.Context(), []string{"nobody's"}, time.Now()); ok {
					t.Error("nobody's token opens the hub")
				}
			}()
		}
		time.Sleep(100 * time.Millisecond)
		if asked := other.asked.Load() - before; asked > 2 {
			t.Errorf("the store was asked %d times about 100 tokens", asked)
		}
	})
}

func TestOneProcessAtATimeRenewsTheTokensOfAPlatform(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, circle, slow := memstore.New(), memstore.NewCircle(), newPartner()
		first, second := start(t, store, slow, in(circle, "a")), start(t, store, newPartner(), in(circle, "b"))
		synctest.Wait()
		id, tokenC := first.join(t, abcCPO)
		answer := make(chan struct{})
		slow.answer = func(context.Context, parties.RegisterCall) (parties.Credentials, error) {
			<-answer
			return credentials(newestToken, abcCPO), nil
		}
		rotated := make(chan error, 1)
		go func() {
			_, _, err := first.Rotate(context.WithoutCancel(t.Context()), id)
			rotated <- err
		}()
		synctest.Wait()
		_, err := second.Update(t.Context(), second.login(t, tokenC), ocpi.V221, credentials(tokenB, abcCPO))
		wantFault(t, err, fault.Conflict)
		close(answer)
		noError(t, <-rotated)
		_, err = second.Update(t.Context(), second.login(t, tokenC), ocpi.V221, credentials(tokenB, abcCPO))
		noError(t, err)
	})
}

func TestWhenAPlatformWasSeenIsSharedAndOutlivesAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, circle := memstore.New(), memstore.NewCircle()
		first, second := start(t, store, newPartner(), in(circle, "a")), start(t, store, newPartner(), in(circle, "b"))
		synctest.Wait()
		id, tokenC := first.join(t, abcCPO)
		seen := time.Now()
		epoch, _ := store.Epoch(t.Context())
		first.Seen(first.login(t, tokenC))
		time.Sleep(1100 * time.Millisecond)
		synctest.Wait()
		if got := second.LastSeen(id); !got.Equal(seen) {
			t.Errorf("the other process says %s, want %s", got, seen)
		}
		last := time.Now()
		second.Seen(second.login(t, tokenC))
		noError(t, first.stop())
		noError(t, second.stop())
		if got := start(t, store, newPartner(), in(circle, "c")).LastSeen(id); !got.Equal(last) {
			t.Errorf("after a restart of all: %s, want %s", got, last)
		}
		if now, _ := store.Epoch(t.Context()); now != epoch {
			t.Errorf("it counts as %d changes", now-epoch)
		}
	})
}

func TestAPlatformThatWasSeenByAReplicaWhoseClockIsAheadDoesNotSpeakUntilThen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, circle := memstore.New(), memstore.NewCircle()
		ahead := func(o *parties.Options) { o.Now = func() time.Time { return time.Now().Add(time.Hour) } }
		first, second := start(t, store, newPartner(), in(circle, "a")), start(t, store, newPartner(), in(circle, "b"), ahead)
		synctest.Wait()
		id, tokenC := first.join(t, abcCPO)
		second.Seen(second.login(t, tokenC))
		time.Sleep(1100 * time.Millisecond)
		synctest.Wait()
		seen := first.LastSeen(id)
		if seen.IsZero() || seen.After(time.Now()) {
			t.Errorf("it was seen at %s, and now is %s", seen, time.Now())
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if got := first.LastSeen(id); !got.Equal(seen) {
			t.Errorf("without a message it was seen at %s, and not at %s", got, seen)
		}
	})
}

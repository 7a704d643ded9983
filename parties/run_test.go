package parties_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/parties"
	"github.com/ocpihub/ocpihub/parties/memstore"
)

// process is a registry that runs, on a store that it may share, with the time
// of a synctest bubble.
type process struct {
	*parties.Registry
	stop func() error
}

func start(t *testing.T, store parties.Store, partner *partner, edit ...func(*parties.Options)) *process {
	t.Helper()
	o := parties.Options{
		Store: store, Sealer: newSealer(t), Partner: partner, Grace: grace,
		Self: parties.Self{Party: hubID, VersionsURL: hubURL, Versions: []ocpi.Version{"2.2.1"}},
	}
	for _, e := range edit {
		e(&o)
	}
	r, err := parties.Open(t.Context(), o)
	noError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- r.Run(ctx) }()
	stop := sync.OnceValue(func() error { cancel(); return <-done })
	t.Cleanup(func() { noError(t, stop()) })
	return &process{r, stop}
}

func (p *process) join(t *testing.T, c parties.Claim) (id, tokenC string) {
	t.Helper()
	invited, tokenA, err := p.Invite(t.Context(), "platform", nil)
	noError(t, err)
	l, _ := p.Directory().Authenticate([]string{tokenA}, time.Now())
	answer, err := p.Register(t.Context(), l, ocpi.V221, credentials(tokenB, c))
	noError(t, err)
	return invited.ID, answer.Token
}

func (p *process) login(t *testing.T, token string) parties.Login {
	t.Helper()
	l, ok := p.Directory().Authenticate([]string{token}, time.Now())
	if !ok {
		t.Fatal("token is not known")
	}
	return l
}

func (p *process) status(id string) parties.Status {
	one, ok := p.Directory().Platform(id)
	if !ok {
		return ""
	}
	return one.Status
}

// deaf is a store whose Watch tells nothing: only the poll is left.
type deaf struct{ parties.Store }

func (deaf) Watch(context.Context) <-chan struct{} { return nil }

func TestAChangeReachesEveryProcessWithinTwoSeconds(t *testing.T) {
	for name, other := range map[string]func(parties.Store) parties.Store{
		"told by the store": func(s parties.Store) parties.Store { return s },
		"found by the poll": func(s parties.Store) parties.Store { return deaf{s} },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				store := memstore.New()
				first, second := start(t, store, newPartner()), start(t, other(store), newPartner())
				id, tokenC := first.join(t, abcCPO)
				time.Sleep(2 * time.Second)
				synctest.Wait()
				second.login(t, tokenC)
				_, err := first.Suspend(t.Context(), id)
				noError(t, err)
				time.Sleep(2 * time.Second)
				synctest.Wait()
				if s := second.status(id); s != parties.Suspended {
					t.Errorf("the other process sees %s", s)
				}
			})
		})
	}
}

func TestH021_ARequestThatIsUnderWayWithTheOldTokenIsNotRefusedWhenTheNewOneIsSeen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := start(t, memstore.New(), newPartner())
		_, old := p.join(t, abcCPO)
		answer, err := p.Update(t.Context(), p.login(t, old), ocpi.V221, credentials(newestToken, abcCPO))
		noError(t, err)
		p.Seen(p.login(t, answer.Token))
		synctest.Wait()
		p.Seen(p.login(t, old)) // sent before the new one was there
		time.Sleep(2 * time.Second)
		if _, ok := p.Directory().Authenticate([]string{old}, time.Now()); ok {
			t.Error("the old token is still good")
		}
		p.Seen(p.login(t, answer.Token))
		synctest.Wait()
		if one := p.Directory().Platforms()[0]; len(one.Keys) != 1 {
			t.Errorf("%d keys are left", len(one.Keys))
		}
		before := p.Directory().Epoch()
		for range 100 {
			p.Seen(p.login(t, answer.Token))
		}
		synctest.Wait()
		if p.Directory().Epoch() != before {
			t.Error("messages change a platform whose rotation is over")
		}
	})
}

func TestTheOldTokenDiesWithinTwoSecondsOnceTheNewOneWasSeen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := memstore.New()
		first, second := start(t, store, newPartner()), start(t, deaf{store}, newPartner())
		_, old := first.join(t, abcCPO)
		answer, err := first.Update(t.Context(), first.login(t, old), ocpi.V221, credentials(newestToken, abcCPO))
		noError(t, err)
		time.Sleep(2 * time.Second)
		first.Seen(first.login(t, old)) // a message that was under way
		time.Sleep(2 * time.Second)
		first.login(t, old)
		first.Seen(first.login(t, answer.Token))
		time.Sleep(2 * time.Second)
		for _, p := range []*process{first, second} {
			if _, ok := p.Directory().Authenticate([]string{old}, time.Now()); ok {
				t.Error("the old token still opens the hub")
			}
			p.login(t, answer.Token)
		}
	})
}

func TestAMessageEndsOFFLINEAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := start(t, memstore.New(), newPartner())
		id, tokenC := p.join(t, abcCPO)
		noError(t, p.MarkOffline(t.Context(), id))
		before := time.Now()
		p.Seen(p.login(t, tokenC))
		synctest.Wait()
		if s := p.status(id); s != parties.Connected || time.Now() != before {
			t.Errorf("status %s after %s", s, time.Since(before))
		}
	})
}

func TestAMessageDoesNotEndASuspension(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := start(t, memstore.New(), newPartner())
		id, tokenC := p.join(t, abcCPO)
		_, err := p.Suspend(t.Context(), id)
		noError(t, err)
		p.Seen(p.login(t, tokenC))
		synctest.Wait()
		if s := p.status(id); s != parties.Suspended {
			t.Errorf("status %s", s)
		}
	})
}

func TestLastSeenIsKeptOverARestartAndTouchesNoStatus(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := memstore.New()
		p := start(t, store, newPartner())
		id, tokenC := p.join(t, abcCPO)
		if seen := p.LastSeen(id); !seen.IsZero() {
			t.Errorf("seen %s before any message", seen)
		}
		before, _ := p.Directory().Platform(id)
		time.Sleep(time.Minute)
		seen := time.Now()
		p.Seen(p.login(t, tokenC))
		if got := p.LastSeen(id); !got.Equal(seen) {
			t.Errorf("seen %s, want %s", got, seen)
		}
		noError(t, p.stop())
		again := start(t, store, newPartner())
		after, _ := again.Directory().Platform(id)
		if !again.LastSeen(id).Equal(seen) || after.Status != before.Status || !after.Updated.Equal(before.Updated) {
			t.Errorf("seen %s, status %s, updated %s", again.LastSeen(id), after.Status, after.Updated)
		}
	})
}

func TestLastSeenIsWrittenNowAndThen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := memstore.New()
		p := start(t, store, newPartner())
		id, tokenC := p.join(t, abcCPO)
		seen := time.Now()
		p.Seen(p.login(t, tokenC))
		epoch, _ := store.Epoch(t.Context())
		time.Sleep(31 * time.Second)
		stored, after, err := store.Load(t.Context())
		if err != nil || !stored[0].LastSeen.Equal(seen) || stored[0].ID != id || after != epoch+1 {
			t.Errorf("stored %s, epoch %d to %d, %v", stored[0].LastSeen, epoch, after, err)
		}
		time.Sleep(time.Minute)
		if again, _ := store.Epoch(t.Context()); again != after {
			t.Error("a mark that had not changed was written again")
		}
	})
}

func TestSeenIsCheapAndIgnoresStrangers(t *testing.T) {
	h := newHub(t)
	_, tokenC := h.register(abcCPO)
	l := h.login(tokenC)
	if allocs := testing.AllocsPerRun(100, func() { h.Seen(l) }); allocs != 0 {
		t.Errorf("%v allocations", allocs)
	}
	_, err := h.Remove(t.Context(), l.Platform.ID)
	noError(t, err)
	h.Seen(l)
	if seen := h.LastSeen(l.Platform.ID); !seen.IsZero() {
		t.Errorf("a removed platform was seen %s", seen)
	}
}

// flaky is a store that cannot be reached while down.
type flaky struct {
	parties.Store
	mu   sync.Mutex
	down bool
}

func (f *flaky) set(down bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.down = down
}

func (f *flaky) Epoch(ctx context.Context) (uint64, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.down {
		return 0, errors.New("no route")
	}
	return f.Store.Epoch(ctx)
}

func TestTheLastStateIsUsedWhileTheStoreIsDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		mem := memstore.New()
		store := &flaky{Store: deaf{mem}}
		first, second := start(t, mem, newPartner()), start(t, store, newPartner())
		id, tokenC := first.join(t, abcCPO)
		time.Sleep(2 * time.Second)
		store.set(true)
		_, err := first.Suspend(t.Context(), id)
		noError(t, err)
		time.Sleep(10 * time.Second)
		second.login(t, tokenC)
		if s := second.status(id); s != parties.Connected {
			t.Errorf("status %s", s)
		}
		store.set(false)
		time.Sleep(2 * time.Second)
		if s := second.status(id); s != parties.Suspended {
			t.Errorf("status %s after the store came back", s)
		}
	})
}

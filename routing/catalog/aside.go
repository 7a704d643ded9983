package catalog

import (
	"context"
	"errors"
	"hash/maphash"
	"log/slog"
	"sync"
	"sync/atomic"

	"github.com/ocpihub/ocpihub/ocpi"
)

const (
	asideLanes = 64 // changes that are written at a time; they share a sync
	asideQueue = 64 // changes that wait in each lane
)

// Aside is a Store that also takes changes to write them after the sender has
// its answer: copies of what one party was sent and has taken. Changes of one
// object are written in the order in which they came. Who reads through the
// Aside sees them all; a process that is killed loses those of its last
// milliseconds. Run does the work; once it has ended, changes are written at
// once.
type Aside struct {
	Store
	log     *slog.Logger
	lanes   [asideLanes]chan later
	waiting sync.Map // how many wait, as *atomic.Int64 by ocpi.ModuleID
	lost    atomic.Int64
	failing atomic.Bool

	mu    sync.RWMutex
	ended bool
}

// later is a change that waits to be written, or a mark that all before it are.
type later struct {
	change  Change
	waiting *atomic.Int64
	then    func(Outcome)
	mark    chan<- struct{}
}

// NewAside returns an Aside on a store.
func NewAside(s Store, log *slog.Logger) *Aside {
	a := &Aside{Store: s, log: log}
	for i := range a.lanes {
		a.lanes[i] = make(chan later, asideQueue)
	}
	return a
}

// Later writes a change soon and then calls then with what it did. It waits
// while too many others wait; an error says that ctx ended before, and that the
// change was not taken. A change that cannot be written is lost, and counted.
func (a *Aside) Later(ctx context.Context, c Change, then func(Outcome)) error {
	a.mu.RLock()
	defer a.mu.RUnlock()
	l := later{change: c, waiting: a.count(c.Key.Module), then: then}
	l.waiting.Add(1)
	if a.ended {
		a.write(ctx, l)
		return nil
	}
	select {
	case a.lanes[laneOf(c.Key)] <- l:
		return nil
	case <-ctx.Done():
		l.waiting.Add(-1)
		return ctx.Err()
	}
}

// Lost is how many changes could not be written.
func (a *Aside) Lost() int64 { return a.lost.Load() }

// Run writes until ctx ends, then what still waits.
func (a *Aside) Run(ctx context.Context) error {
	var work sync.WaitGroup
	for _, lane := range a.lanes {
		work.Go(func() {
			for l := range lane {
				a.write(context.WithoutCancel(ctx), l)
			}
		})
	}
	<-ctx.Done()
	a.end()
	work.Wait()
	return nil
}

func (a *Aside) end() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.ended = true
	for _, lane := range a.lanes {
		close(lane)
	}
}

func (a *Aside) write(ctx context.Context, l later) {
	if l.mark != nil {
		l.mark <- struct{}{}
		return
	}
	defer l.waiting.Add(-1)
	out, err := a.Apply(ctx, l.change)
	switch failed := err != nil && !errors.Is(err, ErrUnknown); {
	case failed:
		a.lost.Add(1)
		if !a.failing.Swap(true) {
			a.log.Error("what a party was sent cannot be kept: its copies in the lists of the hub will be missing or old", "error", err)
		}
		return
	case a.failing.Swap(false):
		a.log.Info("what parties are sent is kept again", "lost", a.lost.Load())
	}
	l.then(out)
}

// List implements Store.
func (a *Aside) List(ctx context.Context, q Query) (Page, error) {
	if err := a.settle(ctx, q.Module); err != nil {
		return Page{}, err
	}
	return a.Store.List(ctx, q)
}

// Owners implements Store.
func (a *Aside) Owners(ctx context.Context, m ocpi.ModuleID, id string, reader ocpi.PartyID) ([]Key, error) {
	if err := a.settle(ctx, m); err != nil {
		return nil, err
	}
	return a.Store.Owners(ctx, m, id, reader)
}

// Get implements Store.
func (a *Aside) Get(ctx context.Context, k Key, part Part) (Object, error) {
	if k.Audience != Everyone {
		if err := a.settle(ctx, k.Module); err != nil {
			return Object{}, err
		}
	}
	return a.Store.Get(ctx, k, part)
}

// settle waits until the changes of a module that came before are written.
func (a *Aside) settle(ctx context.Context, m ocpi.ModuleID) error {
	if a.count(m).Load() == 0 {
		return nil
	}
	a.mu.RLock()
	defer a.mu.RUnlock()
	if a.ended {
		return nil
	}
	marks := make(chan struct{}, asideLanes)
	for _, lane := range a.lanes {
		select {
		case lane <- later{mark: marks}:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	for range a.lanes {
		select {
		case <-marks:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

func (a *Aside) count(m ocpi.ModuleID) *atomic.Int64 {
	if n, ok := a.waiting.Load(m); ok {
		return n.(*atomic.Int64)
	}
	n, _ := a.waiting.LoadOrStore(m, &atomic.Int64{})
	return n.(*atomic.Int64)
}

var asideSeed = maphash.MakeSeed()

func laneOf(k Key) uint64 {
	k.ID = fold(k.ID)
	return maphash.Comparable(asideSeed, k) % asideLanes
}

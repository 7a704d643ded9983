package catalog

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ocpihub/ocpihub/ocpi"
)

const (
	// asideMost is how many changes wait at most.
	asideMost = 4096
	// asideDelay is how long the first of them waits for others, with which it
	// shares a sync.
	asideDelay = 20 * time.Millisecond
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
	lost    atomic.Int64
	failing atomic.Bool
	places  chan struct{} // taken by each change that waits
	begun   chan struct{} // the open batch has a change
	hurry   chan struct{} // somebody waits for the open batch

	mu      sync.Mutex
	open    *batch // takes changes
	writing *batch // is written, or was the last one to be
	ended   bool
}

// later is a change that waits to be written.
type later struct {
	change Change
	then   func(Outcome)
}

// batch is changes that are written together.
type batch struct {
	all     []later
	of      map[ocpi.ModuleID]bool
	written chan struct{} // closed when they are
}

func newBatch() *batch {
	return &batch{of: map[ocpi.ModuleID]bool{}, written: make(chan struct{})}
}

// NewAside returns an Aside on a store.
func NewAside(s Store, log *slog.Logger) *Aside {
	return &Aside{
		Store: s, log: log, open: newBatch(), writing: newBatch(),
		places: make(chan struct{}, asideMost), begun: make(chan struct{}, 1), hurry: make(chan struct{}, 1),
	}
}

// Later writes a change soon and then calls then with what it did. It waits
// while too many others wait; an error says that ctx ended before, and that the
// change was not taken. A change that cannot be written is lost, and counted.
func (a *Aside) Later(ctx context.Context, c Change, then func(Outcome)) error {
	select {
	case a.places <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	l := later{c, then}
	if !a.join(l) {
		a.write(ctx, []later{l})
	}
	return nil
}

// join puts a change into the open batch; false when none is written any more.
func (a *Aside) join(l later) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.ended {
		return false
	}
	a.open.all = append(a.open.all, l)
	a.open.of[l.change.Key.Module] = true
	if len(a.open.all) == 1 {
		wake(a.begun)
	}
	return true
}

func wake(c chan<- struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// Lost is how many changes could not be written.
func (a *Aside) Lost() int64 { return a.lost.Load() }

// Run writes until ctx ends, then what still waits.
func (a *Aside) Run(ctx context.Context) error {
	for ctx.Err() == nil {
		select {
		case <-a.begun:
			a.gather(ctx)
		case <-ctx.Done():
		}
		a.flush(ctx)
	}
	a.mu.Lock()
	a.ended = true
	a.mu.Unlock()
	a.flush(ctx)
	return nil
}

// gather waits for changes that share the sync of the first.
func (a *Aside) gather(ctx context.Context) {
	timer := time.NewTimer(asideDelay)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-a.hurry:
	case <-ctx.Done():
	}
}

// flush writes the open batch.
func (a *Aside) flush(ctx context.Context) {
	a.mu.Lock()
	now := a.open
	a.open, a.writing = newBatch(), now
	a.mu.Unlock()
	a.write(context.WithoutCancel(ctx), now.all)
	close(now.written)
}

// write writes changes in their order.
func (a *Aside) write(ctx context.Context, all []later) {
	if len(all) == 0 {
		return
	}
	changes := make([]Change, len(all))
	for i, l := range all {
		changes[i] = l.change
	}
	for i, done := range a.ApplyAll(ctx, changes) {
		a.tell(all[i], done) //nolint:gosec // there is one for each change
		<-a.places
	}
}

// tell says what a change did. One line tells when some are lost, and when none
// is any more.
func (a *Aside) tell(l later, done Applied) {
	switch failed := done.Err != nil && !errors.Is(done.Err, ErrUnknown); {
	case failed:
		a.lost.Add(1)
		if !a.failing.Swap(true) {
			a.log.Error("what a party was sent cannot be kept: its copies in the lists of the hub will be missing or old", "error", done.Err)
		}
		return
	case a.failing.Swap(false):
		a.log.Info("what parties are sent is kept again", "lost", a.lost.Load())
	}
	l.then(done.Outcome)
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

// Contract implements Store.
func (a *Aside) Contract(ctx context.Context, contract string, reader ocpi.PartyID) ([]Object, error) {
	if err := a.settle(ctx, ocpi.Tokens); err != nil {
		return nil, err
	}
	return a.Store.Contract(ctx, contract, reader)
}

// IDs implements Store.
func (a *Aside) IDs(ctx context.Context, m ocpi.ModuleID, owner, audience ocpi.PartyID, each func(id string) bool) error {
	if err := a.settle(ctx, m); err != nil {
		return err
	}
	return a.Store.IDs(ctx, m, owner, audience, each)
}

// Audiences implements Store.
func (a *Aside) Audiences(ctx context.Context, m ocpi.ModuleID, owner ocpi.PartyID) ([]ocpi.PartyID, error) {
	if err := a.settle(ctx, m); err != nil {
		return nil, err
	}
	return a.Store.Audiences(ctx, m, owner)
}

// settle waits until the changes of a module that came before are written.
func (a *Aside) settle(ctx context.Context, m ocpi.ModuleID) error {
	last := a.last(m)
	if last == nil {
		return nil
	}
	select {
	case <-last.written:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// last is the last batch that has a change of a module; nil when all that had one
// are long written. If it is the open one it waits no longer for others.
func (a *Aside) last(m ocpi.ModuleID) *batch {
	a.mu.Lock()
	defer a.mu.Unlock()
	switch {
	case a.open.of[m]:
		wake(a.hurry)
		return a.open
	case a.writing.of[m]:
		return a.writing
	}
	return nil
}

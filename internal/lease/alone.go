package lease

import (
	"context"
	"slices"
	"sync"
	"time"
)

// Alone holds everything: the leases of a hub that has one process. Make one with
// NewAlone.
type Alone struct {
	self Replica

	mu    sync.Mutex
	works map[string]*aloneWork
	left  bool
}

type aloneWork struct {
	cancel context.CancelCauseFunc
	done   chan struct{}
}

var _ Leases = (*Alone)(nil)

// NewAlone returns the leases of the only process of a hub, which has started at
// a time.
func NewAlone(id, version string, since time.Time) *Alone {
	return &Alone{self: Replica{ID: id, Version: version, Since: since, Self: true}, works: map[string]*aloneWork{}}
}

// always is a lease that nobody can take.
type always struct{}

func (always) Valid() bool { return true }

// Run implements Leases.
func (a *Alone) Run(ctx context.Context) error {
	<-ctx.Done()
	return a.Leave(context.WithoutCancel(ctx))
}

// Serve implements Leases.
func (a *Alone) Serve(ctx context.Context, name string, work Work) error {
	inner, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	w := &aloneWork{cancel: cancel, done: make(chan struct{})}
	if !a.begin(name, w) {
		<-ctx.Done()
		return nil
	}
	err := work(inner, always{})
	close(w.done)
	a.mu.Lock()
	delete(a.works, name)
	left := a.left
	a.mu.Unlock()
	if left && inner.Err() != nil {
		<-ctx.Done()
	}
	return err
}

func (a *Alone) begin(name string, w *aloneWork) (ok bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if !a.left {
		a.works[name] = w
	}
	return !a.left
}

// Leave implements Leases.
func (a *Alone) Leave(ctx context.Context) error {
	a.mu.Lock()
	a.left = true
	works := make([]*aloneWork, 0, len(a.works))
	for _, w := range a.works {
		works = append(works, w)
		w.cancel(ErrLeave)
	}
	a.mu.Unlock()
	for _, w := range works {
		select {
		case <-w.done:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// Members implements Leases.
func (a *Alone) Members() []string { return []string{a.self.ID} }

// Replicas implements Leases.
func (a *Alone) Replicas() []Replica {
	a.mu.Lock()
	defer a.mu.Unlock()
	out := a.self
	out.Leaving = a.left
	for name := range a.works {
		out.Leases = append(out.Leases, name)
	}
	slices.Sort(out.Leases)
	return []Replica{out}
}

package rediscatalog

import (
	"context"
	"slices"
	"sync"

	"github.com/ocpihub/ocpihub/routing/catalog"
)

// lanesMost bounds how many changes share a write.
const lanesMost = 64

// lanes make the changes of each owner one write after the other, those that
// wait together in one: they would only get in each other's way, for they change
// the same counts and the same order.
type lanes struct {
	commit func(ctx context.Context, owner string, all []*request)

	mu   sync.Mutex
	open map[string][]*request // who waits, by owners for whom somebody works
	work sync.WaitGroup
}

// request is a change that waits for its turn.
type request struct {
	about  catalog.About
	change func(catalog.Rows) error
	done   chan error
	begun  bool // under the lock of the lanes
}

func (q *request) answer(err error) { q.done <- err }

// do returns when the change is made, or could not be; or when ctx ends before
// its turn has come.
func (l *lanes) do(ctx context.Context, owner string, q *request) error {
	q.done = make(chan error, 1)
	l.mu.Lock()
	if l.open == nil {
		l.open = map[string][]*request{}
	}
	waiting, working := l.open[owner]
	l.open[owner] = append(waiting, q)
	if !working {
		l.work.Go(func() { l.run(context.WithoutCancel(ctx), owner) })
	}
	l.mu.Unlock()
	select {
	case err := <-q.done:
		return err
	case <-ctx.Done():
		if l.withdraw(owner, q) {
			return context.Cause(ctx)
		}
		return <-q.done
	}
}

// withdraw takes a change back, unless its turn has come.
func (l *lanes) withdraw(owner string, q *request) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if q.begun {
		return false
	}
	l.open[owner] = slices.DeleteFunc(l.open[owner], func(other *request) bool { return other == q })
	return true
}

// run works for an owner until nobody waits.
func (l *lanes) run(ctx context.Context, owner string) {
	for {
		now := l.next(owner)
		if len(now) == 0 {
			return
		}
		l.commit(ctx, owner, now)
	}
}

// next are those whose turn has come; when there are none nobody works for the
// owner any more.
func (l *lanes) next(owner string) (now []*request) {
	l.mu.Lock()
	defer l.mu.Unlock()
	waiting := l.open[owner]
	if len(waiting) == 0 {
		delete(l.open, owner)
		return nil
	}
	n := min(len(waiting), lanesMost)
	now = slices.Clone(waiting[:n])
	l.open[owner] = slices.Clone(waiting[n:])
	for _, q := range now {
		q.begun = true
	}
	return now
}

func (l *lanes) wait() { l.work.Wait() }

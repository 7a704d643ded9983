package rediscatalog

import (
	"context"
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
	ctx    context.Context //nolint:containedctx // of the caller, who waits
	done   chan error
}

func (q *request) answer(err error) { q.done <- err }

// do returns when the change is made, or when ctx ends: then it may be made yet,
// as long as it has begun.
func (l *lanes) do(ctx context.Context, owner string, q *request) error {
	q.ctx, q.done = ctx, make(chan error, 1)
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
		return context.Cause(ctx)
	}
}

// run works for an owner until nobody waits.
func (l *lanes) run(ctx context.Context, owner string) {
	for {
		l.mu.Lock()
		all := l.open[owner]
		if len(all) == 0 {
			delete(l.open, owner)
			l.mu.Unlock()
			return
		}
		n := min(len(all), lanesMost)
		l.open[owner] = all[n:]
		l.mu.Unlock()
		var now []*request
		for _, q := range all[:n] {
			if q.ctx.Err() == nil {
				now = append(now, q)
			}
		}
		if len(now) > 0 {
			l.commit(ctx, owner, now)
		}
	}
}

func (l *lanes) wait() { l.work.Wait() }

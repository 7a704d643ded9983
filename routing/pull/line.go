package pull

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/ocpihub/ocpihub/ocpi"
)

// line is what the puller knows of one platform beside its marks.
type line struct {
	turn chan struct{} // holds a value while a pull is under way

	mu     sync.Mutex
	cancel context.CancelCauseFunc // of the pull under way

	// The rest belongs to the schedule and is guarded by the Puller's lock.
	due      time.Time // zero: nothing is
	all      bool      // everything is due, not only what is not pushed
	running  bool
	failures int // in a row
	pushed   map[ocpi.ModuleID]bool
}

// line returns what is known of a platform.
func (p *Puller) line(id string) *line {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.lineOf(id)
}

// lineOf is line for who holds the lock.
func (p *Puller) lineOf(id string) *line {
	l := p.lines[id]
	if l == nil {
		l = &line{turn: make(chan struct{}, 1), pushed: map[ocpi.ModuleID]bool{}}
		p.lines[id] = l
	}
	return l
}

// enter waits for the turn to pull a platform. The context that it returns ends
// when stop is called.
func (l *line) enter(ctx context.Context) (inner context.Context, leave func(), err error) {
	select {
	case l.turn <- struct{}{}:
	case <-ctx.Done():
		return nil, nil, ended(ctx)
	}
	inner, cancel := context.WithCancelCause(ctx)
	l.mu.Lock()
	l.cancel = cancel
	l.mu.Unlock()
	return inner, func() {
		l.mu.Lock()
		l.cancel = nil
		l.mu.Unlock()
		cancel(nil)
		<-l.turn
	}, nil
}

var errGone = errors.New("the platform is not connected any more")

// stop ends the pull under way, if any.
func (l *line) stop() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.cancel != nil {
		l.cancel(errGone)
	}
}

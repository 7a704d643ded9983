package hub

import (
	"context"
	"time"
)

// bookGap is the least time between two looks into the book.
const bookGap = 50 * time.Millisecond

// takeOver begins to announce on this replica, from what another one has told;
// false when ctx ended first.
func (a *announcer) takeOver(ctx context.Context) bool {
	for {
		err := a.look(ctx)
		if err == nil {
			break
		}
		if ctx.Err() == nil {
			a.log.WarnContext(ctx, "what was told of the parties cannot be read now, and nobody is told anything", "error", err)
		}
		select {
		case <-ctx.Done():
			return false
		case <-time.After(time.Second):
		}
	}
	a.links.forget()
	a.set(true)
	return true
}

// handOver ends to announce on this replica.
func (a *announcer) handOver() {
	a.links.forget()
	a.set(false)
}

func (a *announcer) set(here bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.here = here
	clear(a.held)
	a.tell()
}

// peek looks into the book when another replica announces, and says when to look
// again; nil when this one does, and news tells all. However many wait, the book is
// read once each bookGap.
func (a *announcer) peek(ctx context.Context) (again <-chan time.Time) {
	a.mu.Lock()
	here, due := a.here, a.now().Sub(a.read) >= bookGap
	if !here && due {
		a.read = a.now()
	}
	a.mu.Unlock()
	if here {
		return nil
	}
	if due {
		a.refresh(ctx)
	}
	return time.After(bookGap)
}

// refresh reads the book. What cannot be read now is read at the next look.
func (a *announcer) refresh(ctx context.Context) {
	told, err := a.book.Told(ctx)
	if err != nil {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if !a.here {
		a.told = told
		a.tell()
	}
}

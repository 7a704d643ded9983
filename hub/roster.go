package hub

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/parties"
)

// roster tells each platform that speaks OCPI 2.3.0 whom it can reach: their
// parties are roles in the hub's credentials there, which the hub renews when they
// change (H-031). Changes that come within a while are told at once; what was told
// is kept with the platform, so that a change which was lost with the process is
// told at the next start. Client info goes its own way, at once.
type roster struct {
	offered   bool // does the hub have 2.3.0? Else credentials cannot be renewed there
	directory func() *parties.Directory
	show      func(ctx context.Context, platform string) error
	gather    time.Duration // how long changes are gathered
	now       func() time.Time
	log       *slog.Logger
	wake      chan struct{}

	mu    sync.Mutex
	tries map[string]try // by platform
}

// try is how it went with a platform lately.
type try struct {
	of    string // what it was to be told
	fails int    // in a row
	next  time.Time
}

const (
	// rosterGaps is how many times as long as changes are gathered a platform is
	// left alone after it was told: it changes its token each time.
	rosterGaps = 6
	// rosterParallel is how many platforms are told at a time.
	rosterParallel = 8
	rosterAgain    = 15 * time.Second // after the first failure; it doubles
	rosterSeldom   = time.Hour
	// rosterTries end after some five hours: who does not take it in that time
	// hears of the next change, or renews its credentials.
	rosterTries = 12
)

func newRoster(h *Hub) *roster {
	return &roster{
		offered:   slices.Contains(h.cfg.Versions, ocpi.V230),
		directory: h.registry.Directory, show: h.registry.Show, gather: h.cfg.Credentials.Gather,
		now: time.Now, log: h.log, wake: make(chan struct{}, 1), tries: map[string]try{},
	}
}

// changed takes note that the registry has changed. It does not block.
func (r *roster) changed(_, _ *parties.Directory) {
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

// run tells what is untold, now and a while after every change, until ctx ends. It
// may be called again then.
func (r *roster) run(ctx context.Context) error {
	if !r.offered {
		<-ctx.Done()
		return nil
	}
	for {
		wait := r.tell(ctx)
		if !r.rest(ctx, wait) {
			return nil
		}
	}
}

// rest waits until there may be something to tell; false when ctx ended first.
func (r *roster) rest(ctx context.Context, wait time.Duration) bool {
	var again <-chan time.Time
	if wait > 0 {
		again = time.After(wait)
	}
	select {
	case <-ctx.Done():
		return false
	case <-again:
		return true
	case <-r.wake:
	}
	select {
	case <-ctx.Done():
		return false
	case <-time.After(r.gather):
		return true
	}
}

// tell tells those who are to be told now, and returns when to look again; 0 when
// only a change of the registry can make somebody due.
func (r *roster) tell(ctx context.Context) (wait time.Duration) {
	dir, now := r.directory(), r.now()
	work, inner := errgroup.WithContext(ctx)
	work.SetLimit(rosterParallel)
	due := dir.Unshown(now)
	r.forget(due)
	for _, p := range due {
		what := dir.Print(p, now)
		t := r.tryOf(p.ID, what)
		if t.fails >= rosterTries {
			continue
		}
		if left := t.next.Sub(now); left > 0 {
			wait = sooner(wait, left)
			continue
		}
		work.Go(func() error {
			r.note(inner, p.ID, what, r.show(inner, p.ID))
			return nil
		})
		wait = sooner(wait, rosterAgain) // it may have failed
	}
	_ = work.Wait() // none fails as a whole
	if _, turn := dir.UntoldAgreements(now, func(a *parties.Agreement) bool { return a.InForce(now) }); !turn.IsZero() {
		wait = sooner(wait, min(max(turn.Sub(now), time.Millisecond), clockCheck))
	}
	return wait
}

func sooner(a, b time.Duration) time.Duration {
	if a == 0 {
		return b
	}
	return min(a, b)
}

// tryOf is how it went with what a platform is to be told now. What is new begins
// anew, but not at once when it was told something just before.
func (r *roster) tryOf(id, what string) try {
	r.mu.Lock()
	defer r.mu.Unlock()
	t := r.tries[id]
	if t.of != what {
		if t.of, t.fails = what, 0; t.next.After(r.now().Add(r.pause())) {
			t.next = time.Time{}
		}
	}
	return t
}

// pause is how long a platform is left alone after it was told.
func (r *roster) pause() time.Duration { return rosterGaps * r.gather }

// note remembers how it went.
func (r *roster) note(ctx context.Context, id, what string, err error) {
	if ctx.Err() != nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if err == nil {
		r.tries[id] = try{next: r.now().Add(r.pause())}
		return
	}
	t := r.tries[id]
	if t.of != what {
		t = try{of: what}
	}
	t.fails++
	t.next = r.now().Add(min(rosterAgain<<(t.fails-1), rosterSeldom))
	r.tries[id] = t
	const untold = "a platform of OCPI 2.3.0 cannot be told by PUT credentials whom it can reach"
	if t.fails == rosterTries {
		r.log.WarnContext(ctx, untold+": the hub gives up until that changes, or its credentials are renewed (hubctl platforms rotate)", "platform_id", id, "error", err)
		return
	}
	r.log.InfoContext(ctx, untold, "platform_id", id, "failures", t.fails, "error", err)
}

// forget drops what is no use any more.
func (r *roster) forget(due []*parties.Platform) {
	r.mu.Lock()
	defer r.mu.Unlock()
	is := make(map[string]bool, len(due))
	for _, p := range due {
		is[p.ID] = true
	}
	for id, t := range r.tries {
		if !is[id] && (t.fails > 0 || !t.next.After(r.now())) {
			delete(r.tries, id) // it is away, or all is well
		}
	}
}

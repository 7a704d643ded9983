package parties

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// beatEvery is how often a replica says that it lives.
	beatEvery = 500 * time.Millisecond
	// barrierWithin bounds how long a change waits for the other replicas. One
	// that does not answer in that time finds the change by its poll.
	barrierWithin = time.Second
	// lookWithin bounds how long a request with an unknown token waits for a look
	// at the store.
	lookWithin = 500 * time.Millisecond
)

// spread waits until every replica that lives uses the state that this one uses,
// so that who gets an answer here finds it so everywhere. It is no failure when
// one does not in time: the change is saved.
func (r *Registry) spread(ctx context.Context) {
	if r.replicas == nil {
		return
	}
	const firstPause, longestPause = 2 * time.Millisecond, 50 * time.Millisecond
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), barrierWithin)
	defer cancel()
	epoch := r.Directory().Epoch()
	for pause := firstPause; ; pause = min(2*pause, longestPause) {
		behind, err := r.replicas.Behind(ctx, epoch)
		if err == nil && behind == 0 {
			return
		}
		select {
		case <-ctx.Done():
			r.log.WarnContext(ctx, "a change is not yet in use on every replica", "epoch", epoch, "behind", behind, "error", err)
			return
		case <-time.After(pause):
		}
	}
}

// beat tells the other replicas from time to time, and after each new state, that
// this one lives and which state it uses.
func (r *Registry) beat(ctx context.Context) {
	if r.replicas == nil {
		return
	}
	tick := time.NewTicker(beatEvery)
	defer tick.Stop()
	for {
		if err := r.replicas.Beat(ctx, r.Directory().Epoch()); err != nil && ctx.Err() == nil {
			r.log.DebugContext(ctx, "the other replicas cannot be told that this one lives", "error", err)
		}
		select {
		case <-ctx.Done():
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopWithin)
			defer cancel()
			if err := r.replicas.Leave(last); err != nil {
				r.log.DebugContext(last, "the other replicas were not told that this one leaves", "error", err)
			}
			return
		case <-r.loaded:
		case <-tick.C:
		}
	}
}

// Authenticate finds the platform that one of the tokens belongs to, as
// Directory.Authenticate does. Before it refuses a token that is not known, it
// looks whether the store knows more: another replica may just have issued it.
func (r *Registry) Authenticate(ctx context.Context, tokens []string, now time.Time) (Login, bool) {
	l, ok := r.Directory().Authenticate(tokens, now)
	if ok || r.replicas == nil || len(tokens) == 0 {
		return l, ok
	}
	ctx, cancel := context.WithTimeout(ctx, lookWithin)
	defer cancel()
	r.looking.do(ctx, r.follow)
	return r.Directory().Authenticate(tokens, now)
}

// looks lets one look at a time happen, however many ask for one.
type looks struct {
	mu      sync.Mutex
	running chan struct{} // closed when the look that is under way has ended
}

// do returns when a look that began after the call has ended, or ctx ends. One
// that is under way may have missed what the caller is after.
func (l *looks) do(ctx context.Context, look func(context.Context)) {
	for waited := false; ; waited = true {
		l.mu.Lock()
		running := l.running
		if running == nil {
			running = make(chan struct{})
			l.running = running
			l.mu.Unlock()
			go l.run(context.WithoutCancel(ctx), look, running)
			waited = true
		} else {
			l.mu.Unlock()
		}
		select {
		case <-running:
		case <-ctx.Done():
			return
		}
		if waited {
			return
		}
	}
}

func (l *looks) run(ctx context.Context, look func(context.Context), done chan struct{}) {
	ctx, cancel := context.WithTimeout(ctx, lookWithin)
	defer cancel()
	look(ctx)
	l.mu.Lock()
	l.running = nil
	l.mu.Unlock()
	close(done)
}

// share tells the other replicas when platforms were seen here, and learns when
// they were seen there.
func (r *Registry) share(ctx context.Context) error {
	s := r.current.Load()
	mine := map[string]time.Time{}
	for id, seen := range s.seen {
		if at := seen.Load(); at > r.shared[id] {
			mine[id] = time.Unix(0, at).UTC()
		}
	}
	all, err := r.sightings.Share(ctx, mine)
	if err != nil {
		return err
	}
	for id, at := range mine {
		r.shared[id] = at.UnixNano()
	}
	now := r.now()
	for id, at := range all {
		if seen := s.seen[id]; seen != nil && at.UnixNano() > r.shared[id] {
			// Where the clock is ahead, a platform must not pass for one that speaks
			// until that time has come.
			raise(seen, min(at.UnixNano(), now.UnixNano()))
			r.shared[id] = at.UnixNano()
		}
	}
	for id := range r.shared {
		if s.seen[id] == nil {
			delete(r.shared, id)
		}
	}
	return nil
}

// raise sets n to at unless it is later already.
func raise(n *atomic.Int64, at int64) {
	for old := n.Load(); old < at && !n.CompareAndSwap(old, at); old = n.Load() {
	}
}

package parties

import (
	"context"
	"errors"
	"sync"
	"time"
)

const (
	pollEvery  = time.Second
	flushEvery = 30 * time.Second
	shareEvery = 500 * time.Millisecond
	stopWithin = 5 * time.Second
)

// Run keeps the registry up to date until ctx ends: it follows the changes of
// other processes, does what Seen asked for, and writes down from time to time
// when platforms were last seen. It returns nil after a last flush.
func (r *Registry) Run(ctx context.Context) error {
	var beside sync.WaitGroup
	defer beside.Wait()
	// Beside one another: a change that waits for the other replicas must not
	// keep this one from following theirs.
	beside.Go(func() { r.keepUp(ctx) })
	beside.Go(func() { r.beat(ctx) })
	flush := time.NewTicker(r.flushEvery())
	defer flush.Stop()
	for {
		select {
		case <-ctx.Done():
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopWithin)
			defer cancel()
			return r.flush(last)
		case <-r.arrived.wake:
			r.settle(ctx)
		case <-flush.C:
			r.report(ctx, r.flush(ctx))
		}
	}
}

// keepUp follows the changes of others until ctx ends.
func (r *Registry) keepUp(ctx context.Context) {
	changed := r.store.Watch(ctx)
	poll := time.NewTicker(pollEvery)
	defer poll.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case _, open := <-changed:
			if !open {
				changed = nil // the poll goes on
			}
		case <-poll.C:
		}
		r.follow(ctx)
	}
}

// follow publishes a new state if there is one.
func (r *Registry) follow(ctx context.Context) {
	epoch, err := r.store.Epoch(ctx)
	if err == nil && epoch != r.Directory().Epoch() {
		err = r.reload(ctx)
	}
	r.report(ctx, err)
}

func (r *Registry) report(ctx context.Context, err error) {
	if err != nil && ctx.Err() == nil {
		r.log.WarnContext(ctx, "the registry cannot be reached; the last known state is used", "error", err)
	}
}

// arrivals are the messages after which a platform must be changed, kept for
// Run so that those who bring messages in do not wait.
type arrivals struct {
	mu      sync.Mutex
	waiting map[arrival]bool
	wake    chan struct{}
}

type arrival struct {
	platformID string
	key        TokenHash
}

func newArrivals() arrivals {
	return arrivals{waiting: map[arrival]bool{}, wake: make(chan struct{}, 1)}
}

func (a *arrivals) add(one arrival) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.waiting[one] = true
	select {
	case a.wake <- struct{}{}:
	default:
	}
}

func (a *arrivals) take() map[arrival]bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	waiting := a.waiting
	a.waiting = map[arrival]bool{}
	return waiting
}

// Seen notes an authenticated message. It costs next to nothing unless the
// message changes something: one from an OFFLINE platform makes it CONNECTED
// at once, and the first one with the newest token ends the grace time of the
// older ones, a second later.
func (r *Registry) Seen(l Login) {
	s := r.current.Load()
	p, ok := s.Platform(l.Platform.ID)
	if !ok {
		return
	}
	s.seen[p.ID].Store(r.now().UnixNano())
	if p.Status == Offline || p.supersedes(l.Key.Hash, r.now()) {
		r.arrived.add(arrival{p.ID, l.Key.Hash})
	}
}

// LastSeen returns when the last authenticated message of a platform came, or
// zero.
func (r *Registry) LastSeen(id string) time.Time {
	s := r.current.Load()
	p, ok := s.Platform(id)
	if !ok {
		return time.Time{}
	}
	noted := s.seen[id].Load()
	if noted == 0 || p.LastSeen.UnixNano() > noted && !p.LastSeen.IsZero() {
		return p.LastSeen
	}
	return time.Unix(0, noted).UTC()
}

// settle makes the changes that arrivals brought about. What cannot be saved
// now is brought up again by the next message.
func (r *Registry) settle(ctx context.Context) {
	for one := range r.arrived.take() {
		_, err := r.change(ctx, one.platformID, func(p *Platform) error {
			return p.arrive(one.key, r.now())
		})
		r.report(ctx, err)
	}
}

// arrive changes the platform after a message that came with a key.
func (p *Platform) arrive(key TokenHash, now time.Time) error {
	over := p.supersedes(key, now)
	if over {
		p.retire(now)
	}
	if p.Status == Offline {
		p.Status, p.Updated = Connected, inOCPI(now)
	} else if !over {
		return errUnchanged
	}
	return nil
}

// flushEvery is how often flush is due: what is shared is looked at by others.
func (r *Registry) flushEvery() time.Duration {
	if r.sightings != nil {
		return shareEvery
	}
	return flushEvery
}

// flush saves when platforms were last seen. Who changed a platform meanwhile
// is not disturbed: its mark is written the next time.
func (r *Registry) flush(ctx context.Context) error {
	if r.sightings != nil {
		return r.share(ctx)
	}
	for _, p := range r.Directory().Platforms() {
		seen := r.LastSeen(p.ID).Truncate(time.Millisecond)
		if !seen.After(p.LastSeen) {
			continue
		}
		p = p.Clone()
		p.LastSeen = seen
		if err := r.store.Save(ctx, p); err != nil && !errors.Is(err, ErrConflict) {
			return err
		}
	}
	return r.reload(ctx)
}

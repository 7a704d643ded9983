package lease

import (
	"context"
	"errors"
	"sync/atomic"
	"time"
)

// hold is a lease that this replica has.
type hold struct {
	name     string
	session  *session
	revision uint64
	ctx      context.Context //nolint:containedctx // of the work: it ends from outside
	cancel   context.CancelCauseFunc
	ended    atomic.Bool // the work has returned
	heir     string      // to whom it is being given; the keeper's lock
}

// Valid implements Held.
func (h *hold) Valid() bool { return !h.ended.Load() && h.session.valid() }

// claim is what it takes to take a lease.
type claim struct {
	session *session
	last    uint64
}

// Serve implements Leases.
func (k *Keeper) Serve(ctx context.Context, name string, work Work) error {
	k.enrol(name)
	defer k.withdraw(name)
	for {
		h := k.acquire(ctx, name)
		if h == nil {
			return nil
		}
		var err error
		if h.ctx.Err() == nil {
			err = work(h.ctx, h)
		}
		asked := h.ctx.Err() != nil
		k.release(context.WithoutCancel(ctx), h)
		switch {
		case ctx.Err() != nil || !asked:
			return err
		case err != nil && !errors.Is(err, context.Canceled):
			k.log.WarnContext(ctx, "what was done under a lease did not end well", "lease", name, "error", err)
		}
	}
}

func (k *Keeper) enrol(name string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.names[name] = true
	k.hurry()
}

func (k *Keeper) withdraw(name string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	delete(k.names, name)
}

// acquire waits until this replica has a lease; nil when ctx ended first.
func (k *Keeper) acquire(ctx context.Context, name string) *hold {
	for ctx.Err() == nil {
		c, wait, news := k.consider(name)
		if c != nil {
			if h := k.take(ctx, name, *c); h != nil {
				return h
			}
			wait, news = renewAgain, nil // what was seen is old: whatever else happens, not at once again
		}
		var later <-chan time.Time
		if wait > 0 {
			later = time.After(wait)
		}
		select {
		case <-ctx.Done():
		case <-news:
		case <-later:
		}
	}
	return nil
}

// consider says what can be done about a lease now: it may be claimed, or how long
// to wait, 0 for news only. One that is ours already, for the answer was lost when
// it was taken, is claimed like any other: what is seen may be old.
func (k *Keeper) consider(name string) (c *claim, wait time.Duration, news <-chan struct{}) {
	k.mu.Lock()
	defer k.mu.Unlock()
	s, news := k.session, k.news
	if s == nil || k.leaving || !s.valid() {
		return nil, 0, news
	}
	t := k.view.leases[name]
	take, wait := k.view.turn(k.self.ID, name, k.mine(name), k.elapsed())
	if !take && t.value.Holder != s.id {
		return nil, wait, news
	}
	k.taking[name] = true
	return &claim{s, t.revision}, 0, news
}

// mine is how many leases of the group of a name this replica has, or is about to.
// The lock must be held.
func (k *Keeper) mine(name string) (n int) {
	for other := range k.holds {
		if group(other) == group(name) {
			n++
		}
	}
	for other := range k.taking {
		if group(other) == group(name) {
			n++
		}
	}
	return n
}

// take writes a claim; nil when that did not succeed.
func (k *Keeper) take(ctx context.Context, name string, c claim) *hold {
	value := encode(tenure{Holder: c.session.id})
	try, cancel := context.WithTimeout(ctx, renewTry)
	defer cancel()
	revision, err := k.bucket.Put(try, leaseKey+name, value, c.last)
	k.mu.Lock()
	defer k.mu.Unlock()
	defer k.tell()
	delete(k.taking, name)
	if err != nil {
		return nil
	}
	k.view.apply(Entry{Key: leaseKey + name, Value: value, Revision: revision}, k.elapsed())
	k.log.InfoContext(ctx, "took a lease", "lease", name)
	return k.hold(ctx, name, c.session, revision)
}

// hold notes that a lease is held. The lock must be held.
func (k *Keeper) hold(ctx context.Context, name string, s *session, revision uint64) *hold {
	h := &hold{name: name, session: s, revision: revision}
	h.ctx, h.cancel = context.WithCancelCause(ctx)
	switch {
	case s != k.session || !s.valid():
		h.cancel(ErrLost)
	case k.leaving:
		h.cancel(ErrLeave)
	}
	k.holds[name] = h
	return h
}

// release gives a lease back, for the replica that should have it: others leave it
// to that one for a while. When the session ends first, the lease is lost anyway.
func (k *Keeper) release(ctx context.Context, h *hold) {
	h.cancel(nil)
	h.ended.Store(true)
	value := encode(tenure{Heir: k.choose(h)})
	for h.session.valid() {
		try, cancel := context.WithTimeout(ctx, renewTry)
		revision, err := k.bucket.Put(try, leaseKey+h.name, value, h.revision)
		cancel()
		if err == nil {
			k.log.InfoContext(ctx, "gave a lease back", "lease", h.name, "to", h.heir)
			k.drop(h, Entry{Key: leaseKey + h.name, Value: value, Revision: revision})
			return
		}
		if errors.Is(err, ErrChanged) {
			break // it was given back, and the answer was lost
		}
		time.Sleep(renewAgain)
	}
	k.drop(h, Entry{})
}

// choose finds out who should have a lease that is given back, with regard to what
// is given back at the same time.
func (k *Keeper) choose(h *hold) string {
	k.mu.Lock()
	defer k.mu.Unlock()
	counts := k.view.counts(group(h.name))
	for _, other := range k.holds {
		if _, ok := counts[other.heir]; ok && group(other.name) == group(h.name) {
			counts[other.heir]++
		}
	}
	h.heir, _ = k.view.heir(k.self.ID, h.name, counts)
	return h.heir
}

// drop notes that a lease is no longer held, and what is in the bucket instead, if
// that is known.
func (k *Keeper) drop(h *hold, now Entry) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if now.Key != "" {
		k.view.apply(now, k.elapsed())
	}
	delete(k.holds, h.name)
	k.tell()
}

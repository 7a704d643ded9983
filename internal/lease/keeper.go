package lease

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"time"
)

// Options configure a Keeper. Bucket and ID are required.
type Options struct {
	Bucket  Bucket
	ID      string // of this process, and of no other before or after it
	Version string // of the program, to show
	// Elapsed is the time since any fixed moment by a clock that nobody can set,
	// and that runs on while the process is stopped; default is time.Since.
	Elapsed func() time.Duration
	Now     func() time.Time // to show since when this replica is there; default time.Now
	Log     *slog.Logger     // default none
}

// Keeper holds leases of a bucket. Make one with New; it works while Run is
// running.
type Keeper struct {
	bucket  Bucket
	self    Replica
	elapsed func() time.Duration
	log     *slog.Logger
	urge    chan struct{} // renew the session now

	mu      sync.Mutex
	view    *view
	session *session // nil: none now
	number  int      // of the last session
	lost    time.Duration
	heard   time.Duration // when the bucket last told something
	rewatch context.CancelFunc
	names   map[string]bool
	taking  map[string]bool
	holds   map[string]*hold
	leaving bool
	news    chan struct{} // closed when something has changed
}

var _ Leases = (*Keeper)(nil)

// New returns a Keeper.
func New(o Options) (*Keeper, error) {
	if o.Bucket == nil || o.ID == "" {
		return nil, errors.New("leases need a bucket and the id of this replica")
	}
	k := &Keeper{
		bucket: o.Bucket, elapsed: o.Elapsed, log: o.Log, urge: make(chan struct{}, 1), news: make(chan struct{}),
		view: newView(false), names: map[string]bool{}, taking: map[string]bool{}, holds: map[string]*hold{},
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if k.elapsed == nil {
		began := time.Now()
		k.elapsed = func() time.Duration { return time.Since(began) }
	}
	if k.log == nil {
		k.log = slog.New(slog.DiscardHandler)
	}
	k.self = Replica{ID: keyOf(o.ID), Version: o.Version, Since: o.Now().UTC().Truncate(time.Second)}
	return k, nil
}

// ID is the id of this replica.
func (k *Keeper) ID() string { return k.self.ID }

// Run implements Leases.
func (k *Keeper) Run(ctx context.Context) error {
	inner, stop := context.WithCancel(context.WithoutCancel(ctx))
	var loops sync.WaitGroup
	defer loops.Wait()
	defer stop()
	loops.Go(func() { k.watch(inner) })
	loops.Go(func() { k.tend(inner) })
	beating, still := context.WithCancel(inner)
	defer still()
	beat := make(chan struct{})
	go func() {
		defer close(beat)
		k.pulse(beating)
	}()
	<-ctx.Done()
	within, cancel := context.WithTimeout(inner, leaveWithin)
	defer cancel()
	err := k.Leave(within)
	still()
	<-beat
	if err == nil {
		k.bury(inner)
	}
	return nil
}

// leaveWithin bounds how long a replica that stops waits for its works: what is
// not given back then expires.
const leaveWithin = 30 * time.Second

// watch follows the bucket until ctx ends.
func (k *Keeper) watch(ctx context.Context) {
	for fresh := k.bucket.New(); ctx.Err() == nil; fresh = false {
		err := k.follow(ctx, newView(fresh))
		if ctx.Err() != nil {
			return
		}
		k.log.DebugContext(ctx, "the bucket of leases is watched anew", "error", err)
		select {
		case <-ctx.Done():
		case <-time.After(2 * renewAgain):
		}
	}
}

// follow builds a new view, and keeps it up to date until ctx ends or the bucket
// falls silent.
func (k *Keeper) follow(ctx context.Context, next *view) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	k.mu.Lock()
	k.rewatch, k.heard = cancel, k.elapsed()
	k.mu.Unlock()
	return k.bucket.Watch(ctx, func(e Entry) {
		k.mu.Lock()
		defer k.mu.Unlock()
		k.heard = k.elapsed()
		news := next.apply(e, k.heard)
		if next.complete {
			k.view = next
		}
		if news && next.complete {
			k.tell()
		}
	})
}

// tend looks after what the others leave behind, and after an even spread.
func (k *Keeper) tend(ctx context.Context) {
	ticker := time.NewTicker(renewEvery / 2)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		for _, put := range k.chores() {
			k.write(ctx, put)
		}
	}
}

// chore is a write that is due: without a value, the key is dropped.
type chore struct {
	key   string
	value []byte
	last  uint64
}

// chores returns what is to be written, and begins to give back what others
// should have.
func (k *Keeper) chores() (out []chore) {
	k.mu.Lock()
	defer k.mu.Unlock()
	now := k.elapsed()
	if k.rewatch != nil && now >= k.heard+validFor && (k.session != nil || now >= k.heard+silentFor) {
		k.rewatch() // a session is renewed all the time, and must be heard of
	}
	if k.session == nil || !k.session.valid() || !k.view.complete {
		return nil
	}
	out = k.burials(now)
	for name, t := range k.view.leases {
		if t.value.Holder == k.session.id && k.holds[name] == nil && !k.names[name] && !k.taking[name] {
			out = append(out, chore{leaseKey + name, encode(tenure{}), t.revision}) // taken, and known too late
		}
	}
	if !k.leaving {
		k.spread()
	}
	return out
}

// burials ends the sessions that have fallen silent, and forgets old ones. The lock
// must be held.
func (k *Keeper) burials(now time.Duration) (out []chore) {
	for _, id := range k.view.silent(k.self.ID, now) {
		k.log.Warn("a replica has fallen silent, and what it held is taken over", "replica", id)
		out = append(out, chore{memberKey + id, encode(member{}), k.view.members[id].revision})
	}
	for _, id := range k.view.forgotten(now) {
		out = append(out, chore{memberKey + id, nil, k.view.members[id].revision})
		delete(k.view.members, id)
	}
	return out
}

// spread gives one lease of each group back when another replica should have it.
// The lock must be held.
func (k *Keeper) spread() {
	busy, groups := map[string]bool{}, map[string]bool{}
	for name, h := range k.holds {
		groups[group(name)] = true
		busy[group(name)] = busy[group(name)] || h.ctx.Err() != nil
	}
	for g := range groups {
		if name, ok := k.view.surplus(k.self.ID, g); ok && !busy[g] && k.holds[name] != nil {
			k.holds[name].cancel(ErrSpread)
		}
	}
}

func (k *Keeper) write(ctx context.Context, c chore) {
	ctx, cancel := context.WithTimeout(ctx, renewTry)
	defer cancel()
	if c.value == nil {
		if err := k.bucket.Drop(ctx, c.key, c.last); err != nil {
			k.log.DebugContext(ctx, "an old session is not dropped yet", "key", c.key, "error", err)
		}
		return
	}
	revision, err := k.bucket.Put(ctx, c.key, c.value, c.last)
	if err != nil {
		return // somebody else was first, or it is done again
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.view.apply(Entry{Key: c.key, Value: c.value, Revision: revision}, k.elapsed()) {
		k.tell()
	}
}

// tell wakes those who wait. The lock must be held.
func (k *Keeper) tell() {
	close(k.news)
	k.news = make(chan struct{})
}

// Leave implements Leases.
func (k *Keeper) Leave(ctx context.Context) error {
	k.mu.Lock()
	k.leaving = true
	for _, h := range k.holds {
		h.cancel(ErrLeave)
	}
	k.hurry()
	k.mu.Unlock()
	for {
		k.mu.Lock()
		left, news := len(k.holds)+len(k.taking), k.news
		k.mu.Unlock()
		if left == 0 {
			return nil
		}
		select {
		case <-news:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// hurry has the session written at once: what others must know has changed.
func (k *Keeper) hurry() {
	select {
	case k.urge <- struct{}{}:
	default:
	}
}

// Members implements Leases.
func (k *Keeper) Members() []string {
	var ids []string
	for _, r := range k.Replicas() {
		ids = append(ids, r.ID)
	}
	return ids
}

// Replicas implements Leases.
func (k *Keeper) Replicas() []Replica {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.view.replicas(k.self.ID)
}

// sorted returns the member with its names in order, so that the same one is
// always written in the same way.
func (m member) sorted() member {
	slices.Sort(m.Serves)
	return m
}

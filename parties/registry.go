package parties

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ocpihub/ocpihub/internal/fault"
	"github.com/ocpihub/ocpihub/ocpi"
)

// Options are what a Registry is made of. Store, Sealer, Partner and Self must
// be given.
type Options struct {
	Store   Store
	Sealer  Sealer
	Partner Partner
	Self    Self
	Now     func() time.Time // default time.Now
	Policy  Policy           // default PolicyOpen
	Grace   time.Duration    // how long an old token outlives a PUT; default 60 s
	Log     *slog.Logger     // default none
	// Joined is called once a platform has registered, after it was saved and
	// before the partner gets its answer. Its error is logged; the platform
	// stays registered. May be nil.
	Joined func(context.Context, *Platform) error
	// Reached is the time up to which a platform has had all that was pushed to
	// all; zero when it takes no pushes. It must be quick. May be nil.
	Reached func(platform string) time.Time
	// Replicas, Sightings and Locks are there when other processes use the same
	// store: all or none of them.
	Replicas  Replicas
	Sightings Sightings
	Locks     Locks
}

// Self is the hub's own identity in OCPI.
type Self struct {
	Party       ocpi.PartyID
	Name        string
	VersionsURL string
	Versions    []ocpi.Version // in any order
}

const defaultGrace = 60 * time.Second

// Registry keeps the platforms and is the only one who changes them. All
// methods are safe for concurrent use. Make one with Open; while it is used,
// Run must be running.
type Registry struct {
	store   Store
	sealer  Sealer
	partner Partner
	self    Self
	now     func() time.Time
	policy  Policy
	grace   time.Duration
	log     *slog.Logger
	joined  func(context.Context, *Platform) error
	// rehearsal: no handshake is begun, for nothing is to be sent (Rehearse).
	rehearsal bool
	reached   func(platform string) time.Time

	replicas  Replicas
	sightings Sightings
	looking   looks
	loaded    chan struct{}    // rung when a new state is in use
	shared    map[string]int64 // what is shared of when platforms were seen

	current atomic.Pointer[state]
	opened  openedTokens
	arrived arrivals

	renewing  renewals
	preparing sync.Mutex // one Connect at a time looks for its platform
	reloading sync.Mutex // one reload at a time, so that states come in order
	listeners []func(old, new *Directory)
}

// state is a snapshot together with what the hub notes down beside it.
type state struct {
	*Directory
	// seen holds for each platform the time of its last message, in
	// nanoseconds of Unix time.
	seen map[string]*atomic.Int64
}

// Open loads the registry from its store.
func Open(ctx context.Context, o Options) (*Registry, error) {
	r := &Registry{
		store: o.Store, sealer: o.Sealer, partner: o.Partner, self: o.Self,
		now: o.Now, policy: o.Policy, grace: o.Grace, log: o.Log, joined: o.Joined, reached: o.Reached,
		opened:  openedTokens{tokens: map[string]string{}},
		arrived: newArrivals(), renewing: renewals{locks: o.Locks},
		replicas: o.Replicas, sightings: o.Sightings, loaded: make(chan struct{}, 1), shared: map[string]int64{},
	}
	if r.now == nil {
		r.now = time.Now
	}
	if r.grace == 0 {
		r.grace = defaultGrace
	}
	if r.log == nil {
		r.log = slog.New(slog.DiscardHandler)
	}
	if r.joined == nil {
		r.joined = func(context.Context, *Platform) error { return nil }
	}
	if r.policy == "" {
		r.policy = PolicyOpen
	}
	r.current.Store(&state{Directory: NewDirectory(nil, 0).Govern(r.policy, nil)})
	if err := r.reload(ctx); err != nil {
		return nil, err
	}
	if r.sightings == nil {
		return r, nil
	}
	if err := r.share(ctx); err != nil {
		return nil, fmt.Errorf("load when platforms were last seen: %w", err)
	}
	return r, nil
}

// Directory returns the newest state. It costs one atomic load.
func (r *Registry) Directory() *Directory { return r.current.Load().Directory }

// OnChange adds a listener. Listeners are called one after the other, in the
// order in which they were added and once for each new state; states that
// followed quickly are merged. The caller who made the change waits for them:
// they must be quick and must not change the registry themselves.
func (r *Registry) OnChange(listener func(old, new *Directory)) {
	r.reloading.Lock()
	defer r.reloading.Unlock()
	r.listeners = append(r.listeners, listener)
}

// reload publishes the state of the store, if it is a new one.
func (r *Registry) reload(ctx context.Context) error {
	r.reloading.Lock()
	defer r.reloading.Unlock()
	platforms, epoch, err := r.store.Load(ctx)
	if err != nil {
		return fmt.Errorf("load the registry: %w", err)
	}
	old := r.current.Load()
	if old.Epoch() == epoch {
		return nil
	}
	agreements, err := r.store.LoadAgreements(ctx)
	if err != nil {
		return fmt.Errorf("load the agreements: %w", err)
	}
	next := &state{Directory: NewDirectory(platforms, epoch).Govern(r.policy, agreements), seen: make(map[string]*atomic.Int64, len(platforms))}
	for _, p := range next.Platforms() {
		next.seen[p.ID] = old.seen[p.ID]
		if next.seen[p.ID] == nil {
			next.seen[p.ID] = new(atomic.Int64)
		}
	}
	r.current.Store(next)
	r.opened.keepOnly(next.Directory)
	for _, listener := range r.listeners {
		listener(old.Directory, next.Directory)
	}
	select {
	case r.loaded <- struct{}{}:
	default: // the last one was not taken yet
	}
	return nil
}

// errUnchanged is what an edit returns when there is nothing to save.
var errUnchanged = errors.New("nothing to change")

// attempts bounds how often a change is tried again after a conflict.
const attempts = 5

// change applies edit to a copy of the platform and saves it. When somebody
// else was quicker, it does so again on what is stored then; edit must check
// anew what it relies on.
func (r *Registry) change(ctx context.Context, id string, edit func(*Platform) error) (*Platform, error) {
	for range attempts {
		p, err := r.find(id)
		if err != nil {
			return nil, err
		}
		p = p.Clone()
		if err := edit(p); errors.Is(err, errUnchanged) {
			return p, nil
		} else if err != nil {
			return nil, err
		}
		err = r.save(ctx, p)
		if err == nil {
			return p, nil
		}
		if !errors.Is(err, ErrConflict) {
			return nil, err
		}
	}
	return nil, fault.Wrap(fault.Conflict, ErrConflict, "platform %s is being changed by somebody else: try again", id)
}

// save writes a platform and publishes the new state, so that who made the
// change sees it. After a conflict it publishes what the others wrote.
func (r *Registry) save(ctx context.Context, p *Platform) error {
	p.Keys = slices.DeleteFunc(p.Keys, func(k Key) bool { return k.Expired(r.now()) })
	if stored, ok := r.Directory().Platform(p.ID); ok {
		p.Updated = later(p.Updated, stored.Updated)
	}
	err := r.store.Save(ctx, p)
	if err != nil && !errors.Is(err, ErrConflict) && !errors.Is(err, ErrClaimed) {
		return unavailable(err)
	}
	if loadErr := r.reload(ctx); loadErr != nil {
		if err != nil {
			return unavailable(loadErr)
		}
		// It is saved: the poll publishes it when the store answers again.
		r.log.WarnContext(ctx, "a change is saved but not yet in use", "platform_id", p.ID, "error", loadErr)
	}
	if err == nil {
		r.spread(ctx)
	}
	return err
}

func unavailable(cause error) error {
	f := fault.Wrap(fault.Unavailable, cause, "the registry cannot be reached now: try again")
	f.RetryAfter = 5 * time.Second
	return f
}

// find returns a platform that is not removed.
func (r *Registry) find(id string) (*Platform, error) {
	p, ok := r.Directory().Platform(id)
	if !ok {
		return nil, fault.New(fault.NotFound, "platform %s is not known: hubctl platforms list shows those that are", id)
	}
	return p, nil
}

// time returns now in the precision of an OCPI DateTime.
func (r *Registry) time() time.Time { return inOCPI(r.now()) }

// later returns when a platform was updated, given when it was before: not
// earlier, though the clock was put back or another process has one that is
// ahead. Who is told of it goes by last_updated.
func later(updated, before time.Time) time.Time {
	if updated.Before(before) {
		return before.Add(time.Millisecond)
	}
	return updated
}

func inOCPI(t time.Time) time.Time { return t.UTC().Truncate(time.Millisecond) }

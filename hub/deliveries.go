package hub

import (
	"context"
	"errors"
	"time"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/routing"
	"github.com/ocpihub/ocpihub/routing/catalog"
	"github.com/ocpihub/ocpihub/routing/fanout"
	"github.com/ocpihub/ocpihub/routing/fanout/natspeers"
)

// openEngine makes the fan-out: of all platforms, or, where other replicas may be
// there, of those of the shards that this one holds.
func (h *Hub) openEngine(ctx context.Context) error {
	states := states{catalog: h.stores.catalog, registry: h.registry, now: time.Now}
	audience := routing.Audience{Registry: h.registry, Now: time.Now}
	o := fanout.Options{
		Feed: h.stores.feed, Progress: h.stores.progress, Rejected: h.stores.rejected,
		Audience: audience,
		States:   states,
		Courier: h.seen.Courier(routing.Courier{
			Copier:   routing.NewCopier(h.interpreter),
			Registry: h.registry, Caller: h.caller, Hub: h.cfg.Party(), Timeouts: h.cfg.Forward.timeouts(),
		}),
		Changed: states.Changed, Introductions: states.introductions, Stock: h.stores.catalog, RoleOf: states.roleOf, CatchUp: h.cfg.Delivery.CatchUp, Terms: audience,
		Observe: h.attempted, Now: time.Now, Log: h.log,
	}
	var err error
	if o.Shards, err = h.shards(ctx); err != nil {
		return err
	}
	if h.shared() {
		states.epoch = h.stores.registry.Epoch
		o.States = states
		o.Leases, o.Peers = shardLeases{h.leases}, natspeers.New(h.nats.Conn(), h.log)
		o.Agrees, o.Acquainted = states.agrees, states.acquainted
	}
	h.engine = fanout.New(o)
	return nil
}

// The number of shards that suits: one process has two cores at work with two,
// several replicas have enough to share with eight.
const (
	shardsAlone  = 2
	shardsShared = 8
)

// shards is the number of shards: what is configured, unless other replicas have
// another.
func (h *Hub) shards(ctx context.Context) (int, error) {
	want := h.cfg.Delivery.Shards
	if want == 0 {
		want = shardsAlone
		if h.shared() {
			want = shardsShared
		}
	}
	agreed, err := h.stores.shards.Agree(ctx, want, h.sole)
	if err == nil && agreed != want {
		h.log.Warn("the other replicas have another number of shards, and so has this one: it changes when all were stopped",
			"delivery.shards", want, "shards", agreed)
	}
	return agreed, err
}

// soleAfter is how long another replica that lives may be overlooked: one that is
// silent for so long is dead.
const soleAfter = 4 * time.Second

// sole says whether surely no other replica lives.
func (h *Hub) sole(ctx context.Context) bool {
	if !h.shared() {
		return true
	}
	select {
	case <-ctx.Done():
		return false
	case <-time.After(soleAfter):
	}
	replicas := h.leases.Replicas()
	return len(replicas) == 1 && replicas[0].Self
}

// agrees says whether the catalog holds what a change brings.
func (s states) agrees(ctx context.Context, c fanout.Change) (bool, error) {
	o, err := s.catalog.Get(ctx, c.Key, c.Part)
	switch {
	case errors.Is(err, catalog.ErrUnknown):
		o.Body = nil
	case err != nil:
		return false, err
	case c.Version != "" && c.Version != o.Version:
		return false, nil // its owner has moved to another version meanwhile
	}
	return catalog.Agrees(o.Body, catalog.Change{Key: c.Key, Part: c.Part, Op: catalog.Op(c.Method), Body: c.Body}), nil
}

const (
	// epochWithin bounds how long the newest client info waits until the registry
	// here is as new as its store; epochLook is how often it looks.
	epochWithin = time.Second
	epochLook   = 20 * time.Millisecond
	// settledAfter is how long a party, or a platform, has been as it is when all
	// that there is to tell of it has surely been told.
	settledAfter = 2 * time.Minute
)

var errBehind = errors.New("the registry of this replica is not yet as new as its store")

// fresh waits until the registry here is as new as its store was when it was
// asked: another replica may have changed it, and told of that.
func (s states) fresh(ctx context.Context) error {
	if s.epoch == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, epochWithin)
	defer cancel()
	epoch, err := s.epoch(ctx)
	if err != nil {
		return err
	}
	for s.registry.Directory().Epoch() < epoch {
		select {
		case <-ctx.Done():
			return errBehind
		case <-time.After(epochLook):
		}
	}
	return nil
}

// acquainted says whether a platform has surely been told of a party: both are as
// they are for some time.
func (s states) acquainted(platform string, party ocpi.PartyID) bool {
	dir, now := s.registry.Directory(), s.now()
	p, ok := dir.Platform(platform)
	if !ok {
		return true // there is nobody to tell
	}
	since := now.Add(-settledAfter)
	for _, m := range dir.MembersOf(party) {
		if dir.SeenBy(p, m, now).Updated.After(since) {
			return false
		}
	}
	for i := range p.Parties {
		for _, m := range dir.MembersOf(p.Parties[i].Party) {
			if m.PlatformID == p.ID && m.Updated.After(since) {
				return false
			}
		}
	}
	return true
}

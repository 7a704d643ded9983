package routing

import (
	"context"
	"time"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/routing/catalog"
	"github.com/ocpihub/ocpihub/routing/held"
)

// followEvery is how late a replica may know what another one holds. The count
// of removals is never late: it is kept where all see it.
const followEvery = time.Second

// Follow keeps up with what other replicas hold, until ctx ends.
func (g *MassGuard) Follow(ctx context.Context) error {
	tick := time.NewTicker(followEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			if err := g.refresh(ctx); err != nil && ctx.Err() == nil {
				g.Log.DebugContext(ctx, "what other replicas hold cannot be read now", "error", err)
			}
		}
	}
}

// refresh reads what all replicas hold, if it has changed.
func (g *MassGuard) refresh(ctx context.Context) error {
	if g.Shared == nil {
		return nil
	}
	g.refreshing.Lock()
	defer g.refreshing.Unlock()
	changes, err := g.Shared.Changes(ctx)
	if err != nil || g.loaded && changes == g.changes {
		return err
	}
	entries, err := g.Store.List(ctx)
	if err != nil {
		return err
	}
	holding, err := g.Shared.Holding(ctx)
	if err != nil {
		return err
	}
	g.replace(entries, holding)
	g.changes, g.loaded = changes, true
	return nil
}

// replace takes over what was read.
func (g *MassGuard) replace(all []held.Entry, holding []ocpi.PartyID) {
	last := uint64(0)
	entries, holds := map[ocpi.PartyID][]held.Entry{}, map[ocpi.PartyID]bool{}
	for _, e := range all {
		g.party(e.Push.Key.Owner)
		entries[e.Push.Key.Owner] = append(entries[e.Push.Key.Owner], e)
		last = e.ID
	}
	for _, owner := range holding {
		g.party(owner)
		holds[owner] = true
	}
	for owner, p := range g.removers() {
		p.mu.Lock()
		for _, e := range p.entries {
			if e.ID > last { // it came meanwhile
				entries[owner] = append(entries[owner], e)
			}
		}
		p.entries, p.holding = entries[owner], holds[owner]
		p.mu.Unlock()
	}
}

// countShared notes removals where all replicas see them, and says how many of
// how many there are.
func (g *MassGuard) countShared(ctx context.Context, k catalog.Key, ids []string) (held.Window, error) {
	r := held.Removals{Owner: k.Owner, IDs: ids, Listed: -1, Window: g.Limits.Window}
	w, err := g.Shared.Count(ctx, r)
	if err != nil || w.Open {
		return w, err
	}
	if r.Listed, err = g.listed(ctx, k.Owner); err != nil {
		return w, err
	}
	return g.Shared.Count(ctx, r)
}

// share tells all replicas that a party is held, or no longer is.
func (g *MassGuard) share(ctx context.Context, owner ocpi.PartyID, holding bool) error {
	if g.Shared == nil {
		return nil
	}
	return g.Shared.Hold(ctx, owner, holding)
}

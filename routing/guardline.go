package routing

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/routing/catalog"
	"github.com/ocpihub/ocpihub/routing/held"
)

// touching are the held pushes that a push must not overtake: those of the same
// EVSE, and those of its whole location.
func touching(entries []held.Entry, c catalog.Change) (out []held.Entry) {
	_, listed := ocpi.Find(c.Body, "evses")
	for _, e := range entries {
		of := e.Push.Part.EVSE
		switch {
		case !strings.EqualFold(e.Push.Key.ID, c.Key.ID):
		case of == "", c.Part.EVSE == "" && (listed || c.Op == catalog.Put), strings.EqualFold(of, c.Part.EVSE):
			out = append(out, e)
		}
	}
	return out
}

// replaced are the entries that a removal of the same makes void: all that it
// replaces, and PATCHes that say the same.
func replaced(touched []held.Entry, c catalog.Change) (ids []uint64) {
	for _, e := range touched {
		covered := c.Part.EVSE == "" || strings.EqualFold(e.Push.Part.EVSE, c.Part.EVSE)
		same := e.Push.Part == c.Part && e.Push.Method == string(catalog.Patch) && sameContent(e.Push.Body, c.Body)
		if (covered && c.Op == catalog.Put || same) && !older(c.Body, e.Push.Body) {
			ids = append(ids, e.ID)
		}
	}
	return ids
}

// withdraws says whether a push that removes nothing takes back what is held of
// its object: a PUT does, and a PATCH of another status. One that is older, or
// does not cover all that is held, waits behind it instead.
func withdraws(touched []held.Entry, c catalog.Change) bool {
	whole := c.Op == catalog.Put || c.Part.EVSE != "" && ocpi.FindString(c.Body, "status") != ""
	if !whole || c.Part.Connector != "" {
		return false
	}
	return !slices.ContainsFunc(touched, func(e held.Entry) bool {
		return older(c.Body, e.Push.Body) || c.Part.EVSE != "" && e.Push.Part.EVSE == ""
	})
}

func anySince(entries []held.Entry, t time.Time) bool {
	return slices.ContainsFunc(entries, func(e held.Entry) bool { return !e.Since.Before(t) })
}

func idsOf(entries []held.Entry) (ids []uint64) {
	for _, e := range entries {
		ids = append(ids, e.ID)
	}
	return ids
}

// drop needs p.mu.
func (p *remover) drop(ids []uint64) {
	p.entries = slices.DeleteFunc(p.entries, func(e held.Entry) bool { return slices.Contains(ids, e.ID) })
}

// Held returns what is held of a party, or of all when it is zero, by party and
// in order. It does not block.
func (g *MassGuard) Held(owner ocpi.PartyID) (out []held.Entry) {
	for id, p := range g.removers() {
		if owner != (ocpi.PartyID{}) && id != owner {
			continue
		}
		p.mu.Lock()
		out = append(out, p.entries...)
		p.mu.Unlock()
	}
	slices.SortFunc(out, func(a, b held.Entry) int {
		if a.Push.Key.Owner != b.Push.Key.Owner {
			return strings.Compare(a.Push.Key.Owner.String(), b.Push.Key.Owner.String())
		}
		return int(a.ID) - int(b.ID) //nolint:gosec // numbers are small
	})
	return out
}

// end opens or closes the hold of a party; what it removes counts anew.
func (g *MassGuard) end(ctx context.Context, owner ocpi.PartyID, holding bool) error {
	p := g.party(owner)
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := g.share(ctx, owner, holding); err != nil {
		return unavailable(err)
	}
	p.holding, p.began = holding, time.Time{}
	return nil
}

// Discard drops what is held of a party, which counts anew. It says how much
// that was. Faults: Unavailable.
func (g *MassGuard) Discard(ctx context.Context, owner ocpi.PartyID) (int, error) {
	g.ending.Lock()
	defer g.ending.Unlock()
	if err := g.refresh(ctx); err != nil {
		return 0, unavailable(err)
	}
	p := g.party(owner)
	p.mu.Lock()
	defer p.mu.Unlock()
	n := len(p.entries)
	if err := g.Store.Remove(ctx, idsOf(p.entries)); err != nil {
		return 0, unavailable(err)
	}
	if err := g.share(ctx, owner, false); err != nil {
		return 0, unavailable(err)
	}
	p.entries, p.holding, p.began = nil, false, time.Time{}
	g.Log.WarnContext(ctx, "held removals were discarded", "party", owner.String(), "count", n)
	return n, nil
}

// Release does with all that is held of a party, in order, what would have been
// done when it came, and says how much that was. What was not done when it fails
// stays held. Faults: Unavailable.
func (r *Router) Release(ctx context.Context, owner ocpi.PartyID) (n int, err error) {
	g := r.Guard
	g.ending.Lock()
	defer g.ending.Unlock()
	if err := g.refresh(ctx); err != nil {
		return 0, unavailable(err)
	}
	line := g.Held(owner)
	if err := g.end(ctx, owner, false); err != nil {
		return 0, err
	}
	for len(line) > 0 {
		for _, e := range line {
			if err := r.release(ctx, e); err != nil {
				return n, errors.Join(err, g.end(ctx, owner, true))
			}
			n++
		}
		if err := g.refresh(ctx); err != nil {
			return n, unavailable(err)
		}
		line = g.line(owner)
	}
	g.Log.WarnContext(ctx, "held removals were released", "party", owner.String(), "count", n)
	return n, nil
}

// line is what came behind the held pushes of a party while they were released;
// nothing when it is held again.
func (g *MassGuard) line(owner ocpi.PartyID) []held.Entry {
	p := g.party(owner)
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.holding {
		return nil
	}
	return slices.Clone(p.entries)
}

// release does one held push, unless it was withdrawn meanwhile.
func (r *Router) release(ctx context.Context, e held.Entry) error {
	defer r.lanes.enter(e.Push.Key)()
	if !slices.Contains(idsOf(r.Guard.Held(e.Push.Key.Owner)), e.ID) {
		return nil
	}
	outcome, err := r.store(ctx, e.Change(r.Now()))
	switch {
	case errors.Is(err, catalog.ErrUnknown):
		// What it changes is gone: there is nothing left to change.
	case err != nil:
		return unavailable(err)
	case outcome != catalog.Stale:
		if err := r.Feed.Accept(ctx, e.Push); err != nil {
			return err
		}
	}
	return r.Guard.withdraw(ctx, e.Push.Key.Owner, []uint64{e.ID})
}

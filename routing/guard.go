package routing

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"maps"
	"strings"
	"sync"
	"time"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/routing/catalog"
	"github.com/ocpihub/ocpihub/routing/held"
)

// MassLimits say from when on removals of EVSEs wait for the operator.
type MassLimits struct {
	// Hold is false where nothing is held anew.
	Hold bool
	// Share is the share of a party's EVSEs of which more, and Minimum the number
	// of which at least so many, must be removed within Window.
	Share   float64
	Minimum int
	Window  time.Duration
}

// massive says whether so many removals of so many EVSEs are too many.
func (l MassLimits) massive(listed, removed int) bool {
	return l.Hold && removed >= l.Minimum && float64(removed) > l.Share*float64(listed)
}

// GuardOptions configure a MassGuard; all but Shared are needed.
type GuardOptions struct {
	Store held.Store
	// Shared is what the replicas of a hub share; nil: there is one.
	Shared  held.Shared
	Catalog catalog.Store
	Limits  MassLimits
	Now     func() time.Time
	Log     *slog.Logger
}

// MassGuard holds the removals of a party that removes nearly all it has. It is
// safe for concurrent use. Make one with OpenMassGuard.
type MassGuard struct {
	GuardOptions
	ending  sync.Mutex // one release or discard at a time
	mu      sync.Mutex
	parties map[ocpi.PartyID]*remover

	refreshing sync.Mutex
	changes    uint64 // at which what others hold was read last
	loaded     bool
}

// remover is a party that removes EVSEs.
type remover struct {
	mu      sync.Mutex
	holding bool
	entries []held.Entry // what is held of it, in order
	began   time.Time    // of the window; zero: none is open
	listed  int          // EVSEs at the beginning of the window that were not REMOVED
	removed map[string]bool
}

// OpenMassGuard returns a guard that knows what was held before: those parties
// are held at once.
func OpenMassGuard(ctx context.Context, o GuardOptions) (*MassGuard, error) {
	g := &MassGuard{GuardOptions: o, parties: map[ocpi.PartyID]*remover{}}
	if o.Shared != nil {
		return g, g.refresh(ctx)
	}
	all, err := o.Store.List(ctx)
	for _, e := range all {
		p := g.party(e.Push.Key.Owner)
		p.holding, p.entries = true, append(p.entries, e)
	}
	return g, err
}

func (g *MassGuard) party(owner ocpi.PartyID) *remover {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.parties[owner] == nil {
		g.parties[owner] = &remover{}
	}
	return g.parties[owner]
}

// ruling is what the guard says of a push.
type ruling int

const (
	pass      ruling = iota // it goes on; what it withdraws is dropped after that
	holdBack                // it was written down, and goes no further
	overtaken               // it was read from a list before what is held came
)

// consider says what is to be done with a push for all, within the lane of its
// object. What is held is durable when it returns. withdrawn are the entries that
// the push makes void once the catalog has taken it.
func (g *MassGuard) consider(ctx context.Context, c catalog.Change, e held.Entry) (v ruling, withdrawn []uint64, err error) {
	if g == nil || c.Key.Module != ocpi.Locations {
		return pass, nil, nil
	}
	removes, err := g.removals(ctx, c)
	if err != nil {
		return pass, nil, unavailable(err)
	}
	p := g.party(c.Key.Owner)
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(removes) > 0 && !p.holding {
		if err := g.count(ctx, p, c.Key, removes); err != nil {
			return pass, nil, unavailable(err)
		}
	}
	touched := touching(p.entries, c)
	v = p.judge(touched, c, len(removes) > 0)
	if v == pass {
		return pass, idsOf(touched), nil
	}
	if v == overtaken {
		return overtaken, nil, nil
	}
	var replaces []uint64
	if len(removes) > 0 {
		replaces = replaced(touched, c)
	}
	e.Push.Body = bytes.Clone(e.Push.Body) // it outlives the request
	e, err = g.Store.Add(ctx, e, replaces)
	if err != nil {
		return pass, nil, unavailable(err)
	}
	p.drop(replaces)
	p.entries = append(p.entries, e)
	return holdBack, nil, nil
}

// judge says what is to be done with a push that touches these entries. It needs
// p.mu.
func (p *remover) judge(touched []held.Entry, c catalog.Change, removes bool) ruling {
	switch {
	case !c.Asked.IsZero() && anySince(touched, c.Asked):
		return overtaken
	case removes && (p.holding || len(touched) > 0):
		return holdBack
	case len(touched) == 0, !removes && withdraws(touched, c):
		return pass
	}
	return holdBack
}

// withdraw drops entries that a push has made void.
func (g *MassGuard) withdraw(ctx context.Context, owner ocpi.PartyID, ids []uint64) error {
	if len(ids) == 0 {
		return nil
	}
	p := g.party(owner)
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := g.Store.Remove(ctx, ids); err != nil {
		return unavailable(err)
	}
	p.drop(ids)
	return nil
}

// count notes removals, and that the party is held from now on when they are too
// many.
func (g *MassGuard) count(ctx context.Context, p *remover, k catalog.Key, uids []string) error {
	if !g.Limits.Hold {
		return nil
	}
	var ids []string
	for _, uid := range uids {
		ids = append(ids, strings.ToLower(k.ID+"\x00"+uid))
	}
	count := g.countHere
	if g.Shared != nil {
		count = func(ctx context.Context, _ *remover, k catalog.Key, ids []string) (held.Window, error) {
			return g.countShared(ctx, k, ids)
		}
	}
	w, err := count(ctx, p, k, ids)
	if err != nil || !g.Limits.massive(w.Listed, w.Removed) {
		return err
	}
	if err := g.share(ctx, k.Owner, true); err != nil {
		return err
	}
	p.holding = true
	g.Log.WarnContext(ctx, "a party removes nearly all its EVSEs: its removals are held until the operator releases or discards them",
		"party", k.Owner.String(), "removed", w.Removed, "of", w.Listed, "within", g.Limits.Window)
	return nil
}

// countHere counts removals in this process.
func (g *MassGuard) countHere(ctx context.Context, p *remover, k catalog.Key, ids []string) (held.Window, error) {
	now := g.Now()
	if p.began.IsZero() || now.Sub(p.began) >= g.Limits.Window {
		listed, err := g.listed(ctx, k.Owner)
		if err != nil {
			return held.Window{}, err
		}
		p.began, p.listed, p.removed = now, listed, map[string]bool{}
	}
	for _, id := range ids {
		p.removed[id] = true
	}
	return held.Window{Open: true, Listed: p.listed, Removed: len(p.removed)}, nil
}

// removers are all parties that removed something.
func (g *MassGuard) removers() map[ocpi.PartyID]*remover {
	g.mu.Lock()
	defer g.mu.Unlock()
	return maps.Clone(g.parties)
}

// guardPage is how many locations are read at a time.
const guardPage = 200

// listed counts the EVSEs of a party that are not REMOVED.
func (g *MassGuard) listed(ctx context.Context, owner ocpi.PartyID) (n int, err error) {
	q := catalog.Query{Module: ocpi.Locations, Limit: guardPage, Owners: func(p ocpi.PartyID) bool { return p == owner }}
	for {
		page, err := g.Catalog.List(ctx, q)
		if err != nil {
			return n, err
		}
		for _, o := range page.Objects {
			evses, _ := ocpi.Find(o.Body, "evses")
			for e := range ocpi.Elements(evses.Value) {
				if !isRemoved(e) {
					n++
				}
			}
		}
		if q.Cursor = page.Next; q.Cursor == "" {
			return n, nil
		}
	}
}

// removals are the uids of the EVSEs that a push makes REMOVED.
func (g *MassGuard) removals(ctx context.Context, c catalog.Change) ([]string, error) {
	marked := marksRemoved(c)
	if len(marked) == 0 {
		return nil, nil
	}
	object, err := g.Catalog.Get(ctx, c.Key, catalog.Part{EVSE: c.Part.EVSE})
	if errors.Is(err, catalog.ErrUnknown) || err == nil && older(c.Body, object.Body) {
		return nil, nil // nothing is there to be removed, or the catalog finds it stale
	}
	if err != nil {
		return nil, err
	}
	if c.Part.EVSE != "" {
		if isRemoved(object.Body) {
			marked = nil
		}
		return marked, nil
	}
	var out []string
	evses, _ := ocpi.Find(object.Body, "evses")
	for e := range ocpi.Elements(evses.Value) {
		uid := ocpi.FindString(e, "uid")
		for _, m := range marked {
			if strings.EqualFold(m, uid) && !isRemoved(e) {
				out = append(out, uid)
			}
		}
	}
	return out, nil
}

// marksRemoved are the uids of the EVSEs that the body of a push calls REMOVED.
func marksRemoved(c catalog.Change) (uids []string) {
	switch {
	case c.Part.Connector != "":
	case c.Part.EVSE != "":
		if isRemoved(c.Body) {
			uids = []string{c.Part.EVSE}
		}
	default:
		evses, _ := ocpi.Find(c.Body, "evses")
		for e := range ocpi.Elements(evses.Value) {
			if isRemoved(e) {
				uids = append(uids, ocpi.FindString(e, "uid"))
			}
		}
	}
	return uids
}

func isRemoved(evse []byte) bool {
	return bytes.EqualFold([]byte(ocpi.FindString(evse, "status")), []byte("REMOVED"))
}

// older says that an object was updated before another.
func older(object, than []byte) bool {
	a, ok := ocpi.LastUpdated(object)
	b, given := ocpi.LastUpdated(than)
	return ok && given && a.Before(b)
}

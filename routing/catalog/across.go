package catalog

import (
	"context"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/bridge"
)

// across says whether a change is of a part of what is held in another version:
// its owner has moved to another one, and goes on with what it sent before.
func (h *head) across(c Change) bool {
	partial := c.Op == Patch || c.Part.EVSE != ""
	return partial && h.seq > 0 && !h.Deleted && c.Version != "" && h.Version != c.Version
}

// applyAcross applies such a change: the object is carried into the version of
// the change first, so that it is of one version as a whole. What cannot be
// carried is as good as not held: its owner has to PUT the whole of it.
func applyAcross(rows Rows, c Change, h *head) (Outcome, error) {
	held, err := assemble(rows, c.Key, h, Part{})
	if err != nil {
		return "", err
	}
	carried, err := bridge.Translate(classes[c.Key.Module], h.Version, c.Version, held, bridge.Surroundings{
		Owner: c.Key.Owner, EMSP: c.Key.emsp(), Now: c.At, TimeZone: c.TimeZone,
	})
	if err != nil || carried.Withheld != nil {
		return "", ErrUnknown
	}
	whole := Change{Key: c.Key, Op: Put, Version: c.Version, Body: carried.Body, At: c.At}
	if _, err := apply(rows, whole); err != nil {
		return "", err
	}
	return apply(rows, c)
}

// classes are the classes of the objects that the catalog holds in several
// versions.
var classes = map[ocpi.ModuleID]bridge.Class{
	ocpi.Locations: bridge.Location, ocpi.Tariffs: bridge.Tariff, ocpi.Tokens: bridge.Token,
	ocpi.Sessions: bridge.Session, ocpi.CDRs: bridge.CDR,
}

// emsp is the party whose tokens are in the object.
func (k Key) emsp() ocpi.PartyID {
	if k.Module == ocpi.Tokens {
		return k.Owner
	}
	return k.Audience
}

// After returns an object, or the part of it, as it will be after a change. It
// is what a PATCH means to a receiver that needs the whole.
func After(ctx context.Context, o Object, c Change) (Object, error) {
	scratch := NewMemory()
	whole := Change{Key: o.Key, Op: Put, Version: o.Version, Body: o.Body, At: c.At}
	for _, change := range []Change{whole, c.as(o.Key)} {
		if _, err := scratch.Apply(ctx, change); err != nil {
			return Object{}, err
		}
	}
	return scratch.Get(ctx, o.Key, c.Part)
}

// as is the change of the object that a key names.
func (c Change) as(k Key) Change {
	c.Key = k
	return c
}

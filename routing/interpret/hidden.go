package interpret

import (
	"context"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/bridge"
	"github.com/ocpihub/ocpihub/routing/catalog"
)

// Hidden says whether a part of a location may not go to 2.1.1, for its owner
// does not publish the location (H-152): the part itself does not tell.
func (i *Interpreter) Hidden(ctx context.Context, t Talk, location string) (bool, error) {
	if t.To != ocpi.V211 || t.From == ocpi.V211 || t.Class != bridge.EVSE && t.Class != bridge.Connector {
		return false, nil
	}
	l := i.lookup(ctx, t)
	o := l.object(ocpi.Locations, location)
	if l.err != nil {
		return false, unavailable(l.err)
	}
	if o == nil || o.Version == ocpi.V211 {
		return false, nil
	}
	publish, _ := ocpi.Find(o.Body, "publish")
	return string(publish.Value) != "true", nil
}

// Held is the class of an object of the catalog, or of a part of one; "" where no
// bridge carries it.
func Held(m ocpi.ModuleID, p catalog.Part) bridge.Class {
	depth := 0
	switch {
	case p.Connector != "":
		depth = 2
	case p.EVSE != "":
		depth = 1
	}
	if all := parts[m]; depth < len(all) {
		return all[depth]
	}
	return ""
}

// HeldTalk is about a whole object of the catalog that goes to a reader.
func HeldTalk(o catalog.Object, to ocpi.Version, reader ocpi.PartyID) Talk {
	t := Talk{
		Class: Held(o.Key.Module, catalog.Part{}), From: o.Version, To: to,
		Owner: o.Key.Owner, EMSP: o.Key.Audience, Reader: reader, ID: o.Key.ID,
	}
	if o.Key.Module == ocpi.Tokens {
		t.EMSP = o.Key.Owner
	}
	return t
}

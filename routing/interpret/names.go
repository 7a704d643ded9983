package interpret

import (
	"context"
	"strings"
	"sync"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/bridge"
)

// Inside reads the id of an object as a party of 2.1.1 writes it: who owns it,
// and by which id. It is not ok for what is no id that the hub gives: an object
// of the party's own, if anything.
func (i *Interpreter) Inside(ctx context.Context, m ocpi.ModuleID, outside string, reader ocpi.PartyID) (owner ocpi.PartyID, id string, ok bool, err error) {
	l := i.lookup(ctx, Talk{Reader: reader})
	owner, id, ok = names{l}.Inside(m, outside)
	if l.err != nil {
		return ocpi.PartyID{}, "", false, unavailable(l.err)
	}
	return owner, id, ok, nil
}

// Path returns the segments of a path below an endpoint with the ids as the
// reader knows them. The Writer is who wrote the path. An id that leads to no
// object stays as it is.
func (i *Interpreter) Path(ctx context.Context, t Talk, m ocpi.ModuleID, segments []string) ([]string, error) {
	at := idAt(t.Owner, segments)
	if !t.renames() || at >= len(segments) || m != ocpi.Locations && m != ocpi.Sessions && m != ocpi.Tariffs {
		return segments, nil
	}
	t.complete(nil)
	l := i.lookup(ctx, t)
	out := append([]string(nil), segments...)
	if ids := l.idsInside(); ids != nil {
		if _, id, ok := ids.Inside(m, out[at]); ok {
			out[at] = id
		}
	}
	if ids := l.idsOutside(); ids != nil {
		out[at] = ids.Outside(m, l.Owner, out[at])
	}
	if l.err != nil {
		return nil, unavailable(l.err)
	}
	return out, nil
}

// idAt is where in a path the id stands: behind the owner, or at its beginning.
func idAt(owner ocpi.PartyID, segments []string) int {
	if len(segments) > 2 && ocpi.NewPartyID(segments[0], segments[1]) == owner {
		return 2
	}
	return 0
}

// renames says whether ids may differ on the two sides.
func (t *Talk) renames() bool {
	return !t.PlainFrom && t.From == ocpi.V211 || !t.PlainTo && t.To == ocpi.V211
}

// idsInside reads ids as the writer wrote them; nil when they are the owner's.
func (l *lookup) idsInside() bridge.IDs {
	if l.PlainFrom || l.From != ocpi.V211 || l.Writer == l.Owner {
		return nil
	}
	return names{l}
}

// idsOutside writes ids for the reader; nil when that is the owner.
func (l *lookup) idsOutside() bridge.IDs {
	if l.PlainTo || l.To != ocpi.V211 || l.Reader == l.Owner {
		return nil
	}
	return names{l}
}

// names are those of an object that goes from one party of 2.1.1 to another.
func (l *lookup) names() bridge.Names {
	n := bridge.Names{In: l.idsInside(), Out: l.idsOutside()}
	if !l.PlainTo {
		n.Reservation = l.reservation
	}
	return n
}

// names are the ids by which a party of 2.1.1 knows the objects of many owners.
type names struct{ *lookup }

var _ bridge.IDs = names{}

// Outside implements bridge.IDs. Of all spellings of an id it passes the first,
// so that the object has one name.
func (n names) Outside(m ocpi.ModuleID, owner ocpi.PartyID, id string) string {
	return bridge.OutsideID(owner, n.spelled(m, owner, id), bridge.MostOutside(m))
}

func (n names) spelled(m ocpi.ModuleID, owner ocpi.PartyID, id string) string {
	switch {
	case strings.EqualFold(id, n.ID):
		return n.ID
	case owner != n.Owner || strings.ToLower(id) == strings.ToUpper(id):
		return id
	}
	if o := n.object(m, id); o != nil {
		return o.Key.ID
	}
	return id
}

// Inside implements bridge.IDs. A fingerprint is looked for among the ids of its
// owner.
func (n names) Inside(m ocpi.ModuleID, outside string) (ocpi.PartyID, string, bool) {
	return bridge.Prefixed{Search: func(m ocpi.ModuleID, owner ocpi.PartyID, is func(id string) bool) (string, bool) {
		name := string(m) + "\x00" + strings.ToUpper(outside)
		id, known := n.of.found.get(name)
		if !known {
			if id, known = n.search(m, owner, is); known {
				n.of.found.put(name, id)
			}
		}
		return id, known
	}}.Inside(m, outside)
}

// search walks the ids of an owner.
func (n names) search(m ocpi.ModuleID, owner ocpi.PartyID, is func(id string) bool) (found string, ok bool) {
	for _, audience := range n.audiences() {
		if n.err != nil || ok {
			break
		}
		err := n.of.Catalog.IDs(n.ctx, m, owner, audience, func(id string) bool {
			if ok = is(id); ok {
				found = id
			}
			return !ok
		})
		if err != nil {
			n.fail(err)
		}
	}
	return found, ok && n.err == nil
}

// fingerprints are those of which it was found what they stand for. They never
// stand for anything else.
type fingerprints struct {
	mu  sync.Mutex
	ids map[string]string
}

// fingerprintsMost bounds how many are remembered.
const fingerprintsMost = 10_000

func (f *fingerprints) get(name string) (string, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	id, known := f.ids[name]
	return id, known
}

func (f *fingerprints) put(name, id string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.ids == nil || len(f.ids) >= fingerprintsMost {
		f.ids = map[string]string{}
	}
	f.ids[name] = id
}

package demo

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/ocpitest"
)

// load reads the locations. Each may come once: what is counted must be
// countable.
func (d *Demo) load(context.Context) error {
	seen := map[string]bool{}
	for l, err := range ocpitest.ReadLocations(d.Locations) {
		if err != nil {
			return fmt.Errorf("locations: %w", err)
		}
		name := nameOf(l.Owner, l.ID)
		if seen[name] {
			return fmt.Errorf("locations: %s comes twice", name)
		}
		seen[name] = true
		d.locations = append(d.locations, l)
	}
	if len(d.locations) == 0 {
		return errors.New("locations: the file holds none")
	}
	return nil
}

// nameOf writes an object as it is compared: ids without regard to case.
func nameOf(owner ocpi.PartyID, id string) string {
	return owner.String() + "/" + strings.ToUpper(id)
}

// startPlatforms spreads the operators of the file over the CPO platforms, and
// starts these and those of the eMSPs.
func (d *Demo) startPlatforms(context.Context) error {
	owners := d.owners()
	if len(owners) < d.CPOs {
		return fmt.Errorf("cpos: the file names %d operators, not enough for %d platforms", len(owners), d.CPOs)
	}
	d.homes = map[ocpi.PartyID]*ocpitest.Platform{}
	for i := range d.CPOs {
		var mine []ocpi.PartyID
		for at := i; at < len(owners); at += d.CPOs {
			mine = append(mine, owners[at])
		}
		p, err := start(fmt.Sprintf("CPO platform %d", i+1), ocpi.CPO, mine)
		if err != nil {
			return err
		}
		d.cpos = append(d.cpos, p)
		for _, owner := range mine {
			d.homes[owner] = p
		}
	}
	for i, mine := range emspParties(d.EMSPs, owners) {
		p, err := start(fmt.Sprintf("eMSP platform %d", i+1), ocpi.EMSP, mine)
		if err != nil {
			return err
		}
		d.emsps = append(d.emsps, p)
	}
	return nil
}

// callsKept is enough for a step to find its calls again, and little beside the
// locations.
const callsKept = 256

func start(name string, role ocpi.Role, ids []ocpi.PartyID, versions ...ocpi.Version) (*ocpitest.Platform, error) {
	o := ocpitest.Options{Name: name, CallsKept: callsKept, Versions: versions}
	for _, id := range ids {
		o.Parties = append(o.Parties, ocpitest.Party{Role: role, ID: id})
	}
	return ocpitest.New(o)
}

// owners are the operators of the file, in the order of their names.
func (d *Demo) owners() []ocpi.PartyID {
	known := map[ocpi.PartyID]bool{}
	var out []ocpi.PartyID
	for _, l := range d.locations {
		if !known[l.Owner] {
			known[l.Owner] = true
			out = append(out, l.Owner)
		}
	}
	slices.SortFunc(out, func(a, b ocpi.PartyID) int { return cmp.Compare(a.String(), b.String()) })
	return out
}

// emspParties are the parties of the eMSP platforms: one each, two on the
// second. An id that an operator has is left to the operator, for nobody gets
// a push of its own.
func emspParties(n int, taken []ocpi.PartyID) [][]ocpi.PartyID {
	names := []ocpi.PartyID{
		ocpi.NewPartyID("NL", "TNM"), ocpi.NewPartyID("BE", "ECO"), ocpi.NewPartyID("DE", "DRV"), ocpi.NewPartyID("LU", "ECO"),
	}
	for i := range 2*MaxPlatforms + len(taken) {
		names = append(names, ocpi.NewPartyID("AT", fmt.Sprintf("M%02d", i)))
	}
	names = slices.DeleteFunc(names, func(p ocpi.PartyID) bool { return slices.Contains(taken, p) })
	out := make([][]ocpi.PartyID, n)
	for i := range out {
		count := 1
		if i == 1 {
			count = 2
		}
		out[i], names = names[:count:count], names[count:]
	}
	return out
}

// platforms are all of them, those of the CPOs first, and who joined later last.
func (d *Demo) platforms() []*ocpitest.Platform { return slices.Concat(d.cpos, d.emsps, d.guests()) }

// receiver is an eMSP, which gets a copy of its own of every push.
type receiver struct {
	platform *ocpitest.Platform
	party    ocpi.PartyID
}

func (d *Demo) receivers() []receiver {
	var out []receiver
	for _, p := range d.emsps {
		for _, party := range p.Parties() {
			out = append(out, receiver{p, party.ID})
		}
	}
	return out
}

// object finds the receiver's copy of an object.
func (r receiver) object(key ocpitest.Key) (ocpitest.Object, bool) {
	return r.platform.Object(key, r.party)
}

// objects are the receiver's copies of all objects of a module.
func (r receiver) objects(m ocpi.ModuleID) []ocpitest.Object {
	return r.platform.Objects(m, func(o ocpitest.Object) bool { return o.To == r.party })
}

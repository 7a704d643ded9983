package demo

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/ocpitest"
)

// spot is an EVSE at which something happens. No other operator uses its
// location's id, so that the id alone tells whose it is.
type spot struct {
	owner                     ocpi.PartyID
	location, evse, connector string
}

func (s spot) key() ocpitest.Key {
	return ocpitest.Key{Module: ocpi.Locations, Owner: s.owner, ID: s.location}
}

func (s spot) String() string { return s.owner.String() + "/" + s.location + "/" + s.evse }

// spots finds up to n of them, spread over the file.
func (d *Demo) spots(n int) ([]spot, error) {
	uses := map[string]int{}
	for _, l := range d.locations {
		uses[strings.ToUpper(l.ID)]++
	}
	var fit []spot
	for _, l := range d.locations {
		if s, ok := spotOf(l); ok && uses[strings.ToUpper(l.ID)] == 1 {
			fit = append(fit, s)
		}
	}
	if len(fit) == 0 {
		return nil, errors.New("no location of the file has an id of its own and an EVSE with a connector")
	}
	var out []spot
	for i := range min(n, len(fit)) {
		out = append(out, fit[i*len(fit)/min(n, len(fit))])
	}
	return out, nil
}

// spotOf takes the first EVSE that has a connector.
func spotOf(l ocpitest.Location) (spot, bool) {
	evses, _ := ocpi.Find(l.Raw, "evses")
	for evse := range ocpi.Elements(evses.Value) {
		connectors, _ := ocpi.Find(evse, "connectors")
		for connector := range ocpi.Elements(connectors.Value) {
			return spot{l.Owner, l.ID, ocpi.FindString(evse, "uid"), ocpi.FindString(connector, "id")}, true
		}
	}
	return spot{}, false
}

// changeStatus tells all that an EVSE is in use.
func (d *Demo) changeStatus(ctx context.Context) (string, error) {
	spots, err := d.spots(1)
	if err != nil {
		return "", err
	}
	s := spots[0]
	if err := d.patchStatus(ctx, s, "CHARGING"); err != nil {
		return "", err
	}
	for _, r := range d.receivers() {
		if err := r.awaitStatus(ctx, s, "CHARGING"); err != nil {
			return "", err
		}
	}
	return fmt.Sprintf("%s is CHARGING at all %s", s, count(len(d.receivers()), "eMSP")), nil
}

func (d *Demo) patchStatus(ctx context.Context, s spot, status string) error {
	body := fmt.Appendf(nil, `{"status":%q,"last_updated":%q}`, status, d.stamp())
	return accepted(d.homes[s.owner].Patch(ctx, ocpitest.Change{
		Key: s.key(), Parts: []string{s.evse}, To: d.hubParty(), Body: body,
	}))
}

// awaitStatus waits until an eMSP has the status of an EVSE.
func (r receiver) awaitStatus(ctx context.Context, s spot, status string) error {
	return await(ctx, fmt.Sprintf("%s does not see %s %s", r.party, s, status), func() bool {
		o, ok := r.object(s.key())
		return ok && ocpi.FindString(o.EVSE(s.evse), "status") == status
	})
}

// statuses checks that an eMSP has the newest status of every EVSE of every
// operator.
func (d *Demo) statuses(r receiver) (int, error) {
	want := map[string]string{}
	for _, p := range d.platforms() {
		maps.Copy(want, ocpitest.Statuses(p.Offers(ocpi.Locations)))
	}
	got := ocpitest.Statuses(r.objects(ocpi.Locations))
	for evse, status := range want {
		if got[evse] != status {
			return 0, fmt.Errorf("%s has %s as %q, its operator as %q", r.party, evse, got[evse], status)
		}
	}
	if len(got) != len(want) {
		return 0, fmt.Errorf("%s has %s, the operators have %d", r.party, count(len(got), "EVSE"), len(want))
	}
	return len(want), nil
}

// regressions checks that nobody was given an older state after a newer one.
func (d *Demo) regressions() error {
	for _, p := range d.platforms() {
		if found := p.Regressions(); len(found) > 0 {
			return fmt.Errorf("%s was given %s after newer ones, first %s", p.Name(), count(len(found), "older state"), found[0])
		}
	}
	return nil
}

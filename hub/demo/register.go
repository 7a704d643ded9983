package demo

import (
	"context"
	"errors"
	"fmt"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/ocpitest"
	"github.com/ocpihub/ocpihub/parties"
)

// register makes everybody known to the hub: all are invited but the last eMSP
// platform, which invites the hub.
func (d *Demo) register(ctx context.Context) (string, error) {
	all := d.platforms()
	for i, p := range all {
		if err := d.join(ctx, p, i == len(all)-1); err != nil {
			return "", fmt.Errorf("%s cannot register: %w", p.Name(), err)
		}
	}
	known, err := d.operator.known(ctx)
	if err != nil {
		return "", err
	}
	for _, p := range known {
		if p.GetStatus() != string(parties.Connected) {
			return "", fmt.Errorf("%s is %s, not %s", p.GetName(), p.GetStatus(), parties.Connected)
		}
	}
	parties := 0
	for _, p := range all {
		if err := d.seesAll(ctx, p); err != nil {
			return "", err
		}
		parties += len(p.Parties())
	}
	return fmt.Sprintf("%s invited, 1 connected by the hub; %s of %s and %s CONNECTED, and each platform sees all others in hubclientinfo",
		count(len(all)-1, "platform"), "parties", count(len(d.homes), "CPO"), count(parties-len(d.homes), "eMSP")), nil
}

func (d *Demo) join(ctx context.Context, p *ocpitest.Platform, asSender bool) error {
	if asSender {
		return d.operator.connect(ctx, p)
	}
	invitation, err := d.operator.invite(ctx, p)
	if err != nil {
		return err
	}
	return p.Register(ctx, invitation.GetVersionsUrl(), invitation.GetTokenA())
}

// seesAll checks that a platform is told of every party of the others, once and
// as connected.
func (d *Demo) seesAll(ctx context.Context, p *ocpitest.Platform) error {
	unseen := map[ocpitest.Party]bool{}
	for _, other := range d.platforms() {
		for _, party := range other.Parties() {
			if other != p {
				unseen[party] = true
			}
		}
	}
	_, err := p.GetAll(ctx, ocpitest.List{Module: ocpi.HubClientInfo}, func(raw []byte) error {
		party := ocpitest.Party{
			Role: ocpi.Role(ocpi.FindString(raw, "role")),
			ID:   ocpi.NewPartyID(ocpi.FindString(raw, "country_code"), ocpi.FindString(raw, "party_id")),
		}
		if !unseen[party] {
			return fmt.Errorf("%s is listed, but is no other party, or is listed twice", party)
		}
		delete(unseen, party)
		if status := ocpi.FindString(raw, "status"); status != string(parties.Connected) {
			return fmt.Errorf("%s is listed as %s", party, status)
		}
		return nil
	})
	if err == nil && len(unseen) > 0 {
		err = errors.New("hubclientinfo lacks " + count(len(unseen), "party"))
	}
	if err != nil {
		return fmt.Errorf("%s: %w", p.Name(), err)
	}
	return nil
}

package parties

import (
	"context"
	"errors"
	"slices"

	"github.com/ocpihub/ocpihub/internal/fault"
	"github.com/ocpihub/ocpihub/ocpi"
)

// accept enters what the partner answered. Who was registered before has changed its
// tokens with the answer: they are taken even where its parties cannot be, for
// neither side could call the other else. Its parties stay then.
func (r *Registry) accept(ctx context.Context, id string, x exchange, answer Credentials) (*Platform, error) {
	sealed, err := r.sealAnswer(x, answer)
	if err != nil {
		return nil, err
	}
	var refused error
	p, err := r.change(ctx, id, func(p *Platform) error {
		if !p.holdsKey(HashToken(x.mine), r.now()) {
			return fault.New(fault.Conflict, "platform %s was changed during the handshake: try again", id)
		}
		var admitted []Party
		if admitted, refused = r.admitAnswer(p, x.found.version, answer); refused != nil {
			if !p.Registered() {
				return refused
			}
			admitted = slices.Clone(p.Parties)
		}
		suspended := p.Status == Suspended
		p.enter(x.found, admitted, sealed, r.time())
		p.OldFields = answer.hasOldFields()
		if suspended { // by the operator, meanwhile
			p.Status = Suspended
		}
		p.reissue(x.mine, r.now(), r.now().Add(r.grace))
		p.Shown = x.send.shown()
		return nil
	})
	switch {
	case err == nil && refused != nil:
		return nil, fault.Wrap(fault.ClientUnusable, refused, "the tokens are renewed, but the platform answered with credentials that the hub cannot use, and its parties stay as they were")
	case errors.Is(err, ErrClaimed):
		return nil, fault.Wrap(fault.Conflict, err, "the platform answered with a party that another platform has registered")
	case fault.Is(err, fault.Invalid):
		return nil, fault.Wrap(fault.ClientUnusable, err, "the platform answered with credentials that the hub cannot use")
	}
	return p, err
}

// sealAnswer seals the token of a partner's answer. Some implementations send back
// what they were sent: that is no answer.
func (r *Registry) sealAnswer(x exchange, answer Credentials) ([]byte, error) {
	ours := func(role CredentialsRole) bool {
		party := ocpi.NewPartyID(role.CountryCode, role.PartyID)
		return party == r.self.Party || x.found.version == ocpi.V211 && slices.ContainsFunc(x.send.Roles, func(sent CredentialsRole) bool {
			return ocpi.NewPartyID(sent.CountryCode, sent.PartyID) == party
		})
	}
	if answer.Token == x.mine || len(answer.Roles) > 0 && !slices.ContainsFunc(answer.Roles, func(c CredentialsRole) bool { return !ours(c) }) {
		return nil, fault.New(fault.ClientUnusable, "the platform answered with the hub's own credentials instead of its own")
	}
	if err := checkToken(answer.Token); err != nil {
		return nil, fault.Wrap(fault.ClientUnusable, err, "the platform answered with credentials that the hub cannot use")
	}
	return r.seal(answer.Token)
}

// admitAnswer returns the parties of a partner's answer when it may register them.
func (r *Registry) admitAnswer(p *Platform, v ocpi.Version, answer Credentials) ([]Party, error) {
	if err := checkCredentials(v, answer); err != nil {
		return nil, err
	}
	return r.admit(p, v, answer.Roles)
}

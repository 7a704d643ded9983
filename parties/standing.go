package parties

import (
	"github.com/ocpihub/ocpihub/internal/fault"
	"github.com/ocpihub/ocpihub/ocpi"
)

// A connection of OCPI 2.1.1 cannot say from whom and for whom a message is. On
// most the hub stands for all others at once. On one with As it stands for that
// one party: all that comes from it goes there, and nothing else is sent to it, so
// that ids need no owner (docs/adr/0035). A party may have one such connection for
// each of its partners.

// Hold is a party that a platform has registered. As is the one party that the hub
// stands for on that connection; zero: for all.
type Hold struct {
	Claim
	As ocpi.PartyID
}

// String writes the hold as ROLE:CC*PID, and whom the connection is for behind it.
func (h Hold) String() string {
	if h.As.IsZero() {
		return h.Claim.String()
	}
	return h.Claim.String() + ">" + h.As.String()
}

// Clashes says whether two platforms cannot have these at the same time: the same
// party in the same role, unless each connection is for another party.
func (h Hold) Clashes(o Hold) bool {
	return h.Claim == o.Claim && (h.As.IsZero() || o.As.IsZero() || h.As == o.As)
}

// StandsFor says whether messages between a party and those of the platform may
// use this connection.
func (p *Platform) StandsFor(party ocpi.PartyID) bool { return p.As.IsZero() || p.As == party }

// Kept is the one version that the platform may speak; empty: any.
func (p *Platform) Kept() ocpi.Version {
	if !p.As.IsZero() {
		return ocpi.V211
	}
	return p.Pinned
}

// checkAs refuses a connection that cannot stand for one party.
func (r *Registry) checkAs(p *Platform) error {
	switch {
	case p.As.IsZero():
	case !p.As.Valid():
		return fault.New(fault.Invalid, "as: party %s: want a country code of two letters and a party id of letters and digits", p.As)
	case p.As == r.self.Party:
		return fault.New(fault.Invalid, "as: %s is the hub itself: leave it out, and the connection is for all parties", p.As)
	case p.Pinned != "" && p.Pinned != ocpi.V211:
		return fault.New(fault.Invalid, "as: a connection for one party is of OCPI 2.1.1: it cannot be kept to %s", p.Pinned)
	case len(p.Claims) != 1:
		return fault.New(fault.Invalid, "as: a connection for one party needs the one party that comes with it: name it, as ROLE:CC*PID")
	case p.Claims[0].Party == p.As:
		return fault.New(fault.Invalid, "as: %s is the party that comes with the connection: name the other one", p.As)
	}
	return nil
}

// checkNewcomer refuses a version that cannot be spoken, a connection for one party
// that could not be registered now, and one for a party that nobody knows: most of
// these are misspelt.
func (r *Registry) checkNewcomer(p *Platform) error {
	if err := r.checkPin(p); err != nil || p.As.IsZero() {
		return err
	}
	if len(r.Directory().MembersOf(p.As)) == 0 {
		return fault.New(fault.Invalid, "as: the hub knows no party %s: invite it first (hubctl platforms invite)", p.As)
	}
	return r.Directory().opposed(p, p.Claims[0])
}

// opposed says which other platform keeps one from registering a party; nil: none.
func (d *Directory) opposed(p *Platform, c Claim) error {
	wanted := Hold{Claim: c, As: p.As}
	for _, home := range d.homes[c.Party] {
		if home.Platform.ID == p.ID {
			continue
		}
		for _, held := range home.Platform.Held() {
			if held.Clashes(wanted) {
				return claimed(held, wanted)
			}
		}
	}
	return nil
}

// claimed tells what is held, and, where the two connections could not stand
// beside each other, what to do.
func claimed(held, wanted Hold) error {
	switch {
	case held.As == wanted.As && held.As.IsZero():
		return fault.Wrap(fault.Invalid, ErrClaimed, "%s is registered by another platform", wanted.Claim)
	case held.As == wanted.As:
		return fault.Wrap(fault.Invalid, ErrClaimed, "%s is registered by another platform, for %s", wanted.Claim, wanted.As)
	case held.As.IsZero():
		return fault.Wrap(fault.Invalid, ErrClaimed, "%s is registered by another platform, for all parties: that connection has to be removed before there can be one for %s", wanted.Claim, wanted.As)
	}
	return fault.Wrap(fault.Invalid, ErrClaimed, "%s is registered by another platform, for %s alone: its connections for one party have to be removed before there can be one for all", wanted.Claim, held.As)
}

package routing

import (
	"errors"
	"time"

	"github.com/ocpihub/ocpihub/internal/fault"
	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/parties"
)

// Target is a receiver that may be called now.
type Target struct {
	Platform *parties.Platform
	Party    ocpi.PartyID
	Endpoint string
}

// Permit decides whether from may send a message of this rule to a party now,
// and where that party's endpoint is. It is a pure function. Faults: UnknownReceiver
// when the party is not known, may not be talked to or has connections for others
// alone (one answer for all, so that nobody can probe), NotConnected, NoInterface.
func Permit(dir *parties.Directory, from Speaker, to ocpi.PartyID, rule *ocpi.Rule, now time.Time) (Target, error) {
	best, forbidden := parties.Status(""), false
	for _, home := range dir.Homes(to) {
		if !suits(from, home, rule) || !home.Platform.StandsFor(from.Party) {
			continue
		}
		if !dir.Allows(exchange(from, home, to, rule.Module), now) {
			forbidden = true
			continue
		}
		url, ok := home.Platform.Endpoint(rule.Module, rule.Interface)
		if ok && home.Status == parties.Connected {
			return Target{home.Platform, to, url}, nil
		}
		if best != parties.Connected {
			best = home.Status
		}
	}
	if best == "" && forbidden {
		return Target{}, fault.Wrap(fault.UnknownReceiver, errNoAgreement, "%s", unknownReceiver(to).Message)
	}
	return Target{}, refuse(best, to, rule)
}

// suits says whether the roles of two parties fit a message. Which roles a custom
// module belongs to, only those know who agreed on it.
func suits(from Speaker, home parties.Home, rule *ocpi.Rule) bool {
	return rule.Module.Custom() || home.Role.Plays(rule.Module, rule.Interface) && ocpi.Fits(from.Role, home.Role)
}

// errNoAgreement is why a receiver that is there counts as unknown: for the
// operator alone.
var errNoAgreement = errors.New("no agreement in force allows it")

func exchange(from Speaker, home parties.Home, to ocpi.PartyID, m ocpi.ModuleID) parties.Exchange {
	return parties.Exchange{
		From: parties.Claim{Role: from.Role, Party: from.Party}, To: parties.Claim{Role: home.Role, Party: to}, Module: m,
	}
}

// known says whether a party counts as known to a sender, be it reachable now or
// not: what belongs to one that does not is as if it were not there.
func known(dir *parties.Directory, from Speaker, to ocpi.PartyID, rule *ocpi.Rule, now time.Time) bool {
	_, err := Permit(dir, from, to, rule, now)
	return !fault.Is(err, fault.UnknownReceiver)
}

// refuse says why no home of a party can take the message; best is the status
// of the one that came closest.
func refuse(best parties.Status, to ocpi.PartyID, rule *ocpi.Rule) error {
	switch best {
	case "":
		return unknownReceiver(to)
	case parties.Connected:
		return fault.New(fault.NoInterface, "the platform of %s does not offer the %s interface of %s", to, rule.Interface, rule.Module)
	case parties.Planned, parties.Offline, parties.Suspended:
	}
	return fault.New(fault.NotConnected, "%s is not connected to the hub now (%s)", to, best)
}

func unknownReceiver(to ocpi.PartyID) *fault.Error {
	return fault.New(fault.UnknownReceiver, "receiver %s is not known: check OCPI-to against the hub's client info", to)
}

package routing

import (
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

// Permit decides whether from may send a message of this rule to a party, and
// where that party's endpoint is. It is a pure function. Faults: UnknownReceiver
// when the party is not known or may not be talked to (one answer for both, so
// that nobody can probe), NotConnected, NoInterface.
func Permit(dir *parties.Directory, from Speaker, to ocpi.PartyID, rule *ocpi.Rule) (Target, error) {
	best := parties.Status("")
	for _, home := range dir.Homes(to) {
		if !home.Role.Plays(rule.Module, rule.Interface) || !ocpi.Fits(from.Role, home.Role) {
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
	return Target{}, refuse(best, to, rule)
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

func unknownReceiver(to ocpi.PartyID) error {
	return fault.New(fault.UnknownReceiver, "receiver %s is not known: check OCPI-to against the hub's client info", to)
}

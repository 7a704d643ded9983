package routing

import (
	"strings"

	"github.com/ocpihub/ocpihub/ocpi"
)

// Self is what the hub says of itself: its party, and where it is reached.
type Self struct {
	Party     ocpi.PartyID
	PublicURL string
}

// VersionsURL is the URL that parties are given out of band.
func (s Self) VersionsURL() string { return ocpi.JoinURL(s.PublicURL, "ocpi/versions") }

// VersionURL is below what all endpoints of a version are, and but for 2.1.1 the
// version details endpoint.
func (s Self) VersionURL(v ocpi.Version) string { return ocpi.JoinURL(s.PublicURL, "ocpi/"+string(v)) }

// RoleURL is the version details endpoint of OCPI 2.1.1 for those towards whom
// the hub stands in this role, CPO or EMSP: its endpoints name no interface.
func (s Self) RoleURL(hub ocpi.Role) string {
	return ocpi.JoinURL(s.VersionURL(ocpi.V211), strings.ToLower(string(hub)))
}

// Endpoint is the hub's endpoint of one interface of a functional module.
func (s Self) Endpoint(at ocpi.Address) string {
	if at.Version == ocpi.V211 {
		return ocpi.JoinURL(s.RoleURL(heldIn(at)), string(at.Module))
	}
	return ocpi.JoinURL(s.VersionURL(at.Version), strings.ToLower(string(at.Interface))+"/"+string(at.Module))
}

// heldIn is the role in which the hub has an interface of a module.
func heldIn(at ocpi.Address) ocpi.Role {
	if ocpi.CPO.Side(at.Module) == at.Interface {
		return ocpi.CPO
	}
	return ocpi.EMSP
}

// CallbackURL is where a result with this trail key is posted.
func (s Self) CallbackURL(v ocpi.Version, key string) string {
	return ocpi.JoinURL(s.VersionURL(v), "callbacks/"+key)
}

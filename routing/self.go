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

// VersionURL is the version details endpoint of one version.
func (s Self) VersionURL(v ocpi.Version) string { return ocpi.JoinURL(s.PublicURL, "ocpi/"+string(v)) }

// Endpoint is the hub's endpoint of one interface of a functional module.
func (s Self) Endpoint(at ocpi.Address) string {
	return ocpi.JoinURL(s.VersionURL(at.Version), strings.ToLower(string(at.Interface))+"/"+string(at.Module))
}

// CallbackURL is where a result with this trail key is posted.
func (s Self) CallbackURL(v ocpi.Version, key string) string {
	return ocpi.JoinURL(s.VersionURL(v), "callbacks/"+key)
}

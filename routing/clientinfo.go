package routing

import (
	"net/http"
	"time"

	"github.com/google/uuid"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/parties"
	"github.com/ocpihub/ocpihub/routing/catalog"
	"github.com/ocpihub/ocpihub/routing/fanout"
)

// ClientInfoKey names a member in the fan-out: a party in one role. The role
// takes the place of the id, for the URL has none (H-188).
func ClientInfoKey(m parties.Member) catalog.Key {
	return catalog.Key{Module: ocpi.HubClientInfo, Owner: m.Party, ID: string(m.Role)}
}

// ClientInfoChange is the PUT of a member's ClientInfo. It is of no version: each
// receiver gets the newest state in its own.
func ClientInfoChange(m parties.Member) fanout.Change {
	return fanout.Change{
		Key: ClientInfoKey(m), Method: http.MethodPut, Path: clientInfoPath(m.Party), Body: m.ClientInfo(),
		Role: ocpi.HUB, CorrelationID: uuid.NewString(),
	}
}

// clientInfoPath is the path of a party below a receiver's endpoint.
func clientInfoPath(p ocpi.PartyID) string { return p.Country + "/" + p.ID }

// hears says whether a platform is told of the member that a change of client
// info is about. What is for one platform alone tells it that it sees a member
// now, or sees it no longer.
func hears(dir *parties.Directory, p *parties.Platform, c fanout.Change, now time.Time) bool {
	m, ok := dir.Member(parties.Claim{Role: ocpi.Role(c.Key.ID), Party: c.Key.Owner})
	if c.For != "" {
		return ok && c.For == p.ID && m.PlatformID != p.ID
	}
	return ok && dir.Sees(p, m, now)
}

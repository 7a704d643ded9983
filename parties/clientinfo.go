package parties

import (
	"encoding/json"
	"slices"

	"github.com/ocpihub/ocpihub/ocpi"
)

// clientInfo is the ClientInfo object of OCPI 2.2.1 (HubClientInfo module).
// All its fields are required (H-187).
type clientInfo struct {
	PartyID     string    `json:"party_id"`
	CountryCode string    `json:"country_code"`
	Role        ocpi.Role `json:"role"`
	Status      Status    `json:"status"`
	LastUpdated string    `json:"last_updated"`
}

// ClientInfo returns the member as a ClientInfo object in JSON.
func (m Member) ClientInfo() []byte {
	out, _ := json.Marshal(clientInfo{ // strings always can be written
		PartyID: m.Party.ID, CountryCode: m.Party.Country, Role: m.Role,
		Status: m.Status, LastUpdated: ocpi.FormatDateTime(m.Updated),
	})
	return out
}

// Visible returns the members that a platform is told of: all but its own, in
// the order of Members. The hub itself is no member, and so is not listed
// (H-189).
func (d *Directory) Visible(reader *Platform) []Member {
	out := make([]Member, 0, len(d.members))
	for _, m := range d.members {
		if m.PlatformID != reader.ID {
			out = append(out, m)
		}
	}
	return out
}

// Diff returns the members whose status is another one than before, or who are
// new: those that the others must hear of (H-185). One party in two roles is
// two members (H-188).
func Diff(old, new *Directory) []Member {
	var changed []Member
	for _, m := range new.members {
		i, found := slices.BinarySearchFunc(old.members, m.Claim, func(o Member, c Claim) int { return o.compare(c) })
		if !found || old.members[i].Status != m.Status {
			changed = append(changed, m)
		}
	}
	return changed
}

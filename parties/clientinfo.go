package parties

import (
	"encoding/json"
	"slices"
	"time"

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

// Sees says whether a platform is told of a member now: of every one but its
// own with which one of its parties may exchange anything. It alone decides who
// hears of whom, in lists and in pushes (H-122, H-196). The hub itself is no
// member, and so nobody is told of it (H-189).
func (d *Directory) Sees(reader *Platform, m Member, now time.Time) bool {
	if m.PlatformID == reader.ID {
		return false
	}
	if _, meet := d.facing(reader, m); !meet || d.policy != PolicyByAgreement {
		return meet
	}
	for i := range reader.Parties {
		if d.linked(reader.Parties[i].Claim, m.Claim, now) {
			return true
		}
	}
	return false
}

// Visible returns the members that a platform sees now, in the order of Members
// and as it sees them.
func (d *Directory) Visible(reader *Platform, now time.Time) []Member {
	out := make([]Member, 0, len(d.members))
	for _, m := range d.members {
		if d.Sees(reader, m, now) {
			out = append(out, d.SeenBy(reader, m, now))
		}
	}
	return out
}

// SeenBy returns a member as a platform sees it now: on the connection that is for
// its parties, where the member has several. Under PolicyByAgreement one that the
// platform sees no longer is SUSPENDED to it (H-186), and what an agreement brought
// about counts as an update.
func (d *Directory) SeenBy(reader *Platform, m Member, now time.Time) Member {
	m, _ = d.facing(reader, m)
	if d.policy != PolicyByAgreement {
		return m
	}
	if !d.Sees(reader, m, now) {
		m.Status = Suspended
	}
	for i := range reader.Parties {
		for a := range d.between(reader.Parties[i].Claim, m.Claim) {
			if turned := a.turned(now); turned.After(m.Updated) {
				m.Updated = turned
			}
		}
	}
	return m
}

// Lists says whether the hub's own lists show a platform the objects of an
// owner: those of each party that it sees, or that is its own, so that every
// owner in a list is in the reader's client info (H-122). What a SUSPENDED party
// gave (stopped, signed off or removed) is kept, but not shown: nobody can
// charge there. OFFLINE ones are expected back, and shown.
func (d *Directory) Lists(reader *Platform, owner ocpi.PartyID, now time.Time) bool {
	return reader.StandsFor(owner) && slices.ContainsFunc(d.MembersOf(owner), func(m Member) bool {
		m, _ = d.facing(reader, m)
		return m.Status != Suspended && (m.PlatformID == reader.ID || d.Sees(reader, m, now))
	})
}

// Introduction is what one platform is told of a member.
type Introduction struct {
	Reader string // the id of the platform
	Member
}

// Introductions returns what the platforms of both sides of an agreement must
// hear of the other side when it comes into force or goes out of it.
func (d *Directory) Introductions(a *Agreement, now time.Time) []Introduction {
	out := d.introduce(nil, a.CPO, a.EMSP, now)
	return d.introduce(out, a.EMSP, a.CPO, now)
}

func (d *Directory) introduce(out []Introduction, reader, other ocpi.PartyID, now time.Time) []Introduction {
	for _, m := range d.MembersOf(other) {
		for _, home := range d.homes[reader] {
			p := home.Platform
			if !ocpi.Fits(home.Role, m.Role) || m.PlatformID == p.ID || !p.Holds(reader) {
				continue
			}
			if told := (Introduction{Reader: p.ID, Member: d.SeenBy(p, m, now)}); !slices.Contains(out, told) {
				out = append(out, told)
			}
		}
	}
	return out
}

// NewlyLinked returns the members whom an agreement, which came into force at or
// after a time and is in force now, has shown to others.
func (d *Directory) NewlyLinked(since, now time.Time) (out []Member) {
	if d.policy != PolicyByAgreement {
		return nil
	}
	for _, a := range d.agreements {
		if a.InForce(now) && !a.turned(now).Before(since) {
			out = append(out, d.MembersOf(a.CPO)...)
			out = append(out, d.MembersOf(a.EMSP)...)
		}
	}
	return out
}

// UntoldAgreements returns the agreements of which the others were told
// something else than what holds now, and the next date at which one comes into
// force or goes out of it by itself; zero when there is none.
func (d *Directory) UntoldAgreements(now time.Time, told func(*Agreement) bool) (untold []*Agreement, next time.Time) {
	for _, a := range d.agreements {
		if a.InForce(now) != told(a) {
			untold = append(untold, a)
		}
		if turn := a.next(now); !turn.IsZero() && (next.IsZero() || turn.Before(next)) {
			next = turn
		}
	}
	return untold, next
}

// Told is what the others were last told of a member.
type Told struct {
	Status  Status
	Updated time.Time // in the precision of an OCPI DateTime
}

// Told returns what the others must know of the member.
func (m Member) Told() Told { return Told{m.Status, m.Updated} }

// Untold returns the members of whom the others know something else than the
// directory, or nothing: those that they must hear of (H-185). One party in two
// roles is two members (H-188).
func Untold(members []Member, told map[Claim]Told) []Member {
	var changed []Member
	for _, m := range members {
		if known, ok := told[m.Claim]; !ok || known.Status != m.Status || !known.Updated.Equal(m.Updated) {
			changed = append(changed, m)
		}
	}
	return changed
}

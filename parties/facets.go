package parties

import "github.com/ocpihub/ocpihub/ocpi"

// facet is a member on its connection for one party: what that party sees of it. A
// zero as is what all others see, who knew it from a connection for all.
type facet struct {
	as ocpi.PartyID
	Member
}

// beside takes note of a further connection of a member: for another party, or one
// for all that is no more.
func (e *enrolment) beside(m *Member, p *Platform, s Status) bool {
	facets := e.d.facets[m.Claim]
	if facets == nil || p.As.IsZero() && s != Suspended {
		return false // the first was for all, and counts; or cannot be registered beside it
	}
	for i := range facets {
		if facets[i].as == p.As {
			return false
		}
	}
	added := facet{as: p.As, Member: Member{Claim: m.Claim, PlatformID: p.ID, Status: s, Updated: p.Updated}}
	e.face(m.Claim, added)
	m.merge(added.Member)
	return !p.As.IsZero()
}

func (e *enrolment) face(c Claim, f facet) {
	if e.d.facets == nil {
		e.d.facets = map[Claim][]facet{}
	}
	e.d.facets[c] = append(e.d.facets[c], f)
}

// merge makes of two connections one member: it is there when one of them is.
func (m *Member) merge(o Member) {
	if o.Status.rank() < m.Status.rank() {
		m.Status, m.PlatformID = o.Status, o.PlatformID
	}
	if o.Updated.After(m.Updated) {
		m.Updated = o.Updated
	}
}

// rank orders statuses by how far a party can be reached, best first.
func (s Status) rank() int {
	switch s {
	case Connected:
		return 0
	case Offline:
		return 1
	case Planned:
		return 2
	case Suspended:
	}
	return 3
}

// facing returns a member as a platform meets it, and whether it does: a member
// that has connections for one party each meets these alone.
func (d *Directory) facing(reader *Platform, m Member) (Member, bool) {
	if !reader.StandsFor(m.Party) {
		m.Status = Suspended
		return m, false
	}
	facets := d.facets[m.Claim]
	if facets == nil {
		return m, true
	}
	met, any := m, false
	for i := range facets {
		f := &facets[i]
		switch {
		case !f.as.IsZero() && !reader.Holds(f.as):
		case !any:
			met, any = f.Member, true
		case !f.as.IsZero():
			met.merge(f.Member)
		}
	}
	if !any {
		met.Status = Suspended
	}
	return met, any
}

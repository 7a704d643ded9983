package parties

import (
	"cmp"
	"slices"
	"time"

	"github.com/ocpihub/ocpihub/ocpi"
)

// Directory is one state of the registry: an immutable snapshot, safe for
// concurrent use, whose look-ups allocate nothing. What it returns is shared
// and must not be changed.
type Directory struct {
	epoch   uint64
	all     []*Platform
	live    []*Platform
	byID    map[string]*Platform
	byKey   map[TokenHash]keyed
	homes   map[ocpi.PartyID][]Home
	members []Member
	facets  map[Claim][]facet // of the members that have connections for one party

	policy        Policy
	agreements    []*Agreement
	agreed        map[pair][]*Agreement
	agreementByID map[string]*Agreement
	catchesUp     bool                          // an agreement says CatchUpLatest
	skipsAway     bool                          // an agreement says CatchUpNone
	customized    map[ocpi.PartyID][]*Agreement // with custom modules, by each side
}

type keyed struct {
	platform *Platform
	key      Key
}

// Login is the outcome of a successful authentication.
type Login struct {
	Platform *Platform
	Key      Key
	Token    string // the credentials token as it was registered, decoded
}

// Home says where a party lives in one role.
type Home struct {
	Platform *Platform
	Role     ocpi.Role
	// Status is that of the party: the platform's, except for a party that the
	// platform was invited with but has not registered, which is PLANNED, and
	// for one that it gave up, which is SUSPENDED.
	Status Status
}

// Member is one party in one role as the others see it (HubClientInfo).
type Member struct {
	Claim
	PlatformID string
	Status     Status
	Updated    time.Time
}

// NewDirectory makes a snapshot. It takes over the platforms: they must not be
// changed afterwards.
func NewDirectory(platforms []*Platform, epoch uint64) *Directory {
	d := &Directory{
		epoch: epoch,
		all:   slices.SortedFunc(slices.Values(platforms), older),
		byID:  make(map[string]*Platform, len(platforms)),
		byKey: make(map[TokenHash]keyed, len(platforms)),
		homes: make(map[ocpi.PartyID][]Home, len(platforms)),
	}
	for _, p := range d.all {
		if p.Removed {
			continue
		}
		d.live = append(d.live, p)
		d.byID[p.ID] = p
		for _, k := range p.Keys {
			d.byKey[k.Hash] = keyed{p, k}
		}
	}
	d.members = enrol(d)
	return d
}

func older(a, b *Platform) int {
	return cmp.Or(a.Created.Compare(b.Created), cmp.Compare(a.ID, b.ID))
}

// Epoch returns the store's number of changes in this state.
func (d *Directory) Epoch() uint64 { return d.epoch }

// Platforms returns the platforms that are not removed, oldest first.
func (d *Directory) Platforms() []*Platform { return d.live }

// All returns every platform, removed ones too, oldest first.
func (d *Directory) All() []*Platform { return d.all }

// Platform returns a platform that is not removed.
func (d *Directory) Platform(id string) (*Platform, bool) {
	p, ok := d.byID[id]
	return p, ok
}

// Authenticate finds the platform that one of the tokens belongs to. Tokens
// are the readings of one Authorization header, the exact one first (H-005).
// They are compared by their SHA-256, so that the time it takes tells nothing
// about a token. Expired keys do not count. A suspended platform is
// authenticated too: refusing it is the caller's part.
func (d *Directory) Authenticate(tokens []string, now time.Time) (Login, bool) {
	for _, token := range tokens {
		k, ok := d.byKey[HashToken(token)]
		if ok && !k.key.Expired(now) {
			return Login{Platform: k.platform, Key: k.key, Token: token}, true
		}
	}
	return Login{}, false
}

// Homes returns the homes of a party, at most one for each role (H-035): where
// it is registered, else where an invitation expects it, else where it was
// registered before. Empty means that nobody knows the party. One with connections
// for one party each has a home on each of them: Platform.StandsFor tells whose.
func (d *Directory) Homes(p ocpi.PartyID) []Home { return d.homes[p] }

// Members returns every party that the hub knows or expects, once for each
// role, ordered by country, party id and role.
func (d *Directory) Members() []Member { return d.members }

// Member returns one of the members.
func (d *Directory) Member(c Claim) (Member, bool) {
	i, found := slices.BinarySearchFunc(d.members, c, func(m Member, c Claim) int { return m.compare(c) })
	if !found {
		return Member{}, false
	}
	return d.members[i], true
}

// MembersOf returns the members that one party is: one for each of its roles.
func (d *Directory) MembersOf(p ocpi.PartyID) []Member {
	first, _ := slices.BinarySearchFunc(d.members, Claim{Party: p}, func(m Member, c Claim) int { return m.compare(c) })
	last := first
	for last < len(d.members) && d.members[last].Party == p {
		last++
	}
	return d.members[first:last]
}

// enrolment collects the members; the first entry of a claim counts, and of
// connections for one party the first for each.
type enrolment struct {
	d    *Directory
	seen map[Claim]int // where it is in the list
	list []Member
}

// enrol lists the members and fills the homes, the strongest reason first: to
// be registered beats an invitation, which beats having been registered.
func enrol(d *Directory) []Member {
	e := &enrolment{d: d, seen: map[Claim]int{}}
	for _, p := range d.live {
		for _, party := range p.Parties {
			e.settle(p, party.Claim, p.Status)
		}
	}
	for _, p := range d.live {
		e.settleAll(p, claimsOf(p.Expected), expected(p))
	}
	for _, p := range d.live {
		if !p.Registered() {
			e.settleAll(p, p.Claims, expected(p))
		}
	}
	for _, p := range d.all {
		e.settleAll(p, p.gone(), Suspended)
	}
	for _, p := range d.all {
		if p.Removed {
			e.listAll(p, p.awaited())
		} else {
			e.settleAll(p, p.Claims, expected(p))
		}
	}
	slices.SortFunc(e.list, func(a, b Member) int { return a.compare(b.Claim) })
	return e.list
}

// expected is the status of a party that is only named by an invitation.
func expected(p *Platform) Status {
	if p.Status == Suspended {
		return Suspended
	}
	return Planned
}

func (e *enrolment) settleAll(p *Platform, claims []Claim, s Status) {
	for _, c := range claims {
		e.settle(p, c, s)
	}
}

// listAll lists claims of a withdrawn invitation: others may have been told of
// them and hear that they are SUSPENDED, but no message goes there.
func (e *enrolment) listAll(p *Platform, claims []Claim) {
	for _, c := range claims {
		e.add(p, c, Suspended)
	}
}

func (e *enrolment) settle(p *Platform, c Claim, s Status) {
	if e.add(p, c, s) {
		e.d.homes[c.Party] = append(e.d.homes[c.Party], Home{Platform: p, Role: c.Role, Status: s})
	}
}

func (e *enrolment) add(p *Platform, c Claim, s Status) bool {
	at, known := e.seen[c]
	if known {
		return e.beside(&e.list[at], p, s)
	}
	e.seen[c] = len(e.list)
	e.list = append(e.list, Member{Claim: c, PlatformID: p.ID, Status: s, Updated: p.Updated})
	if !p.As.IsZero() {
		e.face(c, facet{as: p.As, Member: e.list[len(e.list)-1]})
	}
	return true
}

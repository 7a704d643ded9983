package parties

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/ocpihub/ocpihub/internal/fault"
	"github.com/ocpihub/ocpihub/ocpi"
)

func (b *blueprint) drawPlatforms(list []PlatformSetup) error {
	found := make([]*Platform, len(list))
	for i, want := range list { // all ids first: a name is that of who is left
		if want.ID == "" {
			continue
		}
		at := place(KindPlatform, i)
		if err := checkID("platform_id", want.ID); err != nil {
			return within(at, err)
		}
		if err := b.use(want.ID, at); err != nil {
			return err
		}
		found[i] = b.all[want.ID]
	}
	for i, want := range list {
		at := place(KindPlatform, i)
		if want.ID == "" {
			var err error
			if found[i], err = b.named(want, at); err != nil {
				return err
			}
		}
		if err := b.drawPlatform(found[i], want); err != nil {
			return within(at, err)
		}
	}
	if b.order.PrunePlatforms {
		b.prunePlatforms()
	}
	return b.checkHomes(list)
}

// named finds the platform of a name, and for the same party; none: it is a new
// one.
func (b *blueprint) named(want PlatformSetup, at string) (*Platform, error) {
	var found *Platform
	for _, p := range b.dir.Platforms() {
		if _, taken := b.used[p.ID]; taken || p.Name != want.Name || p.As != want.As {
			continue
		}
		if found != nil {
			return nil, fault.New(fault.Invalid, "%s.name: %s and %s are both called %q: say which one by platform_id", at, found.ID, p.ID, want.Name)
		}
		found = p
	}
	if found == nil {
		return nil, nil
	}
	return found, b.use(found.ID, at)
}

// drawPlatform works out what must change on a platform; nil or a removed one is
// made.
func (b *blueprint) drawPlatform(stored *Platform, want PlatformSetup) error {
	if err := b.checkPlatform(want); err != nil {
		return err
	}
	if err := b.checkPinned(stored, want); err != nil {
		return err
	}
	if stored == nil || stored.Removed {
		return b.newPlatform(stored, want)
	}
	p, before := stored.Clone(), len(b.changes)
	b.differ(KindPlatform, p.ID, "name", p.Name, want.Name)
	p.Name = want.Name
	b.drawStatus(p, want)
	if err := b.drawAs(p, want); err != nil {
		return err
	}
	if err := b.drawClaims(p, want); err != nil {
		return err
	}
	if err := b.drawParties(p, want); err != nil {
		return err
	}
	b.differ(KindPlatform, p.ID, "pinned_version", orWord(string(p.Pinned), "none"), orWord(string(want.Pinned), "none"))
	p.Pinned = want.Pinned
	if url := withoutSecrets(p.VersionsURL); !p.Registered() && url != want.VersionsURL {
		b.differ(KindPlatform, p.ID, "versions_url", orWord(url, "none"), orWord(want.VersionsURL, "none"))
		p.VersionsURL = want.VersionsURL
	}
	if len(b.changes) == before {
		b.unchanged++
		return nil
	}
	b.platforms = append(b.platforms, p)
	return nil
}

// checkPlatform refuses what makes no sense by itself.
func (b *blueprint) checkPlatform(want PlatformSetup) error {
	if strings.TrimSpace(want.Name) == "" {
		return fault.New(fault.Invalid, "name: a platform needs a name")
	}
	for i, c := range want.Claims {
		if err := b.r.checkClaim(c); err != nil {
			return within(fmt.Sprintf("claims[%d]", i), err)
		}
		if slices.Contains(want.Claims[:i], c) {
			return fault.New(fault.Invalid, "claims[%d]: %s is named twice", i, c)
		}
	}
	for i, party := range want.Parties {
		at := fmt.Sprintf("parties[%d]", i)
		if err := b.r.checkClaim(party.Claim); err != nil {
			return within(at, err)
		}
		if slices.ContainsFunc(want.Parties[:i], func(q PartySetup) bool { return q.Claim == party.Claim }) {
			return fault.New(fault.Invalid, "%s: %s is named twice", at, party.Claim)
		}
		if len(want.Claims) > 0 && !slices.Contains(want.Claims, party.Claim) {
			return fault.New(fault.Invalid, "%s: %s is not among the claims, which are all that the platform may register", at, party.Claim)
		}
	}
	if want.VersionsURL != "" && !isHTTP(want.VersionsURL) {
		return fault.New(fault.Invalid, "versions_url: want an http or https URL, got %q", want.VersionsURL)
	}
	return nil
}

// checkPinned refuses a version that cannot be spoken; one that is no longer
// offered may stay as it is.
func (b *blueprint) checkPinned(stored *Platform, want PlatformSetup) error {
	p := &Platform{Claims: want.Claims, Expected: expectedOf(want.Parties)}
	if stored != nil && stored.Registered() {
		p = stored.Clone()
		p.Claims = want.Claims
	}
	p.Pinned, p.As = want.Pinned, want.As
	unchanged := stored != nil && stored.Pinned == want.Pinned && stored.As == want.As
	if unchanged && !slices.Contains(b.r.self.Versions, p.Kept()) {
		return b.r.checkAs(p)
	}
	return b.r.checkPin(p)
}

// newPlatform makes a platform, or one that was removed anew.
func (b *blueprint) newPlatform(removed *Platform, want PlatformSetup) error {
	p := b.r.newPlatform(want.Name)
	if removed != nil {
		p = removed.Clone()
		p.giveUp(nil)
		p.disconnect()
		p.Removed, p.Name, p.Status, p.Updated = false, want.Name, Planned, b.now
	} else if want.ID != "" {
		p.ID = want.ID
	}
	p.Claims, p.Expected, p.VersionsURL = inOrder(want.Claims), expectedOf(want.Parties), want.VersionsURL
	p.Pinned, p.As = want.Pinned, want.As
	if want.Suspended != nil && *want.Suspended {
		p.Status = Suspended
	}
	change := SetupChange{Action: ActionCreate, Kind: KindPlatform, ID: b.shown(want.ID, p.ID), New: p.summary()}
	if b.order.Tokens && !b.order.Dry {
		change.TokenA = newToken()
		p.Keys = []Key{{Hash: HashToken(change.TokenA), Use: ForRegistration}}
	}
	b.platforms, b.changes = append(b.platforms, p), append(b.changes, change)
	return nil
}

func expectedOf(list []PartySetup) []Party {
	var out []Party
	for _, p := range list {
		out = append(out, p.party())
	}
	slices.SortFunc(out, func(a, b Party) int { return a.compare(b.Claim) })
	return out
}

// summary is a platform in a few words.
func (p *Platform) summary() string {
	return p.Name + ", " + string(p.Status) + ", " + orWord(list(p.SpeaksFor()), "any party that is free")
}

func list(claims []Claim) string {
	out := make([]string, 0, len(claims))
	for _, c := range inOrder(claims) {
		out = append(out, c.String())
	}
	return strings.Join(out, " ")
}

// drawStatus suspends or resumes.
func (b *blueprint) drawStatus(p *Platform, want PlatformSetup) {
	if want.Suspended == nil || *want.Suspended == (p.Status == Suspended) {
		return
	}
	b.differ(KindPlatform, p.ID, "suspended", fmt.Sprint(!*want.Suspended), fmt.Sprint(*want.Suspended))
	if *want.Suspended {
		p.Status = Suspended
	} else {
		p.Status = resumed(p)
	}
	p.Updated = b.now
}

// drawAs makes a connection one for a party, or for all. A registered platform was
// told whom the hub stands for.
func (b *blueprint) drawAs(p *Platform, want PlatformSetup) error {
	if p.As == want.As {
		return nil
	}
	old, next := orPartyWord(p.As), orPartyWord(want.As)
	if p.Registered() {
		return fault.New(fault.Conflict, "as: platform %s has registered with the hub as %s: to have one for %s, remove it and invite anew", p.ID, old, next)
	}
	b.differ(KindPlatform, p.ID, "as", old, next)
	p.As, p.Updated = want.As, b.now
	return nil
}

func orPartyWord(p ocpi.PartyID) string {
	if p.IsZero() {
		return "all parties"
	}
	return p.String()
}

func (b *blueprint) drawClaims(p *Platform, want PlatformSetup) error {
	old, next := list(p.Claims), list(want.Claims)
	if old == next {
		return nil
	}
	for _, party := range p.Parties {
		if p.Registered() && len(want.Claims) > 0 && !slices.Contains(want.Claims, party.Claim) {
			return fault.New(fault.Conflict, "claims: platform %s has registered %s, which must be among them", p.ID, party.Claim)
		}
	}
	b.differ(KindPlatform, p.ID, "claims", orWord(old, "any"), orWord(next, "any"))
	p.Claims, p.Updated = inOrder(want.Claims), b.now
	return nil
}

// drawParties writes down who is expected. A registered platform has told who
// its parties are: to want others is a conflict.
func (b *blueprint) drawParties(p *Platform, want PlatformSetup) error {
	expected := expectedOf(want.Parties)
	if p.Registered() {
		if len(expected) == 0 || list(claimsOf(expected)) == list(claimsOf(p.Parties)) {
			return nil
		}
		return fault.New(fault.Conflict, "parties: platform %s has registered %s, not %s: export again, or leave them out",
			p.ID, list(claimsOf(p.Parties)), list(claimsOf(expected)))
	}
	old, next := portraits(p.Expected), portraits(expected)
	if old == next {
		return nil
	}
	b.differ(KindPlatform, p.ID, "parties", orWord(old, "none"), orWord(next, "none"))
	p.Expected, p.Updated = expected, b.now
	return nil
}

// portraits are parties with what is known of them, in words.
func portraits(parties []Party) string {
	out := make([]string, 0, len(parties))
	for i := range parties {
		s := parties[i].setup()
		words := s.String()
		if s.Name != "" || s.Website != "" {
			words += " (" + strings.Trim(s.Name+", "+s.Website, ", ") + ")"
		}
		out = append(out, words)
	}
	slices.Sort(out)
	return strings.Join(out, " ")
}

func (b *blueprint) prunePlatforms() {
	for _, stored := range b.dir.Platforms() {
		if _, stays := b.used[stored.ID]; stays {
			continue
		}
		p := stored.Clone()
		b.changes = append(b.changes, SetupChange{Action: ActionRemove, Kind: KindPlatform, ID: p.ID, Old: p.summary()})
		p.remove(b.now)
		b.platforms = append(b.platforms, p)
	}
}

// platformsAfter are all platforms as they will be.
func (b *blueprint) platformsAfter() []*Platform {
	after := maps.Clone(b.all)
	for _, p := range b.platforms {
		after[p.ID] = p
	}
	return slices.Collect(maps.Values(after))
}

// checkHomes refuses a party that is of two platforms which cannot both have it.
func (b *blueprint) checkHomes(wanted []PlatformSetup) error {
	homes := map[Claim][]*Platform{}
	for _, p := range b.platformsAfter() {
		for _, h := range p.Held() {
			homes[h.Claim] = append(homes[h.Claim], p)
		}
	}
	before := map[Claim][]int{}
	for i, want := range wanted {
		for j, party := range want.Parties {
			at := fmt.Sprintf("%s.parties[%d]", place(KindPlatform, i), j)
			hold := Hold{Claim: party.Claim, As: want.As}
			for _, other := range before[party.Claim] {
				if hold.Clashes(Hold{Claim: party.Claim, As: wanted[other].As}) {
					return fault.New(fault.Invalid, "%s: %s is a party of %s too", at, party.Claim, place(KindPlatform, other))
				}
			}
			before[party.Claim] = append(before[party.Claim], i)
			for _, home := range homes[party.Claim] {
				if b.used[home.ID] != place(KindPlatform, i) && hold.Clashes(Hold{Claim: party.Claim, As: home.As}) {
					return fault.New(fault.Conflict, "%s: %s is registered by platform %s", at, party.Claim, home.ID)
				}
			}
		}
	}
	return nil
}

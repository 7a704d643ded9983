package parties

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/ocpihub/ocpihub/ocpi"
)

// Setup is what an operator configures: platforms and agreements as they shall
// be. What the hub observes (whether a platform answers, its version, when it was
// last seen) is no part of it, nor is any token.
type Setup struct {
	Platforms  []PlatformSetup
	Agreements []AgreementSetup
}

// PlatformSetup is a platform as it shall be.
type PlatformSetup struct {
	// ID is its id; empty: the platform of this name, or else a new one.
	ID   string
	Name string
	// Suspended: the operator stopped it. Nil: as it is.
	Suspended *bool
	// Claims are what it may register; empty: any party that is free.
	Claims []Claim
	// Parties are those that it registered or, until it has, that are expected
	// of it. Empty: for a registered platform, whatever these are.
	Parties []PartySetup
	// VersionsURL is written down until the platform tells its own.
	VersionsURL string
	// Pinned is the one version that it is kept to; empty: the highest that both
	// sides have.
	Pinned ocpi.Version `json:",omitempty"`
	// As is the one party that the hub stands for there; zero: for all.
	As ocpi.PartyID `json:",omitzero"`
}

// PartySetup is a party of a platform. Name and Website, from its business
// details, are written down until the platform tells its own.
type PartySetup struct {
	Claim
	Name, Website string
}

// AgreementSetup is an agreement as it shall be.
type AgreementSetup struct {
	// ID is its id; empty: the agreement of these two that has not ended, or
	// else a new one.
	ID        string
	CPO, EMSP ocpi.PartyID
	// State is any but AgreementScheduled; empty: as it is, a new one active.
	State AgreementState
	// Terms with a zero From begin when they do now; new ones begin now.
	Terms
}

// Setup returns what is configured, in an order that depends on nothing else.
// Agreements whose time is over are AgreementEnded.
func (d *Directory) Setup(now time.Time) Setup {
	var s Setup
	for _, p := range d.live {
		s.Platforms = append(s.Platforms, p.setup())
	}
	for _, a := range d.agreements {
		s.Agreements = append(s.Agreements, a.setup(now))
	}
	slices.SortFunc(s.Platforms, func(a, b PlatformSetup) int { return cmp.Compare(a.ID, b.ID) })
	slices.SortFunc(s.Agreements, func(a, b AgreementSetup) int {
		return cmp.Or(
			cmp.Compare(a.CPO.String(), b.CPO.String()), cmp.Compare(a.EMSP.String(), b.EMSP.String()),
			a.From.Compare(b.From), cmp.Compare(a.ID, b.ID),
		)
	})
	return s
}

// Revision stands for a setup: equal ones have equal revisions.
func (s Setup) Revision() string {
	raw, _ := json.Marshal(s) // no value in it can fail
	sum := sha256.Sum256(raw)
	const digits = 16
	return hex.EncodeToString(sum[:])[:digits]
}

func (p *Platform) setup() PlatformSetup {
	suspended := p.Status == Suspended
	out := PlatformSetup{
		ID: p.ID, Name: p.Name, Suspended: &suspended,
		Claims: inOrder(p.Claims), VersionsURL: withoutSecrets(p.VersionsURL), Pinned: p.Pinned, As: p.As,
	}
	parties := p.Parties
	if !p.Registered() {
		parties = p.Expected
	}
	for _, party := range parties {
		out.Parties = append(out.Parties, party.setup())
	}
	slices.SortFunc(out.Parties, func(a, b PartySetup) int { return a.compare(b.Claim) })
	return out
}

func (a *Agreement) setup(now time.Time) AgreementSetup {
	out := AgreementSetup{ID: a.ID, CPO: a.CPO, EMSP: a.EMSP, State: a.State, Terms: a.Terms}
	for _, list := range []*[]ocpi.ModuleID{&out.Modules, &out.CPOOnly, &out.EMSPOnly, &out.Custom} {
		*list = append([]ocpi.ModuleID(nil), *list...) // none is nil, however it was kept
	}
	if a.Status(now) == AgreementEnded {
		out.State = AgreementEnded
	}
	return out
}

func inOrder(claims []Claim) []Claim { return slices.SortedFunc(slices.Values(claims), Claim.compare) }

// withoutSecrets is a URL without user and password.
func withoutSecrets(raw string) string {
	u, err := url.Parse(raw)
	if err != nil || u.User == nil {
		return raw
	}
	u.User = nil
	return u.String()
}

// details are the members of BusinessDetails that a setup holds.
type details struct {
	Name    string `json:"name,omitempty"`
	Website string `json:"website,omitempty"`
}

// longestDetail bounds what is taken of a partner's business details.
const longestDetail = 255

// setup takes what a platform wrote as far as it is of the form of a setup.
func (p *Party) setup() PartySetup {
	var raw map[string]json.RawMessage
	_ = json.Unmarshal(p.BusinessDetails, &raw) // what is no object has no members
	text := func(member string) string {
		var s string
		if json.Unmarshal(raw[member], &s) != nil {
			return ""
		}
		s = strings.Map(func(r rune) rune {
			if unicode.IsControl(r) || r == unicode.ReplacementChar {
				return -1
			}
			return r
		}, s)
		return strings.TrimSpace(string([]rune(s)[:min(len([]rune(s)), longestDetail)]))
	}
	return PartySetup{Claim: p.Claim, Name: text("name"), Website: withoutSecrets(text("website"))}
}

// party is the party as it is kept while it is expected.
func (p PartySetup) party() Party {
	out := Party{Claim: p.Claim}
	if p.Name != "" || p.Website != "" {
		out.BusinessDetails, _ = json.Marshal(details{p.Name, p.Website}) // strings always can be written
	}
	return out
}

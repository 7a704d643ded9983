package parties

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/ocpihub/ocpihub/internal/fault"
	"github.com/ocpihub/ocpihub/ocpi"
)

// The handshake, step by step (credentials, Registration). The hub takes the
// same steps on both sides; receive.go and send.go put them in order.
//
//	1. check     the partner's credentials: are they whole?
//	2. admit     its parties: allowed, and free?
//	3. discover  its versions, the version to speak, its endpoints
//	4. issue     a new token for the partner, and seal the one it gave
//	5. enter     all of it into the platform, saved in one compare and set

// contact is what discover finds out about a partner.
type contact struct {
	versionsURL    string
	version        ocpi.Version
	endpoints      []ocpi.Endpoint
	encoding       ocpi.TokenEncoding
	credentialsURL string
}

// longestToken is what is tolerated: the specification says 64 characters.
const longestToken = 255

// checkCredentials is step 1.
func checkCredentials(v ocpi.Version, c Credentials) error {
	if err := checkToken(c.Token); err != nil {
		return err
	}
	switch {
	case !isHTTP(c.URL):
		return fault.New(fault.Invalid, "url: want the http or https URL of your versions endpoint")
	case len(c.Roles) == 0 && v == ocpi.V211:
		return fault.New(fault.Invalid, "country_code, party_id: want those of your party")
	case len(c.Roles) == 0:
		return fault.New(fault.Invalid, "roles: want at least one role with country_code and party_id")
	}
	return nil
}

func checkToken(token string) error {
	if len(token) > longestToken || !ocpi.ValidToken(token) {
		return fault.New(fault.Invalid, "token: want 1 to 64 printable ASCII characters without blanks")
	}
	return nil
}

func isHTTP(raw string) bool {
	u, err := url.Parse(raw)
	return err == nil && u.Host != "" && (strings.EqualFold(u.Scheme, "http") || strings.EqualFold(u.Scheme, "https"))
}

// admit is step 2: it returns the parties of the credentials when the platform
// may register every one of them (H-033, H-034).
func (r *Registry) admit(p *Platform, v ocpi.Version, roles []CredentialsRole) ([]Party, error) {
	admitted := make([]Party, 0, len(roles))
	for _, role := range roles {
		if v == ocpi.V211 {
			var err error
			if role, err = p.named(role); err != nil {
				return nil, err
			}
		}
		claim := Claim{Role: role.Role, Party: ocpi.NewPartyID(role.CountryCode, role.PartyID)}
		if err := r.admitClaim(p, claim); err != nil {
			return nil, err
		}
		if slices.ContainsFunc(admitted, func(q Party) bool { return q.Claim == claim }) {
			return nil, fault.New(fault.Invalid, "roles: %s is given twice", claim)
		}
		admitted = append(admitted, Party{Claim: claim, BusinessDetails: role.BusinessDetails})
	}
	return admitted, nil
}

// specifiedID is the longest party id of the specification. Longer ones are in
// use; they are taken from platforms whose invitation names them.
const specifiedID = 3

func (r *Registry) admitClaim(p *Platform, c Claim) error {
	if err := r.checkClaim(c); err != nil {
		return err
	}
	if len(c.Party.ID) > specifiedID && !slices.Contains(p.Claims, c) {
		return fault.New(fault.Invalid, "party %s: a party id has at most %d characters unless the invitation names it", c.Party, specifiedID)
	}
	if !p.May(c) {
		return fault.New(fault.Invalid, "%s is not in your invitation: ask the operator of the hub", c)
	}
	return r.Directory().opposed(p, c)
}

// discover is step 3. It takes the version to speak, of those that the partner
// has, and its endpoints in that version. Versions and modules that the hub does
// not know do not matter (H-043).
func (r *Registry) discover(ctx context.Context, versionsURL, token string, w wish) (contact, error) {
	versions, err := r.partner.Versions(ctx, versionsURL, token)
	if err != nil {
		return contact{}, unusable(err, "the platform's versions endpoint cannot be used")
	}
	link, err := w.choose(versions)
	if err != nil {
		return contact{}, err
	}
	details, err := r.partner.Details(ctx, link, token)
	if err != nil {
		return contact{}, unusable(err, "the platform's version details cannot be used")
	}
	found := contact{
		versionsURL: versionsURL, version: link.Version,
		endpoints: details.Endpoints, encoding: details.Encoding,
	}
	for _, e := range details.Endpoints {
		if e.Module == ocpi.Credentials { // whatever its role says (H-041)
			found.credentialsURL = e.URL
			return found, nil
		}
	}
	return contact{}, fault.New(fault.NoMatching, "the details of version %s have no credentials endpoint", link.Version)
}

// wish is what the hub would speak with a partner: the highest mutual version
// (H-027), in whatever order the two list theirs.
type wish struct {
	of   []ocpi.Version
	kept ocpi.Version // that is spoken already, and one of these: rather than a higher one
	// not211 is why the hub, which has 2.1.1, cannot speak it with this partner;
	// empty when it can, or does not have it.
	not211 string
}

// wishes are those of the hub towards a platform.
func (r *Registry) wishes(p *Platform, kept ocpi.Version) wish {
	w := wish{of: p.Speakable(r.self.Versions), kept: kept}
	if (p.Kept() == "" || p.Kept() == ocpi.V211) && slices.Contains(r.self.Versions, ocpi.V211) {
		w.not211 = p.not211()
	}
	return w
}

func (w wish) choose(offered []VersionLink) (VersionLink, error) {
	var best VersionLink
	for _, link := range offered {
		switch {
		case !slices.Contains(w.of, link.Version):
		case link.Version == w.kept:
			return link, nil
		case best.Version.Before(link.Version):
			best = link
		}
	}
	if best.Version == "" && w.not211 != "" && slices.ContainsFunc(offered, func(l VersionLink) bool { return l.Version == ocpi.V211 }) {
		return VersionLink{}, fault.New(fault.Unsupported, "of the hub's versions the platform has 2.1.1 alone: %s", w.not211)
	}
	if len(w.of) == 0 {
		return VersionLink{}, fault.New(fault.Unsupported, "the platform is pinned to a version that the hub does not offer: pin it to another (hubctl platforms pin)")
	}
	if best.Version == "" {
		return VersionLink{}, fault.New(fault.Unsupported, "no mutual version: the hub asks for %s", join(w.of))
	}
	return best, nil
}

func join(versions []ocpi.Version) string {
	words := make([]string, len(versions))
	for i, v := range versions {
		words[i] = string(v)
	}
	return strings.Join(words, " or ")
}

// unusable makes sure that what the partner's API did wrong is told as such
// (H-024), and keeps the reason if the port gave one.
func unusable(err error, what string) error {
	if f, ok := errors.AsType[*fault.Error](err); ok && f.Kind == fault.ClientUnusable {
		return err
	}
	return fault.Wrap(fault.ClientUnusable, err, "%s", what)
}

// seal is the second half of step 4: the partner's token as it is kept.
func (r *Registry) seal(token string) ([]byte, error) {
	sealed, err := r.sealer.Seal(token)
	if err != nil {
		return nil, fault.Wrap(fault.Internal, err, "the token cannot be sealed")
	}
	return sealed, nil
}

// present returns the hub's credentials for a platform, on an endpoint of version
// v: exactly one role, HUB, and none of the connected parties (H-028). Fields of
// OCPI 2.1.1 are there for who writes them too. On a connection for one party it is
// that one. In 2.3.0 there is no role HUB; the
// hub says beside who it is, and its roles are the parties behind it (H-029,
// H-030).
func (r *Registry) present(p *Platform, v ocpi.Version, token string) Credentials {
	name := nameOnly(r.self.Name)
	switch {
	case !p.As.IsZero():
		return Credentials{Token: token, URL: r.self.VersionsURL, Roles: []CredentialsRole{r.Directory().roleAs(p)}}
	case v == ocpi.V230:
		return Credentials{
			Token: token, URL: r.self.VersionsURL, HubPartyID: r.self.Party.Country + r.self.Party.ID, Roles: r.rolesFor(p),
		}
	}
	out := Credentials{Token: token, URL: r.self.VersionsURL, Roles: []CredentialsRole{{
		Role: ocpi.HUB, BusinessDetails: name,
		PartyID: r.self.Party.ID, CountryCode: r.self.Party.Country,
	}}}
	if p.OldFields {
		out.CountryCode, out.PartyID, out.BusinessDetails = r.self.Party.Country, r.self.Party.ID, name
	}
	return out
}

// enter is step 5: the platform as it is after a handshake. Parties that it
// does not register any more become former ones.
func (p *Platform) enter(found contact, admitted []Party, sealed []byte, now time.Time) {
	if p.Status != Connected || !slices.Equal(claimsOf(p.Parties), claimsOf(admitted)) {
		p.Updated = now
	}
	p.giveUp(admitted)
	p.Expected, p.Untellable = nil, false
	p.Status = Connected
	p.Version, p.VersionsURL, p.Endpoints = found.version, found.versionsURL, found.facing(claimsOf(admitted))
	p.SealedToken, p.TokenEncoding = sealed, found.encoding
	if p.TokenEncoding == "" {
		p.TokenEncoding = ocpi.UsualEncoding(found.version)
	}
}

// giveUp makes parties those of the platform; the others become former ones.
func (p *Platform) giveUp(parties []Party) {
	kept := claimsOf(parties)
	var former []Claim
	for _, c := range slices.Concat(p.Former, claimsOf(p.Parties)) {
		if !slices.Contains(kept, c) && !slices.Contains(former, c) {
			former = append(former, c)
		}
	}
	p.Parties, p.Former = parties, former
}

package parties

import (
	"cmp"
	"crypto/sha256"
	"slices"
	"time"

	"github.com/ocpihub/ocpihub/ocpi"
)

// Status is the state of a platform, and so of its parties, in the words of
// HubClientInfo (ConnectionStatus).
type Status string

// The states of a platform.
const (
	Planned   Status = "PLANNED"   // invited, not registered yet
	Connected Status = "CONNECTED" // registered and reachable
	Offline   Status = "OFFLINE"   // registered, but does not answer
	Suspended Status = "SUSPENDED" // stopped by the operator, signed off or removed
)

// Platform is one OCPI connection: a system that speaks for one or more
// parties. A Platform read from a Directory is shared and must not be changed;
// Clone it first.
type Platform struct {
	ID     string
	Name   string
	Status Status
	// Claims limits the parties that the platform may register; empty allows
	// any that are free. It is what the invitation named.
	Claims []Claim
	// Parties are those that the platform registered with.
	Parties []Party
	// Expected are those with which a platform that has not registered yet is
	// expected to come. They limit nothing, and are gone once it has.
	Expected []Party
	// Former are the parties that it once registered and gave up since. They
	// stay listed, as SUSPENDED, until somebody registers them again (H-186);
	// they keep nobody from doing so.
	Former []Claim

	// Version, VersionsURL and Endpoints are what the handshake found out.
	// They are empty until the platform is registered, but for a VersionsURL
	// that the operator has written down (Registry.Apply).
	Version     ocpi.Version
	VersionsURL string
	Endpoints   []ocpi.Endpoint

	// Keys are the credentials tokens by which the platform may call the hub.
	Keys []Key
	// SealedToken is the token by which the hub calls the platform, sealed by
	// the registry's Sealer; nil when there is none.
	SealedToken   []byte
	TokenEncoding ocpi.TokenEncoding
	// Spent is the token A that the platform registered with last; it opens
	// nothing any more.
	Spent TokenHash
	// OldFields says that the platform writes the fields of OCPI 2.1.1 into its
	// credentials, beside the roles, and so may want them from others.
	OldFields bool

	// Pinned is the one version that the operator lets the platform speak; empty:
	// the highest that both have.
	Pinned ocpi.Version
	// As is the one party that the hub stands for on this connection, which is of
	// OCPI 2.1.1 and has one Claim; zero: for all. See standing.go.
	As ocpi.PartyID
	// Shown stands for the parties that the hub's credentials named to the
	// platform last; empty unless it speaks 2.3.0. See Directory.Unshown.
	Shown string
	// Untellable says that the platform takes no PUT of the hub's credentials, and
	// so hears of new parties by ClientInfo alone until it renews its own.
	Untellable bool
	// SealedOffer is the token that the hub offered by a PUT which had no good
	// answer, sealed: it is offered again, for the platform may use it already.
	SealedOffer []byte

	// Paused is what of the pushes to the platform the operator holds back.
	Paused Pause

	// Removed platforms are kept so that their parties are still listed, as
	// SUSPENDED (H-186), until another platform registers them.
	Removed bool

	Created  time.Time
	Updated  time.Time // last change of status or parties: last_updated of its ClientInfo
	LastSeen time.Time

	// Revision counts the saved changes; Store.Save compares it.
	Revision uint64
}

// Claim is the right to register a party in a role.
type Claim struct {
	Role  ocpi.Role
	Party ocpi.PartyID
}

// String writes the claim as ROLE:CC*PID.
func (c Claim) String() string { return string(c.Role) + ":" + c.Party.String() }

// compare orders claims by country, party id and role.
func (c Claim) compare(o Claim) int {
	return cmp.Or(
		cmp.Compare(c.Party.Country, o.Party.Country),
		cmp.Compare(c.Party.ID, o.Party.ID),
		cmp.Compare(c.Role, o.Role),
	)
}

// Party is one party of a platform in one role (Credentials Role class).
type Party struct {
	Claim
	// BusinessDetails are the bytes that the platform registered with.
	BusinessDetails []byte
}

// KeyUse says what a credentials token may be used for.
type KeyUse string

// The uses of a token. Registration tokens (token A, and the one given out
// while the hub registers as Sender) open versions and credentials only.
const (
	ForRegistration KeyUse = "registration"
	ForAll          KeyUse = "all"
)

// TokenHash is the SHA-256 of a credentials token: all that the hub keeps of
// the tokens that parties use towards it.
type TokenHash [sha256.Size]byte

// HashToken hashes a credentials token.
func HashToken(token string) TokenHash {
	// A plain conversion would allocate for every token of more than 32 bytes.
	var room [128]byte
	return sha256.Sum256(append(room[:0], token...))
}

// Key is a token by which a platform may call the hub.
type Key struct {
	Hash TokenHash
	Use  KeyUse
	// Until ends the key; zero means that it does not end by itself. During a
	// rotation the old key lives for a grace time.
	Until time.Time
}

// Expired says whether the key has ended by itself.
func (k Key) Expired(now time.Time) bool { return !k.Until.IsZero() && !now.Before(k.Until) }

// Registered says whether the platform has been through the handshake and has
// not signed off since.
func (p *Platform) Registered() bool { return p.SealedToken != nil }

// Bare says whether messages to the platform carry neither routing headers nor
// message ids, for its version has none (H-084).
func (p *Platform) Bare() bool { return p.Version != "" && !p.Version.Headers() }

// Endpoint returns the URL of the platform's endpoint for one interface of a
// module. Credentials are found by module alone (H-041).
func (p *Platform) Endpoint(m ocpi.ModuleID, i ocpi.Interface) (url string, ok bool) {
	for _, e := range p.Endpoints {
		if e.Module == m && (e.Interface == i || m == ocpi.Credentials) {
			return e.URL, true
		}
	}
	return "", false
}

// Holds says whether the platform registered the party in any role.
func (p *Platform) Holds(party ocpi.PartyID) bool {
	return slices.ContainsFunc(p.Parties, func(q Party) bool { return q.Party == party })
}

// May says whether the invitation lets the platform register a claim.
func (p *Platform) May(c Claim) bool {
	return len(p.Claims) == 0 || slices.Contains(p.Claims, c)
}

// Held returns what nobody else may register meanwhile: the parties of a
// platform that is not removed, in their roles.
func (p *Platform) Held() []Hold {
	if p.Removed {
		return nil
	}
	holds := make([]Hold, len(p.Parties))
	for i, party := range p.Parties {
		holds[i] = Hold{Claim: party.Claim, As: p.As}
	}
	return holds
}

// SpeaksFor returns the parties of the platform in their roles: those that it
// registered or, until it has, those that are expected of it.
func (p *Platform) SpeaksFor() []Claim {
	if p.Registered() {
		return claimsOf(p.Parties)
	}
	return p.awaited()
}

// awaited are the parties that the platform is expected to register: those that
// it was written down with first.
func (p *Platform) awaited() []Claim {
	out := claimsOf(p.Expected)
	for _, c := range p.Claims {
		if !slices.Contains(out, c) {
			out = append(out, c)
		}
	}
	return out
}

// gone are the parties that the platform registered once and holds no more.
func (p *Platform) gone() []Claim {
	if !p.Removed {
		return p.Former
	}
	return slices.Concat(p.Former, claimsOf(p.Parties))
}

func claimsOf(parties []Party) []Claim {
	claims := make([]Claim, len(parties))
	for i, party := range parties {
		claims[i] = party.Claim
	}
	return claims
}

// Clone returns a copy that may be changed.
func (p *Platform) Clone() *Platform {
	c := *p
	c.Claims = slices.Clone(p.Claims)
	c.Parties = slices.Clone(p.Parties)
	c.Expected = slices.Clone(p.Expected)
	c.Former = slices.Clone(p.Former)
	c.Endpoints = slices.Clone(p.Endpoints)
	c.Keys = slices.Clone(p.Keys)
	c.Paused.Modules = slices.Clone(p.Paused.Modules)
	return &c
}

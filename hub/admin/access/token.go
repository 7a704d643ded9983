package access

import (
	"crypto/sha256"
	"slices"
	"time"
)

// Role is what a token lets its holder do. Each role covers those before it.
type Role string

// The roles, from the least to the most.
const (
	Viewer   Role = "viewer"   // read
	Operator Role = "operator" // and change platforms, agreements, deliveries
	Admin    Role = "admin"    // and manage tokens, remove for good
)

// Roles are all roles, from the least to the most.
func Roles() []Role { return []Role{Viewer, Operator, Admin} }

// Valid says whether there is such a role.
func (r Role) Valid() bool { return slices.Contains(Roles(), r) }

// Covers says whether r may do what need may. No role covers or is covered by
// one that there is not.
func (r Role) Covers(need Role) bool {
	return need.Valid() && slices.Index(Roles(), r) >= slices.Index(Roles(), need)
}

// Hash is the SHA-256 of a token. Tokens have 260 random bits, so a slow hash
// would add nothing.
type Hash [sha256.Size]byte

// HashOf hashes a token.
func HashOf(token string) Hash { return sha256.Sum256([]byte(token)) }

// Token is a named token, without what opens the API.
type Token struct {
	Name    string
	Role    Role
	Hash    Hash
	Created time.Time
	By      string    // the name of the token that made it
	Expires time.Time // zero: never
	Used    time.Time // last used; zero: never
}

// Expired says whether the token has come to its end.
func (t Token) Expired(now time.Time) bool { return !t.Expires.IsZero() && !now.Before(t.Expires) }

// RootName is the name under which the root token acts.
const RootName = "root"

// Caller is whose token a call came with. Keyring.Authenticate makes it.
type Caller struct {
	Name string
	Role Role
	hash Hash
}

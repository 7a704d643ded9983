package access

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ocpihub/ocpihub/internal/fault"
)

// Options are what a Keyring is made of. All are needed.
type Options struct {
	Store Store
	Root  string // the token of the operator's file
	Now   func() time.Time
	Log   *slog.Logger
}

// Keyring tells whose token a call comes with, and makes and revokes named
// tokens. All methods are safe for concurrent use. Make one with Open; while it
// is used, Run must be running.
type Keyring struct {
	store Store
	root  Hash
	now   func() time.Time
	log   *slog.Logger

	current   atomic.Pointer[snapshot]
	reloading sync.Mutex // one reload at a time, so that states come in order
	used      usage
	visits    visits
}

// snapshot is the state of the store at one epoch.
type snapshot struct {
	tokens map[Hash]Token
	epoch  uint64
}

// Open loads the tokens from the store.
func Open(ctx context.Context, o Options) (*Keyring, error) {
	if o.Root == "" {
		return nil, errors.New("the admin API needs a root token")
	}
	k := &Keyring{
		store: o.Store, root: HashOf(o.Root), now: o.Now, log: o.Log,
		used: usage{at: map[Hash]time.Time{}}, visits: visits{open: map[*visit]bool{}},
	}
	return k, k.reload(ctx)
}

// Authenticate says whose token this is; a fault of kind Unauthorized when it is
// nobody's, or has expired. It does not block.
//
// What is compared are digests. The root token's is compared in constant time.
// The others are looked up in a map, whose timing may tell something of digests
// that are stored; but a caller cannot choose the digest of what it sends, so
// that it can neither come closer step by step nor get from a digest to its
// token.
func (k *Keyring) Authenticate(token string) (Caller, error) {
	hash := HashOf(token)
	t, known := k.current.Load().tokens[hash]
	switch {
	case subtle.ConstantTimeCompare(hash[:], k.root[:]) == 1:
		return Caller{Name: RootName, Role: Admin, hash: hash}, nil
	case !known:
		return Caller{}, fault.New(fault.Unauthorized, "the admin token is none of this hub, or was revoked")
	case t.Expired(k.now()):
		return Caller{}, fault.New(fault.Unauthorized, "the admin token %q has expired: have a new one made", t.Name)
	}
	k.used.note(hash, k.now())
	return Caller{Name: t.Name, Role: t.Role, hash: hash}, nil
}

// holds says whether the caller's token still opens the API.
func (k *Keyring) holds(hash Hash) bool {
	t, known := k.current.Load().tokens[hash]
	return hash == k.root || known && !t.Expired(k.now())
}

// reload publishes the state of the store if it is a new one, and ends what was
// opened with tokens that are gone.
func (k *Keyring) reload(ctx context.Context) error {
	k.reloading.Lock()
	defer k.reloading.Unlock()
	tokens, epoch, err := k.store.Load(ctx)
	if err != nil {
		return fmt.Errorf("load the admin tokens: %w", err)
	}
	next := &snapshot{tokens: make(map[Hash]Token, len(tokens)), epoch: epoch}
	for _, t := range tokens {
		next.tokens[t.Hash] = t
	}
	k.current.Store(next)
	k.visits.endUnless(k.holds)
	return nil
}

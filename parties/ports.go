package parties

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Store keeps the platforms and the agreements. All methods are safe for concurrent use.
// Implementations: memstore, boltstore, redisstore; storetest judges them.
type Store interface {
	// Load returns every platform, removed ones too, and the epoch of that
	// state. The platforms belong to the caller.
	Load(ctx context.Context) (platforms []*Platform, epoch uint64, err error)

	// Save writes one platform and raises the epoch, in one atomic and durable
	// step. p.Revision must be the revision that was loaded, 0 for a new
	// platform; else ErrConflict. What another platform Holds, and clashes with
	// what this one does, gives ErrClaimed. On success p.Revision is
	// the new revision.
	Save(ctx context.Context, p *Platform) error

	// LoadAgreements returns every agreement, ended ones too; they belong to
	// the caller. Loaded after the platforms, they are at least as new as the
	// epoch that came with those.
	LoadAgreements(ctx context.Context) ([]*Agreement, error)

	// SaveAgreement writes one agreement and raises the epoch, in one atomic
	// and durable step. a.Revision must be the revision that was loaded, 0 for
	// a new agreement; else ErrConflict. One that Clashes with another gives a
	// *ClashError. On success a.Revision is the new revision.
	SaveAgreement(ctx context.Context, a *Agreement) error

	// SaveAll writes a batch and raises the epoch by one, in one atomic and
	// durable step: all of it or nothing. The epoch must be that of the batch,
	// and each revision the one that was loaded; else ErrConflict. ErrClaimed
	// and *ClashError are judged by what there is when all is written. On
	// success the revisions are the new ones.
	SaveAll(ctx context.Context, b Batch) error

	// Watch returns a channel that gets a value soon after each change by
	// anybody; values may be lost or merged, so readers also poll Epoch. The
	// channel is closed when ctx ends.
	Watch(ctx context.Context) <-chan struct{}

	// Epoch returns the number of changes so far.
	Epoch(ctx context.Context) (uint64, error)
}

// Batch is what belongs together: changes that were thought out on the state of
// one epoch.
type Batch struct {
	Epoch      uint64
	Platforms  []*Platform
	Agreements []*Agreement
}

// Book remembers what the others were last told of each member, so that no
// change is left untold when the hub dies between the change and its
// announcement. Both methods are safe for concurrent use. Implementations:
// memstore, boltstore, redisstore; storetest judges them.
type Book interface {
	// Told returns all that is written; the map belongs to the caller.
	Told(ctx context.Context) (map[Claim]Told, error)

	// Tell writes what was told of these members, in one atomic and durable
	// step. It does not raise the epoch of a Store.
	Tell(ctx context.Context, told map[Claim]Told) error
}

// Replicas is what the processes of one hub tell one another beside the Store. All
// methods are safe for concurrent use. Implementations: memstore, redisstore;
// storetest judges them.
type Replicas interface {
	// Beat tells that this process lives and uses the state of an epoch. One that
	// has not told so for three seconds counts as dead.
	Beat(ctx context.Context, epoch uint64) error
	// Behind counts the other processes that live and use an older state.
	Behind(ctx context.Context, epoch uint64) (int, error)
	// Leave tells that this process ends.
	Leave(ctx context.Context) error
}

// Sightings shares between the processes of one hub when each platform was last
// seen, and keeps it over their restarts. It is safe for concurrent use.
// Implementations: memstore, redisstore; storetest judges them.
type Sightings interface {
	// Share notes when platforms were seen, by id; an older time than the noted
	// one changes nothing. It returns at least what was noted since the last call,
	// at the first call everything. Times are kept to the millisecond.
	Share(ctx context.Context, seen map[string]time.Time) (map[string]time.Time, error)
}

// Locks sees to it that one process at a time does something. It is safe for
// concurrent use. Implementations: memstore, redisstore; storetest judges them.
type Locks interface {
	// Claim takes a name for the caller until release is called, this process has
	// died, or some minutes have passed. It does not wait: ok is false when
	// somebody has it.
	Claim(ctx context.Context, name string) (release func(), ok bool, err error)
}

// Sealer protects the tokens that the hub uses towards platforms while they
// are stored. Open fails when sealed was made with another key or altered.
type Sealer interface {
	Seal(token string) ([]byte, error)
	Open(sealed []byte) (string, error)
}

// Partner calls a platform during the handshake. Errors are faults of kind
// ClientUnusable (3001) when the partner's API cannot be used.
type Partner interface {
	// Versions fetches the version list at url.
	Versions(ctx context.Context, url, token string) ([]VersionLink, error)
	// Details fetches the endpoints of one version of the list.
	Details(ctx context.Context, link VersionLink, token string) (Details, error)
	// Register sends method (POST, PUT, DELETE) with credentials to the
	// partner's credentials endpoint and returns the answer's credentials. A
	// partner that answers 405 gives a fault of kind NoMethod.
	Register(ctx context.Context, call RegisterCall) (Credentials, error)
}

// ErrConflict reports that the platform changed since it was loaded.
var ErrConflict = errors.New("the platform was changed meanwhile")

// ErrClaimed reports that another platform holds a party in the same role.
var ErrClaimed = errors.New("the party is registered by another platform")

// ClashError reports that another agreement of the same two parties is or may
// be in force at the same time.
type ClashError struct{ Other *Agreement }

// Error names the other agreement.
func (e *ClashError) Error() string {
	return fmt.Sprintf("agreement %s is for the same parties at the same time", e.Other.ID)
}

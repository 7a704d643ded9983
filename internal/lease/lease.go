// Package lease says which replica does what: work that is to be done once per
// hub, or once per shard, is done by the one replica that holds its lease.
//
// A replica lives by its session: a key of its own in a bucket that all replicas
// see, written again each half second by compare-and-set. A lease is a key that
// names the session of its holder. A replica whose session could not be renewed
// for two seconds stops everything that it holds; the others bury a session that
// they saw unchanged for three, again by compare-and-set, and only then take what
// it held. So there is never a second holder beside a valid one, whatever is lost,
// late or stopped in between. Each replica looks at its own monotonic clock alone:
// no clocks are compared, and one that is set does not matter.
//
// A replica that stops gives its leases back at once, and names who shall have
// them. When one joins, who holds two more than it gives one over at a time.
//
// What it cannot do: call back a request that a holder sent just before it was
// stopped. Who must not go on after a pause asks Held.Valid right before each
// effect.
package lease

import (
	"context"
	"errors"
	"time"
)

// Held is the lease under which a work runs.
type Held interface {
	// Valid says whether the lease is surely still held. It is false as soon as
	// somebody else may hold it, also when this process was stopped and has not
	// yet noticed. It costs next to nothing.
	Valid() bool
}

// Work is done under a lease. Its context ends when the lease is lost or is to be
// given back; the lease is given back only after the work has returned.
type Work func(ctx context.Context, held Held) error

// Leases hands out leases. All methods are safe for concurrent use.
// Implementations: Alone, Keeper; leasetest judges them.
type Leases interface {
	// Run keeps the leases until ctx ends, then gives them back.
	Run(ctx context.Context) error
	// Serve does work whenever this process holds the lease of this name, and
	// returns when ctx has ended and the work has returned, or when the work
	// returns by itself: then with its error. A name must be served only once at
	// a time in a process.
	Serve(ctx context.Context, name string, work Work) error
	// Leave ends all works, gives all leases back and takes none any more. It
	// returns when that is done or ctx ends.
	Leave(ctx context.Context) error
	// Members are the ids of the replicas that live, in order.
	Members() []string
	// Replicas tells of the replicas that live, in order of their ids.
	Replicas() []Replica
}

// Replica is one process of the hub.
type Replica struct {
	ID      string
	Version string
	Since   time.Time // by its own clock
	Leases  []string  // the names it holds, in order
	Self    bool      // it is this process
	Leaving bool      // it stops
}

// The reasons for which the context of a work ends (context.Cause).
var (
	ErrLost   = errors.New("the lease could not be renewed in time")
	ErrSpread = errors.New("the lease goes to a replica that holds fewer")
	ErrLeave  = errors.New("this replica leaves")
)

const (
	renewEvery = 500 * time.Millisecond // between two renewals of a session
	renewTry   = 600 * time.Millisecond // for one renewal
	renewAgain = 100 * time.Millisecond // after one that failed
	validFor   = 2 * time.Second        // since the start of the last renewal
	silentFor  = 3 * time.Second        // unchanged for so long, a session is dead
	heirFirst  = time.Second            // how long a lease waits for whom it was meant for
	graveFor   = time.Minute            // how long a dead session is remembered
)

package watch

import (
	"context"
	"time"

	"github.com/ocpihub/ocpihub/ocpi"
)

// Store keeps rhythms and alerts over restarts. All methods are safe for
// concurrent use. Implementations: Memory, boltwatch; watchtest judges them.
type Store interface {
	// Load returns everything that was saved, in no particular order.
	Load(ctx context.Context) (Memo, error)
	// Save writes rhythms and alerts, each in place of the one of the same party
	// and module, or id, and drops the alerts of these ids, in one atomic and
	// durable step.
	Save(ctx context.Context, m Memo, dropped []string) error
}

// Memo is what is kept over restarts.
type Memo struct {
	Rhythms []Rhythm
	Alerts  []Alert
}

// Surroundings are what the watcher looks at by itself, each interval. All
// methods are safe for concurrent use.
type Surroundings interface {
	// Presence says who is on the hub. It does not block.
	Presence() Presence
	// Backlogs says how far the deliveries to each platform are. It does not
	// block.
	Backlogs() []Load
	// Stock counts what a party has with the hub: EVSEs for locations, else
	// objects. It may read a store.
	Stock(ctx context.Context, party ocpi.PartyID, m ocpi.ModuleID) (int, error)
}

// Deadlines are the ends that come near: of the hub's own certificate, of
// tokens. It may read a store.
type Deadlines interface {
	Ends(ctx context.Context) ([]End, error)
}

// Presence is who is on the hub.
type Presence struct {
	// Active are the parties that may send.
	Active map[ocpi.PartyID]bool
	// Platforms are all platforms by their ids.
	Platforms map[string]Standing
}

// Standing is how a platform stands.
type Standing struct {
	// Invited: it has not registered yet. Since is when it was invited.
	Invited bool
	Since   time.Time
}

// Load is how far the deliveries to a platform are.
type Load struct {
	Platform string
	Pending  int
	Oldest   time.Duration // age; 0 when nothing is pending
	// Away: it is known that nothing can be sent now.
	Away bool
}

// End is when something ends.
type End struct {
	Kind    Kind
	Subject Subject
	At      time.Time
}

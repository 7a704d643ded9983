package held

import (
	"context"
	"time"

	"github.com/ocpihub/ocpihub/ocpi"
)

// Shared lets several replicas hold as one. All methods are safe for concurrent
// use. Implementation: redisheld; heldtest judges it.
type Shared interface {
	// Changes counts what has changed of entries and holds. It is asked each
	// second and should cost next to nothing.
	Changes(ctx context.Context) (uint64, error)
	// Holding returns the parties whose removals are held.
	Holding(ctx context.Context) ([]ocpi.PartyID, error)
	// Hold begins or ends a hold; either closes the window of the party.
	Hold(ctx context.Context, owner ocpi.PartyID, holding bool) error
	// Count notes removals in the window of their party. Where none is open it
	// opens one, unless Listed is negative: then it notes nothing, and the window
	// that it returns is not Open.
	Count(ctx context.Context, r Removals) (Window, error)
}

// Removals are EVSEs that a push makes REMOVED.
type Removals struct {
	Owner ocpi.PartyID
	IDs   []string
	// Listed are the EVSEs of the party before; negative: they were not counted.
	Listed int
	Window time.Duration
}

// Window is what a party has removed within a time.
type Window struct {
	Open            bool
	Listed, Removed int
}

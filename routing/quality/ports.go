package quality

import (
	"context"

	"github.com/ocpihub/ocpihub/ocpi"
)

// Store keeps rows over restarts. All methods are safe for concurrent use.
// Implementations: Memory, boltquality; qualitytest judges them.
type Store interface {
	// Rows returns every row, in no particular order.
	Rows(ctx context.Context) ([]Row, error)
	// Save writes rows, each in place of the one of the same Place, in one
	// atomic and durable step.
	Save(ctx context.Context, rows []Row) error
	// Clear removes the rows of a party.
	Clear(ctx context.Context, party ocpi.PartyID) error
}

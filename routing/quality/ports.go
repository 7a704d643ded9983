package quality

import (
	"context"
	"time"

	"github.com/ocpihub/ocpihub/ocpi"
)

// Store keeps rows over restarts, for any number of inspectors. All methods are
// safe for concurrent use. Implementations: Memory, boltquality, redisquality;
// qualitytest judges them.
type Store interface {
	// Rows returns every row, in no particular order.
	Rows(ctx context.Context) ([]Row, error)
	// Add adds each row to that of its Place, as Row.Add does, in one atomic and
	// durable step. A party has at most MaxRows rows beside that of kind More:
	// for which there is no room is added to that, without an example. What was
	// last seen before its party was cleared is passed over.
	Add(ctx context.Context, rows []Row) error
	// Clear removes the rows of a party, and what others saw before and are yet
	// to add.
	Clear(ctx context.Context, party ocpi.PartyID, at time.Time) error
}

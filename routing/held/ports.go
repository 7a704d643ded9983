package held

import "context"

// Store keeps entries over restarts. All methods are safe for concurrent use.
// Implementations: Memory, boltheld; heldtest judges them.
type Store interface {
	// Add keeps an entry behind all others and drops those that it replaces, in
	// one atomic step. It gives the entry its ID, higher than every one before
	// it. When it returns, the entry survives kill -9. An entry that it should
	// replace and that is gone is no error.
	Add(ctx context.Context, e Entry, replaces []uint64) (Entry, error)
	// List returns all entries in the order in which they came.
	List(ctx context.Context) ([]Entry, error)
	// Remove drops entries durably, in one atomic step; those that are gone are
	// no error.
	Remove(ctx context.Context, ids []uint64) error
}

package pull

import (
	"context"
	"time"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/routing"
	"github.com/ocpihub/ocpihub/routing/catalog"
)

// Intake takes the objects that were read. It is safe for concurrent use.
// Implementation: routing.Router.
type Intake interface {
	// Take does with an object what a push of it would do. Errors are faults:
	// of kind Unavailable or Internal when the hub cannot go on, of others when
	// the object is refused.
	Take(ctx context.Context, p routing.Pulled) (catalog.Outcome, error)
}

// Marks keeps how far lists have been read. All methods are safe for concurrent
// use. Implementations: Memory, boltmarks; markstest judges them.
type Marks interface {
	// Load returns the marks of a platform; none gives an empty map.
	Load(ctx context.Context, platform string) (map[List]Mark, error)
	// Save writes one mark; when it returns, the mark survives kill -9.
	Save(ctx context.Context, platform string, l List, m Mark) error
	// Forget drops the marks of a platform.
	Forget(ctx context.Context, platform string) error
}

// List is one list of a platform: a module, asked in the name of one party.
type List struct {
	Module ocpi.ModuleID
	Party  ocpi.PartyID
}

// Mark says how far a list has been read.
type Mark struct {
	// Newest is the highest last_updated that was seen in the list; zero when
	// none was.
	Newest time.Time
	// Read is when the list was last read to its end; zero for never.
	Read time.Time
	// Doubt says that the hub has taken objects since and did not come to an
	// end of it: some may be stored and not published.
	Doubt bool
}

package interpret

import (
	"context"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/routing/catalog"
)

// Catalog tells what the hub holds. catalog.Store fulfils it.
type Catalog interface {
	// Get returns the newest state of an object; catalog.ErrUnknown when it is
	// not held.
	Get(ctx context.Context, k catalog.Key, part catalog.Part) (catalog.Object, error)
	// IDs calls each with the ids of an owner's objects for one audience, until it
	// returns false.
	IDs(ctx context.Context, m ocpi.ModuleID, owner, audience ocpi.PartyID, each func(id string) bool) error
	// Audiences returns for whom an owner has objects of a module.
	Audiences(ctx context.Context, m ocpi.ModuleID, owner ocpi.PartyID) ([]ocpi.PartyID, error)
	// Contract returns the tokens of a contract that reader may see, whoever
	// issued them.
	Contract(ctx context.Context, contract string, reader ocpi.PartyID) ([]catalog.Object, error)
}

var _ Catalog = catalog.Store(nil)

package hub

import (
	"context"

	"github.com/ocpihub/ocpihub/routing/catalog"
)

// openCopies makes the catalog that writes beside the way of a message what one
// party was sent. It stops behind the doors, when nothing new comes.
func (h *Hub) openCopies(ctx context.Context) *catalog.Aside {
	copies := catalog.NewAside(h.stores.catalog, h.log)
	h.metrics.CopiesLost(copies.Lost)
	h.life.background(ctx, "copies of what was sent to one party", stopQuick, h.failed, copies.Run)
	return copies
}

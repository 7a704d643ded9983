package hub

import (
	"context"

	"github.com/ocpihub/ocpihub/routing/journal"
)

// AllMessages returns every record of the message log.
func (h *Hub) AllMessages(ctx context.Context) ([]journal.Entry, error) {
	return h.journal.List(ctx, journal.Query{})
}

package hub

import (
	"context"

	"github.com/nats-io/nats.go"

	"github.com/ocpihub/ocpihub/routing/journal"
)

// Stream is a connection to the embedded server of a running hub.
func (h *Hub) Stream() *nats.Conn { return h.nats.Conn() }

// AllMessages returns every record of the message log.
func (h *Hub) AllMessages(ctx context.Context) ([]journal.Entry, error) {
	return h.journal.List(ctx, journal.Query{})
}

package hub

import (
	"context"
	"strings"

	"github.com/ocpihub/ocpihub/hub/front"
	"github.com/ocpihub/ocpihub/routing/journal"
)

// AllMessages returns every record of the message log.
func (h *Hub) AllMessages(ctx context.Context) ([]journal.Entry, error) {
	return h.journal.List(ctx, journal.Query{})
}

// Shards is how many shards of the deliveries this replica holds.
func (h *Hub) Shards() (n int) {
	for _, r := range h.leases.Replicas() {
		for _, name := range r.Leases {
			if r.Self && strings.HasPrefix(name, "shard.") {
				n++
			}
		}
	}
	return n
}

// Connections is how many are open at the OCPI front-end.
func (h *Hub) Connections() int { return h.doors.connections.count() }

// BodyBytes is how much is held of the bodies of requests under way.
func (h *Hub) BodyBytes() int64 {
	door, _ := h.doors.ocpiDoor.(*front.Front)
	return door.Taken().Bodies
}

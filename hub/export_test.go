package hub

import (
	"context"
	"strings"

	"github.com/ocpihub/ocpihub/hub/front"
	"github.com/ocpihub/ocpihub/ocpi/bridge"
	"github.com/ocpihub/ocpihub/routing/journal"
)

// AllMessages returns every record of the message log.
func (h *Hub) AllMessages(ctx context.Context) ([]journal.Entry, error) {
	return h.journal.List(ctx, journal.Query{})
}

// Leases are what this replica holds, in order.
func (h *Hub) Leases() []string {
	for _, r := range h.leases.Replicas() {
		if r.Self {
			return r.Leases
		}
	}
	return nil
}

// Shards is how many shards of the deliveries this replica holds.
func (h *Hub) Shards() int { return h.holds("shard.") }

// Tasks is how many tasks of the hub this replica holds.
func (h *Hub) Tasks() int { return h.holds("hub.") }

func (h *Hub) holds(group string) (n int) {
	for _, name := range h.Leases() {
		if strings.HasPrefix(name, group) {
			n++
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

// Members are the replicas that live, as this one sees it.
func (h *Hub) Members() []string { return h.leases.Members() }

// Pulls says whether this replica pulls a platform now.
func (h *Hub) Pulls() bool { return h.holds("pull-") > 0 }

// Choices are what the bridge is told of a configuration.
func (b *BridgeConfig) Choices() bridge.Surroundings { return b.choices() }

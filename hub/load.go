package hub

import (
	"time"

	"github.com/ocpihub/ocpihub/hub/front"
	"github.com/ocpihub/ocpihub/hub/front/redisrates"
	"github.com/ocpihub/ocpihub/internal/telemetry"
	"github.com/ocpihub/ocpihub/routing/held"
	"github.com/ocpihub/ocpihub/routing/held/redisheld"
)

// rates limit the requests of platforms: over all replicas where there may be
// several.
func (h *Hub) rates() front.Rates {
	l := h.cfg.Limits
	if !h.shared() {
		return front.NewOwnRates(l.RequestsPerSecond, l.Burst)
	}
	return redisrates.New(redisrates.Options{
		Client: h.redis, PerSecond: l.RequestsPerSecond, Burst: l.Burst,
		Replicas: func() int { return len(h.leases.Members()) }, Now: time.Now, Log: h.log,
	})
}

// heldByAll is what the replicas share of held removals; nil where there is one.
func (h *Hub) heldByAll() held.Shared {
	if store, is := h.stores.held.(*redisheld.Store); is && h.shared() {
		return store
	}
	return nil
}

// showLoad puts what of the bounds is taken up on the metrics page.
func (h *Hub) showLoad(door *front.Front) {
	alone := func() bool { return false }
	if shared, is := door.Rates.(*redisrates.Rates); is {
		alone = shared.Alone
	}
	h.metrics.Load(telemetry.Load{
		Connections: func() int64 { return int64(h.doors.connections.count()) },
		Closed:      h.doors.connections.closed.Load,
		Bodies:      func() int64 { return door.Taken().Bodies },
		Circuits:    func() int64 { return int64(h.breaker.open()) },
		Alone:       alone,
	})
}

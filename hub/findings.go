package hub

import (
	"context"
	"time"

	"github.com/ocpihub/ocpihub/routing/quality"
)

// openFindings starts the inspector. It is the first task to start and so the
// last to stop: it looks at what all others still hand over.
func (h *Hub) openFindings(ctx context.Context) error {
	findings := h.metrics.Findings(quality.Kinds())
	h.inspector = quality.New(quality.Options{
		Store: h.stores.findings, Now: time.Now, Log: h.log, Found: findings.Add,
	})
	findings.Dropped(h.inspector.Dropped)
	h.life.background(ctx, "findings", stopQuick, h.failed, h.inspector.Run)
	return nil
}

// inspect hands an object that a party sent to those who look at it beside the
// way of the message.
func (h *Hub) inspect(o quality.Object) {
	h.inspector.Inspect(o)
	h.watching.object(o)
}

package hub

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ocpihub/ocpihub/routing/catalog"
)

// settleTransit ends what was on its way to its receiver when the hub last
// stopped. Nobody knows whether it arrived, and its sender got no answer: it
// counts as missed, so that the receiver finds it in its lists.
func (h *Hub) settleTransit(ctx context.Context) error {
	open, err := h.stores.transit.Announced(ctx, time.Time{})
	if err != nil {
		return fmt.Errorf("read what was in transit: %w", err)
	}
	for _, t := range open {
		if _, err := h.stores.transit.Settle(ctx, t, catalog.Missed); err != nil && !errors.Is(err, catalog.ErrUnknown) {
			return fmt.Errorf("settle what was in transit: %w", err)
		}
	}
	if len(open) > 0 {
		h.log.Warn("sessions or CDRs were on their way when the hub last stopped: their receivers find them in the hub's lists", "count", len(open))
	}
	return nil
}

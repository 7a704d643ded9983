package hub

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/ocpihub/ocpihub/routing/catalog"
)

// settleTransit ends what was on its way to its receiver when the hub last
// stopped. With the catalog in Redis other replicas may have changes under way:
// there the settler ends what is too old for that.
func (h *Hub) settleTransit(ctx context.Context) error {
	if h.cfg.Registry.RedisURL != "" {
		return nil
	}
	return h.settler().settle(ctx, time.Time{})
}

func (h *Hub) settler() *settler {
	return &settler{transit: h.stores.transit, patience: h.cfg.Forward.longest() + transitMargin, now: time.Now, log: h.log}
}

// settler ends what was on its way to its receiver when a hub died. Nobody knows
// whether it arrived, and its sender got no answer: it counts as missed, so that
// the receiver finds it in its lists. Several may run: each change is settled
// once.
type settler struct {
	transit catalog.Transit
	// patience is how old a change must be so that nobody has it under way.
	patience time.Duration
	now      func() time.Time
	log      *slog.Logger
}

// transitMargin is for what a call takes beside the wait for its receiver, and
// for clocks of replicas that differ.
const transitMargin = time.Minute

// run settles now and then until ctx ends.
func (s *settler) run(ctx context.Context) error {
	ticker := time.NewTicker(s.patience / 2)
	defer ticker.Stop()
	for {
		if err := s.settle(ctx, s.now().Add(-s.patience)); err != nil && ctx.Err() == nil {
			s.log.Warn("what a process that died had on its way could not be settled: the next round tries again", "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
}

// settle ends what was announced before a time; zero means all.
func (s *settler) settle(ctx context.Context, before time.Time) error {
	open, err := s.transit.Announced(ctx, before)
	if err != nil {
		return fmt.Errorf("read what was in transit: %w", err)
	}
	settled := 0
	for _, t := range open {
		_, err := s.transit.Settle(ctx, t, catalog.Missed)
		switch {
		case errors.Is(err, catalog.ErrUnknown): // a PATCH of what is not held, or another was faster
		case err != nil:
			return fmt.Errorf("settle what was in transit: %w", err)
		default:
			settled++
		}
	}
	if settled > 0 {
		s.log.Warn("sessions or CDRs were on their way when the hub last stopped: their receivers find them in the hub's lists", "count", settled)
	}
	return nil
}

package hub

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/ocpihub/ocpihub/ocpi"
)

// sweeper removes what was kept long enough: sessions, CDRs and the records of
// their invoices by the operator's retention, trails when they expire.
type sweeper struct {
	retention RetentionConfig
	purge     func(ctx context.Context, m ocpi.ModuleID, before time.Time) (removed int, err error)
	trails    func(ctx context.Context, now time.Time) (removed int, err error)
	removed   func(what string, n int) // for the metrics
	now       func() time.Time
	log       *slog.Logger
}

// The bounds of the time between two sweeps.
const (
	sweepOften  = time.Second
	sweepSeldom = time.Hour
)

// every is the time between two sweeps: a tenth of the shortest retention, so
// that nothing stays much longer than it should.
func (s *sweeper) every() time.Duration {
	every := sweepSeldom
	for _, keep := range []time.Duration{s.retention.Sessions, s.retention.CDRs} {
		if keep > 0 {
			every = min(every, keep/10)
		}
	}
	return max(every, sweepOften)
}

// run sweeps until ctx ends. What fails is tried again at the next sweep.
func (s *sweeper) run(ctx context.Context) error {
	ticker := time.NewTicker(s.every())
	defer ticker.Stop()
	for {
		if err := s.sweep(ctx); err != nil && ctx.Err() == nil {
			s.log.Warn("what was kept long enough could not be removed: the next sweep tries again", "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
}

// sweep removes all that is due now.
func (s *sweeper) sweep(ctx context.Context) error {
	var failures []error
	for _, kept := range []struct {
		module ocpi.ModuleID
		keep   time.Duration
	}{{ocpi.Sessions, s.retention.Sessions}, {ocpi.CDRs, s.retention.CDRs}, {ocpi.InvoiceReconciliation, s.retention.CDRs}} {
		if kept.keep == 0 {
			continue
		}
		n, err := s.purge(ctx, kept.module, s.now().Add(-kept.keep))
		failures = append(failures, s.note(string(kept.module), n, err))
	}
	n, err := s.trails(ctx, s.now())
	return errors.Join(append(failures, s.note("trails", n, err))...)
}

// note counts what was removed, also when not all could be.
func (s *sweeper) note(what string, n int, err error) error {
	s.removed(what, n)
	if n > 0 {
		s.log.Info("removed what was kept long enough", "what", what, "count", n)
	}
	if err != nil {
		return fmt.Errorf("remove old %s: %w", what, err)
	}
	return nil
}

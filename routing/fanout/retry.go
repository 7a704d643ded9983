package fanout

import (
	"context"
	"errors"
	"slices"

	"github.com/ocpihub/ocpihub/internal/fault"
	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/routing/catalog"
)

// RetryOrder asks to send again what a platform rejected.
type RetryOrder struct {
	Platform string
	ID       string        // of one rejection; empty: all
	Module   ocpi.ModuleID // only this module; empty: all
	Dry      bool          // only say what would be done
}

// RetryResult says what becomes of a rejection that is to be sent again.
type RetryResult string

// The results of a retry.
const (
	RetryQueued      RetryResult = "queued"       // its newest state goes out
	RetryPaused      RetryResult = "paused"       // the operator holds the pushes back
	RetryAway        RetryResult = "away"         // the platform is away
	RetryNotEntitled RetryResult = "not_entitled" // the party may not have the object now
	RetryGone        RetryResult = "gone"         // the hub holds the object no more: so ends the rejection
)

// Retried is a rejection and what becomes of it.
type Retried struct {
	Rejection
	Result RetryResult
}

// Retry sends again what a platform rejected: each object as it is now, once, in
// the order with what is live. A rejection that is taken now is over; until then
// it stays, so that a restart of the hub loses none. Faults: NotFound when the
// platform gets no pushes, or there is no rejection of that ID; Unavailable.
func (e *Engine) Retry(ctx context.Context, order RetryOrder) ([]Retried, error) {
	if s := e.local(order.Platform); s != nil {
		return s.retry(ctx, order)
	}
	r, err := e.ask(ctx, order.Platform, Question{About: AskRetry, Retry: &order})
	return r.Retried, err
}

func (s *shard) retry(ctx context.Context, order RetryOrder) ([]Retried, error) {
	o := s.outlet(order.Platform)
	if o == nil {
		return nil, noOutlet(order.Platform)
	}
	list := newestFirst(s.docket.list(RejectionQuery{Platform: order.Platform, ID: order.ID, Module: order.Module}))
	if order.ID != "" && len(list) == 0 {
		return nil, fault.New(fault.NotFound, "id: platform %s has no rejection %q: deliveries rejected shows those that are", order.Platform, order.ID)
	}
	out := make([]Retried, 0, len(list))
	for _, r := range slices.Backward(list) { // the oldest first
		result, err := o.retry(ctx, r, order.Dry)
		if err != nil {
			return out, fault.Wrap(fault.Unavailable, err, "the newest state cannot be read now: try again")
		}
		if result == RetryGone && !order.Dry {
			s.docket.strike(r.Platform, func(other Rejection) bool { return other.ID == r.ID })
		}
		out = append(out, Retried{r, result})
	}
	return out, nil
}

// retry queues the newest state of what was rejected, or says why not.
func (o *outlet) retry(ctx context.Context, r Rejection, dry bool) (RetryResult, error) {
	there, err := o.exists(ctx, r.Change)
	if err != nil {
		return "", err
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	receivers := o.engine.Audience.Receivers(o.platform, r.Change)
	switch {
	case !there:
		return RetryGone, nil
	case !slices.Contains(receivers, r.To):
		return RetryNotEntitled, nil
	case o.paused || o.holds(r.Change.Key.Module):
		return RetryPaused, nil
	case o.away || o.closed:
		return RetryAway, nil
	}
	if !dry {
		o.queue.add(r.To, &entry{part: r.Change.Part, change: r.Change, newest: true, came: o.engine.Now()})
		o.pump()
	}
	return RetryQueued, nil
}

// exists says whether there is something to send of a change: a state, or of a
// tariff that it is gone.
func (o *outlet) exists(ctx context.Context, c Change) (bool, error) {
	if c.Key.Module == ocpi.Tariffs {
		return true, nil
	}
	_, err := o.engine.States.Newest(ctx, o.platform, c.Key, catalog.Part{})
	if errors.Is(err, catalog.ErrUnknown) {
		return false, nil
	}
	return err == nil, err
}

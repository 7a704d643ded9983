package access

import (
	"context"
	"sync"

	"github.com/ocpihub/ocpihub/internal/fault"
)

// visits are the calls that are under way and may last: those that stream.
type visits struct {
	mu   sync.Mutex
	open map[*visit]bool
}

type visit struct {
	hash Hash
	end  context.CancelCauseFunc
}

// endUnless ends the visits whose token does not hold any more.
func (v *visits) endUnless(holds func(Hash) bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for one := range v.open {
		if !holds(one.hash) {
			one.end(fault.New(fault.Unauthorized, "the admin token was revoked or has expired"))
		}
	}
}

func (v *visits) enter(one *visit) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.open[one] = true
}

func (v *visits) leave(one *visit) {
	v.mu.Lock()
	defer v.mu.Unlock()
	delete(v.open, one)
}

// Attend returns a context for a call that lasts: it ends when the caller's
// token is revoked or expires, with a fault of kind Unauthorized as its cause.
// The returned function must be called when the call is over.
func (k *Keyring) Attend(ctx context.Context, c Caller) (context.Context, context.CancelFunc) {
	ctx, end := context.WithCancelCause(ctx)
	one := &visit{hash: c.hash, end: end}
	k.visits.enter(one)
	// The token may have been revoked since it was looked at.
	k.visits.endUnless(k.holds)
	return ctx, func() {
		k.visits.leave(one)
		end(nil)
	}
}

package parties

import (
	"context"
	"sync"

	"github.com/ocpihub/ocpihub/internal/fault"
)

// renewals sees to it that one side at a time renews the tokens of a platform.
// Were both to do it at once, each could come to use a token that the other has
// dropped.
type renewals struct {
	locks Locks // nil: there is only this process

	mu   sync.Mutex
	busy map[string]bool // by platform
}

// begin takes the platform for one renewal, until end is called. It does not
// wait: the other side may be waiting for this very answer.
func (r *renewals) begin(ctx context.Context, id string) (end func(), err error) {
	free, err := r.beginHere(id)
	if err != nil || r.locks == nil {
		return free, err
	}
	release, ok, err := r.locks.Claim(ctx, "renewal/"+id)
	switch {
	case err != nil:
		free()
		return nil, unavailable(err)
	case !ok:
		free()
		return nil, errRenewing()
	}
	return func() { release(); free() }, nil
}

func (r *renewals) beginHere(id string) (end func(), err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.busy[id] {
		return nil, errRenewing()
	}
	if r.busy == nil {
		r.busy = map[string]bool{}
	}
	r.busy[id] = true
	return func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		delete(r.busy, id)
	}, nil
}

func errRenewing() error {
	return fault.New(fault.Conflict, "the credentials are being renewed at this very moment: try again")
}

package parties

import (
	"sync"

	"github.com/ocpihub/ocpihub/internal/fault"
)

// renewals sees to it that one side at a time renews the tokens of a platform.
// Were both to do it at once, each could come to use a token that the other has
// dropped.
type renewals struct {
	mu   sync.Mutex
	busy map[string]bool // by platform
}

// begin takes the platform for one renewal, until end is called. It does not
// wait: the other side may be waiting for this very answer.
func (r *renewals) begin(id string) (end func(), err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.busy[id] {
		return nil, fault.New(fault.Conflict, "the credentials are being renewed at this very moment: try again")
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

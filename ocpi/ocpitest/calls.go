package ocpitest

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/ocpihub/ocpihub/ocpi"
)

// Call is a call that the platform received.
type Call struct {
	// At is when the call arrived.
	At     time.Time
	Method string
	// Version is that of the endpoint that was called; empty for the version
	// list. Module and Interface were called; the interface is empty for
	// versions and credentials. Version details count as module versions.
	Version   ocpi.Version
	Module    ocpi.ModuleID
	Interface ocpi.Interface
	// Path is the whole path as it came, escaped; Below is what of it comes
	// after the endpoint.
	Path, Below string
	// Query is the query as it came.
	Query   string
	Header  http.Header
	Routing ocpi.Routing
	// Token is the credentials token, decoded; empty if it is not known.
	Token string
	Body  []byte
	// Status and Code are what was answered; 0 if the answer was withheld.
	Status int
	Code   ocpi.StatusCode
}

// RequestID returns the X-Request-ID of the call.
func (c Call) RequestID() string { return c.Header.Get(ocpi.HeaderRequestID) }

// CorrelationID returns the X-Correlation-ID of the call.
func (c Call) CorrelationID() string { return c.Header.Get(ocpi.HeaderCorrelationID) }

// String tells a call in one line, without token and body.
func (c Call) String() string {
	return fmt.Sprintf("%s %s %s->%s: %d/%d", c.Method, c.Path, c.Routing.From, c.Routing.To, c.Status, c.Code)
}

// Is makes a condition for WaitFor: calls of this module and method; empty
// stands for any.
func Is(m ocpi.ModuleID, method string) func(Call) bool {
	return func(c Call) bool {
		return (m == "" || c.Module == m) && (method == "" || c.Method == method)
	}
}

// Count is the sort of a call that was counted.
type Count struct {
	Module    ocpi.ModuleID
	Interface ocpi.Interface
	Method    string
	Status    int
}

// recorder remembers calls and wakes who waits for one.
type recorder struct {
	mu      sync.Mutex
	keep    int
	kept    []Call
	counts  map[Count]int
	waiting map[*waiter]struct{}
	changed chan struct{}
}

type waiter struct {
	wanted func(Call) bool
	found  chan Call
}

func (r *recorder) add(c Call) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.counts == nil {
		r.counts = map[Count]int{}
	}
	r.counts[Count{c.Module, c.Interface, c.Method, c.Status}]++
	for w := range r.waiting {
		if w.wanted(c) {
			w.found <- c
			delete(r.waiting, w)
		}
	}
	if r.keep >= 0 {
		r.kept = append(r.kept, c)
	}
	if r.keep > 0 && len(r.kept) >= 2*r.keep { // halve seldom, not shift often
		r.kept = slices.Clone(r.kept[len(r.kept)-r.keep:])
	}
	if r.changed != nil {
		close(r.changed)
		r.changed = nil
	}
}

// remembered returns the kept calls; the caller holds the lock.
func (r *recorder) remembered() []Call {
	if r.keep > 0 && len(r.kept) > r.keep {
		return r.kept[len(r.kept)-r.keep:]
	}
	return r.kept
}

// Calls returns the calls that the platform remembers, the oldest first, and
// of them those that fit all conditions.
func (p *Platform) Calls(conditions ...func(Call) bool) []Call {
	p.calls.mu.Lock()
	defer p.calls.mu.Unlock()
	var out []Call
	for _, c := range p.calls.remembered() {
		if !slices.ContainsFunc(conditions, func(fits func(Call) bool) bool { return !fits(c) }) {
			out = append(out, c)
		}
	}
	return out
}

// Counts returns how many calls came, by their sort.
func (p *Platform) Counts() map[Count]int {
	p.calls.mu.Lock()
	defer p.calls.mu.Unlock()
	return maps.Clone(p.calls.counts)
}

// ForgetCalls makes the platform forget the calls so far, and their counts.
func (p *Platform) ForgetCalls() {
	p.calls.mu.Lock()
	defer p.calls.mu.Unlock()
	p.calls.kept, p.calls.counts = nil, nil
}

// WaitFor returns the first call that is wanted, among those remembered or
// still to come. The condition must not call the platform.
func (p *Platform) WaitFor(ctx context.Context, wanted func(Call) bool) (Call, error) {
	r := &p.calls
	w := &waiter{wanted, make(chan Call, 1)}
	r.mu.Lock()
	for _, c := range r.remembered() {
		if wanted(c) {
			r.mu.Unlock()
			return c, nil
		}
	}
	if r.waiting == nil {
		r.waiting = map[*waiter]struct{}{}
	}
	r.waiting[w] = struct{}{}
	r.mu.Unlock()
	select {
	case c := <-w.found:
		return c, nil
	case <-ctx.Done():
		r.mu.Lock()
		delete(r.waiting, w)
		r.mu.Unlock()
		return Call{}, fmt.Errorf("%s got no such call: %w", p.opts.Name, context.Cause(ctx))
	}
}

// Until waits until a condition on the platform holds. It is asked at once and
// after each call that comes.
func (p *Platform) Until(ctx context.Context, holds func() bool) error {
	for {
		p.calls.mu.Lock()
		if p.calls.changed == nil {
			p.calls.changed = make(chan struct{})
		}
		changed := p.calls.changed
		p.calls.mu.Unlock()
		began := time.Now()
		if holds() {
			return nil
		}
		if err := p.await(ctx, changed, restFrom*time.Since(began)); err != nil {
			return err
		}
	}
}

// restFrom is how many times longer than a look at many objects the pause before
// the next one is: there may be a call for each of them.
const restFrom = 4

func (p *Platform) await(ctx context.Context, changed <-chan struct{}, rest time.Duration) error {
	select {
	case <-changed:
	case <-ctx.Done():
	}
	select {
	case <-time.After(rest):
	case <-ctx.Done():
	}
	if ctx.Err() != nil {
		return fmt.Errorf("%s does not come to it: %w", p.opts.Name, context.Cause(ctx))
	}
	return nil
}

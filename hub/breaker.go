package hub

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ocpihub/ocpihub/internal/fault"
	"github.com/ocpihub/ocpihub/internal/peer"
	"github.com/ocpihub/ocpihub/routing"
)

// breaker spares the hub and a platform calls that cannot be connected: after so
// many in a row that were not, calls fail at once for a while; then one goes out
// as a trial. Only connections that were refused, or broke, count: a platform
// that answers late is asked each time. What the platform is to the others,
// CONNECTED or OFFLINE, is not its affair: it is for the time until that is
// found out. It is safe for concurrent use.
type breaker struct {
	routing.Caller
	failures int // in a row that open a circuit; 0: none ever does
	pause    time.Duration
	now      func() time.Time

	mu       sync.Mutex
	circuits map[string]*circuit // of platforms whose last call failed
	some     atomic.Int64        // how many there are
}

// circuit is what is known of a platform whose last call failed.
type circuit struct {
	failures int
	until    time.Time // zero: it is closed
	trial    bool      // one call is out to try
}

func newBreaker(c routing.Caller, l *LimitsConfig, now func() time.Time) *breaker {
	return &breaker{Caller: c, failures: l.BreakerFailures, pause: l.BreakerPause, now: now, circuits: map[string]*circuit{}}
}

// Do makes a call, or none. What is about no module, such as a ping, always goes
// out: it is how the hub finds out.
func (b *breaker) Do(ctx context.Context, call peer.Call) (peer.Reply, error) {
	if call.Platform == "" || b.failures == 0 {
		return b.Caller.Do(ctx, call)
	}
	if call.Module != "" && !b.admits(call.Platform) {
		return peer.Reply{}, fault.New(fault.NotConnected, "the receiver takes no connections: it is tried again within %s", b.pause)
	}
	o := failed // also when the call panics: a trial must end
	defer func() { b.note(call.Platform, o) }()
	reply, err := b.Caller.Do(ctx, call)
	o = outcomeOf(ctx, err)
	return reply, err
}

// outcome is what a call tells of the platform.
type outcome int

const (
	reached outcome = iota // it took the connection, whatever it answered
	failed
	unknown // the call was given up
)

func outcomeOf(ctx context.Context, err error) outcome {
	switch {
	case err != nil && errors.Is(ctx.Err(), context.Canceled):
		return unknown
	case fault.Is(err, fault.NotConnected):
		return failed
	}
	return reached
}

func (b *breaker) admits(platform string) bool {
	if b.some.Load() == 0 {
		return true
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	c := b.circuits[platform]
	switch {
	case c == nil || c.until.IsZero():
		return true
	case c.trial || b.now().Before(c.until):
		return false
	}
	c.trial = true
	return true
}

func (b *breaker) note(platform string, o outcome) {
	if o == reached {
		b.reset(platform)
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	c := b.circuits[platform]
	if c == nil {
		c = &circuit{}
		b.circuits[platform] = c
		b.some.Add(1)
	}
	c.trial = false
	if o == failed {
		c.failures++
	}
	if c.failures >= b.failures {
		c.until = b.now().Add(b.pause)
	}
}

// reset closes the circuit of a platform that has shown that it is there.
func (b *breaker) reset(platform string) {
	if b.some.Load() == 0 {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.circuits[platform] != nil {
		delete(b.circuits, platform)
		b.some.Add(-1)
	}
}

// open is how many circuits are open.
func (b *breaker) open() (n int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, c := range b.circuits {
		if !c.until.IsZero() {
			n++
		}
	}
	return n
}

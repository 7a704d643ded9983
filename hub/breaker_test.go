package hub

import (
	"context"
	"testing"
	"time"

	"github.com/ocpihub/ocpihub/internal/fault"
	"github.com/ocpihub/ocpihub/internal/peer"
	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/routing"
)

// remote answers calls with err, and counts them.
type remote struct {
	routing.Caller
	err   error
	calls int
	hangs chan struct{} // nil: it does not
}

func (r *remote) Do(context.Context, peer.Call) (peer.Reply, error) {
	r.calls++
	if r.hangs != nil {
		<-r.hangs
	}
	return peer.Reply{}, r.err
}

// circuitOf is a breaker that opens after three failures, for a second.
func circuitOf(r *remote) (b *breaker, pass func(time.Duration)) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	b = newBreaker(r, &LimitsConfig{BreakerFailures: 3, BreakerPause: time.Second}, func() time.Time { return now })
	return b, func(d time.Duration) { now = now.Add(d) }
}

var tokens = peer.Call{Platform: "p", Module: ocpi.Tokens}

// ask makes so many calls and says how many of them went out.
func (r *remote) ask(t *testing.T, b *breaker, n int) (out int) {
	t.Helper()
	before := r.calls
	for range n {
		if _, err := b.Do(t.Context(), tokens); r.err != nil && fault.KindOf(err) != fault.KindOf(r.err) {
			t.Errorf("got %v", err)
		}
	}
	return r.calls - before
}

var refusing = fault.New(fault.NotConnected, "refused")

func TestAPlatformThatTakesNoConnectionsIsCalledOnceInAWhile(t *testing.T) {
	r := &remote{err: refusing}
	b, pass := circuitOf(r)
	if n := r.ask(t, b, 20); n != 3 || b.open() != 1 {
		t.Errorf("%d calls went out, %d circuits are open", n, b.open())
	}
	pass(time.Second)
	if n := r.ask(t, b, 20); n != 1 {
		t.Errorf("a second later %d calls went out", n)
	}
	pass(time.Second)
	r.err = nil
	if n := r.ask(t, b, 20); n != 20 || b.open() != 0 {
		t.Errorf("when it is back %d calls went out, %d circuits are open", n, b.open())
	}
}

func TestAPlatformThatAnswersLateOrWrongIsCalledEachTime(t *testing.T) {
	for _, kind := range []fault.Kind{fault.Timeout, fault.BadAnswer} {
		r := &remote{err: fault.New(kind, "late")}
		b, _ := circuitOf(r)
		if n := r.ask(t, b, 20); n != 20 {
			t.Errorf("kind %d: %d calls went out", kind, n)
		}
	}
}

func TestAPlatformThatIsHeardOfIsCalledAtOnce(t *testing.T) {
	r := &remote{err: refusing}
	b, _ := circuitOf(r)
	r.ask(t, b, 20)
	b.reset("p")
	if n := r.ask(t, b, 20); n != 3 {
		t.Errorf("%d calls went out", n)
	}
	ping := peer.Call{Platform: "p"}
	before := r.calls
	r.err = nil
	if _, err := b.Do(t.Context(), ping); err != nil || r.calls != before+1 {
		t.Errorf("a ping did not go out: %v", err)
	}
	if n := r.ask(t, b, 1); n != 1 {
		t.Error("a ping that succeeds does not close the circuit")
	}
}

func TestOneCallAtATimeTries(t *testing.T) {
	r := &remote{err: refusing}
	b, pass := circuitOf(r)
	r.ask(t, b, 3)
	pass(time.Second)
	if !b.admits("p") || b.admits("p") {
		t.Error("not exactly one call is let through")
	}
	ctx, giveUp := context.WithCancel(t.Context())
	giveUp()
	b.note("p", outcomeOf(ctx, context.Canceled)) // the trial tells nothing
	if b.admits("p") {
		t.Error("a trial that was given up closed the circuit")
	}
	pass(time.Second)
	if !b.admits("p") {
		t.Error("no other call tries after it")
	}
}

func TestPlatformsDoNotPayForEachOther(t *testing.T) {
	r := &remote{err: refusing}
	b, _ := circuitOf(r)
	r.ask(t, b, 20)
	before := r.calls
	if _, err := b.Do(t.Context(), peer.Call{Platform: "q", Module: ocpi.Tokens}); err == nil || r.calls != before+1 {
		t.Errorf("another platform was not called: %v", err)
	}
}

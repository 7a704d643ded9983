package fanout

import (
	"cmp"
	"context"
	"sync"
	"time"

	"github.com/ocpihub/ocpihub/ocpi"
)

// outlet is the fan-out to one platform: its queue, the deliveries under way,
// and how far all that is.
type outlet struct {
	engine   *Engine
	platform string
	ctx      context.Context //nolint:containedctx // of the engine's work, which outlives any call

	mu       sync.Mutex
	closed   bool
	away     bool
	fresh    bool // it has not been present yet
	newcomer bool // it has registered, and is yet to be told who else is here
	queue    *queue
	inFlight int
	// fails counts the failures in a row that raise doubt about the platform.
	// Until there is a success it gets one delivery at a time, with waits.
	fails int
	until time.Time
	hold  time.Time // the platform asked for silence until then
	timer *time.Timer

	pos   Mark // the last change that was offered
	done  Mark // everything up to here is done, while a catch-up is due
	catch *catchUp
	// missed is the last change that came while the platform was away.
	missed uint64
	saved  Mark          // the last mark that was told
	news   chan struct{} // closes when more has been offered or told; nil while nobody waits

	delivered, rejected int
	rejections          []Rejection
	lastError           Reason
}

func newOutlet(ctx context.Context, e *Engine, platform string) *outlet {
	return &outlet{engine: e, platform: platform, ctx: ctx, queue: newQueue(), away: true, fresh: true}
}

// present tells the outlet whether its platform can be reached.
func (o *outlet) present(here bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	switch {
	case o.closed || here == !o.away:
	case here:
		o.away = false
		o.fails, o.until, o.hold = 0, time.Time{}, time.Time{}
		o.comeBack()
	default:
		o.drop()
		o.away = true
	}
	o.fresh = false
	o.stir()
}

// comeBack begins the catch-up of what came while the platform was away, or
// while the hub was: that is owed whatever a platform that goes away gets.
func (o *outlet) comeBack() {
	if o.skips() {
		o.done = o.pos
	}
	if !o.fresh {
		o.missed = o.pos.Seq
	}
	if o.done.Seq < o.pos.Seq || o.newcomer {
		o.startCatchUp()
	}
}

// skips says whether the platform gets nothing of what comes while it is away.
func (o *outlet) skips() bool {
	return o.engine.CatchUp == CatchUpNone && !o.fresh && (o.engine.Terms == nil || !o.engine.Terms.AnyLatest())
}

// owed says whether a party gets a change that came while it was away. Client
// info is owed to all: what it is about comes before it is of use.
func (o *outlet) owed(to ocpi.PartyID, c Change) bool {
	mode := ""
	if o.engine.Terms != nil {
		mode = o.engine.Terms.CatchUp(to, c)
	}
	return cmp.Or(mode, o.engine.CatchUp) != CatchUpNone || !c.Key.Module.Functional()
}

// drop forgets the queue and keeps only how far everything was done.
func (o *outlet) drop() {
	o.done = o.reached()
	o.stopCatchUp()
	o.queue.clear()
}

// close ends the outlet; deliveries under way may end, and count.
func (o *outlet) close() {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closed {
		return
	}
	o.closed = true
	o.stir()
	if o.catch != nil {
		o.catch.cancel()
	}
	if o.timer != nil {
		o.timer.Stop()
	}
}

// offer takes note of a change; false when the outlet is closed. It asks who
// gets a copy only while the outlet is live: what comes while the platform is
// away or catching up is found in the feed later.
func (o *outlet) offer(r Record) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closed {
		return false
	}
	o.pos = Mark{Seq: r.Seq, At: r.Time}
	if !o.away && (o.catch == nil || o.catch.joined) {
		o.enlist(r)
	}
	o.queue.pass(r.Seq) // only now: the last change behind a fence must meet it
	o.stir()
	return true
}

// enlist puts a change into the queue, for every party that gets a copy now.
func (o *outlet) enlist(r Record) {
	for _, to := range o.engine.Audience.Receivers(o.platform, r.Change) {
		o.queue.add(to, &entry{part: r.Part, change: r.Change, newest: r.Newest, seq: r.Seq, at: r.Time, came: o.engine.Now()})
	}
	if o.queue.entries > o.engine.Entries || o.queue.bytes > o.engine.Bytes {
		o.engine.Log.Info("a platform has fallen behind and will catch up", "platform", o.platform)
		o.drop()
		o.startCatchUp()
		return
	}
	o.pump()
}

// pump starts deliveries as far as the bounds allow. The caller holds the lock.
func (o *outlet) pump() {
	now := o.engine.Now()
	until := o.until
	if o.hold.After(until) {
		until = o.hold
	}
	if o.catch != nil && !o.catch.introduced {
		return // what is live may be of a party that the platform is yet to be told of
	}
	if o.closed || o.away || until.After(now) {
		o.wakeAt(until, now)
		return
	}
	most := o.engine.Parallel
	if o.fails > 0 {
		most = 1
	}
	for o.inFlight < most {
		r, e, next := o.queue.take(now)
		if e == nil {
			o.wakeAt(next, now)
			return
		}
		o.inFlight++
		o.engine.work.Go(func() { o.deliver(r, e) })
	}
}

// wakeAt pumps again at a time.
func (o *outlet) wakeAt(at, now time.Time) {
	if at.IsZero() || o.closed || o.away {
		return
	}
	if o.timer != nil {
		o.timer.Stop()
	}
	o.timer = time.AfterFunc(at.Sub(now), func() {
		o.mu.Lock()
		defer o.mu.Unlock()
		o.pump()
	})
}

// reached is the mark up to which everything is done. The caller holds the
// lock.
func (o *outlet) reached() Mark {
	switch first, _ := o.queue.first(); {
	case o.away && o.skips():
		return o.pos
	case o.away || o.catch != nil:
		return o.done
	case first.Seq != 0:
		return Mark{Seq: first.Seq - 1, At: first.At}
	}
	return o.pos
}

// mark tells how far the outlet is.
func (o *outlet) mark() Mark {
	o.mu.Lock()
	defer o.mu.Unlock()
	m := o.reached()
	m.New = o.newcomer
	if m.Seq != o.saved.Seq || m.New != o.saved.New {
		o.saved = m
	}
	return o.saved
}

// stat tells the operator how far the outlet is.
func (o *outlet) stat() Stat {
	o.mu.Lock()
	defer o.mu.Unlock()
	s := Stat{
		Platform: o.platform, Pending: o.queue.entries + o.inFlight,
		Delivered: o.delivered, Rejected: o.rejected, State: o.state(), LastError: o.lastError,
	}
	if _, came := o.queue.first(); !came.IsZero() {
		s.OldestPending = o.engine.Now().Sub(came)
	}
	switch s.State {
	case Live:
	case Waiting:
		s.Pending += o.behind()
	case CatchingUp:
		s.Pending += o.catch.left
	}
	if s.Pending > 0 && s.OldestPending == 0 && s.State != Live && !o.done.At.IsZero() {
		s.OldestPending = o.engine.Now().Sub(o.done.At)
	}
	return s
}

// state is the state of the deliveries. The caller holds the lock.
func (o *outlet) state() State {
	switch {
	case o.away:
		return Waiting
	case o.catch != nil:
		return CatchingUp
	}
	return Live
}

// behind counts the changes since the platform went away, whether or not it
// gets them.
func (o *outlet) behind() int {
	if reached := o.reached(); reached.Seq < o.pos.Seq {
		return int(o.pos.Seq - reached.Seq) //nolint:gosec // a number of changes
	}
	return 0
}

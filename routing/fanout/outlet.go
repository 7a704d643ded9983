package fanout

import (
	"context"
	"sync"
	"time"
)

// outlet is the fan-out to one platform: its queue, the deliveries under way,
// and how far all that is.
type outlet struct {
	engine   *Engine
	platform string
	ctx      context.Context //nolint:containedctx // of the engine's work, which outlives any call
	end      context.CancelFunc

	mu     sync.Mutex
	closed bool
	away   bool
	queue  *queue
	// age counts the times that the queue was dropped: a delivery that was
	// under way then is not put back.
	age      int
	inFlight int
	// fails counts the failures in a row that raise doubt about the platform.
	// Until there is a success it gets one delivery at a time, with waits.
	fails int
	until time.Time
	timer *time.Timer

	pos   uint64 // the last change that was offered
	done  uint64 // everything up to here is done, while a catch-up is due
	catch *catchUp
	saved Mark // the last mark that was told

	delivered, rejected int
	lastError           Reason
}

func newOutlet(ctx context.Context, e *Engine, platform string) *outlet {
	ctx, end := context.WithCancel(ctx)
	return &outlet{engine: e, platform: platform, ctx: ctx, end: end, queue: newQueue(), away: true}
}

// present tells the outlet whether its platform can be reached.
func (o *outlet) present(here bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	switch {
	case o.closed || here == !o.away:
		return
	case here:
		o.away = false
		o.fails, o.until = 0, time.Time{}
		o.comeBack()
	default:
		o.drop()
		o.away = true
	}
}

// comeBack begins the catch-up of what came while the platform was away.
func (o *outlet) comeBack() {
	if o.engine.CatchUp == CatchUpNone {
		o.done = o.pos
		return
	}
	if o.done < o.pos {
		o.startCatchUp()
	}
}

// drop forgets the queue and keeps only how far everything was done.
func (o *outlet) drop() {
	o.done = o.reached()
	o.stopCatchUp()
	o.queue = newQueue()
	o.age++
}

// close ends the outlet; deliveries under way may end.
func (o *outlet) close() {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closed {
		return
	}
	o.drop()
	o.closed = true
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
	o.pos = r.Seq
	if o.away || o.catch != nil && !o.catch.joined {
		return true
	}
	for _, to := range o.engine.Audience.Receivers(o.platform, r.Change) {
		o.queue.add(to, &entry{part: r.Part, change: r.Change, seq: r.Seq, came: o.engine.Now()})
	}
	if o.queue.entries > o.engine.Entries || o.queue.bytes > o.engine.Bytes {
		o.engine.Log.Info("a platform has fallen behind and will catch up", "platform", o.platform)
		o.drop()
		o.startCatchUp()
		return true
	}
	o.pump()
	return true
}

// pump starts deliveries as far as the bounds allow. The caller holds the lock.
func (o *outlet) pump() {
	now := o.engine.Now()
	if o.closed || o.away || o.until.After(now) {
		o.wakeAt(o.until, now)
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
		age := o.age
		o.engine.work.Go(func() { o.deliver(r, e, age) })
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

// reached is the sequence up to which everything is done. The caller holds the
// lock.
func (o *outlet) reached() uint64 {
	if o.away || o.closed || o.catch != nil {
		return o.done
	}
	if first, _ := o.queue.first(); first != 0 {
		return first - 1
	}
	return o.pos
}

// markSlack is taken off the time of a mark: it is the hub's time when a change
// was stored that counts, a little before the change entered the feed.
const markSlack = time.Minute

// mark tells how far the outlet is.
func (o *outlet) mark() Mark {
	o.mu.Lock()
	defer o.mu.Unlock()
	seq := o.reached()
	if seq != o.saved.Seq {
		at := o.engine.Now()
		if _, came := o.queue.first(); !came.IsZero() && came.Before(at) {
			at = came
		}
		o.saved = Mark{Seq: seq, At: at.Add(-markSlack)}
	}
	return o.saved
}

// stat tells the operator how far the outlet is.
func (o *outlet) stat() Stat {
	o.mu.Lock()
	defer o.mu.Unlock()
	s := Stat{
		Platform: o.platform, Pending: o.queue.entries + o.inFlight,
		Delivered: o.delivered, Rejected: o.rejected, State: Live, LastError: o.lastError,
	}
	if _, came := o.queue.first(); !came.IsZero() {
		s.OldestPending = o.engine.Now().Sub(came)
	}
	switch {
	case o.away:
		s.State = Waiting
		s.Pending += o.behind()
	case o.catch != nil:
		s.State = CatchingUp
		s.Pending += o.catch.left
	}
	if s.Pending > 0 && s.OldestPending == 0 && o.state() != Live {
		s.OldestPending = o.engine.Now().Sub(o.saved.At.Add(markSlack))
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
	if o.pos < o.done {
		return 0
	}
	return int(o.pos - o.done) //nolint:gosec // a number of changes
}

package fanout

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"

	"github.com/ocpihub/ocpihub/ocpi"
)

// outlet is the fan-out to one platform: its queue, the deliveries under way,
// and how far all that is.
type outlet struct {
	engine   *Engine
	shard    *shard
	platform string
	ctx      context.Context //nolint:containedctx // of the shard's work, which outlives any call

	mu       sync.Mutex
	closed   bool
	away     bool
	paused   bool            // by the operator
	held     []ocpi.ModuleID // these modules are, by the operator
	fresh    bool            // it has not been present yet
	newcomer bool            // it has registered, and is yet to be told who else is here
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
	under int           // entries of catch-ups in the queue or under way
	moved chan struct{} // gets a value when there are fewer of them
	owed  []Owed
	// missed is the last change that came while the platform was away; what came
	// up to debt is owed all the same, for the operator held it back.
	missed, debt uint64
	saved        Mark          // the last mark that was told
	news         chan struct{} // closes when more has been offered or told; nil while nobody waits

	tally
}

func newOutlet(s *shard, platform string) *outlet {
	return &outlet{
		engine: s.engine, shard: s, platform: platform, ctx: s.ctx, queue: newQueue(), away: true, fresh: true,
		moved: make(chan struct{}, 1), tally: newTally(s.engine.Now()),
	}
}

// due says whether a party gets a change that came while it was away. Client
// info is owed to all: what it is about comes before it is of use.
func (o *outlet) due(to ocpi.PartyID, c Change) bool {
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
	o.under = 0
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
	if !o.stopped() && (o.catch == nil || o.catch.joined) {
		o.enlist(r)
	}
	o.queue.pass(r.Seq) // only now: the last change behind a fence must meet it
	o.stir()
	return true
}

// enlist puts a change into the queue, for every party that gets a copy now.
func (o *outlet) enlist(r Record) {
	receivers := o.engine.Audience.Receivers(o.platform, r.Change)
	if o.holds(r.Key.Module) {
		o.holdBack(r.Key.Module, min(1, len(receivers)))
		return
	}
	for _, to := range receivers {
		o.queue.add(to, &entry{part: r.Part, change: r.Change, newest: r.Newest, seq: r.Seq, at: r.Time, came: o.engine.Now()})
	}
	if o.queue.entries > o.engine.Entries || o.queue.bytes > o.engine.Bytes {
		o.engine.Log.Info("a platform has fallen behind and will catch up", "platform", o.platform)
		o.drop()
		o.startCatchUp(false)
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
	if o.closed || o.stopped() || until.After(now) {
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
		o.shard.work.Go(func() { o.deliver(r, e) })
	}
}

// wakeAt pumps again at a time.
func (o *outlet) wakeAt(at, now time.Time) {
	if at.IsZero() || o.closed || o.stopped() {
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
	case o.skips():
		return o.pos
	case o.stopped() || o.catch != nil && !o.catch.caughtUp:
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
	m.New, m.Owed = o.newcomer, slices.Clone(o.owed)
	if !o.saved.same(m) {
		o.saved = m
	}
	return o.saved
}

// same says whether two marks say the same.
func (m Mark) same(other Mark) bool {
	return m.Seq == other.Seq && m.New == other.New && slices.Equal(m.Owed, other.Owed)
}

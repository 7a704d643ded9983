package fanout

import (
	"context"
	"time"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/routing/catalog"
)

const (
	// joinGap is how many changes behind a catch-up may be for live changes to
	// be queued beside it; further behind, they would fill the queue.
	joinGap = 1000
	// catchWindow bounds the entries that a catch-up has in the queue.
	catchWindow = 256
	// markSlack is taken off the time of a mark: the catalog stores a change a
	// little before it enters the feed.
	markSlack = time.Minute
)

// catchUp brings a platform from its mark to the present: the newest state of
// each object that changed, once. It goes in passes: what changes during one is
// the next one's, until a pass is short enough to be joined by live changes.
// Then it brings what else is owed, beside what is live.
type catchUp struct {
	cancel context.CancelFunc
	joined bool
	// missed is the last change that came while the platform was away, but what
	// came up to debt is owed.
	missed, debt uint64
	from, upTo   Mark // of this pass
	// introduced: the client info of the pass is in the queue. Until then
	// nothing goes out, for it may be of a party that is yet to be told.
	introduced bool
	welcoming  bool // the pass introduces a newcomer
	passed     bool // the last pass has brought all that it had to
	left       int  // entries that are known and not yet queued
	// caughtUp: what is owed is all that is left to do. errand is what the pass
	// brings of that, covers how much of its Count is in the pass.
	caughtUp bool
	errand   Owed
	covers   int
}

// startCatchUp begins one, or only brings what is owed. The caller holds the
// lock.
func (o *outlet) startCatchUp(onlyOwed bool) {
	ctx, cancel := context.WithCancel(o.ctx)
	c := &catchUp{
		cancel: cancel, missed: o.missed, debt: o.debt,
		caughtUp: onlyOwed, joined: onlyOwed, introduced: onlyOwed,
	}
	o.catch = c
	o.shard.work.Go(func() {
		defer cancel()
		o.runCatchUp(ctx, c)
	})
}

// stopCatchUp gives one up. The caller holds the lock.
func (o *outlet) stopCatchUp() {
	if o.catch != nil {
		o.catch.cancel()
		o.catch = nil
	}
}

// arrived notes that entries of catch-ups are done. The caller holds the lock.
func (o *outlet) arrived(n int) {
	o.under -= n
	select {
	case o.moved <- struct{}{}:
	default:
	}
}

func (o *outlet) runCatchUp(ctx context.Context, c *catchUp) {
	for fails := 0; o.beginPass(c); {
		err := o.runPass(ctx, c)
		if ctx.Err() != nil {
			return
		}
		if err == nil {
			fails = 0
			continue
		}
		fails++
		o.engine.Log.Warn("a catch-up cannot go on now", "platform", o.platform, "error", err)
		pause(ctx, backoff(fails))
	}
}

func (o *outlet) runPass(ctx context.Context, c *catchUp) error {
	if c.caughtUp {
		return o.runErrand(ctx, c)
	}
	o.greet(c)
	list, err := o.collect(ctx, c, c.from, c.upTo)
	if err != nil {
		return err
	}
	if err := o.feed(ctx, c, list); err != nil {
		return err
	}
	o.endPass(c)
	return nil
}

func pause(ctx context.Context, wait time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(wait):
	}
}

// beginPass says what the next pass covers; false when the platform is live
// again, or away.
func (o *outlet) beginPass(c *catchUp) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.catch != c {
		return false
	}
	if c.caughtUp || !o.newcomer && (c.joined && c.passed || o.done.Seq >= o.pos.Seq) {
		c.caughtUp, c.joined, c.introduced, c.welcoming = true, true, true, false
		return o.beginErrand(c)
	}
	c.introduced, c.welcoming = false, o.newcomer
	gap := min(joinGap, uint64(o.engine.Entries)/2) //nolint:gosec // a bound is positive
	c.joined, c.passed = c.joined || o.pos.Seq-o.done.Seq <= gap, false
	c.from, c.upTo = o.done, o.pos
	return true
}

// endPass notes that everything up to a mark is done.
func (o *outlet) endPass(c *catchUp) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.catch == c {
		o.done, c.passed = c.upTo, true
		o.newcomer = o.newcomer && !c.welcoming
	}
}

// changed is the list of what a pass has to bring.
type changed struct {
	order []catalog.Key
	parts map[catalog.Key][]*entry
}

func newChanged() *changed { return &changed{parts: map[catalog.Key][]*entry{}} }

func (l *changed) size() (n int) {
	for _, entries := range l.parts {
		n += len(entries)
	}
	return n
}

// note adds a change, which may have come while the platform was away; parts
// that cover each other become one.
func (l *changed) note(c Change, missed bool) {
	at := foldKey(c.Key)
	known := l.parts[at]
	if known == nil {
		l.order = append(l.order, at)
	}
	c.Body = nil
	next := &entry{part: c.Part, change: c, newest: true, missed: missed}
	for _, e := range known {
		if next.change.For == "" {
			next.change.For = e.change.For // to whom it is still due
		}
	}
	rest := known[:0]
	for _, e := range known {
		if related(e.part, next.part) {
			next.part = cover(e.part, next.part)
			next.missed = next.missed && e.missed
			next.change.Joined, next.change.Covers = joined(e.change, next.change), covered(e.change, next.change)
			continue
		}
		rest = append(rest, e)
	}
	l.parts[at] = append(rest, next)
}

// collect finds the objects that changed between a mark and a sequence, on an
// errand those of its module: in the feed, and where that does not reach back, in
// the catalog.
func (o *outlet) collect(ctx context.Context, c *catchUp, from, upTo Mark) (*changed, error) {
	list := newChanged()
	first, _, err := o.engine.Feed.Bounds(ctx)
	if err != nil {
		return nil, err
	}
	wanted := func(m ocpi.ModuleID) bool { return !c.caughtUp || m == c.errand.Module }
	missed := func(seq uint64) bool { return !c.caughtUp && seq <= c.missed && seq > c.debt }
	if first > from.Seq+1 && o.engine.Changed != nil {
		err = o.engine.Changed(ctx, from.At.Add(-markSlack), func(k catalog.Key) bool {
			if change, ok := o.engine.changeOf(k); ok && wanted(k.Module) {
				list.note(change, missed(from.Seq+1))
			}
			return ctx.Err() == nil
		})
		if err != nil {
			return nil, err
		}
	}
	err = o.engine.Feed.Keys(ctx, from.Seq, upTo.Seq, func(r Record) error {
		if (r.For == "" || r.For == o.platform) && wanted(r.Key.Module) {
			list.note(r.Change, missed(r.Seq))
		}
		return ctx.Err()
	})
	return list, err
}

// changeOf makes the change of a whole object of which only the key is known;
// ok is false for what is not for all.
func (e *Engine) changeOf(k catalog.Key) (c Change, ok bool) {
	switch k.Module {
	case ocpi.Locations, ocpi.Tariffs, ocpi.Tokens, ocpi.Bookings:
		return Renewal(k, e.RoleOf(k.Owner, k.Module)), true
	case ocpi.HubClientInfo:
		return Renewal(k, ocpi.HUB), true
	default:
		return c, false
	}
}

func usualRole(_ ocpi.PartyID, m ocpi.ModuleID) ocpi.Role {
	if m == ocpi.Tokens {
		return ocpi.EMSP
	}
	return ocpi.CPO
}

// feed puts the list into the queue as there is room, and waits until all of
// it is delivered.
func (o *outlet) feed(ctx context.Context, c *catchUp, list *changed) error {
	left := list.size()
	if !c.welcoming { // else it has been told of everybody
		o.introduce(c, list)
	}
	for _, at := range list.order {
		for _, e := range list.parts[at] {
			left--
			if at.Module == ocpi.HubClientInfo {
				continue
			}
			if err := o.await(ctx, catchWindow); err != nil {
				return err
			}
			o.enqueue(c, e, left)
		}
	}
	return o.await(ctx, 1)
}

// greet introduces a newcomer to everybody, without a look at the feed: what
// that has of client info up to now is older.
func (o *outlet) greet(c *catchUp) {
	if !c.welcoming {
		return
	}
	list := newChanged()
	for _, info := range o.engine.Introductions(o.platform, time.Time{}) {
		list.note(info, false)
	}
	o.introduce(c, list)
}

// introduce puts the client info of a pass into the queue, all of it before any
// object: few lines each, and no more than there are parties.
func (o *outlet) introduce(c *catchUp, list *changed) {
	for _, at := range list.order {
		for _, e := range list.parts[at] {
			if at.Module == ocpi.HubClientInfo {
				o.enqueue(c, e, 0)
			}
		}
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	c.introduced = true
	o.stir()
	o.pump()
}

// enqueue puts one entry of a catch-up into the queue, for every party that
// gets a copy now.
func (o *outlet) enqueue(c *catchUp, e *entry, left int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.catch != c {
		return
	}
	c.left = left
	if o.holds(e.change.Key.Module) {
		return // it is owed, and comes when the operator resumes it
	}
	for _, to := range o.engine.Audience.Receivers(o.platform, e.change) {
		if e.missed && !o.due(to, e.change) {
			continue
		}
		mine := *e
		mine.caught, mine.came = 1, o.engine.Now()
		o.under++
		o.queue.add(to, &mine)
	}
	o.pump()
}

// await waits until fewer than so many entries of the catch-up are under way.
func (o *outlet) await(ctx context.Context, fewer int) error {
	for {
		o.mu.Lock()
		under := o.under
		o.mu.Unlock()
		if under < fewer {
			return ctx.Err()
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-o.moved:
		}
	}
}

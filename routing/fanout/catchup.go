package fanout

import (
	"context"
	"net/http"
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
type catchUp struct {
	cancel context.CancelFunc
	joined bool
	missed uint64 // the last change that came while the platform was away
	// introduced: the client info of the pass is in the queue. Until then
	// nothing goes out, for it may be of a party that is yet to be told.
	introduced bool
	welcoming  bool // the pass introduces a newcomer
	passed     bool // the last pass has brought all that it had to
	under      int  // entries of it in the queue or under way
	left       int  // entries that are known and not yet queued
	moved      chan struct{}
}

// startCatchUp begins one. The caller holds the lock.
func (o *outlet) startCatchUp() {
	ctx, cancel := context.WithCancel(o.ctx)
	c := &catchUp{cancel: cancel, moved: make(chan struct{}, 1), missed: o.missed}
	o.catch = c
	o.engine.work.Go(func() {
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

// delivered notes that entries of the catch-up are done. The caller holds the
// outlet's lock.
func (c *catchUp) delivered(n int) {
	c.under -= n
	select {
	case c.moved <- struct{}{}:
	default:
	}
}

func (o *outlet) runCatchUp(ctx context.Context, c *catchUp) {
	for fails := 0; ; {
		from, upTo, more := o.beginPass(c)
		if !more {
			return
		}
		o.greet(c)
		list, err := o.collect(ctx, c, from, upTo)
		if err == nil {
			err = o.feed(ctx, c, list)
		}
		if ctx.Err() != nil {
			return
		}
		if err != nil {
			fails++
			o.engine.Log.Warn("a catch-up cannot go on now", "platform", o.platform, "error", err)
			pause(ctx, backoff(fails))
			continue
		}
		fails = 0
		o.endPass(c, upTo)
	}
}

func pause(ctx context.Context, wait time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(wait):
	}
}

// beginPass says what the next pass covers; more is false when the platform is
// live again, or away.
func (o *outlet) beginPass(c *catchUp) (from, upTo Mark, more bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.catch != c {
		return Mark{}, Mark{}, false
	}
	if !o.newcomer && (c.joined && c.passed || o.done.Seq >= o.pos.Seq) {
		o.catch = nil
		return Mark{}, Mark{}, false
	}
	c.introduced, c.welcoming = false, o.newcomer
	gap := min(joinGap, uint64(o.engine.Entries)/2) //nolint:gosec // a bound is positive
	c.joined, c.passed = c.joined || o.pos.Seq-o.done.Seq <= gap, false
	return o.done, o.pos, true
}

// endPass notes that everything up to a mark is done.
func (o *outlet) endPass(c *catchUp, upTo Mark) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.catch == c {
		o.done, c.passed = upTo, true
		o.newcomer = o.newcomer && !c.welcoming
	}
}

// changed is the list of what a pass has to bring.
type changed struct {
	order []catalog.Key
	parts map[catalog.Key][]*entry
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
			next.change.Joined = joined(e.change, next.change)
			continue
		}
		rest = append(rest, e)
	}
	l.parts[at] = append(rest, next)
}

// collect finds the objects that changed between a mark and a sequence: in the
// feed, and where that does not reach back, in the catalog.
func (o *outlet) collect(ctx context.Context, c *catchUp, from, upTo Mark) (*changed, error) {
	list := &changed{parts: map[catalog.Key][]*entry{}}
	first, _, err := o.engine.Feed.Bounds(ctx)
	if err != nil {
		return nil, err
	}
	if first > from.Seq+1 && o.engine.Changed != nil {
		err = o.engine.Changed(ctx, from.At.Add(-markSlack), func(k catalog.Key) bool {
			if change, ok := changeOf(k); ok {
				list.note(change, from.Seq < c.missed)
			}
			return ctx.Err() == nil
		})
		if err != nil {
			return nil, err
		}
	}
	err = o.engine.Feed.Keys(ctx, from.Seq, upTo.Seq, func(r Record) error {
		if r.For == "" || r.For == o.platform {
			list.note(r.Change, r.Seq <= c.missed)
		}
		return ctx.Err()
	})
	return list, err
}

// changeOf makes the change of a whole object of which only the key is known;
// ok is false for what is not for all.
func changeOf(k catalog.Key) (c Change, ok bool) {
	c = Change{Key: k, Method: http.MethodPut, Version: ocpi.V221, Role: ocpi.CPO}
	c.Path, c.Query = pathOf(k)
	switch k.Module {
	case ocpi.Locations, ocpi.Tariffs:
		return c, true
	case ocpi.Tokens:
		c.Role = ocpi.EMSP
		return c, true
	case ocpi.HubClientInfo:
		c.Role = ocpi.HUB
		return c, true
	default:
		return c, false
	}
}

// feed puts the list into the queue as there is room, and waits until all of
// it is delivered.
func (o *outlet) feed(ctx context.Context, c *catchUp, list *changed) error {
	left := 0
	for _, entries := range list.parts {
		left += len(entries)
	}
	if !c.welcoming { // else it has been told of everybody
		o.introduce(c, list)
	}
	for _, at := range list.order {
		for _, e := range list.parts[at] {
			left--
			if at.Module == ocpi.HubClientInfo {
				continue
			}
			if err := o.await(ctx, c, catchWindow); err != nil {
				return err
			}
			o.enqueue(c, e, left)
		}
	}
	return o.await(ctx, c, 1)
}

// greet introduces a newcomer to everybody, without a look at the feed: what
// that has of client info up to now is older.
func (o *outlet) greet(c *catchUp) {
	if !c.welcoming {
		return
	}
	list := &changed{parts: map[catalog.Key][]*entry{}}
	if o.engine.Introductions != nil {
		for _, info := range o.engine.Introductions(o.platform) {
			list.note(info, false)
		}
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
	for _, to := range o.engine.Audience.Receivers(o.platform, e.change) {
		if e.missed && !o.owed(to, e.change) {
			continue
		}
		mine := *e
		mine.caught, mine.came = 1, o.engine.Now()
		c.under++
		o.queue.add(to, &mine)
	}
	o.pump()
}

// await waits until fewer than so many entries of the catch-up are under way.
func (o *outlet) await(ctx context.Context, c *catchUp, fewer int) error {
	for {
		o.mu.Lock()
		under := c.under
		o.mu.Unlock()
		if under < fewer {
			return ctx.Err()
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-c.moved:
		}
	}
}

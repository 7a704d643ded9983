package fanout

import (
	"context"
	"slices"
	"sync/atomic"

	"github.com/ocpihub/ocpihub/routing/catalog"
)

// fence guards the order after a newest state went out. The catalog is ahead
// of the reader of the feed: such a state may hold changes that the reader has
// not offered yet. When they come they must not go out as they came, for that
// would be an older state after a newer one; they go out as newest state too.
type fence struct {
	part catalog.Part
	upTo uint64 // changes beyond this are newer than the state that went out
}

// raise puts up a fence for a part of a row, against changes up to a sequence.
func (q *queue) raise(r *row, part catalog.Part, upTo uint64) {
	for _, e := range r.entries {
		if e.seq <= upTo && related(e.part, part) {
			q.bytes -= len(e.change.Body)
			e.renew()
		}
	}
	if upTo <= q.pos {
		return // all of them have been offered
	}
	r.fences = append(r.fences, fence{part, upTo})
	q.fenced = append(q.fenced, r)
}

// fencedOff says whether a change must go out as newest state.
func (r *row) fencedOff(e *entry) bool {
	return slices.ContainsFunc(r.fences, func(f fence) bool { return e.seq <= f.upTo && related(e.part, f.part) })
}

// renew makes an entry go out as newest state.
func (e *entry) renew() {
	e.newest, e.change.Body = true, nil
}

// pass notes that the reader has come to a sequence, and takes down the fences
// that it has passed. They were raised in about the order of their sequences.
func (q *queue) pass(pos uint64) {
	q.pos = pos
	for len(q.fenced) > 0 {
		r := q.fenced[0]
		if len(r.fences) > 0 && r.fences[0].upTo > pos {
			return
		}
		r.fences = slices.DeleteFunc(r.fences, func(f fence) bool { return f.upTo <= pos })
		q.fenced = slices.Delete(q.fenced, 0, 1)
		q.settle(r)
	}
}

// end knows a sequence beyond which there is no accepted change. It costs no
// call of the feed as long as publishing succeeds.
type end struct {
	last   atomic.Uint64 // the highest sequence that this process published
	failed atomic.Int64  // how often publishing failed: the change may be in the feed all the same
	looked atomic.Int64  // the value of failed when the feed was last asked
}

// note raises the end to a sequence.
func (n *end) note(seq uint64) { raise(&n.last, seq) }

func raise(n *atomic.Uint64, seq uint64) {
	for old := n.Load(); old < seq && !n.CompareAndSwap(old, seq); old = n.Load() {
	}
}

// seq returns the end. A change that is in the catalog and not yet
// acknowledged by the feed is the newest of its object (the router lets one in
// at a time), so that it need not be counted.
func (n *end) seq(ctx context.Context, feed Feed) (uint64, error) {
	if failed := n.failed.Load(); failed != n.looked.Load() {
		_, last, err := feed.Bounds(ctx)
		if err != nil {
			return 0, err
		}
		n.note(last)
		n.looked.Store(failed)
	}
	return n.last.Load(), nil
}

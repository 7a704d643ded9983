package catalog

import (
	"encoding/binary"
	"errors"
	"iter"
)

// matching yields what an owner has for the reader behind a sequence and
// within the dates, in order of creation.
func (l *lister) matching(o owning, after uint64) iter.Seq[entry] {
	return func(yield func(entry) bool) {
		for e := range l.merged(o, after) {
			e, stands := l.standing(o, e)
			early := !l.q.From.IsZero() && e.updated.Before(l.q.From)
			late := !l.q.To.IsZero() && !e.updated.Before(l.q.To)
			if stands && !early && !late && !yield(e) {
				return
			}
		}
	}
}

// merged yields both of an owner's shelves for the reader in one order.
func (l *lister) merged(o owning, after uint64) iter.Seq[entry] {
	all := l.entries(shelf{l.q.Module, o.owner, Everyone}, after)
	own := l.entries(shelf{l.q.Module, o.owner, l.q.Reader}, after)
	switch {
	case o.own == 0:
		return all
	case o.all == 0:
		return own
	}
	return inOneOrder(all, own)
}

func inOneOrder(a, b iter.Seq[entry]) iter.Seq[entry] {
	return func(yield func(entry) bool) {
		next, stop := iter.Pull(b)
		defer stop()
		y, more := next()
		for x := range a {
			for more && y.seq < x.seq {
				if !yield(y) {
					return
				}
				y, more = next()
			}
			if !yield(x) {
				return
			}
		}
		for more && yield(y) {
			y, more = next()
		}
	}
}

// entries yields the order of a shelf behind a sequence.
func (l *lister) entries(s shelf, after uint64) iter.Seq[entry] {
	return func(yield func(entry) bool) {
		l.rows.Scan(s.key(InOrder), s.order(after+1), func(name, raw []byte) bool {
			e, err := decodeEntry(s, binary.BigEndian.Uint64(name[len(name)-8:]), raw)
			if err != nil {
				l.bad = errors.Join(l.bad, err)
				return false
			}
			return yield(e)
		})
	}
}

// standing says whether an entry has a line of its own in the list, and what
// is in it. Of twins only one has: it stands where the first of them was
// created and shows the reader's own, so that a crawl meets it once, whenever
// the other comes.
func (l *lister) standing(o owning, e entry) (entry, bool) {
	if o.twins == 0 {
		return e, true
	}
	other := Everyone
	if e.audience == Everyone {
		other = l.q.Reader
	}
	raw := l.rows.Get(e.object(e.id).twin(other).holding())
	if raw == nil {
		return e, true
	}
	twin, err := decodeHolding(e.object(e.id).twin(other), raw)
	if err != nil {
		l.bad = errors.Join(l.bad, err)
		return e, false
	}
	if twin.seq < e.seq {
		return e, false
	}
	if e.audience == Everyone {
		return l.own(e, twin)
	}
	return e, true
}

// own returns the reader's own object in the place of its twin.
func (l *lister) own(e entry, twin holding) (entry, bool) {
	own, err := decodeEntry(twin.shelf(), e.seq, l.rows.Get(twin.shelf().order(twin.seq)))
	if err != nil {
		l.bad = errors.Join(l.bad, err)
	}
	return own, err == nil
}

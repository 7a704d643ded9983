package catalog

import (
	"context"
	"encoding/binary"
	"errors"
	"iter"
	"slices"
	"strings"

	"github.com/ocpihub/ocpihub/ocpi"
)

// List implements Store. Its cost is that of the owners and of the page; only
// an Offset, and dates, make it walk the order of an owner.
func (s *Keyed) List(ctx context.Context, q Query) (Page, error) {
	if err := ctx.Err(); err != nil {
		return Page{}, err
	}
	after, err := parseCursor(q)
	if err != nil {
		return Page{}, err
	}
	var page Page
	err = s.table.View(func(rows Rows) error {
		l := lister{rows: rows, q: q, limit: max(q.Limit, 1)}
		if q.Cursor == "" {
			l.skip = q.Offset
		}
		l.survey()
		l.count()
		l.collect(after)
		page = l.page
		return l.bad
	})
	return page, err
}

// lister makes one page.
type lister struct {
	rows  Rows
	q     Query
	limit int
	skip  int
	owns  []owning
	last  position // of the last object on the page
	page  Page
	bad   error // of what could not be read; the page is good only without
}

// owning is what an owner has for the reader: for everyone, and for the reader
// alone. Twins are in both.
type owning struct {
	owner    ocpi.PartyID
	all, own int
	twins    int
}

func (o owning) objects() int { return o.all + o.own - o.twins }

// survey finds the owners that have anything for the reader, in order.
func (l *lister) survey() {
	at := map[ocpi.PartyID]int{}
	l.shelves(Everyone, func(owner ocpi.PartyID, n count) {
		at[owner] = len(l.owns)
		l.owns = append(l.owns, owning{owner: owner, all: int(n.objects)}) //nolint:gosec // a number of objects
	})
	if l.q.Reader.IsZero() {
		return
	}
	l.shelves(l.q.Reader, func(owner ocpi.PartyID, n count) {
		i, known := at[owner]
		if !known {
			i = len(l.owns)
			l.owns = append(l.owns, owning{owner: owner})
		}
		l.owns[i].own, l.owns[i].twins = int(n.objects), int(n.twins) //nolint:gosec // a number of objects
	})
	slices.SortFunc(l.owns, func(a, b owning) int { return compareOwners(a.owner, b.owner) })
}

func compareOwners(a, b ocpi.PartyID) int { return strings.Compare(partyText(a), partyText(b)) }

// shelves calls each with the shelves for one audience that the query asks for.
func (l *lister) shelves(audience ocpi.PartyID, each func(ocpi.PartyID, count)) {
	prefix := key(inCounts, partyText(audience), string(l.q.Module))
	l.rows.Scan(prefix, prefix, func(name, raw []byte) bool {
		owner := partyOf(fields(name)[2])
		if l.q.Owners == nil || l.q.Owners(owner) {
			each(owner, decodeCount(raw))
		}
		return true
	})
}

// dated says whether dates limit the list.
func (l *lister) dated() bool { return !l.q.From.IsZero() || !l.q.To.IsZero() }

// count finds the total: from the counts, or, where dates limit it, from the
// order, which holds the dates.
func (l *lister) count() {
	for _, o := range l.owns {
		if !l.dated() {
			l.page.Total += o.objects()
			continue
		}
		for range l.matching(o, 0) {
			l.page.Total++
		}
	}
}

// collect fills the page with what is behind a position.
func (l *lister) collect(after position) {
	for _, o := range l.owns {
		from := uint64(0)
		switch order := compareOwners(o.owner, after.owner); {
		case order < 0:
			continue
		case order == 0:
			from = after.seq
		}
		if !l.dated() && from == 0 && l.skip >= o.objects() {
			l.skip -= o.objects()
			continue
		}
		if full := l.fill(o, from); full || l.bad != nil {
			return
		}
	}
}

// fill puts objects of one owner on the page; full when there are more than fit.
func (l *lister) fill(o owning, after uint64) (full bool) {
	for e := range l.matching(o, after) {
		if l.skip > 0 {
			l.skip--
			continue
		}
		if len(l.page.Objects) == l.limit {
			l.page.Next = l.last.cursor()
			return true
		}
		object, err := read(l.rows, e.object(e.id), Part{})
		if err != nil {
			l.bad = errors.Join(l.bad, err)
			return false
		}
		l.page.Objects = append(l.page.Objects, object)
		l.last = position{l.q.Module, o.owner, e.seq}
	}
	return false
}

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
	return merge2(all, own)
}

func merge2(a, b iter.Seq[entry]) iter.Seq[entry] {
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
		l.rows.Scan(s.key(inOrder), s.order(after+1), func(name, raw []byte) bool {
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

package catalog

import (
	"context"
	"errors"
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

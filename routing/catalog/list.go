package catalog

import (
	"context"
	"errors"
	"math"
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
	err = s.table.View(ctx, About{}, func(rows Rows) error {
		l := lister{rows: rows, q: q, limit: max(q.Limit, 1)}
		l.ahead, _ = rows.(Ahead)
		if q.Cursor == "" {
			l.skip = q.Offset
		}
		l.survey()
		l.choose(after)
		l.read()
		page = l.page
		return l.bad
	})
	return page, err
}

// lister makes one page.
type lister struct {
	rows    Rows
	ahead   Ahead // nil: the rows are near
	q       Query
	limit   int
	skip    int
	owns    []owning
	fetched int     // of how many owners the order was read ahead
	chosen  []entry // for the page
	full    bool    // there are more than fit
	page    Page
	bad     error // of what could not be read; the page is good only without
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
	l.surveyAhead()
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
	prefix := key(InCounts, partyText(audience), string(l.q.Module))
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

// choose fills the page with what is behind a position, and finds the total:
// from the counts, or, where dates limit it, from the order, which holds the
// dates.
func (l *lister) choose(after position) {
	for i, o := range l.owns {
		behind := uint64(0)
		switch order := compareOwners(o.owner, after.owner); {
		case order < 0:
			behind = math.MaxUint64
		case order == 0:
			behind = after.seq
		}
		if l.dated() {
			l.orderAhead(i, 0)
			l.fill(o, 0, behind)
			continue
		}
		l.page.Total += o.objects()
		switch {
		case l.full || l.bad != nil || behind == math.MaxUint64:
		case behind == 0 && l.skip >= o.objects():
			l.skip -= o.objects()
		default:
			l.orderAhead(i, behind)
			l.fill(o, l.leap(o, behind), behind)
		}
	}
}

// fill chooses objects of one owner, from those behind a place in its order
// those that are behind the earlier pages. With dates it counts them all.
func (l *lister) fill(o owning, from, behind uint64) {
	for e := range l.matching(o, from) {
		if l.dated() {
			l.page.Total++
		}
		switch {
		case e.seq <= behind || l.full:
		case l.skip > 0:
			l.skip--
		case len(l.chosen) == l.limit:
			last := l.chosen[l.limit-1]
			l.page.Next = position{l.q.Module, last.owner, last.seq}.cursor()
			l.full = true
		default:
			l.chosen = append(l.chosen, e)
		}
		if l.full && !l.dated() {
			return
		}
	}
}

// read puts the objects on the page. One that has gone since it was chosen is
// left out.
func (l *lister) read() {
	if l.bad != nil {
		return
	}
	l.objectsAhead()
	for _, e := range l.chosen {
		object, err := read(l.rows, e.object(e.id), Part{})
		switch {
		case errors.Is(err, ErrUnknown):
		case err != nil:
			l.bad = errors.Join(l.bad, err)
			return
		default:
			l.page.Objects = append(l.page.Objects, object)
		}
	}
}

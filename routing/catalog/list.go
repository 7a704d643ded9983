package catalog

import (
	"context"
	"encoding/base64"
	"encoding/binary"
	"strings"

	"github.com/ocpihub/ocpihub/ocpi"
)

// List implements Store. The order is (owner, audience, sequence).
func (s *Keyed) List(ctx context.Context, q Query) (page Page, err error) {
	if err := ctx.Err(); err != nil {
		return page, err
	}
	after, err := parseCursor(q)
	if err != nil {
		return page, err
	}
	err = s.table.View(func(rows Rows) error {
		l := lister{rows: rows, q: q, skip: q.Offset}
		if q.Cursor != "" {
			l.skip = 0
		}
		l.survey()
		if err := l.count(); err != nil {
			return err
		}
		if err := l.collect(after); err != nil {
			return err
		}
		page = l.page
		return nil
	})
	return page, err
}

// lister makes one page.
type lister struct {
	rows    Rows
	q       Query
	shelves []surveyed
	skip    int
	last    position // of the last object on the page
	page    Page
}

// surveyed is a shelf that the reader sees.
type surveyed struct {
	shelf
	objects uint64
	// hidden holds the ids of a shelf for everyone of which the reader has
	// copies of its own.
	hidden map[string]bool
}

// position is a place in the order of a list.
type position struct {
	shelf
	seq uint64
}

// survey finds the shelves that the reader sees, in order.
func (l *lister) survey() {
	prefix := key(inCounts, string(l.q.Module))
	l.rows.Scan(prefix, prefix, func(k, raw []byte) bool {
		parts := fields(k)
		sh := shelf{module: l.q.Module, owner: partyOf(parts[1])}
		if parts[2] != "" {
			sh.audience = partyOf(parts[2])
		}
		if !visible(Key{Audience: sh.audience}, l.q.Reader) || l.q.Owners != nil && !l.q.Owners(sh.owner) {
			return true
		}
		l.shelves = append(l.shelves, surveyed{shelf: sh, objects: decodeCount(raw).objects})
		return true
	})
	for i := 1; i < len(l.shelves); i++ {
		own, all := &l.shelves[i], &l.shelves[i-1]
		if own.owner == all.owner && all.audience == Everyone {
			all.hidden = l.overlap(all.shelf, own.shelf)
		}
	}
}

// overlap returns the ids that stand on both shelves.
func (l *lister) overlap(all, own shelf) map[string]bool {
	both := map[string]bool{}
	prefix := own.key(inOrder)
	l.rows.Scan(prefix, prefix, func(_, id []byte) bool {
		if l.rows.Get(all.object(string(id)).holder()) != nil {
			both[fold(string(id))] = true
		}
		return true
	})
	return both
}

// filtered says whether dates limit the list.
func (l *lister) filtered() bool { return !l.q.From.IsZero() || !l.q.To.IsZero() }

// count finds the total: from the counters, or, where dates limit it, from the
// heads.
func (l *lister) count() error {
	for _, s := range l.shelves {
		if !l.filtered() {
			l.page.Total += int(s.objects) - len(s.hidden) //nolint:gosec // a number of objects
			continue
		}
		err := l.walk(s, 0, func(uint64, *head) bool {
			l.page.Total++
			return true
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// walk calls each with the objects of a shelf behind a sequence that match.
func (l *lister) walk(s surveyed, after uint64, each func(seq uint64, h *head) bool) error {
	var bad error
	prefix := s.key(inOrder)
	l.rows.Scan(prefix, s.order(after+1), func(k, id []byte) bool {
		if s.hidden[fold(string(id))] {
			return true
		}
		raw := l.rows.Get(s.object(string(id)).object(inHeads))
		h, err := decodeHead(raw)
		if err != nil {
			bad = err
			return false
		}
		if !l.q.From.IsZero() && h.LastUpdated.Before(l.q.From) || !l.q.To.IsZero() && !h.LastUpdated.Before(l.q.To) {
			return true
		}
		return each(binary.BigEndian.Uint64(k[len(k)-8:]), h)
	})
	return bad
}

// collect fills the page behind a position.
func (l *lister) collect(after position) error {
	for _, s := range l.shelves {
		from := uint64(0)
		switch order := s.compare(after.shelf); {
		case order < 0:
			continue
		case order == 0:
			from = after.seq
		}
		if !l.filtered() && len(s.hidden) == 0 && from == 0 && l.skip >= int(s.objects) { //nolint:gosec // a number of objects
			l.skip -= int(s.objects) //nolint:gosec // a number of objects
			continue
		}
		if done, err := l.take(s, from); done || err != nil {
			return err
		}
	}
	return nil
}

// take puts the objects of one shelf on the page; done when it is full and
// there is more.
func (l *lister) take(s surveyed, from uint64) (done bool, err error) {
	var bad error
	err = l.walk(s, from, func(seq uint64, h *head) bool {
		if l.skip > 0 {
			l.skip--
			return true
		}
		if len(l.page.Objects) == l.q.Limit {
			l.page.Next, done = l.last.cursor(), true
			return false
		}
		o, err := read(l.rows, s.object(h.ID), Part{})
		if err != nil {
			bad = err
			return false
		}
		l.page.Objects = append(l.page.Objects, o)
		l.last = position{s.shelf, seq}
		return true
	})
	if err == nil {
		err = bad
	}
	return done, err
}

// compare orders shelves of a module as their keys are.
func (s shelf) compare(t shelf) int {
	if t.owner.IsZero() {
		return 1
	}
	return strings.Compare(
		partyText(s.owner)+"\x00"+partyText(s.audience), partyText(t.owner)+"\x00"+partyText(t.audience))
}

// cursor writes a position as text that means nothing to others.
func (p position) cursor() string {
	text := partyText(p.owner) + "\x00" + partyText(p.audience) + "\x00"
	return base64.RawURLEncoding.EncodeToString(binary.BigEndian.AppendUint64([]byte(text), p.seq))
}

// parseCursor reads the cursor of a query. One that names what the reader may
// not see is none of this list.
func parseCursor(q Query) (position, error) {
	if q.Cursor == "" {
		return position{}, nil
	}
	raw, err := base64.RawURLEncoding.DecodeString(q.Cursor)
	if err != nil || len(raw) < 8 {
		return position{}, ErrCursor
	}
	parts := strings.Split(string(raw[:len(raw)-8]), "\x00")
	if len(parts) != 3 {
		return position{}, ErrCursor
	}
	p := position{shelf{module: q.Module, owner: partyOf(parts[0])}, binary.BigEndian.Uint64(raw[len(raw)-8:])}
	if parts[1] != "" {
		p.audience = partyOf(parts[1])
	}
	if !p.owner.Valid() || p.audience != Everyone && p.audience != q.Reader {
		return position{}, ErrCursor
	}
	return p, nil
}

// Stats implements Store.
func (s *Keyed) Stats(ctx context.Context) (out []Stat, err error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	at := map[Key]int{}
	err = s.table.View(func(rows Rows) error {
		var bad error
		rows.Scan([]byte{inHeads}, []byte{inHeads}, func(k, raw []byte) bool {
			h, err := decodeHead(raw)
			if err != nil {
				bad = err
				return false
			}
			parts := fields(k)
			name := Key{Module: ocpi.ModuleID(parts[0]), Owner: partyOf(parts[1])}
			i, ok := at[name]
			if !ok {
				i = len(out)
				at[name] = i
				out = append(out, Stat{Owner: name.Owner, Module: name.Module})
			}
			if !h.Deleted {
				out[i].Objects++
			}
			if h.LastUpdated.After(out[i].LastUpdated) {
				out[i].LastUpdated = h.LastUpdated
			}
			return true
		})
		return bad
	})
	return out, err
}

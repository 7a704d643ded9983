package rediscatalog

import (
	"bytes"
	"encoding/binary"
	"maps"
	"slices"

	"github.com/redis/go-redis/v9"

	"github.com/ocpihub/ocpihub/routing/catalog"
)

// list tells for which audiences an owner holds an id.
type list struct {
	key   string
	id    string
	held  map[string][]byte // by audience
	dirty map[string]bool
}

func (l *list) set(audience string, value []byte) {
	l.held[audience], l.dirty[audience] = value, true
	if value == nil {
		delete(l.held, audience)
	}
}

func listName(owner, module, id string) string { return owner + "\x00" + module + "\x00" + id }

// list returns who has an id of one owner.
func (r *rows) list(n catalog.Name) *list {
	name := listName(n.Owner, n.Module, n.ID)
	if r.lists[name] == nil {
		r.readLists([]catalog.Name{n})
	}
	if l := r.lists[name]; l != nil {
		return l
	}
	return &list{held: map[string][]byte{}, dirty: map[string]bool{}} // Redis does not answer
}

func (r *rows) holding(n catalog.Name) []byte {
	r.restOn(n.Module)
	return r.list(n).held[n.Audience]
}

// takeList fills in what was read: id, audience and value, with zero bytes
// between them.
func (r *rows) takeList(n catalog.Name, members []string) {
	l := &list{key: r.t.ids(n.Owner, n.Module), id: n.ID, held: map[string][]byte{}, dirty: map[string]bool{}}
	for _, m := range members {
		audience, value, found := bytes.Cut([]byte(m[len(n.ID)+1:]), []byte{0})
		if !found {
			r.fail(errRecord)
			return
		}
		l.held[string(audience)] = value
	}
	r.lists[listName(n.Owner, n.Module, n.ID)] = l
}

// scanHolders scans who has an id: in an Update only its owner, in a View all.
func (r *rows) scanHolders(prefix []byte, n catalog.Name, each func(key, value []byte) bool) {
	r.restOn(n.Module)
	owners := []string{r.owner}
	if r.owner == "" {
		owners = r.ownersOf(n.Module)
		names := make([]catalog.Name, len(owners))
		for i, owner := range owners {
			names[i] = n
			names[i].Owner = owner
		}
		r.readLists(names)
	}
	for _, owner := range owners {
		n.Owner = owner
		l := r.list(n)
		for _, audience := range slices.Sorted(maps.Keys(l.held)) {
			if r.err != nil || !each(slices.Concat(prefix, []byte(owner+"\x00"+audience+"\x00")), l.held[audience]) {
				return
			}
		}
	}
}

// found is a stretch of rows that was read.
type found struct {
	from     []byte
	rows     []row
	complete bool // nothing with the prefix is behind it
}

type row struct{ key, value []byte }

// stretchMost is how many rows are read at a time when more are scanned than
// was said before.
const stretchMost = 4096

// Scan implements catalog.Rows.
func (r *rows) Scan(prefix, from []byte, each func(key, value []byte) bool) {
	if r.err != nil {
		return
	}
	switch n := catalog.ParseName(prefix); {
	case n.Space == catalog.InEVSEs:
		r.scanEVSEs(prefix, n, each)
	case n.Space == catalog.InIDs:
		r.scanHolders(prefix, n, each)
	case n.Space == catalog.InContracts:
		r.scanContracts(prefix, n, each)
	case n.Space == catalog.InCounts:
		r.scanStretch(prefix, from, each)
	case n.Space == catalog.InOrder && n.Parts == 0:
		r.scanAll(each)
	case n.Space == catalog.InOrder:
		r.scanStretch(prefix, from, each)
	case n.Space == catalog.InTransit:
		r.scanTransit(each)
	default:
		r.fail(errNoWalk)
	}
}

func (r *rows) scanEVSEs(prefix []byte, n catalog.Name, each func(key, value []byte) bool) {
	o := r.object(n)
	if !o.whole {
		r.readObjects([]*object{o})
	}
	for _, uid := range slices.Sorted(maps.Keys(o.evses)) {
		if raw := o.evses[uid]; raw != nil && !each(slices.Concat(prefix, []byte(uid+"\x00")), raw) {
			return
		}
	}
}

// scanStretch scans what was read ahead, and reads on behind it.
func (r *rows) scanStretch(prefix, from []byte, each func(key, value []byte) bool) {
	s := r.stretches[string(prefix)]
	if s == nil || bytes.Compare(from, s.from) < 0 {
		s = r.readStretch(prefix, from)
	}
	for s != nil {
		for _, row := range s.rows {
			if bytes.Compare(row.key, from) >= 0 && !each(row.key, row.value) {
				return
			}
		}
		if s.complete {
			return
		}
		last := s.rows[len(s.rows)-1].key
		from = binary.BigEndian.AppendUint64(bytes.Clone(prefix), binary.BigEndian.Uint64(last[len(last)-8:])+1)
		s = r.readStretch(prefix, from)
	}
}

func (r *rows) readStretch(prefix, from []byte) *found {
	r.ReadStretches([]catalog.Stretch{{Prefix: prefix, From: from, Most: stretchMost}})
	if r.err != nil {
		return nil
	}
	return r.stretches[string(prefix)]
}

// scanAll scans the orders of all shelves, many shelves at a time.
func (r *rows) scanAll(each func(key, value []byte) bool) {
	const together = 128
	for some := range slices.Chunk(r.read(r.t.shelves(), ""), together) {
		var all []catalog.Stretch
		for _, shelf := range some {
			prefix := append([]byte{catalog.InOrder}, shelf...)
			all = append(all, catalog.Stretch{Prefix: prefix, From: prefix, Most: stretchMost})
		}
		r.ReadStretches(all)
		for _, s := range all {
			more := true
			r.scanStretch(s.Prefix, s.From, func(key, value []byte) bool {
				more = each(key, value)
				return more
			})
			delete(r.stretches, string(s.Prefix))
			if !more || r.err != nil {
				return
			}
		}
	}
}

// entry returns one row of an order.
func (r *rows) entry(key []byte, n catalog.Name) []byte {
	name := string(key[len(key)-8:])
	members := r.page(redis.ZRangeArgs{Key: r.t.order(n), Start: "[" + name, Stop: "(" + behind(name), ByLex: true, Count: 1})
	if len(members) == 0 {
		return nil
	}
	return []byte(members[0][8:])
}

// behind is the first text that is behind all that begin with this one.
func behind(prefix string) string {
	b := []byte(prefix)
	for i := len(b) - 1; i >= 0; i-- {
		if b[i]++; b[i] != 0 {
			return string(b[:i+1])
		}
	}
	return "\xff" + prefix // all bytes were 0xff: nothing that the hub writes
}

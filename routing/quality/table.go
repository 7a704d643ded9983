package quality

import (
	"maps"
	"slices"

	"github.com/ocpihub/ocpihub/ocpi"
)

// Add adds a row of the same place: what was counted since, or elsewhere.
func (r *Row) Add(more Row) {
	r.Count += more.Count
	if more.FirstSeen.Before(r.FirstSeen) {
		r.FirstSeen = more.FirstSeen
	}
	if !more.LastSeen.Before(r.LastSeen) {
		r.LastSeen, r.Example = more.LastSeen, more.Example
	}
}

// table holds rows, at most MaxRows of each party beside that of kind More. It
// is not safe for concurrent use.
type table struct {
	rows    map[Place]Row
	parties map[ocpi.PartyID]int // rows of each, that of kind More aside
}

func newTable() table { return table{rows: map[Place]Row{}, parties: map[ocpi.PartyID]int{}} }

// add adds a row to that of its place, or to that of kind More when its party
// has no room for another.
func (t *table) add(more Row) {
	p := more.Place
	if _, known := t.rows[p]; !known && p.Kind != More && t.parties[p.Party] >= MaxRows {
		p = Place{Party: p.Party, Kind: More}
		more.Place, more.Example = p, Example{}
	}
	row, known := t.rows[p]
	switch {
	case known:
		row.Add(more)
	default:
		row = more
		if p.Kind != More {
			t.parties[p.Party]++
		}
	}
	t.rows[p] = row
}

// list returns the rows that are selected, in no particular order.
func (t *table) list(q Query) (out []Row) {
	for p, r := range t.rows {
		if q.selects(p) {
			out = append(out, r)
		}
	}
	return out
}

func (t *table) all() []Row { return slices.Collect(maps.Values(t.rows)) }

// clear forgets the rows of a party.
func (t *table) clear(party ocpi.PartyID) {
	maps.DeleteFunc(t.rows, func(p Place, _ Row) bool { return p.Party == party })
	delete(t.parties, party)
}

package quality

import (
	"sync"
	"time"

	"github.com/ocpihub/ocpihub/ocpi"
)

// ledger holds all rows, and knows which were not written yet. It is safe for
// concurrent use.
type ledger struct {
	mu      sync.Mutex
	rows    map[Place]*Row
	parties map[ocpi.PartyID]int // rows of each, that of kind More aside
	dirty   map[Place]bool
}

func newLedger(stored []Row) *ledger {
	l := &ledger{rows: map[Place]*Row{}, parties: map[ocpi.PartyID]int{}, dirty: map[Place]bool{}}
	for _, r := range stored {
		l.rows[r.Place] = &r
		l.admit(r.Place)
	}
	return l
}

func (l *ledger) admit(p Place) {
	if p.Kind != More {
		l.parties[p.Party]++
	}
}

// note counts a finding. example is asked for only when the row keeps it.
func (l *ledger) note(p Place, at time.Time, example func() Example) {
	l.mu.Lock()
	defer l.mu.Unlock()
	row := l.rows[p]
	if row == nil && l.parties[p.Party] >= MaxRows {
		p = Place{Party: p.Party, Kind: More}
		row = l.rows[p]
	}
	if row == nil {
		row = &Row{Place: p, FirstSeen: at}
		l.rows[p] = row
		l.admit(p)
	}
	row.Count++
	row.LastSeen = at
	if p.Kind != More {
		row.Example = example()
	}
	l.dirty[p] = true
}

// list returns copies of the rows that are selected, in no particular order.
func (l *ledger) list(q Query) []Row {
	l.mu.Lock()
	defer l.mu.Unlock()
	var out []Row
	for p, r := range l.rows {
		if q.selects(p) {
			out = append(out, *r)
		}
	}
	return out
}

// take returns copies of the rows that were not written; they count as written
// then, unless they are put back.
func (l *ledger) take() []Row {
	l.mu.Lock()
	defer l.mu.Unlock()
	var out []Row
	for p := range l.dirty {
		out = append(out, *l.rows[p])
	}
	clear(l.dirty)
	return out
}

// putBack marks rows as not written.
func (l *ledger) putBack(rows []Row) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, r := range rows {
		if l.rows[r.Place] != nil {
			l.dirty[r.Place] = true
		}
	}
}

// clear forgets the rows of a party.
func (l *ledger) clear(party ocpi.PartyID) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for p := range l.rows {
		if p.Party == party {
			delete(l.rows, p)
			delete(l.dirty, p)
		}
	}
	delete(l.parties, party)
}

package quality

import (
	"sync"
	"time"

	"github.com/ocpihub/ocpihub/ocpi"
)

// ledger holds what was counted and not written yet. It is safe for concurrent
// use.
type ledger struct {
	mu    sync.Mutex
	table table
}

func newLedger() *ledger { return &ledger{table: newTable()} }

// note counts a finding.
func (l *ledger) note(p Place, at time.Time, e Example) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.table.add(Row{Place: p, Count: 1, Example: e, FirstSeen: at, LastSeen: at})
}

// unwritten returns copies of the rows.
func (l *ledger) unwritten() []Row {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.table.all()
}

// take returns the rows, which are gone then unless they are put back.
func (l *ledger) take() []Row {
	l.mu.Lock()
	defer l.mu.Unlock()
	rows := l.table.all()
	l.table = newTable()
	return rows
}

// putBack takes rows back that could not be written.
func (l *ledger) putBack(rows []Row) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, r := range rows {
		l.table.add(r)
	}
}

// clear forgets the rows of a party.
func (l *ledger) clear(party ocpi.PartyID) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.table.clear(party)
}

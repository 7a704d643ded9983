// Package ledger keeps what senders pushed and what of it was acknowledged, and
// compares it with what receivers hold in the end.
//
// Every state of an object carries a serial number, counted up by its only
// sender. A state that was sent and not acknowledged may or may not have taken
// effect: so a receiver must hold a serial from the last acknowledged one up to
// the last one sent.
package ledger

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/ocpihub/ocpihub/ocpi"
)

// Cell is what has a serial: an object, or an EVSE of a location.
type Cell struct {
	Module ocpi.ModuleID
	Owner  ocpi.PartyID
	ID     string
	Part   string // uid of the EVSE
}

// String names a cell.
func (c Cell) String() string {
	s := fmt.Sprintf("%s %s/%s", c.Module, c.Owner, c.ID)
	if c.Part != "" {
		s += "/" + c.Part
	}
	return s
}

// Entry is what is known of a cell.
type Entry struct {
	// Sent and Acked are the last serials that were sent and acknowledged; 0
	// is none.
	Sent, Acked int
	// Deleting: the object was to be deleted; Deleted: that was acknowledged.
	// Nothing is pushed after that.
	Deleting, Deleted bool
}

// exact says whether there is only one state that is right.
func (e Entry) exact() bool { return e.Sent == e.Acked && e.Deleting == e.Deleted }

// may says whether a receiver may hold this serial; 0 is none.
func (e Entry) may(serial int) bool {
	if serial == 0 {
		return e.Acked == 0 || e.Deleting
	}
	return !e.Deleted && serial >= e.Acked && serial <= e.Sent
}

// Ledger is safe for concurrent use.
type Ledger struct {
	mu    sync.Mutex
	cells map[Cell]*Entry
	acks  int
}

// New returns an empty ledger.
func New() *Ledger { return &Ledger{cells: map[Cell]*Entry{}} }

// Next is the serial of a state that is about to be sent.
func (l *Ledger) Next(c Cell) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	e := l.entry(c)
	e.Sent++
	return e.Sent
}

// Sent is the last serial that was sent.
func (l *Ledger) Sent(c Cell) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.entry(c).Sent
}

// Ack notes that states were acknowledged, all by one answer.
func (l *Ledger) Ack(states map[Cell]int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.acks++
	for c, serial := range states {
		e := l.entry(c)
		e.Acked = max(e.Acked, serial)
	}
}

// Delete notes that a delete is about to be sent, or was acknowledged.
func (l *Ledger) Delete(c Cell, acked bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	e := l.entry(c)
	e.Deleting = true
	if acked {
		l.acks++
		e.Deleted = true
	}
}

// Acks counts the answers that acknowledged something.
func (l *Ledger) Acks() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.acks
}

func (l *Ledger) entry(c Cell) *Entry {
	e := l.cells[c]
	if e == nil {
		e = &Entry{}
		l.cells[c] = e
	}
	return e
}

// Finding is one thing that is not as it must be.
type Finding struct {
	Who  string // who holds it
	Cell Cell
	What string
}

// String tells a finding in one line.
func (f Finding) String() string { return fmt.Sprintf("%s: %s: %s", f.Who, f.Cell, f.What) }

// Count is how much was compared: Exact counts the cells of which only one state
// was right.
type Count struct{ Cells, Exact int }

// Add adds a count.
func (c *Count) Add(other Count) {
	c.Cells += other.Cells
	c.Exact += other.Exact
}

// Compare says what is wrong with what somebody holds, given what may be seen.
func (l *Ledger) Compare(who string, holds map[Cell]int, may func(Cell) bool) (Count, []Finding) {
	l.mu.Lock()
	defer l.mu.Unlock()
	var count Count
	var out []Finding
	add := func(c Cell, format string, v ...any) {
		out = append(out, Finding{who, c, fmt.Sprintf(format, v...)})
	}
	for c, e := range l.cells {
		if !may(c) {
			continue
		}
		count.Cells++
		if e.exact() {
			count.Exact++
		}
		if serial := holds[c]; !e.may(serial) {
			add(c, "holds %s, want %s", state(serial), e)
		}
	}
	for c := range maps.Keys(holds) {
		switch {
		case !may(c):
			add(c, "is none of its business")
		case l.cells[c] == nil:
			add(c, "was never sent")
		}
	}
	slices.SortFunc(out, func(a, b Finding) int { return cmp.Compare(a.String(), b.String()) })
	return count, out
}

func state(serial int) string {
	if serial == 0 {
		return "nothing"
	}
	return fmt.Sprint("state ", serial)
}

// String tells what is right.
func (e Entry) String() string {
	switch {
	case e.Deleted:
		return "nothing: it was deleted"
	case e.Acked == e.Sent && !e.Deleting:
		return state(e.Acked)
	case e.Deleting:
		return fmt.Sprintf("%s to %d, or nothing", state(e.Acked), e.Sent)
	}
	return fmt.Sprintf("%s to %d", state(e.Acked), e.Sent)
}

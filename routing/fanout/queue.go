package fanout

import (
	"slices"
	"strings"
	"time"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/routing/catalog"
)

// queue holds what one platform is still to get. It has a lane for each
// receiving party and top-level object, in which one delivery at a time is
// under way, and in a lane one entry for each object: changes that meet become
// one entry for the smallest object that covers them, which goes out as its
// newest state. It knows no time but what it is told, and no lock.
type queue struct {
	lanes   map[lane]*row
	waiting []*row // rows with entries and no delivery under way, in order of arrival
	entries int
	bytes   int
	pos     uint64 // the last change that was offered
	fenced  []*row // rows with fences, once for each of them
	gates   map[ocpi.PartyID]*gate
}

// lane names a receiving party and a top-level object.
type lane struct {
	to  ocpi.PartyID
	key catalog.Key
}

// row is the content of a lane.
type row struct {
	lane
	entries []*entry
	busy    bool
	lined   bool      // it stands in waiting, or at a gate
	current *entry    // the delivery under way; nil when the queue was cleared meanwhile
	until   time.Time // not before this: the last attempt failed
	fails   int       // attempts in a row that failed on this object
	fences  []fence
	gating  bool // client info that holds back the objects of its party
}

// entry is one object, or part of one, that must go out.
type entry struct {
	part   catalog.Part
	change Change
	// newest: not as it came, but as the object is when it is sent.
	newest bool
	// seq is the first live change in it and at the time of that change in the
	// feed; 0 when there is none.
	seq uint64
	at  time.Time
	// caught counts the entries of a catch-up in it.
	caught int
	missed bool      // of a catch-up: all in it came while the platform was away
	came   time.Time // into the queue
}

func newQueue() *queue { return &queue{lanes: map[lane]*row{}, gates: map[ocpi.PartyID]*gate{}} }

// foldKey makes keys of ids that differ in case alone the same.
func foldKey(k catalog.Key) catalog.Key {
	k.ID = strings.ToLower(k.ID)
	return k
}

// add puts an entry into its lane.
func (q *queue) add(to ocpi.PartyID, e *entry) {
	at := lane{to, foldKey(e.change.Key)}
	r := q.lanes[at]
	if r == nil {
		r = &row{lane: at}
		q.lanes[at] = r
	}
	if e.seq != 0 && r.fencedOff(e) {
		e.renew()
	}
	if r.introduces() {
		q.shut(r)
	}
	q.merge(r, e, false)
	q.wake(r)
}

// clear forgets what is to be delivered. What is under way stays in its lane,
// so that nothing newer of the object overtakes it.
func (q *queue) clear() {
	q.waiting, q.entries, q.bytes = nil, 0, 0
	clear(q.gates)
	for _, r := range q.lanes {
		r.entries, r.lined, r.current, r.gating = nil, false, nil, false
		if !r.busy {
			q.done(r)
		}
	}
}

// leave forgets what is to be delivered of a module; caught counts the entries of
// catch-ups among it. What is under way stays in its lane.
func (q *queue) leave(m ocpi.ModuleID) (dropped, caught int) {
	for at, r := range q.lanes {
		if at.key.Module != m {
			continue
		}
		if r.current != nil {
			caught += r.current.caught
			r.current = nil
		}
		dropped += len(r.entries)
		for len(r.entries) > 0 {
			caught += r.entries[0].caught
			q.drop(r, 0)
		}
		q.unline(r)
		q.settle(r)
	}
	return dropped, caught
}

// unline takes a row out of those that wait, or are held at a gate.
func (q *queue) unline(r *row) {
	is := func(other *row) bool { return other == r }
	q.waiting = slices.DeleteFunc(q.waiting, is)
	if g := q.gates[r.key.Owner]; g != nil {
		g.held = slices.DeleteFunc(g.held, is)
	}
	r.lined = false
}

// merge puts an entry into a row. Entries that it covers, or that cover it, and
// it become one, at the place of the first. An entry that comes back after a
// failure is older than those that wait.
func (q *queue) merge(r *row, e *entry, back bool) {
	place := -1
	for i := 0; i < len(r.entries); i++ {
		other := r.entries[i]
		if !related(other.part, e.part) {
			continue
		}
		older, newer := other, e
		if back {
			older, newer = e, other
		}
		e = unite(older, newer)
		q.drop(r, i)
		if place < 0 {
			place = i
		}
		i--
	}
	switch {
	case back:
		place = 0
	case place < 0:
		place = len(r.entries)
	}
	r.entries = slices.Insert(r.entries, min(place, len(r.entries)), e)
	q.entries++
	q.bytes += len(e.change.Body)
}

// drop takes an entry out of a row.
func (q *queue) drop(r *row, i int) {
	q.entries--
	q.bytes -= len(r.entries[i].change.Body)
	r.entries = slices.Delete(r.entries, i, i+1)
}

// unite makes one entry of two related ones.
func unite(older, newer *entry) *entry {
	e := &entry{part: cover(older.part, newer.part), change: newer.change, newest: true, came: older.came}
	e.change.Body = nil
	if e.change.For == "" {
		e.change.For = older.change.For // to whom it is still due
	}
	e.change.Joined, e.change.Covers = joined(older.change, newer.change), covered(older.change, newer.change)
	e.caught = older.caught + newer.caught
	e.seq, e.at = older.seq, older.at
	if e.seq == 0 || newer.seq != 0 && newer.seq < e.seq {
		e.seq, e.at = newer.seq, newer.at
	}
	return e
}

// maxJoined bounds how many changes an entry names as joined: an object may
// change without end while its receiver is away.
const maxJoined = 8

// joined lists the traces of the changes that went into an entry, beside that
// of the newest, the latest last.
func joined(older, newer Change) []string {
	out := append(slices.Clone(older.Joined), newer.Joined...)
	if older.Traceparent != "" && older.Traceparent != newer.Traceparent {
		out = append(out, older.Traceparent)
	}
	return out[max(0, len(out)-maxJoined):]
}

// maxCovers bounds how many changes an entry tells of in the message log.
const maxCovers = 32

// covered lists the correlation ids of the changes that went into an entry,
// beside that of the newest.
func covered(older, newer Change) []string {
	out := append(slices.Clone(older.Covers), newer.Covers...)
	if older.CorrelationID != "" && older.CorrelationID != newer.CorrelationID && !slices.Contains(out, older.CorrelationID) {
		out = append(out, older.CorrelationID)
	}
	return out[max(0, len(out)-maxCovers):]
}

// related says whether one part covers the other.
func related(a, b catalog.Part) bool {
	switch {
	case a.EVSE == "" || b.EVSE == "":
		return true
	case !strings.EqualFold(a.EVSE, b.EVSE):
		return false
	}
	return a.Connector == "" || b.Connector == "" || strings.EqualFold(a.Connector, b.Connector)
}

// cover is the smaller of two related parts that covers both.
func cover(a, b catalog.Part) catalog.Part {
	if a.EVSE == "" || b.EVSE == "" {
		return catalog.Part{}
	}
	if a.Connector == "" || b.Connector == "" {
		return catalog.Part{EVSE: a.EVSE}
	}
	return a
}

// wake lines a row up for delivery, unless it is already, or is under way.
func (q *queue) wake(r *row) {
	if !r.busy && !r.lined && len(r.entries) > 0 {
		r.lined = true
		if !q.hold(r) {
			q.waiting = append(q.waiting, r)
		}
	}
}

// take returns the next entry that may go out now, and marks its lane busy.
// Without one, next says when there may be one; zero means not before
// something else happens.
func (q *queue) take(now time.Time) (r *row, e *entry, next time.Time) {
	for i, r := range q.waiting {
		if r.until.After(now) {
			if next.IsZero() || r.until.Before(next) {
				next = r.until
			}
			continue
		}
		q.waiting = slices.Delete(q.waiting, i, i+1)
		e := r.entries[0]
		q.drop(r, 0)
		r.busy, r.lined, r.current = true, false, e
		return r, e, time.Time{}
	}
	return nil, nil, next
}

// done ends the delivery of a lane.
func (q *queue) done(r *row) {
	r.busy, r.current, r.fails, r.until = false, nil, 0, time.Time{}
	q.settle(r)
}

// again puts an entry back in front of its lane, not to be tried before until.
func (q *queue) again(r *row, e *entry, until time.Time) {
	r.busy, r.current, r.until = false, nil, until
	q.merge(r, e, true)
	q.settle(r)
}

// settle lines a row up, or forgets it when there is nothing left in it.
func (q *queue) settle(r *row) {
	if len(r.entries) == 0 && !r.busy {
		q.open(r)
	}
	if len(r.entries) > 0 || len(r.fences) > 0 || r.busy {
		q.wake(r)
		return
	}
	if q.lanes[r.lane] == r { // else it was forgotten before
		delete(q.lanes, r.lane)
	}
}

// first returns the first change that is in the queue or under way, with its
// time in the feed; zero when there is none. came is when the oldest entry came.
func (q *queue) first() (first Mark, came time.Time) {
	note := func(e *entry) {
		if e.seq != 0 && (first.Seq == 0 || e.seq < first.Seq) {
			first = Mark{Seq: e.seq, At: e.at}
		}
		if came.IsZero() || e.came.Before(came) {
			came = e.came
		}
	}
	for _, r := range q.lanes {
		if r.current != nil {
			note(r.current)
		}
		for _, e := range r.entries {
			note(e)
		}
	}
	return first, came
}

package fanout

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/ocpihub/ocpihub/ocpi"
)

// Stat tells how far the deliveries to a platform are. Counts are those since
// the hub started.
type Stat struct {
	Platform                     string
	Pending, Delivered, Rejected int
	OldestPending                time.Duration // age; 0 when nothing is pending
	State                        State
	// Held are the modules that the operator holds back by themselves.
	Held []ocpi.ModuleID
	// Rate is how many deliveries the platform took per second, over the last
	// minute, or since the hub started if that is less.
	Rate float64
	// LastError is the last attempt that failed; its Reason is empty when none
	// did.
	LastError Trouble
	// Kept is how many rejections are kept, Dropped how many were not, for there
	// were too many.
	Kept, Dropped int
	// Modules are the same by module, in order of name.
	Modules []ModuleStat
}

// ModuleStat is what a Stat says of one module. Pending leaves out what a
// platform that is away or paused is yet to find in the feed.
type ModuleStat struct {
	Module                       ocpi.ModuleID
	Pending, Delivered, Rejected int
	Held                         bool
}

// Trouble is an attempt that failed.
type Trouble struct {
	Time       time.Time
	Module     ocpi.ModuleID
	Reason     Reason
	HTTPStatus int // 0 when there was no answer
	Status     ocpi.StatusCode
}

// State is what the deliveries to a platform are doing.
type State string

// The states of deliveries.
const (
	Live       State = "live"
	CatchingUp State = "catching_up"
	Waiting    State = "waiting" // the platform is away
	Paused     State = "paused"  // the operator holds everything back
)

// stats are those of the platforms of a shard.
func (s *shard) stats() []Stat {
	outlets := s.all()
	out := make([]Stat, 0, len(outlets))
	for _, o := range outlets {
		out = append(out, o.stat())
	}
	return out
}

// tally counts what came of the deliveries of an outlet.
type tally struct {
	modules   map[ocpi.ModuleID]*counts
	rate      meter
	lastError Trouble
}

type counts struct{ delivered, rejected int }

func newTally(now time.Time) tally {
	return tally{modules: map[ocpi.ModuleID]*counts{}, rate: meter{since: now}}
}

// count notes an attempt that ended at a time.
func (t *tally) count(a Attempt, now time.Time) {
	c := t.modules[a.Module]
	if c == nil {
		c = &counts{}
		t.modules[a.Module] = c
	}
	switch a.Verdict.Outcome {
	case Delivered:
		c.delivered++
		t.rate.add(now)
	case Rejected:
		c.rejected++
	case Again, Lacking:
	}
	if a.Verdict.Reason != ReasonAccepted {
		t.lastError = Trouble{Time: now, Module: a.Module, Reason: a.Verdict.Reason, HTTPStatus: a.HTTPStatus, Status: a.Status}
	}
}

// stat tells the operator how far the outlet is.
func (o *outlet) stat() Stat {
	o.mu.Lock()
	defer o.mu.Unlock()
	now := o.engine.Now()
	s := Stat{
		Platform: o.platform, Pending: o.queue.entries + o.inFlight, State: o.state(), Held: slices.Clone(o.held),
		Rate: o.rate.perSecond(now), LastError: o.lastError, Modules: o.byModule(),
	}
	s.Kept, s.Dropped = o.shard.docket.count(o.platform)
	for _, m := range s.Modules {
		s.Delivered, s.Rejected = s.Delivered+m.Delivered, s.Rejected+m.Rejected
	}
	for _, w := range o.owed {
		s.Pending += o.outstanding(w)
	}
	if _, came := o.queue.first(); !came.IsZero() {
		s.OldestPending = now.Sub(came)
	}
	if o.stopped() {
		s.Pending += o.behind()
	} else if o.catch != nil {
		s.Pending += o.catch.left
	}
	if s.Pending > 0 && s.OldestPending == 0 && s.State != Live && !o.done.At.IsZero() {
		s.OldestPending = now.Sub(o.done.At)
	}
	return s
}

// byModule breaks the counts down. The caller holds the lock.
func (o *outlet) byModule() []ModuleStat {
	by := map[ocpi.ModuleID]*ModuleStat{}
	of := func(m ocpi.ModuleID) *ModuleStat {
		if by[m] == nil {
			by[m] = &ModuleStat{Module: m, Held: o.holds(m)}
		}
		return by[m]
	}
	for m, c := range o.modules {
		of(m).Delivered, of(m).Rejected = c.delivered, c.rejected
	}
	for at, r := range o.queue.lanes {
		n := len(r.entries)
		if r.busy {
			n++
		}
		of(at.key.Module).Pending += n
	}
	for _, w := range o.owed {
		of(w.Module).Pending += o.outstanding(w)
	}
	out := make([]ModuleStat, 0, len(by))
	for _, m := range slices.Collect(maps.Values(by)) {
		out = append(out, *m)
	}
	slices.SortFunc(out, func(a, b ModuleStat) int { return cmp.Compare(a.Module, b.Module) })
	return out
}

// state is the state of the deliveries. The caller holds the lock.
func (o *outlet) state() State {
	switch {
	case o.paused:
		return Paused
	case o.away:
		return Waiting
	case o.catch != nil:
		return CatchingUp
	}
	return Live
}

// behind counts the changes since the platform went away, whether or not it
// gets them.
func (o *outlet) behind() int {
	if reached := o.reached(); reached.Seq < o.pos.Seq {
		return int(o.pos.Seq - reached.Seq) //nolint:gosec // a number of changes
	}
	return 0
}

// minute is how many seconds a meter looks back.
const minute = 60

// meter counts what happens in each of the last sixty seconds.
type meter struct {
	since   time.Time
	seconds [minute]struct {
		at int64 // in seconds of Unix time
		n  int
	}
}

func (m *meter) add(now time.Time) {
	at := now.Unix()
	s := &m.seconds[at%minute]
	if s.at != at {
		s.at, s.n = at, 0
	}
	s.n++
}

// perSecond is the mean over the last minute, this second included, or since
// the meter began if that is less; a second at least.
func (m *meter) perSecond(now time.Time) float64 {
	total := 0
	for _, s := range m.seconds {
		if now.Unix()-s.at < minute {
			total += s.n
		}
	}
	return float64(total) / min(minute, max(1, now.Sub(m.since).Seconds()))
}

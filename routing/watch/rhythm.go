package watch

import (
	"math/bits"
	"time"

	"github.com/ocpihub/ocpihub/ocpi"
)

const (
	// leastMissed is how many steps must be missed for a silence: a full hour of
	// a busy party. That something comes in a step by chance is missed so often
	// in a row about once in 100,000.
	leastMissed = 12
	// aboveLongest is by how much the longest usual pause must be exceeded.
	aboveLongest = 1.5
	// fading is what is left of the longest usual pause after a cycle.
	fading = 0.8
)

// Rhythm is what is known of the messages of a party in a module. Usual says
// for each hour of the week in how many of its twelve steps of five minutes
// something came, on average, newer weeks weighing more. A pause is measured in
// the steps that were missed: those in which, by Usual, something would have
// come. A quiet night misses nothing.
type Rhythm struct {
	Party    ocpi.PartyID
	Module   ocpi.ModuleID
	First    time.Time
	Last     time.Time
	Messages int64
	// Usual are the levels of the hours, in twentieths of a step; 255: not known
	// yet, and nothing is expected.
	Usual []byte
	// Longest is the longest pause that is usual, in steps missed. It fades.
	Longest float64
	Faded   time.Time // when it last did
	// Hour is the hour under way, Active its steps in which something came, a bit
	// each.
	Hour   time.Time
	Active uint16
}

func newRhythm(party ocpi.PartyID, m ocpi.ModuleID, at time.Time, c calendar) *Rhythm {
	r := &Rhythm{Party: party, Module: m, First: at, Last: at, Usual: make([]byte, hours), Faded: at, Hour: c.begin(at)}
	for i := range r.Usual {
		r.Usual[i] = unseen
	}
	return r
}

// note counts a message. watched is since when the hub has been looking without
// a break.
func (r *Rhythm) note(c calendar, at, watched time.Time) {
	r.Messages++
	if at.Before(r.Last) {
		at = r.Last // told in another order than it came
	}
	missed := r.missed(c, watched, at)
	limit := r.limit()
	r.fade(c, at)
	r.Longest = max(r.Longest, min(missed, limit))
	r.close(c, at, watched, missed <= limit)
	r.Active |= 1 << c.step(at)
	r.Last = at
}

// limit is from how many missed steps on a pause is a silence.
func (r *Rhythm) limit() float64 { return max(leastMissed, aboveLongest*r.Longest) }

// missed is in how many steps since the last message something would have come.
// What came while the hub did not look is not missed.
func (r *Rhythm) missed(c calendar, watched, now time.Time) (out float64) {
	from := r.Last
	if watched.After(from) {
		from = watched
	}
	if now.Sub(from) > c.cycle {
		from = now.Add(-c.cycle) // more than all is not needed
	}
	for from.Before(now) {
		end := c.begin(from).Add(c.hour())
		if end.After(now) {
			end = now
		}
		if level := r.Usual[c.index(from)]; level != unseen {
			out += float64(level) / grain * float64(end.Sub(from)) / float64(c.hour())
		}
		from = end
	}
	return out
}

// close ends the hours before that of at and learns from those that were
// watched as a whole. A pause that was a silence is not learnt from.
func (r *Rhythm) close(c calendar, at, watched time.Time, learn bool) {
	now := c.begin(at)
	for n := 0; r.Hour.Before(now) && n < hours; n++ {
		if learn && !r.Hour.Before(watched) && !r.Hour.Before(r.First) {
			r.learn(c.index(r.Hour), bits.OnesCount16(r.Active)*grain)
		}
		r.Hour, r.Active = r.Hour.Add(c.hour()), 0
	}
	if r.Hour.Before(now) {
		r.Hour, r.Active = now, 0
	}
}

// learn moves the level of an hour a quarter of the way to what it was now.
func (r *Rhythm) learn(hour, level int) {
	old := int(r.Usual[hour])
	if old == unseen {
		old = level
	}
	r.Usual[hour] = byte(old + (level-old)/4) //nolint:gosec // 0 to steps*grain
}

// fade lets the longest pause shrink, once a cycle.
func (r *Rhythm) fade(c calendar, at time.Time) {
	for n := 0; at.Sub(r.Faded) >= c.cycle && n < hours; n++ {
		r.Longest *= fading
		r.Faded = r.Faded.Add(c.cycle)
	}
	if at.Sub(r.Faded) >= c.cycle {
		r.Faded = at
	}
}

// Known is how many hours of the cycle were watched.
func (r *Rhythm) Known() (n int) {
	for _, level := range r.Usual {
		if level != unseen {
			n++
		}
	}
	return n
}

// usualAt is in how many steps of the hour of t something comes.
func (r *Rhythm) usualAt(c calendar, t time.Time) float64 {
	if level := r.Usual[c.index(t)]; level != unseen {
		return float64(level) / grain
	}
	return 0
}

package probe

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"time"

	"github.com/ocpihub/ocpihub/ocpi"
)

const (
	// skewed is how far clocks may be apart before it is told, offBy before it
	// spoils something.
	skewed = 30 * time.Second
	offBy  = 5 * time.Minute
	// quarter is the step of time zones; half an hour is the smallest there is.
	quarter = 15 * time.Minute
)

// away is how far a moment lies outside the time of an exchange, plus the
// second that a Date header may have lost.
func away(at time.Time, x Exchange) time.Duration {
	switch {
	case at.After(x.Came):
		return at.Sub(x.Came)
	case at.Before(x.Asked.Add(-time.Second)):
		return at.Sub(x.Asked)
	}
	return 0
}

// clock is what an answer tells of the time.
type clock struct {
	date, stamp       time.Duration // away
	hasDate, hasStamp bool
}

func readClock(x Exchange, a answer) clock {
	var c clock
	if at, err := http.ParseTime(x.header("Date")); err == nil {
		c.date, c.hasDate = away(at, x), true
	}
	if at, err := ocpi.ParseDateTime(a.timestamp); err == nil {
		c.stamp, c.hasStamp = away(at, x), true
	}
	return c
}

// drift is how far the timestamp is from the Date header of the same answer, or
// else from the hub's clock.
func (c clock) drift() time.Duration {
	if c.hasDate {
		return c.stamp - c.date
	}
	return c.stamp
}

// zoned says whether a drift is that of another time zone.
func zoned(drift time.Duration) bool {
	drift = drift.Abs()
	return drift >= 2*quarter-time.Minute && (drift-drift.Round(quarter)).Abs() < time.Minute
}

// offset matches the designators other than Z.
var offset = regexp.MustCompile(`[+-]\d\d:?\d\d$`)

// judgeTimestamp looks at the timestamps of envelopes.
func judgeTimestamp(all []Exchange) (Line, bool) {
	var unread, local, stale, marked tally
	for _, x := range all {
		a := x.answer()
		if !x.succeeded() || a.form != enveloped && a.form != noStatus {
			continue
		}
		c := readClock(x, a)
		unread.add(x, !c.hasStamp)
		local.add(x, c.hasStamp && zoned(c.drift()))
		stale.add(x, c.hasStamp && c.hasDate && c.drift().Abs() > time.Minute)
		marked.add(x, offset.MatchString(a.timestamp))
	}
	switch mend := "write timestamps in UTC, with Z: 2015-06-29T20:39:09Z"; {
	case unread.bad > 0:
		return checkTimestamp.fail(unread.String()+" have no timestamp that can be read", mend), true
	case local.bad > 0:
		return checkTimestamp.fail(local.String()+" have local time for a timestamp", mend), true
	case marked.bad > 0:
		return checkTimestamp.warn(marked.String()+" have a timestamp with an offset", mend), true
	case stale.bad > 0:
		return checkTimestamp.warn(stale.String()+" have a timestamp that is not the time of the answer", "write the time at which the answer is made"), true
	}
	return checkTimestamp.ok("UTC"), unread.of > 0
}

// judgeClock compares the clocks by the Date headers; without these by the
// timestamps.
func judgeClock(all []Exchange) (Line, bool) {
	var apart []time.Duration
	for _, x := range all {
		if !x.came() {
			continue
		}
		switch c := readClock(x, x.answer()); {
		case c.hasDate:
			apart = append(apart, c.date)
		case c.hasStamp && !zoned(c.stamp):
			apart = append(apart, c.stamp)
		}
	}
	if len(apart) == 0 {
		return Line{}, false
	}
	slices.Sort(apart)
	middle := apart[len(apart)/2]
	word := "ahead of"
	if middle < 0 {
		word = "behind"
	}
	found := fmt.Sprintf("the clock is %s %s the hub's", middle.Abs().Round(time.Second), word)
	switch mend := "set the clock by NTP: the newest state is found by last_updated"; {
	case middle.Abs() > offBy:
		return checkClock.fail(found, mend), true
	case middle.Abs() > skewed:
		return checkClock.warn(found, mend), true
	}
	return checkClock.ok("within %s of the hub's", skewed), true
}

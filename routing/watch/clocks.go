package watch

import (
	"fmt"
	"time"
)

// looks is how many observations in a row must agree about a clock.
const looks = 3

// skew follows the clock of one platform.
type skew struct {
	off, fine int // observations in a row
	last      time.Duration
}

// note takes an observation; off is how far the clock is ahead.
func (s *skew) note(off, limit time.Duration) {
	s.last = off
	switch off = off.Abs(); {
	case off > limit:
		s.off, s.fine = s.off+1, 0
	case off <= limit*2/3:
		s.off, s.fine = 0, s.fine+1
	default:
		s.off = 0
	}
}

// judge says whether enough observations agree; else it cannot tell.
func (s *skew) judge(platform string, limit time.Duration) (Judgement, bool) {
	j := Judgement{Kind: Skew, Severity: Warning, Subject: Subject{Platform: platform}, Bad: s.off >= looks}
	direction := "ahead"
	if s.last < 0 {
		direction = "behind"
	}
	j.Value = fmt.Sprintf("its clock is %s %s", s.last.Abs().Round(time.Second), direction)
	j.Threshold = limit.String()
	return j, j.Bad || s.fine >= looks
}

// ends judges what ends: a warning when it is near, critical when only a quarter
// of that time is left.
func (e End) judge(near time.Duration, now time.Time) Judgement {
	left := e.At.Sub(now)
	j := Judgement{Kind: e.Kind, Severity: Warning, Subject: e.Subject, Bad: left < near}
	if left < near/4 {
		j.Severity = Critical
	}
	j.Value = fmt.Sprintf("ends in %s, at %s", rounded(left), e.At.UTC().Format(time.RFC3339))
	if left <= 0 {
		j.Value = "ended at " + e.At.UTC().Format(time.RFC3339)
	}
	j.Threshold = near.String() + " before its end"
	return j
}

// judgeInvitation says whether an invitation waits for too long.
func judgeInvitation(platform string, s Standing, limit time.Duration, now time.Time) Judgement {
	waits := now.Sub(s.Since)
	return Judgement{
		Kind: Unused, Severity: Warning, Subject: Subject{Platform: platform}, Bad: s.Invited && waits > limit,
		Value: fmt.Sprintf("invited %s ago, and has not registered", rounded(waits)), Threshold: limit.String(),
	}
}

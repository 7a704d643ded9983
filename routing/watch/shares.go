package watch

import (
	"fmt"
	"time"
)

const (
	// windowParts is in how many parts a window is counted.
	windowParts = 6
	// leastTotal and leastFailed are what a share needs to mean something.
	leastTotal, leastFailed = 20, 10
	// aboveBaseline is how many times its own usual share is an alert.
	aboveBaseline = 3
)

// share counts what failed of one subject in a sliding window, and what share
// usually does.
type share struct {
	total, failed [windowParts]int
	part          int64 // the running number of the newest part
	// baseline is the usual share of failures, from the windows in which there
	// was no alert; each new one moves it a twentieth of the way.
	baseline float64
	known    bool
	alert    bool // it is one
	used     time.Time
}

// shareKey is whose failures are counted: Refusals of a party in a module, or
// Failures of a platform.
type shareKey struct {
	kind    Kind
	subject Subject
}

// turn begins the parts up to the present one.
func (s *share) turn(now time.Time, window time.Duration) {
	part := now.UnixNano() / int64(max(window/windowParts, 1))
	for n := 0; s.part < part && n < windowParts; n++ {
		s.part++
		i := s.part % windowParts
		if i == 0 { // once a window
			s.learn()
		}
		s.total[i], s.failed[i] = 0, 0
	}
	s.part = part
}

// learn takes the window as usual, unless it is an alert.
func (s *share) learn() {
	total, failed := s.sums()
	if total < leastTotal || s.alert {
		return
	}
	now := float64(failed) / float64(total)
	if s.known {
		now = s.baseline + (now-s.baseline)/20
	}
	s.baseline, s.known = now, true
}

func (s *share) add(failed bool) {
	i := s.part % windowParts
	s.total[i]++
	if failed {
		s.failed[i]++
	}
}

func (s *share) sums() (total, failed int) {
	for i := range s.total {
		total += s.total[i]
		failed += s.failed[i]
	}
	return total, failed
}

// judge compares the window with the least share that is an alert and with the
// usual one. An alert is over when the share is below half of what began it.
func (s *share) judge(k shareKey, least float64) Judgement {
	total, failed := s.sums()
	limit := max(least, min(aboveBaseline*s.baseline, (1+s.baseline)/2))
	is := 0.0
	if total > 0 {
		is = float64(failed) / float64(total)
	}
	j := Judgement{Kind: k.kind, Severity: Warning, Subject: k.subject}
	if s.alert {
		j.Bad = failed > 0 && is >= limit/2
	} else {
		j.Bad = total >= leastTotal && failed >= leastFailed && is >= limit
	}
	if k.kind == Failures && is >= 0.9 {
		j.Severity = Critical
	}
	j.Value = fmt.Sprintf("%d of %d failed (%.0f %%)", failed, total, 100*is)
	j.Threshold = fmt.Sprintf("%.0f %%; usual is %.0f %%", 100*limit, 100*s.baseline)
	return j
}

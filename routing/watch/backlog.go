package watch

import (
	"fmt"
	"time"
)

const (
	// growths is how often in a row a backlog must have grown,
	growths = 5
	// leastPending how long it must be then.
	leastPending = 100
)

// backlog follows what waits for one platform.
type backlog struct {
	pending int
	grown   int // times in a row
}

// judge takes what waits now. oldest is the age from which on it is an alert; it
// is over when it is younger than half of that and no longer grows.
func (b *backlog) judge(l Load, oldest time.Duration, firing bool) Judgement {
	if l.Pending > b.pending {
		b.grown++
	} else {
		b.grown = 0
	}
	b.pending = l.Pending
	j := Judgement{Kind: Backlog, Severity: Warning, Subject: Subject{Platform: l.Platform}}
	grows := b.grown >= growths && l.Pending >= leastPending
	limit := oldest
	if firing {
		grows, limit = b.grown > 0 && l.Pending >= leastPending, oldest/2
	}
	j.Bad = !l.Away && (l.Oldest > limit || grows)
	j.Value = fmt.Sprintf("%d pending, the oldest for %s", l.Pending, rounded(l.Oldest))
	j.Threshold = fmt.Sprintf("the oldest for more than %s, or %d and more that grew %d times in a row", oldest, leastPending, growths)
	return j
}

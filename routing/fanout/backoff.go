package fanout

import (
	"math/rand/v2"
	"time"
)

const (
	firstWait = 250 * time.Millisecond
	longWait  = 30 * time.Second
)

// backoff is the wait after so many failures in a row: it doubles up to
// longWait, and a random half of it is left out, so that what failed together
// is not repeated together.
func backoff(fails int) time.Duration {
	wait := longWait
	if fails < 8 {
		wait = min(longWait, firstWait<<max(0, fails-1))
	}
	return wait/2 + rand.N(wait/2+1) //nolint:gosec // jitter is no secret
}

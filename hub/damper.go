package hub

import (
	"time"

	"golang.org/x/time/rate"

	"github.com/ocpihub/ocpihub/parties"
)

// damper bounds how often the others are told that a party has gone OFFLINE or
// come back: a platform that flaps must not flood them. Who knows of a party is
// not harmed by hearing late that it went or came, as the hub answers 4003
// meanwhile. What an operator or a registration changes is never held back.
type damper struct {
	limiters map[parties.Claim]*rate.Limiter
}

const (
	// flapBurst is how many comings and goings are told at once,
	flapBurst = 6
	// flapEvery how long after each of them one more is.
	flapEvery = 30 * time.Second
)

func newDamper() damper { return damper{limiters: map[parties.Claim]*rate.Limiter{}} }

// wait says how long a member must not be told yet; 0 uses up one telling.
func (d damper) wait(m parties.Member, told parties.Told, now time.Time) time.Duration {
	if !flaps(m.Status) || !flaps(told.Status) {
		return 0
	}
	l := d.limiters[m.Claim]
	if l == nil {
		l = rate.NewLimiter(rate.Every(flapEvery), flapBurst)
		d.limiters[m.Claim] = l
	}
	if l.AllowN(now, 1) {
		return 0
	}
	missing := 1 - l.TokensAt(now)
	return max(time.Millisecond, time.Duration(missing*float64(flapEvery)))
}

// flaps says whether a status comes and goes by itself.
func flaps(s parties.Status) bool { return s == parties.Connected || s == parties.Offline }

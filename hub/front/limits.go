package front

import (
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// limits hold the request rate of each platform: the platforms share one hub,
// and one that runs wild must not take it from the others.
type limits struct {
	rate       rate.Limit
	burst      int
	mu         sync.Mutex
	byPlatform map[string]*rate.Limiter
}

func newLimits(perSecond float64, burst int) *limits {
	return &limits{rate: rate.Limit(perSecond), burst: burst, byPlatform: map[string]*rate.Limiter{}}
}

// take uses up one request of a platform; when it has none left, wait says when
// it has again.
func (l *limits) take(platform string, now time.Time) (wait time.Duration, ok bool) {
	l.mu.Lock()
	limiter := l.byPlatform[platform]
	if limiter == nil {
		limiter = rate.NewLimiter(l.rate, l.burst)
		l.byPlatform[platform] = limiter
	}
	l.mu.Unlock()
	if limiter.AllowN(now, 1) {
		return 0, true
	}
	missing := 1 - limiter.TokensAt(now)
	return time.Duration(missing / float64(l.rate) * float64(time.Second)), false
}

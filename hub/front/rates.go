package front

import (
	"context"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// Rates limit the requests of platforms: they share one hub, and one that runs
// wild must not take it from the others. Implementations: OwnRates, redisrates.
type Rates interface {
	// Take uses up one request of a platform; when it has none left, wait says
	// when it has again. It is safe for concurrent use and seldom blocks, never
	// for long.
	Take(ctx context.Context, platform string, now time.Time) (wait time.Duration, ok bool)
}

// OwnRates are those of one process.
type OwnRates struct {
	rate       rate.Limit
	burst      int
	mu         sync.Mutex
	byPlatform map[string]*rate.Limiter
}

var _ Rates = (*OwnRates)(nil)

// NewOwnRates lets each platform make so many requests per second, and burst at
// once.
func NewOwnRates(perSecond float64, burst int) *OwnRates {
	return &OwnRates{rate: rate.Limit(perSecond), burst: burst, byPlatform: map[string]*rate.Limiter{}}
}

// Take implements Rates.
func (r *OwnRates) Take(_ context.Context, platform string, now time.Time) (wait time.Duration, ok bool) {
	r.mu.Lock()
	limiter := r.byPlatform[platform]
	if limiter == nil {
		limiter = rate.NewLimiter(r.rate, r.burst)
		r.byPlatform[platform] = limiter
	}
	r.mu.Unlock()
	if limiter.AllowN(now, 1) {
		return 0, true
	}
	missing := 1 - limiter.TokensAt(now)
	return time.Duration(missing / float64(r.rate) * float64(time.Second)), false
}

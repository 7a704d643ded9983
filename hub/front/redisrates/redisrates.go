// Package redisrates limits the requests of platforms over all replicas, in
// Redis. Requests are drawn a few at a time and ahead, so that most cost no
// round trip. While Redis is away each replica limits by itself, to its part.
package redisrates

import (
	"context"
	_ "embed" // the script
	"log/slog"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/ocpihub/ocpihub/hub/front"
	"github.com/ocpihub/ocpihub/internal/redisconn"
)

//go:embed draw.lua
var drawText string

var draw = redis.NewScript(drawText)

const (
	// part is the part of rate and burst that is drawn at a time.
	part = 20
	// keep is for how long what was drawn and not used is kept: else each replica
	// would save up requests that others could make.
	keep = time.Second
	// patience is how long a request waits for Redis, and pause how long Redis is
	// not asked after it did not answer.
	patience = 250 * time.Millisecond
	pause    = time.Second
)

// Options configure Rates; all are needed.
type Options struct {
	Client    *redisconn.Client
	PerSecond float64
	Burst     int
	// Replicas says how many share the rates, for the time without Redis.
	Replicas func() int
	Now      func() time.Time
	Log      *slog.Logger
}

// Rates are front.Rates of all replicas together. Make them with New.
type Rates struct {
	Options
	batch int

	mu     sync.Mutex
	purses map[string]*purse
	away   time.Time       // until when Redis is not asked
	alone  *front.OwnRates // while it is away; nil: it is not
}

var _ front.Rates = (*Rates)(nil)

// New returns rates.
func New(o Options) *Rates {
	batch := max(1, min(o.Burst/part, int(o.PerSecond/part)))
	return &Rates{Options: o, batch: batch, purses: map[string]*purse{}}
}

// purse is what was drawn for one platform and not used yet.
type purse struct {
	drawing sync.Mutex // held while more is drawn

	mu    sync.Mutex
	left  int
	drawn time.Time
	empty time.Time // until when there is nothing to draw
	ahead bool      // more is being drawn beside the way
}

// Take implements front.Rates.
func (r *Rates) Take(ctx context.Context, platform string, now time.Time) (wait time.Duration, ok bool) {
	p := r.purse(platform)
	if wait, ok, known := r.fromPurse(platform, p, now); known {
		return wait, ok
	}
	p.drawing.Lock()
	defer p.drawing.Unlock()
	if wait, ok, known := r.fromPurse(platform, p, now); known { // another request has drawn
		return wait, ok
	}
	if alone := r.without(now); alone != nil {
		return alone.Take(ctx, platform, now)
	}
	if err := r.fill(ctx, platform, p); err != nil {
		return r.lost(err).Take(ctx, platform, now)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.left > 0 {
		p.left--
		return 0, true
	}
	return p.empty.Sub(now), false
}

func (r *Rates) purse(platform string) *purse {
	r.mu.Lock()
	defer r.mu.Unlock()
	p := r.purses[platform]
	if p == nil {
		p = &purse{}
		r.purses[platform] = p
	}
	return p
}

// fromPurse decides by what was drawn before, and has more drawn in good time.
// It cannot tell when the purse is empty.
func (r *Rates) fromPurse(platform string, p *purse, now time.Time) (wait time.Duration, ok, known bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if now.Sub(p.drawn) > keep {
		p.left = 0
	}
	if p.left == 0 {
		wait = p.empty.Sub(now)
		return wait, false, wait > 0
	}
	p.left--
	if p.left < r.batch/2 && !p.ahead && !now.Before(p.empty) {
		p.ahead = true
		go r.fillAhead(platform, p)
	}
	return 0, true, true
}

// fillAhead draws before it is needed. It serves who comes next, so no request ends
// it; the connection to Redis bounds it.
func (r *Rates) fillAhead(platform string, p *purse) {
	p.drawing.Lock()
	defer p.drawing.Unlock()
	if r.without(r.Now()) == nil {
		if err := r.fill(context.Background(), platform, p); err != nil {
			r.lost(err)
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ahead = false
}

// fill draws. It needs p.drawing.
func (r *Rates) fill(ctx context.Context, platform string, p *purse) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience) // others wait for it, too
	defer cancel()
	keys := []string{r.Client.Key("rates."+platform, "busy")}
	interval := 1e6 / r.PerSecond
	drawn, err := draw.Run(ctx, r.Client, keys, interval, r.Burst, r.batch).Int64Slice()
	if err != nil {
		return err
	}
	now := r.Now()
	r.found()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.left += int(drawn[0])
	p.drawn = now
	if drawn[0] == 0 {
		p.empty = now.Add(time.Duration(drawn[1]) * time.Microsecond)
	}
	return nil
}

// without returns the rates of this replica alone while Redis is not asked; else
// nil.
func (r *Rates) without(now time.Time) *front.OwnRates {
	r.mu.Lock()
	defer r.mu.Unlock()
	if now.Before(r.away) {
		return r.alone
	}
	return nil
}

// lost notes that Redis does not answer, and returns the rates of this replica
// alone.
func (r *Rates) lost(err error) *front.OwnRates {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.alone == nil {
		n := max(1, r.Replicas())
		r.alone = front.NewOwnRates(r.PerSecond/float64(n), max(1, r.Burst/n))
		r.Log.Warn("Redis does not answer: each replica limits requests by itself, to its part", "replicas", n, "error", err)
	}
	r.away = r.Now().Add(pause)
	return r.alone
}

// found notes that Redis answers.
func (r *Rates) found() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.alone != nil {
		r.Log.Info("Redis answers again: requests are limited over all replicas")
	}
	r.alone = nil
}

// Alone says whether this replica limits by itself.
func (r *Rates) Alone() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.alone != nil
}

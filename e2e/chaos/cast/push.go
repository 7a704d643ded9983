package cast

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
)

// Publish pushes every object for the first time; all must be taken.
func (c *Cast) Publish(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(16)
	rng := rand.New(rand.NewPCG(c.Seed, 3))
	for _, g := range c.goods {
		first := g.next(rng, true)
		group.Go(func() error {
			if !c.push(ctx, g.base(), first, 20) {
				return fmt.Errorf("the hub did not take %s %s", g.base().module, g.base().id)
			}
			return nil
		})
	}
	return group.Wait()
}

// pace is when the nth of so many messages a second is due.
func pace(began time.Time, n int, perSecond float64) time.Time {
	return began.Add(time.Duration(float64(n) / perSecond * float64(time.Second)))
}

// inFlight bounds how many messages of a kind are under way: while the hub does
// not answer, the senders wait.
const inFlight = 64

// repeat does something so many times a second until ctx ends, and waits for
// the last of them. Progress goes from 0 to 1.
func repeat(ctx context.Context, span time.Duration, perSecond float64, do func(progress float64)) {
	if perSecond <= 0 {
		return
	}
	began := time.Now()
	slots := make(chan struct{}, inFlight)
	var all sync.WaitGroup
	defer all.Wait()
	for n := 0; ; n++ {
		due := time.NewTimer(time.Until(pace(began, n, perSecond)))
		select {
		case <-due.C:
		case <-ctx.Done():
			return
		}
		select {
		case slots <- struct{}{}:
		case <-ctx.Done():
			return
		}
		progress := min(1, float64(time.Since(began))/float64(span))
		all.Go(func() {
			defer func() { <-slots }()
			do(progress)
		})
	}
}

// window is the share of the objects that are pushed at a time. It moves on, so
// that after any moment there are objects that are not pushed any more: what is
// lost of them is not hidden by a later push.
const window = 0.2

// PushAll pushes changes of objects until ctx ends, which is to be after span.
func (c *Cast) PushAll(ctx context.Context, span time.Duration, perSecond float64) {
	repeat(ctx, span, perSecond, func(progress float64) {
		first := int(progress * (1 - window) * float64(len(c.goods)))
		g := c.goods[min(len(c.goods)-1, first+rand.IntN(1+int(window*float64(len(c.goods)))))]
		o := g.base()
		if !o.TryLock() {
			return // its last push is not done
		}
		defer o.Unlock()
		if o.closed {
			return
		}
		rng := rand.New(rand.NewPCG(c.Seed, rand.Uint64()))
		c.push(ctx, o, g.next(rng, false), 1+rand.IntN(4))
	})
}

// push sends a change, up to so many times, until it is acknowledged. What is
// sent when ctx ends is sent to its end.
func (c *Cast) push(ctx context.Context, o *object, ch change, times int) bool {
	what := "push " + string(o.module)
	o.clean = false
	for n := range times {
		reply, err := o.owner.at.Do(context.WithoutCancel(ctx), ch.req)
		if c.Answers.note("push", what, reply, err) {
			if ch.gone != nil {
				c.Ledger.Delete(*ch.gone, true)
			}
			c.Ledger.Ack(ch.states)
			o.clean = n == 0
			return true
		}
		select {
		case <-time.After(time.Duration(100+rand.IntN(400)) * time.Millisecond):
		case <-ctx.Done():
			return false
		}
	}
	return false
}

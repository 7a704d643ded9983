package access

import (
	"context"
	"maps"
	"sync"
	"time"
)

// How often Run looks at the store, and writes when tokens were used.
const (
	pollEvery  = time.Second
	flushEvery = time.Minute
	stopWithin = 3 * time.Second
)

// Run follows the store until ctx ends, then writes down what is left to write.
func (k *Keyring) Run(ctx context.Context) error {
	poll, flush := time.NewTicker(pollEvery), time.NewTicker(flushEvery)
	defer poll.Stop()
	defer flush.Stop()
	for {
		select {
		case <-ctx.Done():
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopWithin)
			defer cancel()
			return k.flush(last)
		case <-poll.C:
			k.report(ctx, k.follow(ctx))
		case <-flush.C:
			k.report(ctx, k.flush(ctx))
		}
	}
}

// follow publishes a new state if there is one, and ends what was opened with
// tokens that have expired.
func (k *Keyring) follow(ctx context.Context) error {
	k.visits.endUnless(k.holds)
	epoch, err := k.store.Epoch(ctx)
	if err != nil || epoch == k.current.Load().epoch {
		return err
	}
	return k.reload(ctx)
}

// flush writes when tokens were last used.
func (k *Keyring) flush(ctx context.Context) error {
	used := k.used.news()
	if len(used) == 0 {
		return nil
	}
	if err := k.store.Use(ctx, used); err != nil {
		return err
	}
	k.used.written(used)
	return nil
}

func (k *Keyring) report(ctx context.Context, err error) {
	if err != nil && ctx.Err() == nil {
		k.log.WarnContext(ctx, "the admin tokens cannot be reached; those last known are used", "error", err)
	}
}

// usage notes when tokens were last used, until that is written: a call must
// not cost a write.
type usage struct {
	mu sync.Mutex
	at map[Hash]time.Time
}

func (u *usage) note(h Hash, now time.Time) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.at[h] = now.UTC().Truncate(time.Millisecond)
}

func (u *usage) last(h Hash) time.Time {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.at[h]
}

func (u *usage) news() map[Hash]time.Time {
	u.mu.Lock()
	defer u.mu.Unlock()
	return maps.Clone(u.at)
}

// written forgets what is in the store now; what was noted meanwhile stays.
func (u *usage) written(used map[Hash]time.Time) {
	u.mu.Lock()
	defer u.mu.Unlock()
	maps.DeleteFunc(u.at, func(h Hash, at time.Time) bool { return at.Equal(used[h]) })
}

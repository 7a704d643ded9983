package fanout_test

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ocpihub/ocpihub/routing/fanout"
)

// board hands out the leases of shards as a test wants it.
type board struct {
	mu     sync.Mutex
	leases map[int]*boardLease // the last one of each shard
}

// boardLease is a lease from its beginning to its end.
type boardLease struct {
	ctx    context.Context
	cancel context.CancelFunc
	lost   atomic.Bool
	deaf   bool // a planted bug: it never learns that it is lost
	owner  *turns
	done   chan struct{}
}

// Valid implements fanout.Held.
func (l *boardLease) Valid() bool { return l.deaf || !l.lost.Load() }

// turns are the leases that one replica is given.
type turns struct {
	deaf   bool
	queues []chan *boardLease
}

func newTurns(shards int, deaf bool) *turns {
	t := &turns{deaf: deaf}
	for range shards {
		t.queues = append(t.queues, make(chan *boardLease, 100))
	}
	return t
}

// Serve implements fanout.Leases.
func (t *turns) Serve(ctx context.Context, s fanout.Shard, work func(context.Context, fanout.Held) error) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case l := <-t.queues[s.Index]:
			held, cancel := context.WithCancel(ctx)
			stop := context.AfterFunc(l.ctx, cancel)
			for held.Err() == nil && !l.lost.Load() { // what ends by itself begins anew
				_ = work(held, l)
			}
			stop()
			cancel()
			l.lost.Store(true)
			close(l.done)
		}
	}
}

// give gives a shard to a replica.
func (b *board) give(shard int, to *turns) {
	l := &boardLease{done: make(chan struct{}), deaf: to.deaf, owner: to}
	l.ctx, l.cancel = context.WithCancel(context.Background())
	b.mu.Lock()
	b.leases[shard] = l
	b.mu.Unlock()
	to.queues[shard] <- l
}

func (b *board) lease(shard int) *boardLease {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.leases[shard]
}

// move has a shard given back in order, then gives it to another replica.
func (b *board) move(shard int, to *turns) {
	if l := b.lease(shard); l != nil {
		l.cancel()
		<-l.done
	}
	b.give(shard, to)
}

// lose takes a shard away from a replica that notices only later, and gives it to
// another at once.
func (b *board) lose(shard int, to *turns, notices time.Duration) {
	if l := b.lease(shard); l != nil {
		l.lost.Store(true)
		time.AfterFunc(notices, l.cancel)
	}
	b.give(shard, to)
}

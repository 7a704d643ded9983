package fanout

import (
	"context"
	"sync"
)

// MemoryPeers carries questions within one process: the twin of the adapter, for
// tests. Make one with NewMemoryPeers.
type MemoryPeers struct {
	mu      sync.Mutex
	answers map[Shard][]*answerer
}

type answerer struct {
	answer func(context.Context, Question) (Reply, bool)
}

var _ Peers = (*MemoryPeers)(nil)

// NewMemoryPeers returns peers among which nobody serves anything yet.
func NewMemoryPeers() *MemoryPeers { return &MemoryPeers{answers: map[Shard][]*answerer{}} }

// Ask implements Peers.
func (p *MemoryPeers) Ask(ctx context.Context, s Shard, q Question) (Reply, error) {
	if err := ctx.Err(); err != nil {
		return Reply{}, err
	}
	p.mu.Lock()
	all := append([]*answerer(nil), p.answers[s]...)
	p.mu.Unlock()
	if len(all) == 0 {
		return Reply{}, ErrMoving
	}
	answered := make(chan Reply, len(all))
	for _, a := range all {
		go func() {
			if r, ok := a.answer(ctx, q); ok {
				answered <- r
			}
		}()
	}
	select {
	case r := <-answered:
		return r, nil
	case <-ctx.Done():
		return Reply{}, ctx.Err()
	}
}

// Answer implements Peers.
func (p *MemoryPeers) Answer(s Shard, answer func(context.Context, Question) (Reply, bool)) (end func(), err error) {
	a := &answerer{answer}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.answers[s] = append(p.answers[s], a)
	return func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		kept := []*answerer{}
		for _, other := range p.answers[s] {
			if other != a {
				kept = append(kept, other)
			}
		}
		p.answers[s] = kept
	}, nil
}

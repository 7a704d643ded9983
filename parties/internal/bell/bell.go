// Package bell wakes those who wait for a change within one process. Strokes
// that nobody has heard yet are merged: a listener learns that something
// changed, not how often.
package bell

import (
	"context"
	"sync"
)

// Bell is rung after each change. The zero value is ready; it is safe for
// concurrent use.
type Bell struct {
	mu        sync.Mutex
	listeners map[chan struct{}]bool
}

// Ring wakes every listener, without waiting for any.
func (b *Bell) Ring() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for listener := range b.listeners {
		select {
		case listener <- struct{}{}:
		default: // it has not taken the last stroke yet
		}
	}
}

// Listen returns a channel that gets a value after changes. It is closed when
// ctx ends.
func (b *Bell) Listen(ctx context.Context) <-chan struct{} {
	listener := make(chan struct{}, 1)
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.listeners == nil {
		b.listeners = map[chan struct{}]bool{}
	}
	b.listeners[listener] = true
	context.AfterFunc(ctx, func() { b.leave(listener) })
	return listener
}

func (b *Bell) leave(listener chan struct{}) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.listeners, listener)
	close(listener)
}

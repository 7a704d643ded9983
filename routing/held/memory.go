package held

import (
	"bytes"
	"context"
	"slices"
	"sync"
)

// Memory keeps entries in memory: the twin of the adapters, for tests.
type Memory struct {
	mu      sync.Mutex
	last    uint64
	entries []Entry
}

var _ Store = (*Memory)(nil)

// NewMemory returns an empty store.
func NewMemory() *Memory { return &Memory{} }

// Add implements Store.
func (m *Memory) Add(ctx context.Context, e Entry, replaces []uint64) (Entry, error) {
	if err := ctx.Err(); err != nil {
		return Entry{}, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.last++
	e.ID, e.Push.Body = m.last, bytes.Clone(e.Push.Body)
	m.drop(replaces)
	m.entries = append(m.entries, e)
	return e, nil
}

// List implements Store.
func (m *Memory) List(ctx context.Context) ([]Entry, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.entries), ctx.Err()
}

// Remove implements Store.
func (m *Memory) Remove(ctx context.Context, ids []uint64) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.drop(ids)
	return nil
}

func (m *Memory) drop(ids []uint64) {
	m.entries = slices.DeleteFunc(m.entries, func(e Entry) bool { return slices.Contains(ids, e.ID) })
}

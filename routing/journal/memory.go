package journal

import (
	"context"
	"slices"
	"sync"
	"time"
)

// Memory is a Log in memory, for tests.
type Memory struct {
	now     func() time.Time
	mu      sync.Mutex
	entries []kept
	added   chan struct{} // closed when entries grows
}

type kept struct {
	at time.Time
	Entry
}

var _ Log = (*Memory)(nil)

// NewMemory returns an empty log.
func NewMemory(now func() time.Time) *Memory {
	return &Memory{now: now, added: make(chan struct{})}
}

// Append implements Log.
func (m *Memory) Append(_ context.Context, entries []Entry) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	at := m.now()
	for _, e := range entries {
		m.entries = append(m.entries, kept{at, e})
	}
	close(m.added)
	m.added = make(chan struct{})
	return nil
}

// Read implements Log.
func (m *Memory) Read(_ context.Context, s *Selector, each func(Entry) bool) error {
	m.mu.Lock()
	entries := slices.Clone(m.entries)
	m.mu.Unlock()
	for _, k := range slices.Backward(entries) {
		if k.at.Before(s.Since) {
			return nil
		}
		if !s.Takes(&k.Entry) {
			continue
		}
		if !s.Bodies {
			k.Entry = withoutBodies(k.Entry)
		}
		if !each(k.Entry) {
			return nil
		}
	}
	return nil
}

// Follow implements Log.
func (m *Memory) Follow(ctx context.Context, since time.Time, s *Selector, each func(Entry) error) error {
	for next := 0; ; {
		m.mu.Lock()
		entries, added := m.entries[next:], m.added
		m.mu.Unlock()
		next += len(entries)
		for _, k := range entries {
			if k.at.Before(since) || !s.Takes(&k.Entry) {
				continue
			}
			if err := each(withoutBodies(k.Entry)); err != nil {
				return err
			}
		}
		select {
		case <-added:
		case <-ctx.Done():
			return nil
		}
	}
}

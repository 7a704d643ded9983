package lease

import (
	"context"
	"slices"
	"sync"
)

// Memory is a bucket in the memory of one process.
type Memory struct {
	mu       sync.Mutex
	revision uint64
	entries  map[string]Entry
	changed  chan struct{}
}

var _ Bucket = (*Memory)(nil)

// NewMemory returns an empty bucket.
func NewMemory() *Memory {
	return &Memory{entries: map[string]Entry{}, changed: make(chan struct{})}
}

// New implements Bucket.
func (m *Memory) New() bool { return true }

// Put implements Bucket.
func (m *Memory) Put(ctx context.Context, key string, value []byte, last uint64) (uint64, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	if m.entries[key].Revision != last {
		return 0, ErrChanged
	}
	m.revision++
	m.entries[key] = Entry{Key: key, Value: slices.Clone(value), Revision: m.revision}
	close(m.changed)
	m.changed = make(chan struct{})
	return m.revision, nil
}

// Drop implements Bucket.
func (m *Memory) Drop(_ context.Context, key string, revision uint64) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.entries[key].Revision == revision {
		delete(m.entries, key)
	}
	return nil
}

// Watch implements Bucket.
func (m *Memory) Watch(ctx context.Context, each func(Entry)) error {
	told := uint64(0)
	for first := true; ; first = false {
		entries, changed := m.after(told)
		for _, e := range entries {
			each(e)
			told = e.Revision
		}
		if first {
			each(Entry{})
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-changed:
		}
	}
}

// after returns what was written after a revision.
func (m *Memory) after(revision uint64) (entries []Entry, changed <-chan struct{}) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, e := range m.entries {
		if e.Revision > revision {
			entries = append(entries, e)
		}
	}
	slices.SortFunc(entries, func(a, b Entry) int { return int(a.Revision) - int(b.Revision) }) //nolint:gosec // small numbers
	return entries, m.changed
}

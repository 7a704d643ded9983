package trail

import (
	"context"
	"sync"
	"time"
)

// Memory keeps trails in memory: the twin of the adapters, for tests.
type Memory struct {
	mu     sync.Mutex
	trails map[place]Trail
}

// place names a trail.
type place struct {
	kind Kind
	key  string
}

var _ Store = (*Memory)(nil)

// NewMemory returns an empty store.
func NewMemory() *Memory { return &Memory{trails: map[place]Trail{}} }

// Remember implements Store.
func (m *Memory) Remember(ctx context.Context, t Trail) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.trails[place{t.Kind, t.Key}] = t
	return nil
}

// Recall implements Store.
func (m *Memory) Recall(ctx context.Context, kind Kind, key string, now time.Time) (Trail, error) {
	if err := ctx.Err(); err != nil {
		return Trail{}, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	t, ok := m.trails[place{kind, key}]
	if !ok || !now.Before(t.Expires) {
		return Trail{}, ErrUnknown
	}
	return t, nil
}

// Sweep implements Store.
func (m *Memory) Sweep(ctx context.Context, now time.Time) (removed int, err error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for at, t := range m.trails {
		if !now.Before(t.Expires) {
			delete(m.trails, at)
			removed++
		}
	}
	return removed, nil
}

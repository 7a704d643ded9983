package watch

import (
	"context"
	"maps"
	"slices"
	"sync"
)

// Memory keeps rhythms and alerts in memory: the twin of the adapters, for
// tests.
type Memory struct {
	mu      sync.Mutex
	rhythms map[rhythmKey]Rhythm
	alerts  map[string]Alert
}

var _ Store = (*Memory)(nil)

// NewMemory returns an empty store.
func NewMemory() *Memory {
	return &Memory{rhythms: map[rhythmKey]Rhythm{}, alerts: map[string]Alert{}}
}

// Load implements Store.
func (m *Memory) Load(ctx context.Context) (Memo, error) {
	if err := ctx.Err(); err != nil {
		return Memo{}, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	return Memo{Rhythms: slices.Collect(maps.Values(m.rhythms)), Alerts: slices.Collect(maps.Values(m.alerts))}, nil
}

// Save implements Store.
func (m *Memory) Save(ctx context.Context, memo Memo, dropped []string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, r := range memo.Rhythms {
		r.Usual = slices.Clone(r.Usual)
		m.rhythms[rhythmKey{r.Party, r.Module}] = r
	}
	for _, a := range memo.Alerts {
		m.alerts[a.ID] = a
	}
	for _, id := range dropped {
		delete(m.alerts, id)
	}
	return nil
}

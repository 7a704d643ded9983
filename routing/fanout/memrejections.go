package fanout

import (
	"context"
	"maps"
	"slices"
	"sync"
)

// MemoryRejections keeps rejections in memory: the twin of the adapters, for
// tests.
type MemoryRejections struct {
	mu   sync.Mutex
	kept map[RejectionRef]Rejection
}

var _ Rejections = (*MemoryRejections)(nil)

// NewMemoryRejections returns an empty store.
func NewMemoryRejections() *MemoryRejections {
	return &MemoryRejections{kept: map[RejectionRef]Rejection{}}
}

// Load implements Rejections.
func (m *MemoryRejections) Load(ctx context.Context) ([]Rejection, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.SortedFunc(maps.Values(m.kept), func(a, b Rejection) int { return a.Time.Compare(b.Time) }), nil
}

// Write implements Rejections.
func (m *MemoryRejections) Write(ctx context.Context, keep []Rejection, drop []RejectionRef) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, r := range keep {
		m.kept[r.ref()] = r
	}
	for _, ref := range drop {
		delete(m.kept, ref)
	}
	return nil
}

// Forget implements Rejections.
func (m *MemoryRejections) Forget(ctx context.Context, platform string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	maps.DeleteFunc(m.kept, func(ref RejectionRef, _ Rejection) bool { return ref.Platform == platform })
	return nil
}

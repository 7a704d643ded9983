package pull

import (
	"context"
	"maps"
	"sync"
)

// Memory keeps marks in memory: the twin of the adapters, for tests.
type Memory struct {
	mu    sync.Mutex
	marks map[string]map[List]Mark
}

var _ Marks = (*Memory)(nil)

// NewMemory returns an empty store.
func NewMemory() *Memory { return &Memory{marks: map[string]map[List]Mark{}} }

// Load implements Marks.
func (m *Memory) Load(ctx context.Context, platform string) (map[List]Mark, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	out := map[List]Mark{}
	maps.Copy(out, m.marks[platform])
	return out, ctx.Err()
}

// Save implements Marks.
func (m *Memory) Save(ctx context.Context, platform string, l List, mark Mark) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.marks[platform] == nil {
		m.marks[platform] = map[List]Mark{}
	}
	m.marks[platform][l] = mark
	return nil
}

// Forget implements Marks.
func (m *Memory) Forget(ctx context.Context, platform string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.marks, platform)
	return nil
}

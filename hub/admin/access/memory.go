package access

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"
)

// Memory keeps tokens in memory: the twin of the adapters, for tests.
type Memory struct {
	mu     sync.Mutex
	tokens map[string]Token
	epoch  uint64
}

var _ Store = (*Memory)(nil)

// NewMemory returns an empty store.
func NewMemory() *Memory { return &Memory{tokens: map[string]Token{}} }

// Load implements Reader.
func (m *Memory) Load(ctx context.Context) (tokens []Token, epoch uint64, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Collect(maps.Values(m.tokens)), m.epoch, ctx.Err()
}

// Epoch implements Reader.
func (m *Memory) Epoch(ctx context.Context) (uint64, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.epoch, ctx.Err()
}

// Add implements Writer.
func (m *Memory) Add(ctx context.Context, t Token) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, taken := m.tokens[t.Name]; taken {
		return ErrTaken
	}
	m.tokens[t.Name] = t
	m.epoch++
	return nil
}

// Remove implements Writer.
func (m *Memory) Remove(ctx context.Context, name string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, known := m.tokens[name]; !known {
		return ErrUnknown
	}
	delete(m.tokens, name)
	m.epoch++
	return nil
}

// Use implements Writer.
func (m *Memory) Use(ctx context.Context, used map[Hash]time.Time) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for name, t := range m.tokens {
		if at := used[t.Hash]; at.After(t.Used) {
			t.Used = at
			m.tokens[name] = t
		}
	}
	return nil
}

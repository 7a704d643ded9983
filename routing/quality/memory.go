package quality

import (
	"context"
	"maps"
	"slices"
	"sync"

	"github.com/ocpihub/ocpihub/ocpi"
)

// Memory keeps rows in memory: the twin of the adapters, for tests.
type Memory struct {
	mu   sync.Mutex
	rows map[Place]Row
}

var _ Store = (*Memory)(nil)

// NewMemory returns an empty store.
func NewMemory() *Memory { return &Memory{rows: map[Place]Row{}} }

// Rows implements Store.
func (m *Memory) Rows(ctx context.Context) ([]Row, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Collect(maps.Values(m.rows)), nil
}

// Save implements Store.
func (m *Memory) Save(ctx context.Context, rows []Row) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, r := range rows {
		m.rows[r.Place] = r
	}
	return nil
}

// Clear implements Store.
func (m *Memory) Clear(ctx context.Context, party ocpi.PartyID) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	maps.DeleteFunc(m.rows, func(p Place, _ Row) bool { return p.Party == party })
	return nil
}

package quality

import (
	"context"
	"sync"
	"time"

	"github.com/ocpihub/ocpihub/ocpi"
)

// Memory keeps rows in memory: the twin of the adapters, for tests.
type Memory struct {
	mu      sync.Mutex
	table   table
	cleared map[ocpi.PartyID]time.Time
}

var _ Store = (*Memory)(nil)

// NewMemory returns an empty store.
func NewMemory() *Memory {
	return &Memory{table: newTable(), cleared: map[ocpi.PartyID]time.Time{}}
}

// Rows implements Store.
func (m *Memory) Rows(ctx context.Context) ([]Row, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.table.all(), nil
}

// Add implements Store.
func (m *Memory) Add(ctx context.Context, rows []Row) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, r := range rows {
		if !r.LastSeen.Before(m.cleared[r.Party]) {
			m.table.add(r)
		}
	}
	return nil
}

// Clear implements Store.
func (m *Memory) Clear(ctx context.Context, party ocpi.PartyID, at time.Time) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.table.clear(party)
	m.cleared[party] = at
	return nil
}

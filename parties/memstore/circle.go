package memstore

import (
	"context"
	"maps"
	"sync"
	"time"

	"github.com/ocpihub/ocpihub/parties"
)

// Circle is what the replicas of a hub tell one another, in memory: for tests with
// several registries in one process. Make one with NewCircle.
type Circle struct {
	mu    sync.Mutex
	beats map[string]beat
	seen  map[string]time.Time
	locks map[string]string // who has a name
}

type beat struct {
	at    time.Time
	epoch uint64
}

// silence is after how long a replica counts as dead.
const silence = 3 * time.Second

// NewCircle returns a circle without members.
func NewCircle() *Circle {
	return &Circle{beats: map[string]beat{}, seen: map[string]time.Time{}, locks: map[string]string{}}
}

// Member is one replica of a circle.
type Member struct {
	circle *Circle
	id     string
}

var (
	_ parties.Replicas  = (*Member)(nil)
	_ parties.Sightings = (*Member)(nil)
	_ parties.Locks     = (*Member)(nil)
)

// Join returns the member with this id.
func (c *Circle) Join(id string) *Member { return &Member{c, id} }

func (c *Circle) alive(id string) bool {
	b, ok := c.beats[id]
	return ok && time.Since(b.at) < silence
}

// Beat implements parties.Replicas.
func (m *Member) Beat(ctx context.Context, epoch uint64) error {
	m.circle.mu.Lock()
	defer m.circle.mu.Unlock()
	m.circle.beats[m.id] = beat{time.Now(), epoch}
	return ctx.Err()
}

// Behind implements parties.Replicas.
func (m *Member) Behind(ctx context.Context, epoch uint64) (behind int, err error) {
	m.circle.mu.Lock()
	defer m.circle.mu.Unlock()
	for id, b := range m.circle.beats {
		if id != m.id && m.circle.alive(id) && b.epoch < epoch {
			behind++
		}
	}
	return behind, ctx.Err()
}

// Leave implements parties.Replicas.
func (m *Member) Leave(ctx context.Context) error {
	m.circle.mu.Lock()
	defer m.circle.mu.Unlock()
	delete(m.circle.beats, m.id)
	return ctx.Err()
}

// Share implements parties.Sightings.
func (m *Member) Share(ctx context.Context, seen map[string]time.Time) (map[string]time.Time, error) {
	m.circle.mu.Lock()
	defer m.circle.mu.Unlock()
	for id, at := range seen {
		if at = at.Truncate(time.Millisecond); at.After(m.circle.seen[id]) {
			m.circle.seen[id] = at
		}
	}
	return maps.Clone(m.circle.seen), ctx.Err()
}

// Claim implements parties.Locks.
func (m *Member) Claim(ctx context.Context, name string) (release func(), ok bool, err error) {
	m.circle.mu.Lock()
	defer m.circle.mu.Unlock()
	if holder, held := m.circle.locks[name]; held && m.circle.alive(holder) {
		return nil, false, ctx.Err()
	}
	m.circle.locks[name] = m.id
	return func() {
		m.circle.mu.Lock()
		defer m.circle.mu.Unlock()
		delete(m.circle.locks, name)
	}, true, ctx.Err()
}

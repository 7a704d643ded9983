package catalog

import (
	"bytes"
	"context"
	"slices"
	"sort"
	"strings"
	"sync"
)

// NewMemory returns a catalog in memory: the twin of the adapters, for tests.
func NewMemory() *Keyed { return NewKeyed(NewMemoryTable()) }

// NewMemoryTable returns an empty table in memory.
func NewMemoryTable() Table { return &memory{values: map[string][]byte{}} }

// memory is a Table in memory. A failed change is undone.
type memory struct {
	mu     sync.RWMutex
	values map[string][]byte
	names  []string // sorted
}

// View implements Table.
func (m *memory) View(_ context.Context, _ About, read func(Rows) error) error {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return read(&memoryRows{memory: m})
}

// Update implements Table.
func (m *memory) Update(_ context.Context, _ About, change func(Rows) error) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	rows := &memoryRows{memory: m, before: map[string][]byte{}}
	err := change(rows)
	if err != nil {
		for name, value := range rows.before {
			m.set(name, value)
		}
	}
	return err
}

// set writes a row; a nil value takes it away.
func (m *memory) set(name string, value []byte) {
	i, found := slices.BinarySearch(m.names, name)
	switch {
	case value == nil && found:
		m.names = slices.Delete(m.names, i, i+1)
		delete(m.values, name)
	case value != nil:
		if !found {
			m.names = slices.Insert(m.names, i, name)
		}
		m.values[name] = value
	}
}

type memoryRows struct {
	*memory
	before map[string][]byte // what a change has overwritten
}

func (r *memoryRows) Get(key []byte) []byte { return r.values[string(key)] }

func (r *memoryRows) Put(key, value []byte) error {
	r.remember(key)
	r.set(string(key), append([]byte{}, value...))
	return nil
}

func (r *memoryRows) Delete(key []byte) error {
	r.remember(key)
	r.set(string(key), nil)
	return nil
}

func (r *memoryRows) remember(key []byte) {
	if _, known := r.before[string(key)]; !known {
		r.before[string(key)] = bytes.Clone(r.values[string(key)])
	}
}

func (r *memoryRows) Scan(prefix, from []byte, each func(key, value []byte) bool) {
	for i := sort.SearchStrings(r.names, string(from)); i < len(r.names); i++ {
		name := r.names[i]
		if !strings.HasPrefix(name, string(prefix)) || !each([]byte(name), r.values[name]) {
			return
		}
	}
}

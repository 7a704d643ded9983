// Package memstore keeps the platforms and agreements in memory: the twin of the durable
// stores for tests and for hubs that need to remember nothing.
package memstore

import (
	"context"
	"fmt"
	"maps"
	"sync"

	"github.com/ocpihub/ocpihub/parties"
	"github.com/ocpihub/ocpihub/parties/internal/bell"
)

// Store is a parties.Store and a parties.Book in memory. Make one with New.
type Store struct {
	mu        sync.RWMutex
	platforms map[string]*parties.Platform
	claims    map[parties.Claim]string // who holds a party in a role
	told      map[parties.Claim]parties.Told
	agreed    map[string]*parties.Agreement // by id
	epoch     uint64
	changed   bell.Bell
}

var (
	_ parties.Store = (*Store)(nil)
	_ parties.Book  = (*Store)(nil)
)

// New returns an empty store.
func New() *Store {
	return &Store{
		platforms: map[string]*parties.Platform{}, claims: map[parties.Claim]string{},
		told: map[parties.Claim]parties.Told{}, agreed: map[string]*parties.Agreement{},
	}
}

// Load implements parties.Store.
func (s *Store) Load(ctx context.Context) ([]*parties.Platform, uint64, error) {
	if err := ctx.Err(); err != nil {
		return nil, 0, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	platforms := make([]*parties.Platform, 0, len(s.platforms))
	for _, p := range s.platforms {
		platforms = append(platforms, p.Clone())
	}
	return platforms, s.epoch, nil
}

// Save implements parties.Store.
func (s *Store) Save(ctx context.Context, p *parties.Platform) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	stored := s.platforms[p.ID]
	if err := s.check(stored, p); err != nil {
		return err
	}
	if stored != nil {
		for _, c := range stored.Held() {
			delete(s.claims, c)
		}
	}
	for _, c := range p.Held() {
		s.claims[c] = p.ID
	}
	p.Revision++
	s.epoch++
	s.platforms[p.ID] = p.Clone()
	s.changed.Ring()
	return nil
}

func (s *Store) check(stored, p *parties.Platform) error {
	var revision uint64
	if stored != nil {
		revision = stored.Revision
	}
	if p.Revision != revision {
		return parties.ErrConflict
	}
	for _, c := range p.Held() {
		if holder, ok := s.claims[c]; ok && holder != p.ID {
			return fmt.Errorf("%s is held by platform %s: %w", c, holder, parties.ErrClaimed)
		}
	}
	return nil
}

// Watch implements parties.Store.
func (s *Store) Watch(ctx context.Context) <-chan struct{} { return s.changed.Listen(ctx) }

// Epoch implements parties.Store.
func (s *Store) Epoch(ctx context.Context) (uint64, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.epoch, nil
}

// Told implements parties.Book.
func (s *Store) Told(ctx context.Context) (map[parties.Claim]parties.Told, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	return maps.Clone(s.told), nil
}

// Tell implements parties.Book.
func (s *Store) Tell(ctx context.Context, told map[parties.Claim]parties.Told) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	maps.Copy(s.told, told)
	return nil
}

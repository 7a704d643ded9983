// Package memstore keeps the platforms and agreements in memory: the twin of the durable
// stores for tests and for hubs that need to remember nothing.
package memstore

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/parties"
	"github.com/ocpihub/ocpihub/parties/internal/bell"
)

// Store is a parties.Store and a parties.Book in memory. Make one with New.
type Store struct {
	mu        sync.RWMutex
	platforms map[string]*parties.Platform
	claims    map[parties.Claim][]holder // who holds a party in a role
	told      map[parties.Claim]parties.Told
	agreed    map[string]*parties.Agreement // by id
	epoch     uint64
	changed   bell.Bell
}

// holder is a platform that holds a party, for one other or for all.
type holder struct {
	as       ocpi.PartyID
	platform string
}

var (
	_ parties.Store = (*Store)(nil)
	_ parties.Book  = (*Store)(nil)
)

// New returns an empty store.
func New() *Store {
	return &Store{
		platforms: map[string]*parties.Platform{}, claims: map[parties.Claim][]holder{},
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
	s.free(stored)
	s.claim(p)
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
	for _, wanted := range p.Held() {
		for _, by := range s.claims[wanted.Claim] {
			if held := (parties.Hold{Claim: wanted.Claim, As: by.as}); by.platform != p.ID && held.Clashes(wanted) {
				return fmt.Errorf("%s is held by platform %s: %w", held, by.platform, parties.ErrClaimed)
			}
		}
	}
	return nil
}

// free lets go of what a platform held. Lists are made anew: a batch works on a
// copy of the map alone.
func (s *Store) free(p *parties.Platform) {
	if p == nil {
		return
	}
	for _, h := range p.Held() {
		left := slices.DeleteFunc(slices.Clone(s.claims[h.Claim]), func(by holder) bool { return by.platform == p.ID })
		if s.claims[h.Claim] = left; len(left) == 0 {
			delete(s.claims, h.Claim)
		}
	}
}

func (s *Store) claim(p *parties.Platform) {
	for _, h := range p.Held() {
		s.claims[h.Claim] = append(slices.Clip(s.claims[h.Claim]), holder{h.As, p.ID})
	}
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

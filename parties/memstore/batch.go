package memstore

import (
	"context"
	"maps"

	"github.com/ocpihub/ocpihub/parties"
)

// SaveAll implements parties.Store. It writes into a copy, which takes the place
// of the store when all is well.
func (s *Store) SaveAll(ctx context.Context, b parties.Batch) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.epoch != b.Epoch {
		return parties.ErrConflict
	}
	next := &Store{platforms: maps.Clone(s.platforms), claims: maps.Clone(s.claims), agreed: maps.Clone(s.agreed)}
	if err := next.putPlatforms(b.Platforms); err != nil {
		return err
	}
	if err := next.putAgreements(b.Agreements); err != nil {
		return err
	}
	s.platforms, s.claims, s.agreed = next.platforms, next.claims, next.agreed
	s.epoch++
	for _, p := range b.Platforms {
		p.Revision++
	}
	for _, a := range b.Agreements {
		a.Revision++
	}
	s.changed.Ring()
	return nil
}

// putPlatforms lets go of what the platforms held before any of them claims.
func (s *Store) putPlatforms(platforms []*parties.Platform) error {
	for _, p := range platforms {
		s.free(s.platforms[p.ID])
	}
	for _, p := range platforms {
		if err := s.check(s.platforms[p.ID], p); err != nil {
			return err
		}
		s.claim(p)
		next := p.Clone()
		next.Revision++
		s.platforms[p.ID] = next
	}
	return nil
}

func (s *Store) putAgreements(agreements []*parties.Agreement) error {
	for _, a := range agreements {
		var revision uint64
		if stored := s.agreed[a.ID]; stored != nil {
			revision = stored.Revision
		}
		if a.Revision != revision {
			return parties.ErrConflict
		}
		next := a.Clone()
		next.Revision++
		s.agreed[a.ID] = next
	}
	for _, a := range agreements {
		for _, other := range s.agreed {
			if a.Clashes(other) {
				return &parties.ClashError{Other: other.Clone()}
			}
		}
	}
	return nil
}

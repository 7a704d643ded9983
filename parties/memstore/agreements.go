package memstore

import (
	"context"

	"github.com/ocpihub/ocpihub/parties"
)

// LoadAgreements implements parties.Store.
func (s *Store) LoadAgreements(ctx context.Context) ([]*parties.Agreement, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	agreements := make([]*parties.Agreement, 0, len(s.agreed))
	for _, a := range s.agreed {
		agreements = append(agreements, a.Clone())
	}
	return agreements, nil
}

// SaveAgreement implements parties.Store.
func (s *Store) SaveAgreement(ctx context.Context, a *parties.Agreement) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var revision uint64
	if stored := s.agreed[a.ID]; stored != nil {
		revision = stored.Revision
	}
	if a.Revision != revision {
		return parties.ErrConflict
	}
	for _, other := range s.agreed {
		if a.Clashes(other) {
			return &parties.ClashError{Other: other.Clone()}
		}
	}
	a.Revision++
	s.epoch++
	s.agreed[a.ID] = a.Clone()
	s.changed.Ring()
	return nil
}

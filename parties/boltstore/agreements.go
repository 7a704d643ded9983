package boltstore

import (
	"context"
	"fmt"

	"go.etcd.io/bbolt"

	"github.com/ocpihub/ocpihub/parties"
	"github.com/ocpihub/ocpihub/parties/internal/record"
)

// LoadAgreements implements parties.Store.
func (s *Store) LoadAgreements(ctx context.Context) (agreements []*parties.Agreement, err error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	err = s.db.View(func(tx *bbolt.Tx) error {
		return tx.Bucket(s.in.agreements).ForEach(func(key, raw []byte) error {
			a, err := decodeAgreement(key, raw)
			agreements = append(agreements, a)
			return err
		})
	})
	return agreements, err
}

// SaveAgreement implements parties.Store.
func (s *Store) SaveAgreement(ctx context.Context, a *parties.Agreement) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := s.db.Update(func(tx *bbolt.Tx) error {
		if err := writeAgreements(tx.Bucket(s.in.agreements), []*parties.Agreement{a}); err != nil {
			return err
		}
		return s.raiseEpoch(tx.Bucket(s.in.meta))
	}); err != nil {
		return err
	}
	a.Revision++
	s.changed.Ring()
	return nil
}

// agreementKey puts the agreements of two parties side by side.
func agreementKey(a *parties.Agreement) []byte { return append(agreementsOf(a), a.ID...) }

func agreementsOf(a *parties.Agreement) []byte {
	return []byte(a.CPO.String() + "/" + a.EMSP.String() + "/")
}

func decodeAgreement(key, raw []byte) (*parties.Agreement, error) {
	a, err := record.DecodeAgreement(raw)
	if err != nil {
		return nil, fmt.Errorf("agreement %s: %w", key, err)
	}
	return a, nil
}

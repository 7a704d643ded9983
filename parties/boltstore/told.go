package boltstore

import (
	"context"
	"fmt"

	"go.etcd.io/bbolt"

	"github.com/ocpihub/ocpihub/parties"
	"github.com/ocpihub/ocpihub/parties/internal/record"
)

var _ parties.Book = (*Store)(nil)

// Told implements parties.Book.
func (s *Store) Told(ctx context.Context) (map[parties.Claim]parties.Told, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	out := map[parties.Claim]parties.Told{}
	err := s.db.View(func(tx *bbolt.Tx) error {
		return tx.Bucket(s.in.told).ForEach(func(key, raw []byte) error {
			c, t, err := record.DecodeTold(raw)
			if err != nil {
				return fmt.Errorf("what was told of %s: %w", key, err)
			}
			out[c] = t
			return nil
		})
	})
	return out, err
}

// Tell implements parties.Book.
func (s *Store) Tell(ctx context.Context, list map[parties.Claim]parties.Told) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return s.db.Update(func(tx *bbolt.Tx) error {
		bucket := tx.Bucket(s.in.told)
		for c, t := range list {
			raw, err := record.EncodeTold(c, t)
			if err != nil {
				return fmt.Errorf("what was told of %s: %w", c, err)
			}
			if err := bucket.Put([]byte(c.String()), raw); err != nil {
				return err
			}
		}
		return nil
	})
}

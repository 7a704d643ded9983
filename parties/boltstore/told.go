package boltstore

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"go.etcd.io/bbolt"

	"github.com/ocpihub/ocpihub/parties"
)

var _ parties.Book = (*Store)(nil)

// told is what the others know of a member, as it is written, in JSON. Names
// and meanings are part of the file's format.
type told struct {
	claimed
	Status  string    `json:"status"`
	Updated time.Time `json:"last_updated"`
}

// Told implements parties.Book.
func (s *Store) Told(ctx context.Context) (map[parties.Claim]parties.Told, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	out := map[parties.Claim]parties.Told{}
	err := s.db.View(func(tx *bbolt.Tx) error {
		return tx.Bucket(s.in.told).ForEach(func(key, record []byte) error {
			var t told
			if err := json.Unmarshal(record, &t); err != nil {
				return fmt.Errorf("what was told of %s cannot be read: %w", key, err)
			}
			out[t.toClaim()] = parties.Told{Status: parties.Status(t.Status), Updated: t.Updated}
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
			record, err := json.Marshal(told{claimed: fromClaim(c), Status: string(t.Status), Updated: t.Updated})
			if err != nil {
				return fmt.Errorf("what was told of %s: %w", c, err)
			}
			if err := bucket.Put([]byte(c.String()), record); err != nil {
				return err
			}
		}
		return nil
	})
}

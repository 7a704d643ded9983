package bolttrail

import (
	"context"
	"encoding/json"

	"go.etcd.io/bbolt"

	"github.com/ocpihub/ocpihub/routing/trail"
)

// Each calls each with every trail, those that have expired too, until it returns
// an error: for who moves them elsewhere.
func (s *Store) Each(ctx context.Context, each func(trail.Trail) error) error {
	return s.db.View(func(tx *bbolt.Tx) error {
		return tx.Bucket(s.trails).ForEach(func(_, record []byte) error {
			var t trail.Trail
			if err := json.Unmarshal(record, &t); err != nil {
				return err
			}
			if err := ctx.Err(); err != nil {
				return err
			}
			return each(t)
		})
	})
}

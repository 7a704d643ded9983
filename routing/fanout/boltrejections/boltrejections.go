// Package boltrejections keeps rejected deliveries in a bbolt file: bucket
// rejections holds a record for each, keyed by platform and id. Records are
// sealed as a whole: they name objects, and of a token that is the driver's
// secret, which a retry needs.
package boltrejections

import (
	"bytes"
	"context"
	"log/slog"
	"slices"

	"go.etcd.io/bbolt"

	"github.com/ocpihub/ocpihub/internal/boltfile"
	"github.com/ocpihub/ocpihub/routing/fanout"
)

const format = 1

// Sealer protects the records.
type Sealer = fanout.Sealer

// Store is a fanout.Rejections in a bbolt file. Make one with Open.
type Store struct {
	db     *bbolt.DB
	bucket []byte
	sealer Sealer
	log    *slog.Logger
}

var _ fanout.Rejections = (*Store)(nil)

// Open opens the file, making it when it is not there.
func Open(path string, sealer Sealer, log *slog.Logger) (*Store, error) {
	s := &Store{bucket: []byte("rejections"), sealer: sealer, log: log}
	db, err := boltfile.Open(path, format, s.bucket)
	if err != nil {
		return nil, err
	}
	s.db = db
	return s, nil
}

// Close waits for running transactions and closes the file.
func (s *Store) Close() error { return s.db.Close() }

// Load implements fanout.Rejections.
func (s *Store) Load(ctx context.Context) (out []fanout.Rejection, err error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	unread := 0
	err = s.db.View(func(tx *bbolt.Tx) error {
		return tx.Bucket(s.bucket).ForEach(func(key, sealed []byte) error {
			r, ok := s.read(key, sealed)
			if !ok {
				unread++
				return nil
			}
			out = append(out, r)
			return nil
		})
	})
	if unread > 0 {
		s.log.WarnContext(ctx, "rejected deliveries cannot be read, and are left out: was seal.key lost?", "count", unread)
	}
	slices.SortStableFunc(out, func(a, b fanout.Rejection) int { return a.Time.Compare(b.Time) })
	return out, err
}

// read opens one record; false when it cannot be.
func (s *Store) read(key, sealed []byte) (r fanout.Rejection, ok bool) {
	platform, id, found := bytes.Cut(key, []byte{0})
	if !found {
		return r, false
	}
	r, err := fanout.OpenRejection(s.sealer, fanout.RejectionRef{Platform: string(platform), ID: string(id)}, sealed)
	return r, err == nil
}

// Write implements fanout.Rejections.
func (s *Store) Write(ctx context.Context, keep []fanout.Rejection, drop []fanout.RejectionRef) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return s.db.Update(func(tx *bbolt.Tx) error {
		b := tx.Bucket(s.bucket)
		for _, r := range keep {
			sealed, err := fanout.SealRejection(s.sealer, r)
			if err != nil {
				return err
			}
			if err := b.Put(key(fanout.RejectionRef{Platform: r.Platform, ID: r.ID}), sealed); err != nil {
				return err
			}
		}
		for _, ref := range drop {
			if err := b.Delete(key(ref)); err != nil {
				return err
			}
		}
		return nil
	})
}

// Forget implements fanout.Rejections.
func (s *Store) Forget(ctx context.Context, platform string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	prefix := key(fanout.RejectionRef{Platform: platform})
	return s.db.Update(func(tx *bbolt.Tx) error {
		b := tx.Bucket(s.bucket)
		var gone [][]byte
		c := b.Cursor()
		for k, _ := c.Seek(prefix); bytes.HasPrefix(k, prefix); k, _ = c.Next() {
			gone = append(gone, bytes.Clone(k))
		}
		for _, k := range gone {
			if err := b.Delete(k); err != nil {
				return err
			}
		}
		return nil
	})
}

// key is the key of a rejection. Platform ids hold no NUL.
func key(ref fanout.RejectionRef) []byte { return []byte(ref.Platform + "\x00" + ref.ID) }

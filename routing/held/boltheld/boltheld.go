// Package boltheld keeps held pushes in a bbolt file. Bucket pushes holds a
// record for each, by its number.
package boltheld

import (
	"context"
	"encoding/binary"

	"go.etcd.io/bbolt"

	"github.com/ocpihub/ocpihub/internal/boltfile"
	"github.com/ocpihub/ocpihub/routing/held"
)

const format = 1

// Store is a held.Store in a bbolt file. Make one with Open.
type Store struct {
	db     *bbolt.DB
	pushes []byte
}

var _ held.Store = (*Store)(nil)

// Open opens the file.
func Open(path string) (*Store, error) {
	s := &Store{pushes: []byte("pushes")}
	db, err := boltfile.Open(path, format, s.pushes)
	if err != nil {
		return nil, err
	}
	s.db = db
	return s, nil
}

// Close waits for running transactions and closes the file.
func (s *Store) Close() error { return s.db.Close() }

// Add implements held.Store.
func (s *Store) Add(ctx context.Context, e held.Entry, replaces []uint64) (held.Entry, error) {
	if err := ctx.Err(); err != nil {
		return held.Entry{}, err
	}
	raw, err := held.Encode(&e)
	if err != nil {
		return held.Entry{}, err
	}
	err = s.db.Batch(func(tx *bbolt.Tx) error {
		bucket := tx.Bucket(s.pushes)
		id, err := bucket.NextSequence()
		if err != nil {
			return err
		}
		if err := drop(bucket, replaces); err != nil {
			return err
		}
		e.ID = id
		return bucket.Put(key(id), raw)
	})
	if err != nil {
		return held.Entry{}, err
	}
	return e, nil
}

// List implements held.Store.
func (s *Store) List(ctx context.Context) ([]held.Entry, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	var out []held.Entry
	err := s.db.View(func(tx *bbolt.Tx) error {
		return tx.Bucket(s.pushes).ForEach(func(k, raw []byte) error {
			e, err := held.Decode(binary.BigEndian.Uint64(k), raw)
			out = append(out, e)
			return err
		})
	})
	return out, err
}

// Remove implements held.Store.
func (s *Store) Remove(ctx context.Context, ids []uint64) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return s.db.Batch(func(tx *bbolt.Tx) error { return drop(tx.Bucket(s.pushes), ids) })
}

func drop(bucket *bbolt.Bucket, ids []uint64) error {
	for _, id := range ids {
		if err := bucket.Delete(key(id)); err != nil {
			return err
		}
	}
	return nil
}

// key sorts as the number does.
func key(id uint64) []byte { return binary.BigEndian.AppendUint64(nil, id) }

// Package boltwatch keeps rhythms and alerts in a bbolt file: bucket rhythms by
// party and module, bucket alerts by id.
package boltwatch

import (
	"context"
	"encoding/json"
	"errors"

	"go.etcd.io/bbolt"

	"github.com/ocpihub/ocpihub/internal/boltfile"
	"github.com/ocpihub/ocpihub/routing/watch"
)

const format = 1

// Store is a watch.Store in a bbolt file. Make one with Open.
type Store struct {
	db              *bbolt.DB
	rhythms, alerts []byte
}

var _ watch.Store = (*Store)(nil)

// Open opens the file, making it when it is not there.
func Open(path string) (*Store, error) {
	s := &Store{rhythms: []byte("rhythms"), alerts: []byte("alerts")}
	db, err := boltfile.Open(path, format, s.rhythms, s.alerts)
	if err != nil {
		return nil, err
	}
	s.db = db
	return s, nil
}

// Close waits for running transactions and closes the file.
func (s *Store) Close() error { return s.db.Close() }

// Load implements watch.Store.
func (s *Store) Load(ctx context.Context) (memo watch.Memo, err error) {
	if err := ctx.Err(); err != nil {
		return memo, err
	}
	err = s.db.View(func(tx *bbolt.Tx) error {
		return errors.Join(each(tx.Bucket(s.rhythms), &memo.Rhythms), each(tx.Bucket(s.alerts), &memo.Alerts))
	})
	return memo, err
}

// each reads all records of a bucket.
func each[T any](b *bbolt.Bucket, out *[]T) error {
	return b.ForEach(func(_, record []byte) error {
		var one T
		if err := json.Unmarshal(record, &one); err != nil {
			return err
		}
		*out = append(*out, one)
		return nil
	})
}

// Save implements watch.Store.
func (s *Store) Save(ctx context.Context, memo watch.Memo, dropped []string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return s.db.Update(func(tx *bbolt.Tx) error {
		for i := range memo.Rhythms {
			r := &memo.Rhythms[i]
			if err := put(tx.Bucket(s.rhythms), r.Party.String()+"\x00"+string(r.Module), r); err != nil {
				return err
			}
		}
		for i := range memo.Alerts {
			if err := put(tx.Bucket(s.alerts), memo.Alerts[i].ID, &memo.Alerts[i]); err != nil {
				return err
			}
		}
		for _, id := range dropped {
			if err := tx.Bucket(s.alerts).Delete([]byte(id)); err != nil {
				return err
			}
		}
		return nil
	})
}

func put(b *bbolt.Bucket, key string, value any) error {
	record, err := json.Marshal(value)
	if err != nil {
		return err
	}
	return b.Put([]byte(key), record)
}

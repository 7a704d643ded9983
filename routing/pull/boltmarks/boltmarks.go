// Package boltmarks keeps the marks of pulled lists in a bbolt file. Bucket
// marks holds a record for each list, by platform, module and party.
package boltmarks

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"go.etcd.io/bbolt"

	"github.com/ocpihub/ocpihub/internal/boltfile"
	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/routing/pull"
)

const format = 1

// Store is a pull.Marks in a bbolt file. Make one with Open.
type Store struct {
	db    *bbolt.DB
	marks []byte
}

var _ pull.Marks = (*Store)(nil)

// Open opens the file.
func Open(path string) (*Store, error) {
	s := &Store{marks: []byte("marks")}
	db, err := boltfile.Open(path, format, s.marks)
	if err != nil {
		return nil, err
	}
	s.db = db
	return s, nil
}

// Close waits for running transactions and closes the file.
func (s *Store) Close() error { return s.db.Close() }

// Load implements pull.Marks.
func (s *Store) Load(ctx context.Context, platform string) (map[pull.List]pull.Mark, error) {
	out := map[pull.List]pull.Mark{}
	if err := ctx.Err(); err != nil {
		return out, err
	}
	err := s.db.View(func(tx *bbolt.Tx) error {
		return each(tx.Bucket(s.marks), platform, func(key, record []byte) error {
			list, err := listOf(string(key))
			if err != nil {
				return err
			}
			var mark pull.Mark
			if err := json.Unmarshal(record, &mark); err != nil {
				return fmt.Errorf("mark of %s: %w", list.Module, err)
			}
			out[list] = mark
			return nil
		})
	})
	return out, err
}

// Save implements pull.Marks.
func (s *Store) Save(ctx context.Context, platform string, l pull.List, m pull.Mark) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	record, err := json.Marshal(m)
	if err != nil {
		return err
	}
	return s.db.Batch(func(tx *bbolt.Tx) error {
		key := prefixOf(platform) + string(l.Module) + separator + l.Party.String()
		return tx.Bucket(s.marks).Put([]byte(key), record)
	})
}

// Forget implements pull.Marks.
func (s *Store) Forget(ctx context.Context, platform string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return s.db.Batch(func(tx *bbolt.Tx) error {
		bucket := tx.Bucket(s.marks)
		var keys [][]byte
		err := each(bucket, platform, func(key, _ []byte) error {
			keys = append(keys, bytes.Clone(key))
			return nil
		})
		for _, key := range keys {
			if err == nil {
				err = bucket.Delete(key)
			}
		}
		return err
	})
}

// separator stands between the parts of a key; none of them holds it.
const separator = "\x00"

func prefixOf(platform string) string { return platform + separator }

func each(bucket *bbolt.Bucket, platform string, do func(key, record []byte) error) error {
	prefix := []byte(prefixOf(platform))
	c := bucket.Cursor()
	for key, record := c.Seek(prefix); bytes.HasPrefix(key, prefix); key, record = c.Next() {
		if err := do(key, record); err != nil {
			return err
		}
	}
	return nil
}

func listOf(key string) (pull.List, error) {
	parts := strings.Split(key, separator)
	if len(parts) != 3 {
		return pull.List{}, fmt.Errorf("mark %q: want platform, module and party", key)
	}
	party, err := ocpi.ParsePartyID(parts[2])
	return pull.List{Module: ocpi.ModuleID(parts[1]), Party: party}, err
}

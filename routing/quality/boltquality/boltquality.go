// Package boltquality keeps the counts of findings in a bbolt file: bucket rows
// holds a record for each row, keyed by party, module, kind and field.
package boltquality

import (
	"bytes"
	"context"
	"encoding/json"
	"strings"

	"go.etcd.io/bbolt"

	"github.com/ocpihub/ocpihub/internal/boltfile"
	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/routing/quality"
)

const format = 1

// Store is a quality.Store in a bbolt file. Make one with Open.
type Store struct {
	db   *bbolt.DB
	rows []byte
}

var _ quality.Store = (*Store)(nil)

// Open opens the file, making it when it is not there.
func Open(path string) (*Store, error) {
	s := &Store{rows: []byte("rows")}
	db, err := boltfile.Open(path, format, s.rows)
	if err != nil {
		return nil, err
	}
	s.db = db
	return s, nil
}

// Close waits for running transactions and closes the file.
func (s *Store) Close() error { return s.db.Close() }

// Rows implements quality.Store.
func (s *Store) Rows(ctx context.Context) ([]quality.Row, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	var out []quality.Row
	err := s.db.View(func(tx *bbolt.Tx) error {
		return tx.Bucket(s.rows).ForEach(func(_, record []byte) error {
			var r quality.Row
			if err := json.Unmarshal(record, &r); err != nil {
				return err
			}
			out = append(out, r)
			return nil
		})
	})
	return out, err
}

// Save implements quality.Store.
func (s *Store) Save(ctx context.Context, rows []quality.Row) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return s.db.Update(func(tx *bbolt.Tx) error {
		for _, r := range rows {
			record, err := json.Marshal(r)
			if err != nil {
				return err
			}
			if err := tx.Bucket(s.rows).Put(key(r.Place), record); err != nil {
				return err
			}
		}
		return nil
	})
}

// Clear implements quality.Store.
func (s *Store) Clear(ctx context.Context, party ocpi.PartyID) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	prefix := keyOf(party)
	return s.db.Update(func(tx *bbolt.Tx) error {
		var gone [][]byte
		c := tx.Bucket(s.rows).Cursor()
		for k, _ := c.Seek(prefix); bytes.HasPrefix(k, prefix); k, _ = c.Next() {
			gone = append(gone, bytes.Clone(k))
		}
		for _, k := range gone {
			if err := tx.Bucket(s.rows).Delete(k); err != nil {
				return err
			}
		}
		return nil
	})
}

// keyOf begins the keys of a party's rows. None of the parts holds a NUL.
func keyOf(party ocpi.PartyID) []byte { return []byte(party.String() + "\x00") }

func key(p quality.Place) []byte {
	return append(keyOf(p.Party), strings.Join([]string{string(p.Module), string(p.Kind), p.Field}, "\x00")...)
}

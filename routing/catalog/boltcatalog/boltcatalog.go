// Package boltcatalog keeps the catalog in a bbolt file, the embedded default.
// Writers that come at once share one transaction, and so one sync.
package boltcatalog

import (
	"bytes"
	"context"

	"go.etcd.io/bbolt"

	"github.com/ocpihub/ocpihub/internal/boltfile"
	"github.com/ocpihub/ocpihub/routing/catalog"
)

// format is the version of the keys and records.
const format = 1

// Store is a catalog in a file. Make one with Open.
type Store struct {
	*catalog.Keyed
	db *bbolt.DB
}

var _ catalog.Store = (*Store)(nil)

// Open opens the file, which is made when it is not there.
func Open(path string) (*Store, error) {
	rows := []byte("rows")
	db, err := boltfile.Open(path, format, rows)
	if err != nil {
		return nil, err
	}
	return &Store{catalog.NewKeyed(table{db, rows}), db}, nil
}

// Close waits for running transactions and closes the file.
func (s *Store) Close() error { return s.db.Close() }

// table is the one bucket of the file as a catalog.Table.
type table struct {
	db   *bbolt.DB
	rows []byte
}

func (t table) View(_ context.Context, _ catalog.About, read func(catalog.Rows) error) error {
	return t.db.View(func(tx *bbolt.Tx) error { return read(rows{tx.Bucket(t.rows), false}) })
}

func (t table) Update(_ context.Context, _ catalog.About, change func(catalog.Rows) error) error {
	return t.db.Batch(func(tx *bbolt.Tx) error { return change(rows{tx.Bucket(t.rows), true}) })
}

// rows is the bucket in a transaction. A change that grows the file moves what
// it has read before, so a writing transaction works on copies.
type rows struct {
	bucket *bbolt.Bucket
	copies bool
}

func (r rows) Get(key []byte) []byte { return r.safe(r.bucket.Get(key)) }

func (r rows) Put(key, value []byte) error { return r.bucket.Put(key, value) }

func (r rows) Delete(key []byte) error { return r.bucket.Delete(key) }

func (r rows) Scan(prefix, from []byte, each func(key, value []byte) bool) {
	c := r.bucket.Cursor()
	for k, v := c.Seek(from); k != nil && bytes.HasPrefix(k, prefix); k, v = c.Next() {
		if !each(r.safe(k), r.safe(v)) {
			return
		}
	}
}

func (r rows) safe(b []byte) []byte {
	if r.copies {
		return bytes.Clone(b)
	}
	return b
}

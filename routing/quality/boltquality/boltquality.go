// Package boltquality keeps the counts of findings in a bbolt file: bucket rows
// holds a record for each row, keyed by party, module, kind and field, bucket
// cleared when a party was cleared last.
package boltquality

import (
	"bytes"
	"context"
	"encoding/json"
	"strings"
	"time"

	"go.etcd.io/bbolt"

	"github.com/ocpihub/ocpihub/internal/boltfile"
	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/routing/quality"
)

const format = 1

// Store is a quality.Store in a bbolt file. Make one with Open.
type Store struct {
	db            *bbolt.DB
	rows, cleared []byte
}

var _ quality.Store = (*Store)(nil)

// Open opens the file, making it when it is not there.
func Open(path string) (*Store, error) {
	s := &Store{rows: []byte("rows"), cleared: []byte("cleared")}
	db, err := boltfile.Open(path, format, s.rows, s.cleared)
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

// Add implements quality.Store.
func (s *Store) Add(ctx context.Context, rows []quality.Row) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return s.db.Update(func(tx *bbolt.Tx) error {
		room := map[ocpi.PartyID]int{}
		for _, r := range rows {
			before, err := s.clearedAt(tx, r.Party)
			if err != nil {
				return err
			}
			if r.LastSeen.Before(before) {
				continue
			}
			if err := add(tx.Bucket(s.rows), room, r); err != nil {
				return err
			}
		}
		return nil
	})
}

// add adds one row. room says how many more rows parties may have, as far as it
// was counted.
func add(b *bbolt.Bucket, room map[ocpi.PartyID]int, r quality.Row) error {
	if _, counted := room[r.Party]; !counted {
		room[r.Party] = quality.MaxRows - count(b, r.Party)
	}
	if r.Kind != quality.More && b.Get(key(r.Place)) == nil {
		if room[r.Party] <= 0 {
			r.Place, r.Example = quality.Place{Party: r.Party, Kind: quality.More}, quality.Example{}
		} else {
			room[r.Party]--
		}
	}
	if record := b.Get(key(r.Place)); record != nil {
		var known quality.Row
		if err := json.Unmarshal(record, &known); err != nil {
			return err
		}
		known.Add(r)
		r = known
	}
	record, err := json.Marshal(r)
	if err != nil {
		return err
	}
	return b.Put(key(r.Place), record)
}

// count counts the rows of a party, that of kind More aside.
func count(b *bbolt.Bucket, party ocpi.PartyID) (n int) {
	more := key(quality.Place{Party: party, Kind: quality.More})
	prefix := keyOf(party)
	c := b.Cursor()
	for k, _ := c.Seek(prefix); bytes.HasPrefix(k, prefix); k, _ = c.Next() {
		if !bytes.Equal(k, more) {
			n++
		}
	}
	return n
}

// clearedAt is when a party was cleared last; zero for never.
func (s *Store) clearedAt(tx *bbolt.Tx, party ocpi.PartyID) (at time.Time, err error) {
	if raw := tx.Bucket(s.cleared).Get(keyOf(party)); raw != nil {
		err = at.UnmarshalText(raw)
	}
	return at, err
}

// Clear implements quality.Store.
func (s *Store) Clear(ctx context.Context, party ocpi.PartyID, at time.Time) error {
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
		when, err := at.MarshalText()
		if err != nil {
			return err
		}
		return tx.Bucket(s.cleared).Put(prefix, when)
	})
}

// keyOf begins the keys of a party's rows. None of the parts holds a NUL.
func keyOf(party ocpi.PartyID) []byte { return []byte(party.String() + "\x00") }

func key(p quality.Place) []byte {
	return append(keyOf(p.Party), strings.Join([]string{string(p.Module), string(p.Kind), p.Field}, "\x00")...)
}

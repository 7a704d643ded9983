// Package boltaccess keeps the tokens of the admin API in a bbolt file: bucket
// tokens holds a record for each, by its name, bucket meta the epoch.
package boltaccess

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"time"

	"go.etcd.io/bbolt"

	"github.com/ocpihub/ocpihub/hub/admin/access"
	"github.com/ocpihub/ocpihub/internal/boltfile"
)

const format = 1

// Store is an access.Store in a bbolt file. Make one with Open.
type Store struct {
	db                  *bbolt.DB
	tokens, meta, epoch []byte
}

var _ access.Store = (*Store)(nil)

// Open opens the file, which is made with mode 0600 when it is not there.
func Open(path string) (*Store, error) {
	s := &Store{tokens: []byte("tokens"), meta: []byte("meta"), epoch: []byte("epoch")}
	db, err := boltfile.Open(path, format, s.tokens)
	if err != nil {
		return nil, fmt.Errorf("admin tokens: %w", err)
	}
	s.db = db
	return s, nil
}

// Close waits for running transactions and closes the file.
func (s *Store) Close() error { return s.db.Close() }

// Load implements access.Reader.
func (s *Store) Load(ctx context.Context) (tokens []access.Token, epoch uint64, err error) {
	if err := ctx.Err(); err != nil {
		return nil, 0, err
	}
	err = s.db.View(func(tx *bbolt.Tx) error {
		epoch = s.readEpoch(tx)
		var err error
		tokens, err = all(tx.Bucket(s.tokens))
		return err
	})
	return tokens, epoch, err
}

// Epoch implements access.Reader.
func (s *Store) Epoch(ctx context.Context) (epoch uint64, err error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	err = s.db.View(func(tx *bbolt.Tx) error {
		epoch = s.readEpoch(tx)
		return nil
	})
	return epoch, err
}

// Add implements access.Writer.
func (s *Store) Add(ctx context.Context, t access.Token) error {
	return s.change(ctx, func(tokens *bbolt.Bucket) error {
		if tokens.Get([]byte(t.Name)) != nil {
			return access.ErrTaken
		}
		return put(tokens, t)
	})
}

// Remove implements access.Writer.
func (s *Store) Remove(ctx context.Context, name string) error {
	return s.change(ctx, func(tokens *bbolt.Bucket) error {
		if tokens.Get([]byte(name)) == nil {
			return access.ErrUnknown
		}
		return tokens.Delete([]byte(name))
	})
}

// change makes a change and raises the epoch.
func (s *Store) change(ctx context.Context, edit func(tokens *bbolt.Bucket) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return s.db.Update(func(tx *bbolt.Tx) error {
		if err := edit(tx.Bucket(s.tokens)); err != nil {
			return err
		}
		return tx.Bucket(s.meta).Put(s.epoch, binary.BigEndian.AppendUint64(nil, s.readEpoch(tx)+1))
	})
}

// Use implements access.Writer.
func (s *Store) Use(ctx context.Context, used map[access.Hash]time.Time) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return s.db.Update(func(tx *bbolt.Tx) error {
		bucket := tx.Bucket(s.tokens)
		tokens, err := all(bucket)
		for _, t := range tokens {
			if at := used[t.Hash]; err == nil && at.After(t.Used) {
				t.Used = at
				err = put(bucket, t)
			}
		}
		return err
	})
}

func all(bucket *bbolt.Bucket) (tokens []access.Token, err error) {
	err = bucket.ForEach(func(name, raw []byte) error {
		t, err := decode(string(name), raw)
		tokens = append(tokens, t)
		return err
	})
	return tokens, err
}

func (s *Store) readEpoch(tx *bbolt.Tx) uint64 {
	raw := tx.Bucket(s.meta).Get(s.epoch)
	if len(raw) != binary.Size(uint64(0)) {
		return 0 // nothing was written yet
	}
	return binary.BigEndian.Uint64(raw)
}

// record is a token as it is written, in JSON. Names and meanings are part of
// the file's format: add members, never change one.
type record struct {
	Role    string    `json:"role"`
	Hash    []byte    `json:"sha256"`
	Created time.Time `json:"created"`
	By      string    `json:"by"`
	Expires time.Time `json:"expires,omitzero"`
	Used    time.Time `json:"used,omitzero"`
}

func put(tokens *bbolt.Bucket, t access.Token) error {
	raw, err := json.Marshal(record{string(t.Role), t.Hash[:], t.Created, t.By, t.Expires, t.Used})
	if err != nil {
		return err
	}
	return tokens.Put([]byte(t.Name), raw)
}

func decode(name string, raw []byte) (access.Token, error) {
	var r record
	if err := json.Unmarshal(raw, &r); err != nil {
		return access.Token{}, fmt.Errorf("token %s: the stored record cannot be read: %w", name, err)
	}
	t := access.Token{Name: name, Role: access.Role(r.Role), Created: r.Created, By: r.By, Expires: r.Expires, Used: r.Used}
	if copy(t.Hash[:], r.Hash) != len(t.Hash) {
		return access.Token{}, fmt.Errorf("token %s: the stored record has no digest", name)
	}
	return t, nil
}

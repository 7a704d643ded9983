// Package bolttrail keeps trails in a bbolt file. Bucket trails holds a record
// for each trail; bucket expiry orders them by when they end, so that every
// write sweeps a few that have.
package bolttrail

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"time"

	"go.etcd.io/bbolt"

	"github.com/ocpihub/ocpihub/internal/boltfile"
	"github.com/ocpihub/ocpihub/routing/trail"
)

const (
	format = 1
	// sweepMost bounds the expired trails that one write removes.
	sweepMost = 8
	// sweepStep bounds what one step of Sweep removes: others write in between.
	sweepStep = 256
)

// Store is a trail.Store in a bbolt file. Make one with Open.
type Store struct {
	db             *bbolt.DB
	trails, expiry []byte
	now            func() time.Time
}

var _ trail.Store = (*Store)(nil)

// Open opens the file. now tells which trails may be swept.
func Open(path string, now func() time.Time) (*Store, error) {
	s := &Store{trails: []byte("trails"), expiry: []byte("expiry"), now: now}
	db, err := boltfile.Open(path, format, s.trails, s.expiry)
	if err != nil {
		return nil, err
	}
	s.db = db
	return s, nil
}

// Close waits for running transactions and closes the file.
func (s *Store) Close() error { return s.db.Close() }

// Remember implements trail.Store.
func (s *Store) Remember(ctx context.Context, t trail.Trail) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	record, err := json.Marshal(t)
	if err != nil {
		return err
	}
	return s.db.Batch(func(tx *bbolt.Tx) error {
		trails, expiry := tx.Bucket(s.trails), tx.Bucket(s.expiry)
		name := nameOf(t.Kind, t.Key)
		if old := trails.Get(name); old != nil {
			if err := forget(trails, expiry, name, old); err != nil {
				return err
			}
		}
		if _, err := sweep(trails, expiry, s.now(), sweepMost); err != nil {
			return err
		}
		if err := trails.Put(name, record); err != nil {
			return err
		}
		return expiry.Put(endOf(t.Expires, name), nil)
	})
}

// Sweep implements trail.Store. Trails end by the whole second, so that one may
// stay a second longer.
func (s *Store) Sweep(ctx context.Context, now time.Time) (removed int, err error) {
	for {
		if err := ctx.Err(); err != nil {
			return removed, err
		}
		n := 0
		err := s.db.Batch(func(tx *bbolt.Tx) (err error) {
			n, err = sweep(tx.Bucket(s.trails), tx.Bucket(s.expiry), now, sweepStep)
			return err
		})
		removed += n
		if err != nil || n < sweepStep {
			return removed, err
		}
	}
}

// sweep removes at most so many trails that have expired.
func sweep(trails, expiry *bbolt.Bucket, now time.Time, most int) (removed int, err error) {
	limit := endOf(now, nil)
	var ended [][]byte
	c := expiry.Cursor()
	for end, _ := c.First(); end != nil && len(ended) < most && bytes.Compare(end, limit) < 0; end, _ = c.Next() {
		ended = append(ended, bytes.Clone(end))
	}
	var failures []error
	for _, end := range ended {
		failures = append(failures, trails.Delete(end[8:]), expiry.Delete(end))
	}
	return len(ended), errors.Join(failures...)
}

func forget(trails, expiry *bbolt.Bucket, name, record []byte) error {
	var old trail.Trail
	if err := json.Unmarshal(record, &old); err != nil {
		return err
	}
	return errors.Join(expiry.Delete(endOf(old.Expires, name)), trails.Delete(name))
}

// Recall implements trail.Store.
func (s *Store) Recall(ctx context.Context, kind trail.Kind, key string, now time.Time) (t trail.Trail, err error) {
	if err := ctx.Err(); err != nil {
		return t, err
	}
	err = s.db.View(func(tx *bbolt.Tx) error {
		record := tx.Bucket(s.trails).Get(nameOf(kind, key))
		if record == nil {
			return trail.ErrUnknown
		}
		return json.Unmarshal(record, &t)
	})
	if err == nil && !now.Before(t.Expires) {
		return trail.Trail{}, trail.ErrUnknown
	}
	return t, err
}

// longKey is above what the keys of trails need; they hold ids that come from
// outside, and the file takes no name of any length.
const longKey = 1024

func nameOf(kind trail.Kind, key string) []byte {
	if len(key) > longKey {
		hash := sha256.Sum256([]byte(key))
		key = "\x00" + string(hash[:])
	}
	return []byte(string(kind) + "\x00" + key)
}

// endOf orders trails by their end; times before 1970 count as 1970.
func endOf(t time.Time, name []byte) []byte {
	seconds := uint64(max(0, t.Unix()))
	return append(binary.BigEndian.AppendUint64(nil, seconds), name...)
}

// Len counts the trails in the file, expired ones that were not swept yet too.
func (s *Store) Len() (n int) {
	_ = s.db.View(func(tx *bbolt.Tx) error { // fails only when the file is closed
		n = tx.Bucket(s.trails).Stats().KeyN
		return nil
	})
	return n
}

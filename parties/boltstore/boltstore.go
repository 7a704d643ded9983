// Package boltstore keeps the platforms and agreements in one bbolt file: the
// embedded default. One process at a time uses the file.
//
// The file has five buckets. meta holds the format and the epoch, platforms
// holds one record for each platform by its id, claims says which platform
// holds a party in a role. A save changes these three in one transaction, which
// is on disk when it returns. agreements holds one record for each agreement by
// its two parties and its id; saving one raises the epoch. told holds what the
// others were last told of each party in a role.
package boltstore

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"

	"go.etcd.io/bbolt"

	"github.com/ocpihub/ocpihub/internal/boltfile"
	"github.com/ocpihub/ocpihub/parties"
	"github.com/ocpihub/ocpihub/parties/internal/bell"
	"github.com/ocpihub/ocpihub/parties/internal/record"
)

// format is the version of the records. A file with another one is refused
// rather than misread.
const format = 1

// names are those of the buckets and of the keys in meta.
type names struct{ meta, platforms, claims, agreements, told, epoch []byte }

func in() names {
	return names{[]byte("meta"), []byte("platforms"), []byte("claims"), []byte("agreements"), []byte("told"), []byte("epoch")}
}

// Store is a parties.Store and a parties.Book in a bbolt file. Make one with Open.
type Store struct {
	db      *bbolt.DB
	in      names
	changed bell.Bell
}

var _ parties.Store = (*Store)(nil)

// Open opens the file, which is made with mode 0600 when it is not there.
func Open(path string) (*Store, error) {
	s := &Store{in: in()}
	db, err := boltfile.Open(path, format, s.in.platforms, s.in.claims, s.in.agreements, s.in.told)
	if err != nil {
		return nil, fmt.Errorf("registry: %w", err)
	}
	s.db = db
	return s, nil
}

// Close waits for running transactions and closes the file.
func (s *Store) Close() error { return s.db.Close() }

// Load implements parties.Store.
func (s *Store) Load(ctx context.Context) (platforms []*parties.Platform, epoch uint64, err error) {
	if err := ctx.Err(); err != nil {
		return nil, 0, err
	}
	err = s.db.View(func(tx *bbolt.Tx) error {
		epoch = read(tx.Bucket(s.in.meta), s.in.epoch)
		return tx.Bucket(s.in.platforms).ForEach(func(id, raw []byte) error {
			p, err := record.DecodePlatform(raw)
			if err != nil {
				return fmt.Errorf("platform %s: %w", id, err)
			}
			platforms = append(platforms, p)
			return nil
		})
	})
	return platforms, epoch, err
}

// Save implements parties.Store.
func (s *Store) Save(ctx context.Context, p *parties.Platform) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := s.db.Update(func(tx *bbolt.Tx) error {
		if err := s.writePlatforms(tx, []*parties.Platform{p}); err != nil {
			return err
		}
		return s.raiseEpoch(tx.Bucket(s.in.meta))
	}); err != nil {
		return err
	}
	p.Revision++
	s.changed.Ring()
	return nil
}

func (s *Store) raiseEpoch(meta *bbolt.Bucket) error {
	return meta.Put(s.in.epoch, number(read(meta, s.in.epoch)+1))
}

// claim moves the claims from what the platform held to what it holds.
func claim(claims *bbolt.Bucket, stored, p *parties.Platform) error {
	for _, c := range stored.Held() {
		if err := claims.Delete([]byte(c.String())); err != nil {
			return err
		}
	}
	for _, h := range p.Held() {
		if err := unclaimed(claims, p.ID, h); err != nil {
			return err
		}
		if err := claims.Put([]byte(h.String()), []byte(p.ID)); err != nil {
			return err
		}
	}
	return nil
}

// unclaimed refuses what clashes with what another platform holds: a connection for
// all with every other of its party, one for one party with those for all and for
// the same.
func unclaimed(claims *bbolt.Bucket, id string, wanted parties.Hold) error {
	all, one := []byte(wanted.Claim.String()), []byte(wanted.String())
	for _, key := range [][]byte{all, one} {
		if holder := claims.Get(key); holder != nil && string(holder) != id {
			return held(key, holder)
		}
	}
	if !wanted.As.IsZero() {
		return nil
	}
	all = append(all, '>') // as Hold.String has it
	cursor := claims.Cursor()
	for key, holder := cursor.Seek(all); bytes.HasPrefix(key, all); key, holder = cursor.Next() {
		if string(holder) != id {
			return held(key, holder)
		}
	}
	return nil
}

func held(key, holder []byte) error {
	return fmt.Errorf("%s is held by platform %s: %w", key, holder, parties.ErrClaimed)
}

// Watch implements parties.Store. As the file belongs to one process, all
// changes are its own.
func (s *Store) Watch(ctx context.Context) <-chan struct{} { return s.changed.Listen(ctx) }

// Epoch implements parties.Store.
func (s *Store) Epoch(ctx context.Context) (epoch uint64, err error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	err = s.db.View(func(tx *bbolt.Tx) error {
		epoch = read(tx.Bucket(s.in.meta), s.in.epoch)
		return nil
	})
	return epoch, err
}

func number(n uint64) []byte { return binary.BigEndian.AppendUint64(nil, n) }

// read returns a number of a bucket, 0 when it is not there.
func read(b *bbolt.Bucket, key []byte) uint64 {
	const size = 8
	raw := b.Get(key)
	if len(raw) != size {
		return 0
	}
	return binary.BigEndian.Uint64(raw)
}

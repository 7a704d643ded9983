package boltstore

import (
	"bytes"
	"context"
	"fmt"

	"go.etcd.io/bbolt"

	"github.com/ocpihub/ocpihub/parties"
	"github.com/ocpihub/ocpihub/parties/internal/record"
)

// SaveAll implements parties.Store: the batch is one transaction.
func (s *Store) SaveAll(ctx context.Context, b parties.Batch) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := s.db.Update(func(tx *bbolt.Tx) error { return s.writeAll(tx, b) }); err != nil {
		return err
	}
	for _, p := range b.Platforms {
		p.Revision++
	}
	for _, a := range b.Agreements {
		a.Revision++
	}
	s.changed.Ring()
	return nil
}

func (s *Store) writeAll(tx *bbolt.Tx, b parties.Batch) error {
	meta := tx.Bucket(s.in.meta)
	if read(meta, s.in.epoch) != b.Epoch {
		return parties.ErrConflict
	}
	if err := s.writePlatforms(tx, b.Platforms); err != nil {
		return err
	}
	if err := writeAgreements(tx.Bucket(s.in.agreements), b.Agreements); err != nil {
		return err
	}
	return s.raiseEpoch(meta)
}

// writePlatforms lets go of what the platforms held before any of them claims.
func (s *Store) writePlatforms(tx *bbolt.Tx, platforms []*parties.Platform) error {
	bucket, claims := tx.Bucket(s.in.platforms), tx.Bucket(s.in.claims)
	for _, p := range platforms {
		stored, err := storedPlatform(bucket, p.ID)
		if err != nil {
			return err
		}
		if err := claim(claims, stored, &parties.Platform{ID: p.ID}); err != nil {
			return err
		}
	}
	for _, p := range platforms {
		stored, err := storedPlatform(bucket, p.ID)
		if err != nil {
			return err
		}
		if stored.Revision != p.Revision {
			return parties.ErrConflict
		}
		if err := claim(claims, &parties.Platform{}, p); err != nil {
			return err
		}
		next := p.Clone()
		next.Revision++
		raw, err := record.EncodePlatform(next)
		if err != nil {
			return fmt.Errorf("platform %s: %w", p.ID, err)
		}
		if err := bucket.Put([]byte(p.ID), raw); err != nil {
			return err
		}
	}
	return nil
}

// storedPlatform returns a platform as it is written, an empty one when it is
// not there.
func storedPlatform(platforms *bbolt.Bucket, id string) (*parties.Platform, error) {
	raw := platforms.Get([]byte(id))
	if raw == nil {
		return &parties.Platform{}, nil
	}
	p, err := record.DecodePlatform(raw)
	if err != nil {
		return nil, fmt.Errorf("platform %s: %w", id, err)
	}
	return p, nil
}

// writeAgreements compares revisions, writes all, and then looks for clashes.
func writeAgreements(bucket *bbolt.Bucket, agreements []*parties.Agreement) error {
	for _, a := range agreements {
		if err := unchanged(bucket, a); err != nil {
			return err
		}
		next := a.Clone()
		next.Revision++
		raw, err := record.EncodeAgreement(next)
		if err != nil {
			return fmt.Errorf("agreement %s: %w", a.ID, err)
		}
		if err := bucket.Put(agreementKey(a), raw); err != nil {
			return err
		}
	}
	for _, a := range agreements {
		if err := unopposed(bucket, a); err != nil {
			return err
		}
	}
	return nil
}

// unchanged compares the revision of an agreement with the one that is written.
func unchanged(bucket *bbolt.Bucket, a *parties.Agreement) error {
	var stored parties.Agreement
	key := agreementKey(a)
	if raw := bucket.Get(key); raw != nil {
		found, err := decodeAgreement(key, raw)
		if err != nil {
			return err
		}
		stored = *found
	}
	if stored.Revision != a.Revision {
		return parties.ErrConflict
	}
	return nil
}

// unopposed refuses an agreement that clashes with another of its parties.
func unopposed(bucket *bbolt.Bucket, a *parties.Agreement) error {
	prefix := agreementsOf(a)
	cursor := bucket.Cursor()
	for key, raw := cursor.Seek(prefix); bytes.HasPrefix(key, prefix); key, raw = cursor.Next() {
		other, err := decodeAgreement(key, raw)
		if err != nil {
			return err
		}
		if a.Clashes(other) {
			return &parties.ClashError{Other: other}
		}
	}
	return nil
}

// Package boltheld keeps held pushes in a bbolt file. Bucket pushes holds a
// record for each, by its number.
package boltheld

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"time"

	"go.etcd.io/bbolt"

	"github.com/ocpihub/ocpihub/internal/boltfile"
	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/routing/catalog"
	"github.com/ocpihub/ocpihub/routing/fanout"
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
	raw, err := json.Marshal(recordOf(&e))
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
			var r record
			if err := json.Unmarshal(raw, &r); err != nil {
				return fmt.Errorf("held push %x: %w", k, err)
			}
			e, err := r.entry(binary.BigEndian.Uint64(k))
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

// record is an entry as it is stored.
type record struct {
	Since       time.Time     `json:"since"`
	Module      ocpi.ModuleID `json:"module"`
	Owner       string        `json:"owner"`
	Object      string        `json:"object"`
	EVSE        string        `json:"evse,omitempty"`
	Connector   string        `json:"connector,omitempty"`
	Method      string        `json:"method"`
	Path        string        `json:"path"`
	Query       string        `json:"query,omitempty"`
	Body        []byte        `json:"body"`
	Role        ocpi.Role     `json:"role"`
	Platform    string        `json:"platform"`
	Version     ocpi.Version  `json:"version"`
	Correlation string        `json:"correlation_id,omitempty"`
	Traceparent string        `json:"traceparent,omitempty"`
}

func recordOf(e *held.Entry) record {
	p := &e.Push
	return record{
		Since: e.Since, Module: p.Key.Module, Owner: p.Key.Owner.String(), Object: p.Key.ID,
		EVSE: p.Part.EVSE, Connector: p.Part.Connector, Method: p.Method, Path: p.Path, Query: p.Query, Body: p.Body,
		Role: p.Role, Platform: p.Platform, Version: p.Version, Correlation: p.CorrelationID, Traceparent: p.Traceparent,
	}
}

func (r *record) entry(id uint64) (held.Entry, error) {
	owner, err := ocpi.ParsePartyID(r.Owner)
	if err != nil {
		return held.Entry{}, fmt.Errorf("held push %d: %w", id, err)
	}
	return held.Entry{ID: id, Since: r.Since, Push: fanout.Change{
		Key:  catalog.Key{Module: r.Module, Owner: owner, ID: r.Object},
		Part: catalog.Part{EVSE: r.EVSE, Connector: r.Connector}, Method: r.Method, Path: r.Path, Query: r.Query, Body: r.Body,
		Role: r.Role, Platform: r.Platform, Version: r.Version, CorrelationID: r.Correlation, Traceparent: r.Traceparent,
	}}, nil
}

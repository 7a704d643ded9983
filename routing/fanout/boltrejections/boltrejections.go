// Package boltrejections keeps rejected deliveries in a bbolt file: bucket
// rejections holds a record for each, keyed by platform and id. Records are
// sealed as a whole: they name objects, and of a token that is the driver's
// secret, which a retry needs.
package boltrejections

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"slices"
	"time"

	"go.etcd.io/bbolt"

	"github.com/ocpihub/ocpihub/internal/boltfile"
	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/routing/catalog"
	"github.com/ocpihub/ocpihub/routing/fanout"
)

const format = 1

// Sealer protects the records. Open fails when sealed was made with another key
// or altered.
type Sealer interface {
	Seal(text string) ([]byte, error)
	Open(sealed []byte) (string, error)
}

// Store is a fanout.Rejections in a bbolt file. Make one with Open.
type Store struct {
	db     *bbolt.DB
	bucket []byte
	sealer Sealer
	log    *slog.Logger
}

var _ fanout.Rejections = (*Store)(nil)

// Open opens the file, making it when it is not there.
func Open(path string, sealer Sealer, log *slog.Logger) (*Store, error) {
	s := &Store{bucket: []byte("rejections"), sealer: sealer, log: log}
	db, err := boltfile.Open(path, format, s.bucket)
	if err != nil {
		return nil, err
	}
	s.db = db
	return s, nil
}

// Close waits for running transactions and closes the file.
func (s *Store) Close() error { return s.db.Close() }

// record is a rejection as it is written, in JSON, before it is sealed. Names and
// meanings are part of the file's format: add members, never change one.
type record struct {
	Time       time.Time `json:"time"`
	To         party     `json:"to"`
	Module     string    `json:"module"`
	Owner      party     `json:"owner"`
	ObjectID   string    `json:"object_id"`
	EVSE       string    `json:"evse,omitempty"`
	Connector  string    `json:"connector,omitempty"`
	Method     string    `json:"method"`
	Path       string    `json:"path"`
	Query      string    `json:"query,omitempty"`
	Role       string    `json:"role"`
	Sender     string    `json:"sender,omitempty"`
	Version    string    `json:"version"`
	For        string    `json:"for,omitempty"`
	Newest     bool      `json:"newest,omitempty"`
	Correlated string    `json:"correlation_id,omitempty"`
	Reason     string    `json:"reason"`
	HTTPStatus int       `json:"http_status,omitempty"`
	Status     int       `json:"ocpi_status,omitempty"`
	Message    string    `json:"message,omitempty"`
	Attempts   int       `json:"attempts"`
}

type party struct {
	Country string `json:"country_code"`
	ID      string `json:"party_id"`
}

func (p party) party() ocpi.PartyID { return ocpi.PartyID{Country: p.Country, ID: p.ID} }

func fromRejection(r fanout.Rejection) record {
	c := r.Change
	return record{
		Time: r.Time, To: party{r.To.Country, r.To.ID}, Module: string(c.Key.Module), Owner: party{c.Key.Owner.Country, c.Key.Owner.ID},
		ObjectID: c.Key.ID, EVSE: c.Part.EVSE, Connector: c.Part.Connector, Method: c.Method, Path: c.Path, Query: c.Query,
		Role: string(c.Role), Sender: c.Platform, Version: string(c.Version), For: c.For, Newest: c.Newest, Correlated: c.CorrelationID,
		Reason: string(r.Reason), HTTPStatus: r.HTTPStatus, Status: int(r.Status), Message: r.Message, Attempts: r.Attempts,
	}
}

func (r record) rejection(platform, id string) fanout.Rejection {
	return fanout.Rejection{
		ID: id, Platform: platform, Time: r.Time, To: r.To.party(),
		Change: fanout.Change{
			Key:  catalog.Key{Module: ocpi.ModuleID(r.Module), Owner: r.Owner.party(), ID: r.ObjectID},
			Part: catalog.Part{EVSE: r.EVSE, Connector: r.Connector}, Method: r.Method, Path: r.Path, Query: r.Query,
			Role: ocpi.Role(r.Role), Platform: r.Sender, Version: ocpi.Version(r.Version), For: r.For, Newest: r.Newest, CorrelationID: r.Correlated,
		},
		Reason: fanout.Reason(r.Reason), HTTPStatus: r.HTTPStatus, Status: ocpi.StatusCode(r.Status), Message: r.Message, Attempts: r.Attempts,
	}
}

// Load implements fanout.Rejections.
func (s *Store) Load(ctx context.Context) (out []fanout.Rejection, err error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	unread := 0
	err = s.db.View(func(tx *bbolt.Tx) error {
		return tx.Bucket(s.bucket).ForEach(func(key, sealed []byte) error {
			r, ok := s.read(key, sealed)
			if !ok {
				unread++
				return nil
			}
			out = append(out, r)
			return nil
		})
	})
	if unread > 0 {
		s.log.WarnContext(ctx, "rejected deliveries cannot be read, and are left out: was seal.key lost?", "count", unread)
	}
	slices.SortStableFunc(out, func(a, b fanout.Rejection) int { return a.Time.Compare(b.Time) })
	return out, err
}

// read opens one record; false when it cannot be.
func (s *Store) read(key, sealed []byte) (r fanout.Rejection, ok bool) {
	platform, id, found := bytes.Cut(key, []byte{0})
	text, err := s.sealer.Open(sealed)
	if err != nil || !found {
		return r, false
	}
	var rec record
	if err := json.Unmarshal([]byte(text), &rec); err != nil {
		return r, false
	}
	return rec.rejection(string(platform), string(id)), true
}

// Write implements fanout.Rejections.
func (s *Store) Write(ctx context.Context, keep []fanout.Rejection, drop []fanout.RejectionRef) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return s.db.Update(func(tx *bbolt.Tx) error {
		b := tx.Bucket(s.bucket)
		for _, r := range keep {
			raw, err := json.Marshal(fromRejection(r))
			if err != nil {
				return err
			}
			sealed, err := s.sealer.Seal(string(raw))
			if err != nil {
				return err
			}
			if err := b.Put(key(fanout.RejectionRef{Platform: r.Platform, ID: r.ID}), sealed); err != nil {
				return err
			}
		}
		for _, ref := range drop {
			if err := b.Delete(key(ref)); err != nil {
				return err
			}
		}
		return nil
	})
}

// Forget implements fanout.Rejections.
func (s *Store) Forget(ctx context.Context, platform string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	prefix := key(fanout.RejectionRef{Platform: platform})
	return s.db.Update(func(tx *bbolt.Tx) error {
		b := tx.Bucket(s.bucket)
		var gone [][]byte
		c := b.Cursor()
		for k, _ := c.Seek(prefix); bytes.HasPrefix(k, prefix); k, _ = c.Next() {
			gone = append(gone, bytes.Clone(k))
		}
		for _, k := range gone {
			if err := b.Delete(k); err != nil {
				return err
			}
		}
		return nil
	})
}

// key is the key of a rejection. Platform ids hold no NUL.
func key(ref fanout.RejectionRef) []byte { return []byte(ref.Platform + "\x00" + ref.ID) }

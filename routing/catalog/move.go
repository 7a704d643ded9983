package catalog

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"time"

	"github.com/ocpihub/ocpihub/ocpi"
)

// Moved says what MoveTo has moved: how many objects, deleted ones too, and a
// hash of all their rows, which both sides have.
type Moved struct {
	Objects int
	Hash    string
}

// moveMost is how many objects are moved in one step.
const moveMost = 64

// ErrMoved reports that what was moved is not what it was: something else is, or
// was, in the catalog that it was moved to, or somebody writes.
var ErrMoved = errors.New("the catalog that was moved to differs from the one that was moved")

// MoveTo copies the catalog into another, row by row: order, deleted objects and
// times of storing are as they were. What is in transit is settled as missed
// first, as at a start of the hub. It may be repeated after it was stopped, and
// goes on where it was; nobody else may write meanwhile. note hears how many
// objects are done.
func (s *Keyed) MoveTo(ctx context.Context, to *Keyed, note func(objects int)) (Moved, error) {
	if err := s.settleAll(ctx); err != nil {
		return Moved{}, err
	}
	done := 0
	err := s.eachMoving(ctx, func(batch []moving) error {
		done += len(batch)
		defer func() { note(done) }()
		return to.putMoving(ctx, batch)
	})
	if err == nil {
		err = s.moveShelves(ctx, to)
	}
	if err != nil {
		return Moved{}, err
	}
	return s.compareMoved(ctx, to)
}

func (s *Keyed) settleAll(ctx context.Context) error {
	open, err := s.Announced(ctx, time.Time{})
	for _, t := range open {
		if _, failed := s.Settle(ctx, t, Missed); failed != nil && !errors.Is(failed, ErrUnknown) {
			err = errors.Join(err, failed)
		}
	}
	return err
}

// moving is an object with its rows, the head first.
type moving struct {
	key  Key
	head *head
	rows []movingRow
	// arrived says that the rows are those of the catalog that was moved to.
	arrived bool
}

type movingRow struct{ key, value []byte }

// eachMoving calls each with all objects, those of one owner together.
func (s *Keyed) eachMoving(ctx context.Context, each func([]moving) error) error {
	for from := []byte{InHeads}; from != nil; {
		var batch []moving
		err := s.table.View(ctx, About{}, func(rows Rows) (err error) {
			batch, from, err = movingFrom(rows, from)
			return err
		})
		if err == nil && len(batch) > 0 {
			err = each(batch)
		}
		if err = errors.Join(err, ctx.Err()); err != nil {
			return err
		}
	}
	return nil
}

func movingFrom(rows Rows, from []byte) (batch []moving, next []byte, err error) {
	rows.Scan([]byte{InHeads}, from, func(name, raw []byte) bool {
		n := ParseName(name)
		if len(batch) == moveMost || len(batch) > 0 && n.Owner != partyText(batch[0].key.Owner) {
			next = bytes.Clone(name)
			return false
		}
		var h *head
		if h, err = decodeHead(raw); err != nil {
			return false
		}
		m := moving{key: n.Key(h.ID), head: h}
		m.add(name, raw)
		batch = append(batch, m)
		return true
	})
	for i := range batch {
		batch[i].read(rows)
	}
	return batch, next, err
}

func (m *moving) add(key, value []byte) {
	if value != nil {
		m.rows = append(m.rows, movingRow{bytes.Clone(key), bytes.Clone(value)})
	}
}

func (m *moving) read(rows Rows) {
	for _, name := range [][]byte{m.key.object(InFrames), m.key.shelf().order(m.head.seq), m.key.holding()} {
		if !m.head.Deleted {
			m.add(name, rows.Get(name))
		}
	}
	if m.key.Module == ocpi.Tokens {
		m.readContract(rows)
	}
	prefix := m.key.object(InEVSEs)
	rows.Scan(prefix, prefix, func(name, value []byte) bool {
		m.add(name, value)
		return true
	})
}

// readContract adds the row of a token in the index of contracts: as it stands
// where it was moved to, and as it has to be where it comes from, for a hub may
// have stored it that had no index.
func (m *moving) readContract(rows Rows) {
	token := m.head.Record
	token.Frame = rows.Get(m.key.object(InFrames))
	contract := contractOf(ocpi.Tokens, &token)
	if contract == "" {
		return
	}
	row := []byte(m.head.ID)
	if m.arrived {
		row = rows.Get(m.key.contracted(contract))
	}
	m.add(m.key.contracted(contract), row)
}

// putMoving writes objects that are not there as they are. Each is written in one
// step: one whose head is there is there as a whole.
func (s *Keyed) putMoving(ctx context.Context, batch []moving) error {
	keys := make([]Key, len(batch))
	for i, m := range batch {
		keys[i] = m.key
	}
	return s.table.Update(ctx, About{Keys: keys}, func(rows Rows) error {
		for _, m := range batch {
			if bytes.Equal(rows.Get(m.rows[0].key), m.rows[0].value) {
				continue
			}
			for _, row := range m.rows {
				if err := rows.Put(row.key, row.value); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// moveShelves copies counts and sequences.
func (s *Keyed) moveShelves(ctx context.Context, to *Keyed) error {
	var all []movingRow
	err := s.table.View(ctx, About{}, func(rows Rows) error {
		all = nil
		for _, space := range []byte{InCounts, InSequences} {
			rows.Scan([]byte{space}, []byte{space}, func(name, value []byte) bool {
				all = append(all, movingRow{bytes.Clone(name), bytes.Clone(value)})
				return true
			})
		}
		return nil
	})
	for _, row := range all {
		if err != nil {
			return err
		}
		owner := Key{Owner: ParseName(row.key).Key("").Owner, Module: ParseName(row.key).Key("").Module}
		err = to.table.Update(ctx, About{Keys: []Key{owner}}, func(rows Rows) error {
			if bytes.Equal(rows.Get(row.key), row.value) {
				return nil
			}
			return rows.Put(row.key, row.value)
		})
	}
	return err
}

// compareMoved reads both sides, the objects and the order of the lists.
func (s *Keyed) compareMoved(ctx context.Context, to *Keyed) (Moved, error) {
	mine, theirs := sha256.New(), sha256.New()
	objects := 0
	err := s.eachMoving(ctx, func(batch []moving) error {
		objects += len(batch)
		return to.digest(ctx, batch, mine, theirs)
	})
	if err == nil {
		err = errors.Join(s.digestOrders(ctx, mine), to.digestOrders(ctx, theirs))
	}
	if err != nil {
		return Moved{}, err
	}
	sum := hex.EncodeToString(mine.Sum(nil))
	if other := hex.EncodeToString(theirs.Sum(nil)); other != sum {
		return Moved{}, fmt.Errorf("%w: %d objects of hash %s became %s", ErrMoved, objects, sum, other)
	}
	return Moved{objects, sum}, nil
}

// digest adds objects to two hashes: as they were read, and as they are here.
func (s *Keyed) digest(ctx context.Context, batch []moving, theirs, mine hash.Hash) error {
	keys := make([]Key, len(batch))
	for i, m := range batch {
		keys[i] = m.key
		for _, row := range m.rows {
			digestRow(theirs, row.key, row.value)
		}
	}
	return s.table.View(ctx, About{Keys: keys}, func(rows Rows) error {
		for _, m := range batch {
			here := moving{key: m.key, head: m.head, arrived: true}
			here.add(m.rows[0].key, rows.Get(m.rows[0].key))
			here.read(rows)
			for _, row := range here.rows {
				digestRow(mine, row.key, row.value)
			}
		}
		return nil
	})
}

func (s *Keyed) digestOrders(ctx context.Context, into hash.Hash) error {
	return s.table.View(ctx, About{}, func(rows Rows) error {
		rows.Scan([]byte{InOrder}, []byte{InOrder}, func(name, value []byte) bool {
			digestRow(into, name, value)
			return true
		})
		return nil
	})
}

func digestRow(into hash.Hash, key, value []byte) {
	_, _ = fmt.Fprintf(into, "%d:%d:", len(key), len(value)) // never fails
	_, _ = into.Write(key)
	_, _ = into.Write(value)
}

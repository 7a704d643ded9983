package catalog

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"github.com/ocpihub/ocpihub/ocpi"
)

// Table is an ordered table of keys and values with transactions: what an
// engine has to be for Keyed to keep a catalog in it. One that is far away may
// be Dated too, and its Rows Ahead.
type Table interface {
	// View runs read, which may run more than once. What it sees is good until
	// read returns. All rows of an object are of one state; a near table shows
	// one state of all.
	View(ctx context.Context, a About, read func(Rows) error) error
	// Update runs change, which may run more than once; its last run is kept
	// as a whole, durably, unless it returns an error.
	Update(ctx context.Context, a About, change func(Rows) error) error
}

// About says what a transaction is going to touch, so that an engine that is far
// away finds its place and reads ahead. It is no bound of what may be read.
type About struct {
	Keys   []Key  // the objects; in an Update all of one owner
	Part   Part   // of the object
	Ticket Ticket // of the change in transit, instead of Keys
	Marks  bool   // the marks of indexes, which belong to no owner, instead of Keys; in an Update
}

// Rows are the rows of a Table in a transaction.
type Rows interface {
	Get(key []byte) []byte // nil when it is not there
	Put(key, value []byte) error
	Delete(key []byte) error
	// Scan calls each with the rows from a key on, in order, while they begin
	// with prefix and each returns true. each must not change the table.
	Scan(prefix, from []byte, each func(key, value []byte) bool)
}

// Keyed is a Store in a Table. It decides everything, so that all engines
// behave alike.
type Keyed struct{ table Table }

var _ Store = (*Keyed)(nil)

// NewKeyed returns the catalog that is kept in a table.
func NewKeyed(t Table) *Keyed { return &Keyed{t} }

// Apply implements Store.
func (s *Keyed) Apply(ctx context.Context, c Change) (out Outcome, err error) {
	if err := ctx.Err(); err != nil {
		return "", err
	}
	var unknown error
	err = s.table.Update(ctx, About{Keys: []Key{c.Key}, Part: c.Part}, func(rows Rows) error {
		var err error
		out, err = apply(rows, c)
		unknown = nil
		if errors.Is(err, ErrUnknown) {
			// Nothing was written: no reason to undo what other changes have
			// written in the same transaction.
			unknown, err = err, nil
		}
		return err
	})
	if err = cmp.Or(err, unknown); err != nil {
		return "", err
	}
	return out, nil
}

func apply(rows Rows, c Change) (Outcome, error) {
	h, err := readHead(rows, c.Key)
	if err != nil {
		return "", err
	}
	if h.across(c) {
		return applyAcross(rows, c, h)
	}
	st := state{held: h.seq > 0, record: h.Record}
	if c.Part.EVSE != "" {
		return applyPart(rows, c, h, &st)
	}
	if c.Part.Calendar != "" {
		out, err := st.calendar(c)
		if err != nil || !out.changes() {
			return out, err
		}
		return out, writeRecord(rows, c, h, &st)
	}
	if c.Key.Module == ocpi.Locations {
		if st.evses, err = readEVSEs(rows, c.Key); err != nil {
			return "", err
		}
	}
	before := slices.Clone(st.evses)
	out, err := st.whole(c)
	if err != nil || !out.changes() {
		return out, err
	}
	if err := writeEVSEs(rows, c.Key, before, st.evses); err != nil {
		return "", err
	}
	return out, writeRecord(rows, c, h, &st)
}

// applyPart touches one EVSE and the small record of its location, whatever
// the number of EVSEs.
func applyPart(rows Rows, c Change, h *head, st *state) (Outcome, error) {
	if st.alive() && st.record.onePiece() {
		out, err := st.partInPiece(c)
		if err != nil || !out.changes() {
			return out, err
		}
		return out, writeRecord(rows, c, h, st)
	}
	held, place, err := readEVSE(rows, c.Key, c.Part.EVSE)
	if err != nil {
		return "", err
	}
	next, out, err := st.part(c, held)
	if err != nil || !out.changes() {
		return out, err
	}
	if held != nil {
		err = rows.Put(c.Key.evse(next.UID), encodeEVSE(place, next))
	} else {
		err = addEVSE(rows, c.Key, next)
	}
	if err != nil {
		return "", err
	}
	if st.record.Gap == 0 {
		st.record.openList()
	}
	return out, writeRecord(rows, c, h, st)
}

// readHead reads a record; one that is not there has sequence 0.
func readHead(rows Rows, k Key) (*head, error) {
	raw := rows.Get(k.object(InHeads))
	if raw == nil {
		return &head{}, nil
	}
	h, err := decodeHead(raw)
	if err != nil {
		return nil, err
	}
	h.Frame = rows.Get(k.object(InFrames))
	return h, nil
}

// writeRecord stores what a change made of a record, and keeps order, ids and
// counts in step.
func writeRecord(rows Rows, c Change, h *head, st *state) error {
	listed := h.seq > 0 && !h.Deleted
	was := contractOf(c.Key.Module, &h.Record)
	h.Record = st.record
	if err := recontract(rows, c.Key, was, contractOf(c.Key.Module, &h.Record), h.ID); err != nil {
		return err
	}
	h.Stored = c.At
	h.LastUpdated, _ = updated(h.Frame)
	if h.Deleted {
		h.Frame, h.Gap = nil, 0
		return errors.Join(
			delist(rows, c.Key, h),
			rows.Delete(c.Key.object(InFrames)),
			rows.Put(c.Key.object(InHeads), h.encode()),
		)
	}
	if !listed {
		if err := enlist(rows, c.Key, h); err != nil {
			return err
		}
	}
	e := entry{c.Key.shelf(), h.seq, h.LastUpdated, h.ID}
	return errors.Join(
		rows.Put(e.order(e.seq), e.encode()),
		rows.Put(c.Key.object(InFrames), h.Frame),
		rows.Put(c.Key.object(InHeads), h.encode()),
	)
}

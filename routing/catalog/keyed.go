package catalog

import (
	"bytes"
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/ocpihub/ocpihub/ocpi"
)

// Table is an ordered table of keys and values with transactions: what an
// embedded engine has to be for Keyed to keep a catalog in it.
type Table interface {
	// View runs read on one state of the table. What it sees is good until
	// read returns.
	View(read func(Rows) error) error
	// Update runs change, which may run more than once; its last run is kept
	// as a whole, durably, unless it returns an error.
	Update(change func(Rows) error) error
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

// Keyed is a Store in a Table.
type Keyed struct{ table Table }

var _ Store = (*Keyed)(nil)

// NewKeyed returns the catalog that is kept in a table.
func NewKeyed(t Table) *Keyed { return &Keyed{t} }

// Apply implements Store.
func (s *Keyed) Apply(ctx context.Context, c Change) (out Outcome, err error) {
	if err := ctx.Err(); err != nil {
		return "", err
	}
	err = s.table.Update(func(rows Rows) error {
		var err error
		out, err = apply(rows, c)
		return err
	})
	return out, err
}

func apply(rows Rows, c Change) (Outcome, error) {
	h, err := readHead(rows, c.Key)
	if err != nil {
		return "", err
	}
	st := state{held: h.seq > 0, record: h.Record}
	if c.Part.EVSE != "" {
		return applyPart(rows, c, h, &st)
	}
	if st.evses, err = readEVSEs(rows, c.Key); err != nil {
		return "", err
	}
	before := slices.Clone(st.evses)
	out, err := st.whole(c)
	if err != nil || out == Stale || out == Unchanged {
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
	held, place, err := readEVSE(rows, c.Key, c.Part.EVSE)
	if err != nil {
		return "", err
	}
	next, out, err := st.part(c, held)
	if err != nil || out == Stale || out == Unchanged {
		return out, err
	}
	if held == nil {
		place = nextPlace(rows, c.Key)
	}
	if err := rows.Put(c.Key.evse(next.UID), encodeEVSE(place, next)); err != nil {
		return "", err
	}
	return out, writeRecord(rows, c, h, st)
}

// readHead reads a record; one that is not there has sequence 0.
func readHead(rows Rows, k Key) (*head, error) {
	raw := rows.Get(k.object(inHeads))
	if raw == nil {
		return &head{}, nil
	}
	h, err := decodeHead(raw)
	if err != nil {
		return nil, err
	}
	h.Frame = rows.Get(k.object(inFrames))
	return h, nil
}

// writeRecord stores what a change made of a record, and keeps order, ids and
// counts in step.
func writeRecord(rows Rows, c Change, h *head, st *state) error {
	listed := h.seq > 0 && !h.Deleted
	h.Record = st.record
	h.Stored = c.At
	h.LastUpdated, _ = updated(h.Frame)
	if h.Deleted {
		h.Frame, h.Gap = nil, 0
	}
	if err := enlist(rows, c.Key, h, listed); err != nil {
		return err
	}
	if err := rows.Put(c.Key.object(inFrames), h.Frame); err != nil {
		return err
	}
	return rows.Put(c.Key.object(inHeads), h.encode())
}

// enlist puts an object that is new into its shelf, and takes a deleted one out.
func enlist(rows Rows, k Key, h *head, listed bool) error {
	if listed == !h.Deleted {
		return nil
	}
	shelf := k.shelf()
	n := decodeCount(rows.Get(shelf.key(inCounts)))
	if listed {
		n.objects--
		if err := rows.Delete(shelf.order(h.seq)); err != nil {
			return err
		}
		if err := rows.Delete(k.holder()); err != nil {
			return err
		}
		return rows.Put(shelf.key(inCounts), n.encode())
	}
	n.objects++
	n.last++
	h.seq = n.last
	if err := rows.Put(shelf.order(h.seq), []byte(h.ID)); err != nil {
		return err
	}
	if err := rows.Put(k.holder(), []byte(h.ID)); err != nil {
		return err
	}
	return rows.Put(shelf.key(inCounts), n.encode())
}

// Get implements Store.
func (s *Keyed) Get(ctx context.Context, k Key, part Part) (o Object, err error) {
	if err := ctx.Err(); err != nil {
		return o, err
	}
	err = s.table.View(func(rows Rows) error {
		var err error
		o, err = read(rows, k, part)
		return err
	})
	return o, err
}

// read assembles an object or a part of it; the bytes are the caller's.
func read(rows Rows, k Key, part Part) (Object, error) {
	h, err := readHead(rows, k)
	if err != nil {
		return Object{}, err
	}
	if h.seq == 0 || h.Deleted {
		return Object{}, ErrUnknown
	}
	var evses []EVSE
	if k.Module == ocpi.Locations {
		if evses, err = readEVSEs(rows, k); err != nil {
			return Object{}, err
		}
	}
	body, ok := pick(&h.Record, evses, part)
	if !ok {
		return Object{}, ErrUnknown
	}
	k.ID = h.ID
	lastUpdated, _ := updated(body)
	return Object{Key: k, Body: bytes.Clone(body), LastUpdated: lastUpdated}, nil
}

// Owners implements Store.
func (s *Keyed) Owners(ctx context.Context, m ocpi.ModuleID, id string, reader ocpi.PartyID) (out []Key, err error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	prefix := key(inIDs, string(m), fold(id))
	err = s.table.View(func(rows Rows) error {
		rows.Scan(prefix, prefix, func(k, stored []byte) bool {
			parts := fields(k)
			held := Key{m, partyOf(parts[2]), Everyone, string(stored)}
			if len(parts) > 3 {
				held.Audience = partyOf(parts[3])
			}
			if visible(held, reader) && !slices.ContainsFunc(out, func(o Key) bool { return o.Owner == held.Owner && !reader.IsZero() }) {
				out = append(out, held)
			}
			return true
		})
		return nil
	})
	return out, err
}

// visible says whether a reader may see an object; a zero reader sees all.
func visible(k Key, reader ocpi.PartyID) bool {
	return reader.IsZero() || k.Audience == Everyone || k.Audience == reader
}

// Changed implements Store.
func (s *Keyed) Changed(ctx context.Context, since time.Time, each func(Key) bool) error {
	var found []Key
	err := s.table.View(func(rows Rows) error {
		var bad error
		rows.Scan([]byte{inHeads}, []byte{inHeads}, func(k, raw []byte) bool {
			parts := fields(k)
			h, err := decodeHead(raw)
			if err != nil {
				bad = err
				return false
			}
			if parts[2] == "" && !h.Stored.Before(since) {
				found = append(found, Key{ocpi.ModuleID(parts[0]), partyOf(parts[1]), Everyone, h.ID})
			}
			return ctx.Err() == nil
		})
		return bad
	})
	if err = cmp.Or(err, ctx.Err()); err != nil {
		return err
	}
	for _, k := range found {
		if !each(k) {
			break
		}
	}
	return nil
}

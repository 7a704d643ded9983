package catalog

import (
	"encoding/binary"
	"errors"

	"github.com/ocpihub/ocpihub/ocpi"
)

// enlist puts an object behind all others of its owner: what is created is the
// last in the order (H-131), whatever its audience.
func enlist(rows Rows, k Key, h *head) error {
	s := k.shelf()
	if raw := rows.Get(s.sequence()); len(raw) == 8 {
		h.seq = binary.BigEndian.Uint64(raw)
	}
	h.seq++
	held := holding{k, h.seq}
	held.ID = h.ID
	return errors.Join(
		rows.Put(s.sequence(), binary.BigEndian.AppendUint64(nil, h.seq)),
		rows.Put(k.holding(), held.encode()),
		adjust(rows, k, 1),
	)
}

// delist takes a deleted object out of lists and of the index of ids.
func delist(rows Rows, k Key, h *head) error {
	err := errors.Join(
		rows.Delete(k.shelf().order(h.seq)),
		rows.Delete(k.holding()),
		adjust(rows, k, -1),
	)
	if err != nil || k.Audience != Everyone {
		return err
	}
	return inherit(rows, k, h.seq)
}

// adjust keeps the counts in step with an object that comes or goes.
func adjust(rows Rows, k Key, by int) error {
	if err := recount(rows, k.shelf(), by, 0); err != nil {
		return err
	}
	if k.Audience != Everyone {
		if rows.Get(k.twin(Everyone).holding()) == nil {
			return nil
		}
		return recount(rows, k.shelf(), 0, by)
	}
	twins, err := twinsOf(rows, k)
	for _, t := range twins {
		err = errors.Join(err, recount(rows, t.shelf(), 0, by))
	}
	return err
}

func recount(rows Rows, s shelf, objects, twins int) error {
	n := decodeCount(rows.Get(s.key(InCounts)))
	n.objects += uint64(objects) //nolint:gosec // adding what is below zero wraps to less
	n.twins += uint64(twins)     //nolint:gosec // as above
	return rows.Put(s.key(InCounts), n.encode())
}

// inherit leaves the place of what was for everyone to the copies of it for one
// party that came later: in the lists of these parties they stood there, and
// must not turn up a second time behind.
func inherit(rows Rows, k Key, seq uint64) error {
	twins, err := twinsOf(rows, k)
	if err != nil {
		return err
	}
	for _, t := range twins {
		if t.seq < seq {
			continue
		}
		h, err := readHead(rows, t.Key)
		if err != nil {
			return err
		}
		if err := rows.Delete(t.shelf().order(h.seq)); err != nil {
			return err
		}
		h.seq, t.seq = seq, seq
		moved := entry{t.shelf(), seq, h.LastUpdated, h.ID}
		err = errors.Join(
			rows.Put(t.shelf().order(seq), moved.encode()),
			rows.Put(t.holding(), t.encode()),
			rows.Put(t.object(InHeads), h.encode()),
		)
		if err != nil {
			return err
		}
	}
	return nil
}

// twinsOf returns the objects of the same owner with the same id that are for
// one party.
func twinsOf(rows Rows, k Key) (out []holding, err error) {
	held, err := holders(rows, k.Module, k.ID)
	for _, h := range held {
		if h.Owner == k.Owner && h.Audience != Everyone {
			out = append(out, h)
		}
	}
	return out, err
}

// holders returns all objects with an id, in order of owner and audience, what
// is for everyone first.
func holders(rows Rows, m ocpi.ModuleID, id string) (out []holding, err error) {
	prefix := key(InIDs, string(m), fold(id))
	rows.Scan(prefix, prefix, func(name, raw []byte) bool {
		parts := fields(name)
		var h holding
		h, err = decodeHolding(Key{Module: m, Owner: partyOf(parts[2]), Audience: partyOf(parts[3])}, raw)
		out = append(out, h)
		return err == nil
	})
	return out, err
}

package catalog

import (
	"bytes"
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/ocpihub/ocpihub/ocpi"
)

// Get implements Store.
func (s *Keyed) Get(ctx context.Context, k Key, part Part) (o Object, err error) {
	if err := ctx.Err(); err != nil {
		return o, err
	}
	err = s.table.View(ctx, About{Keys: []Key{k}, Part: part}, func(rows Rows) error {
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
	body, err := assemble(rows, k, h, part)
	if err != nil {
		return Object{}, err
	}
	k.ID = h.ID
	lastUpdated, _ := updated(body)
	return Object{Key: k, Version: h.Version, Body: bytes.Clone(body), LastUpdated: lastUpdated}, nil
}

// assemble reads of a location only the EVSE that is asked for.
func assemble(rows Rows, k Key, h *head, part Part) ([]byte, error) {
	if part.Calendar != "" {
		if body, ok := findIn(h.Frame, calendars, hasMember("id", part.Calendar)); ok {
			return body, nil
		}
		return nil, ErrUnknown
	}
	if k.Module != ocpi.Locations {
		return h.Frame, nil
	}
	if part.EVSE == "" {
		evses, err := readEVSEs(rows, k)
		return join(&h.Record, evses), err
	}
	evse, _, err := readEVSE(rows, k, part.EVSE)
	if err != nil {
		return nil, err
	}
	body, ok := h.pick(evse, part)
	if !ok {
		return nil, ErrUnknown
	}
	return body, nil
}

// Owners implements Store.
func (s *Keyed) Owners(ctx context.Context, m ocpi.ModuleID, id string, reader ocpi.PartyID) (out []Key, err error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	err = s.table.View(ctx, About{}, func(rows Rows) error {
		out = nil
		held, err := holders(rows, m, id)
		for _, h := range held {
			switch last := len(out) - 1; {
			case reader.IsZero():
				out = append(out, h.Key)
			case h.Audience != Everyone && h.Audience != reader:
			case last >= 0 && out[last].Owner == h.Owner:
				out[last] = h.Key // the reader's own comes behind the one for everyone
			default:
				out = append(out, h.Key)
			}
		}
		return err
	})
	return out, err
}

// stretch is how many records Changed reads in one transaction, so that it
// neither holds up the file nor fills the memory.
const stretch = 4096

// Changed implements Store.
func (s *Keyed) Changed(ctx context.Context, since time.Time, each func(Key) bool) error {
	seen := func(k Key) bool { return k.Module == lastPublished || each(k) }
	if dated, ok := s.table.(Dated); ok {
		return dated.StoredSince(ctx, since, seen)
	}
	return s.changed(ctx, key(InHeads, partyText(Everyone)), since, seen)
}

// changed is Changed of what is for everyone and whose head begins with a prefix,
// in a table that is near.
func (s *Keyed) changed(ctx context.Context, prefix []byte, since time.Time, each func(Key) bool) error {
	for from := prefix; from != nil; {
		var found []Key
		err := s.table.View(ctx, About{}, func(rows Rows) (err error) {
			found, from, err = changedFrom(rows, prefix, from, since)
			return err
		})
		if err = cmp.Or(err, ctx.Err()); err != nil {
			return err
		}
		for _, k := range found {
			if !each(k) {
				return nil
			}
		}
	}
	return nil
}

// changedFrom reads a stretch of what is for everyone; next is where to go on,
// nil at the end.
func changedFrom(rows Rows, prefix, from []byte, since time.Time) (found []Key, next []byte, err error) {
	left := stretch
	rows.Scan(prefix, from, func(name, raw []byte) bool {
		if left--; left < 0 {
			next = bytes.Clone(name)
			return false
		}
		var h *head
		if h, err = decodeHead(raw); err != nil {
			return false
		}
		if !h.Stored.Before(since) {
			parts := fields(name)
			found = append(found, Key{Module: ocpi.ModuleID(parts[1]), Owner: partyOf(parts[2]), ID: h.ID})
		}
		return true
	})
	return found, next, err
}

// Stats implements Store.
func (s *Keyed) Stats(ctx context.Context) ([]Stat, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	var counted map[shelf]*Stat
	err := s.table.View(ctx, About{}, func(rows Rows) (err error) {
		counted = map[shelf]*Stat{}
		rows.Scan([]byte{InOrder}, []byte{InOrder}, func(name, raw []byte) bool {
			parts := fields(name[:len(name)-8])
			sh := shelf{module: ocpi.ModuleID(parts[1]), owner: partyOf(parts[2])}
			if sh.module == lastPublished {
				return true
			}
			var e entry
			if e, err = decodeEntry(sh, 0, raw); err != nil {
				return false
			}
			if counted[sh] == nil {
				counted[sh] = &Stat{Owner: sh.owner, Module: sh.module}
			}
			counted[sh].add(e)
			return true
		})
		return err
	})
	var out []Stat
	for _, st := range counted {
		out = append(out, *st)
	}
	slices.SortFunc(out, func(a, b Stat) int {
		return cmp.Or(cmp.Compare(a.Owner.String(), b.Owner.String()), cmp.Compare(a.Module, b.Module))
	})
	return out, err
}

func (s *Stat) add(e entry) {
	s.Objects++
	if e.updated.After(s.LastUpdated) {
		s.LastUpdated = e.updated
	}
}

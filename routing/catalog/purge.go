package catalog

import (
	"bytes"
	"context"
	"errors"
	"time"

	"github.com/ocpihub/ocpihub/ocpi"
)

var _ Purger = (*Keyed)(nil)

// purgeMost bounds what one transaction removes, so that writers wait a few
// milliseconds at most.
const purgeMost = 128

// Purge implements Purger. Only the heads are read, in stretches; what is found
// is judged again when it is removed, for it may have changed meanwhile.
func (s *Keyed) Purge(ctx context.Context, m ocpi.ModuleID, before time.Time) (removed int, err error) {
	if dated, ok := s.table.(Dated); ok {
		err = dated.StoredBefore(ctx, m, before, func(old []Key) error {
			n, err := s.purgeAll(ctx, old, before)
			removed += n
			return err
		})
		return removed, err
	}
	for from := forOneParty(); from != nil; {
		var old []Key
		err := s.table.View(ctx, About{}, func(rows Rows) (err error) {
			old, from, err = storedBefore(rows, from, m, before)
			return err
		})
		if err != nil {
			return removed, err
		}
		n, err := s.purgeAll(ctx, old, before)
		removed += n
		if err != nil {
			return removed, err
		}
	}
	return removed, nil
}

// purgeAll removes in small steps, each of one owner.
func (s *Keyed) purgeAll(ctx context.Context, old []Key, before time.Time) (removed int, err error) {
	for len(old) > 0 {
		if err := ctx.Err(); err != nil {
			return removed, err
		}
		step := 1
		for step < min(len(old), purgeMost) && old[step].Owner == old[0].Owner {
			step++
		}
		n, err := s.purge(ctx, old[:step], before)
		removed += n
		if err != nil {
			return removed, err
		}
		old = old[step:]
	}
	return removed, nil
}

// forOneParty is where the heads begin that are not for everyone.
func forOneParty() []byte { return []byte{InHeads, 1} }

// storedBefore finds what is for one party and was stored before a time; next
// is where to go on, nil at the end.
func storedBefore(rows Rows, from []byte, m ocpi.ModuleID, before time.Time) (old []Key, next []byte, err error) {
	left := stretch
	rows.Scan([]byte{InHeads}, from, func(name, raw []byte) bool {
		if left--; left < 0 {
			next = bytes.Clone(name)
			return false
		}
		parts := fields(name)
		if ocpi.ModuleID(parts[1]) != m {
			return true
		}
		var h *head
		if h, err = decodeHead(raw); err != nil {
			return false
		}
		if h.Stored.Before(before) {
			old = append(old, Key{m, partyOf(parts[2]), partyOf(parts[0]), h.ID})
		}
		return true
	})
	return old, next, err
}

func (s *Keyed) purge(ctx context.Context, keys []Key, before time.Time) (removed int, err error) {
	err = s.table.Update(ctx, About{Keys: keys}, func(rows Rows) error {
		removed = 0
		for _, k := range keys {
			h, err := readHead(rows, k)
			if err != nil {
				return err
			}
			if h.seq == 0 || !h.Stored.Before(before) {
				continue
			}
			if err := purge(rows, k, h); err != nil {
				return err
			}
			removed++
		}
		return nil
	})
	return removed, err
}

// purge removes an object for one party without a trace. Its place in the
// order stays empty, so that a crawl goes on behind it undisturbed.
func purge(rows Rows, k Key, h *head) error {
	if !h.Deleted {
		if err := delist(rows, k, h); err != nil {
			return err
		}
	}
	evses, err := readEVSEs(rows, k)
	if err != nil {
		return err
	}
	return errors.Join(
		recontract(rows, k, contractOf(k.Module, &h.Record), "", h.ID),
		writeEVSEs(rows, k, evses, nil),
		rows.Delete(k.object(InFrames)),
		rows.Delete(k.object(InHeads)),
	)
}

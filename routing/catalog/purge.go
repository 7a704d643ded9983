package catalog

import (
	"bytes"
	"context"
	"errors"
	"slices"
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
	for from := forOneParty(); from != nil; {
		var old []Key
		err := s.table.View(func(rows Rows) (err error) {
			old, from, err = storedBefore(rows, from, m, before)
			return err
		})
		if err != nil {
			return removed, err
		}
		for batch := range slices.Chunk(old, purgeMost) {
			if err := ctx.Err(); err != nil {
				return removed, err
			}
			n, err := s.purge(batch, before)
			removed += n
			if err != nil {
				return removed, err
			}
		}
	}
	return removed, nil
}

// forOneParty is where the heads begin that are not for everyone.
func forOneParty() []byte { return []byte{inHeads, 1} }

// storedBefore finds what is for one party and was stored before a time; next
// is where to go on, nil at the end.
func storedBefore(rows Rows, from []byte, m ocpi.ModuleID, before time.Time) (old []Key, next []byte, err error) {
	left := stretch
	rows.Scan([]byte{inHeads}, from, func(name, raw []byte) bool {
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

func (s *Keyed) purge(keys []Key, before time.Time) (removed int, err error) {
	err = s.table.Update(func(rows Rows) error {
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
		writeEVSEs(rows, k, evses, nil),
		rows.Delete(k.object(inFrames)),
		rows.Delete(k.object(inHeads)),
	)
}

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
	err = s.storedBetween(ctx, m, time.Time{}, before, func(old []Key) error {
		return inSteps(ctx, old, func(old []Key) error {
			n, err := s.purge(ctx, old, before)
			removed += n
			return err
		})
	})
	return removed, err
}

// storedBetween calls each with objects of a module that are for one party and
// were stored at or after from and before a time.
func (s *Keyed) storedBetween(ctx context.Context, m ocpi.ModuleID, from, before time.Time, each func([]Key) error) error {
	if dated, ok := s.table.(Dated); ok {
		return dated.StoredBetween(ctx, m, from, before, each)
	}
	for next := forOneParty(); next != nil; {
		var old []Key
		err := s.table.View(ctx, About{}, func(rows Rows) (err error) {
			old, next, err = betweenFrom(rows, next, m, from, before)
			return err
		})
		if err == nil {
			err = each(old)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// inSteps calls each with some of the objects at a time, each time of one owner.
func inSteps(ctx context.Context, all []Key, each func([]Key) error) error {
	for len(all) > 0 {
		if err := ctx.Err(); err != nil {
			return err
		}
		step := 1
		for step < min(len(all), purgeMost) && all[step].Owner == all[0].Owner {
			step++
		}
		if err := each(all[:step]); err != nil {
			return err
		}
		all = all[step:]
	}
	return nil
}

// forOneParty is where the heads begin that are not for everyone.
func forOneParty() []byte { return []byte{InHeads, 1} }

// betweenFrom reads a stretch of what is for one party; next is where to go on,
// nil at the end.
func betweenFrom(rows Rows, at []byte, m ocpi.ModuleID, from, before time.Time) (old []Key, next []byte, err error) {
	left := stretch
	rows.Scan([]byte{InHeads}, at, func(name, raw []byte) bool {
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
		if h.Stored.Before(before) && !h.Stored.Before(from) {
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

package catalog

import (
	"context"
	"errors"
	"time"

	"github.com/ocpihub/ocpihub/ocpi"
)

// indexMargin is how far the clocks of replicas may be apart.
const indexMargin = time.Hour

// indexMost is how many tokens are put into the index in one step.
const indexMost = 512

// endOfTime is behind all that was stored.
var endOfTime = time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC)

// IndexContracts puts the tokens into the index of contracts that a hub without
// that index stored: all of them the first time, later those that were stored
// since the last time, for such a hub may have run in between. It says how many
// it looked at. Others may write meanwhile, if they keep the index themselves.
func (s *Keyed) IndexContracts(ctx context.Context, now time.Time) (tokens int, err error) {
	since, err := s.indexed(ctx)
	if err != nil {
		return 0, err
	}
	if !since.IsZero() {
		since = since.Add(-indexMargin)
	}
	put := func(keys []Key) error {
		tokens += len(keys)
		return s.putContracts(ctx, keys, since)
	}
	err = errors.Join(s.tokensForAll(ctx, since, put), s.tokensForOne(ctx, since, put))
	if err != nil {
		return tokens, err
	}
	return tokens, s.table.Update(ctx, About{Marks: true}, func(rows Rows) error {
		return rows.Put(indexMark(), appendTime(nil, now))
	})
}

func indexMark() []byte { return key(InMarks, "contracts") }

// indexed is when the index was complete last; zero when it never was.
func (s *Keyed) indexed(ctx context.Context) (at time.Time, err error) {
	err = s.table.Update(ctx, About{Marks: true}, func(rows Rows) error {
		if raw := rows.Get(indexMark()); len(raw) == timeSize {
			at = readTime(raw)
		}
		return nil
	})
	return at, err
}

// tokensForAll calls each with the tokens that are for everyone, those of one
// owner together.
func (s *Keyed) tokensForAll(ctx context.Context, since time.Time, each func([]Key) error) error {
	var batch []Key
	var failed error
	flush := func() bool {
		if len(batch) > 0 {
			failed = each(batch)
			batch = nil
		}
		return failed == nil
	}
	err := s.changedTokens(ctx, since, func(k Key) bool {
		if k.Module != ocpi.Tokens {
			return true
		}
		if len(batch) == indexMost || len(batch) > 0 && batch[0].Owner != k.Owner {
			if !flush() {
				return false
			}
		}
		batch = append(batch, k)
		return true
	})
	if err == nil && failed == nil {
		flush()
	}
	return errors.Join(err, failed)
}

// changedTokens is Changed, of tokens at least.
func (s *Keyed) changedTokens(ctx context.Context, since time.Time, each func(Key) bool) error {
	if _, dated := s.table.(Dated); dated {
		return s.Changed(ctx, since, each)
	}
	return s.changed(ctx, key(InHeads, partyText(Everyone), string(ocpi.Tokens)), since, each)
}

// tokensForOne calls each with those that are for one party.
func (s *Keyed) tokensForOne(ctx context.Context, since time.Time, each func([]Key) error) error {
	return s.storedBetween(ctx, ocpi.Tokens, since, endOfTime, func(keys []Key) error {
		return inSteps(ctx, keys, each)
	})
}

// putContracts puts tokens of one owner into the index, those that were stored
// since a time.
func (s *Keyed) putContracts(ctx context.Context, keys []Key, since time.Time) error {
	return s.table.Update(ctx, About{Keys: keys}, func(rows Rows) error {
		_, far := rows.(Ahead) // where to look costs as much as to write
		for _, k := range keys {
			h, err := readHead(rows, k)
			if err != nil {
				return err
			}
			contract := contractOf(k.Module, &h.Record)
			if h.seq == 0 || h.Stored.Before(since) || contract == "" || !far && rows.Get(k.contracted(contract)) != nil {
				continue
			}
			if err := rows.Put(k.contracted(contract), []byte(h.ID)); err != nil {
				return err
			}
		}
		return nil
	})
}

// Package memfeed is a feed in memory: the twin of the adapters, for tests.
package memfeed

import (
	"context"
	"sync"
	"time"

	"github.com/ocpihub/ocpihub/routing/fanout"
)

// Feed is a fanout.Feed and fanout.Progress in memory. Make one with New.
type Feed struct {
	now func() time.Time

	mu      sync.Mutex
	records []fanout.Record // from sequence first on
	first   uint64
	grown   chan struct{}
	marks   map[string]fanout.Mark
	notes   map[string]fanout.Mark
	taken   map[int]*ledger // by the index of the shard
}

var (
	_ fanout.Feed     = (*Feed)(nil)
	_ fanout.Progress = (*Feed)(nil)
)

// New returns an empty feed.
func New(now func() time.Time) *Feed {
	return &Feed{
		now: now, first: 1, grown: make(chan struct{}), marks: map[string]fanout.Mark{},
		notes: map[string]fanout.Mark{}, taken: map[int]*ledger{},
	}
}

// Publish implements fanout.Feed.
func (f *Feed) Publish(ctx context.Context, c fanout.Change) (uint64, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	seq := f.first + uint64(len(f.records))
	f.records = append(f.records, fanout.Record{Seq: seq, Time: f.now(), Change: c})
	close(f.grown)
	f.grown = make(chan struct{})
	return seq, nil
}

// Read implements fanout.Feed.
func (f *Feed) Read(ctx context.Context, after uint64, each func(fanout.Record) error) error {
	for {
		records, grown := f.since(after)
		for _, r := range records {
			if err := each(r); err != nil {
				return err
			}
			after = r.Seq
		}
		if len(records) > 0 {
			continue
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-grown:
		}
	}
}

// Keys implements fanout.Feed.
func (f *Feed) Keys(ctx context.Context, after, upTo uint64, each func(fanout.Record) error) error {
	records, _ := f.since(after)
	for _, r := range records {
		if err := ctx.Err(); err != nil {
			return err
		}
		if r.Seq > upTo {
			return nil
		}
		r.Body = nil
		if err := each(r); err != nil {
			return err
		}
	}
	return nil
}

func (f *Feed) since(after uint64) ([]fanout.Record, <-chan struct{}) {
	f.mu.Lock()
	defer f.mu.Unlock()
	skip := 0
	if after >= f.first {
		skip = min(len(f.records), int(after-f.first)+1) //nolint:gosec // a place in the slice
	}
	return f.records[skip:len(f.records):len(f.records)], f.grown
}

// Bounds implements fanout.Feed.
func (f *Feed) Bounds(ctx context.Context) (first, last uint64, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.first == 1 && len(f.records) == 0 {
		return 0, 0, ctx.Err()
	}
	return f.first, f.first + uint64(len(f.records)) - 1, ctx.Err()
}

// Expire drops the changes up to a sequence, as age does.
func (f *Feed) Expire(upTo uint64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for f.first <= upTo && len(f.records) > 0 {
		f.records = f.records[1:]
		f.first++
	}
}

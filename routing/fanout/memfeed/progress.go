package memfeed

import (
	"context"
	"maps"

	"github.com/ocpihub/ocpihub/routing/fanout"
)

// ledger are the marks of a shard in the hands of one who serves it.
type ledger struct {
	feed  *Feed
	shard fanout.Shard
	marks map[string]fanout.Mark
}

// Take implements fanout.Progress.
func (f *Feed) Take(ctx context.Context, s fanout.Shard) (fanout.Ledger, error) {
	marks, err := f.Marks(ctx, s)
	if err != nil {
		return nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	l := &ledger{feed: f, shard: s, marks: marks}
	f.taken[s.Index] = l
	return l, nil
}

// Marks implements fanout.Progress.
func (f *Feed) Marks(ctx context.Context, s fanout.Shard) (map[string]fanout.Mark, error) {
	marks := f.All()
	maps.DeleteFunc(marks, func(platform string, _ fanout.Mark) bool { return !s.Has(platform) })
	return marks, ctx.Err()
}

// All returns the marks of all platforms.
func (f *Feed) All() map[string]fanout.Mark {
	f.mu.Lock()
	defer f.mu.Unlock()
	return maps.Clone(f.marks)
}

// Marks implements fanout.Ledger.
func (l *ledger) Marks() map[string]fanout.Mark { return maps.Clone(l.marks) }

// Save implements fanout.Ledger.
func (l *ledger) Save(ctx context.Context, marks map[string]fanout.Mark) error {
	return l.write(ctx, func(all map[string]fanout.Mark) { maps.Copy(all, marks) })
}

// Forget implements fanout.Ledger.
func (l *ledger) Forget(ctx context.Context, platform string) error {
	return l.write(ctx, func(all map[string]fanout.Mark) { delete(all, platform) })
}

func (l *ledger) write(ctx context.Context, edit func(map[string]fanout.Mark)) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	l.feed.mu.Lock()
	defer l.feed.mu.Unlock()
	if l.feed.taken[l.shard.Index] != l {
		return fanout.ErrOvertaken
	}
	edit(l.feed.marks)
	return nil
}

// Arrive implements fanout.Arrivals.
func (f *Feed) Arrive(ctx context.Context, platform string, m fanout.Mark) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.notes[platform] = m
	return ctx.Err()
}

// Arrived implements fanout.Arrivals.
func (f *Feed) Arrived(ctx context.Context) (map[string]fanout.Mark, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return maps.Clone(f.notes), ctx.Err()
}

// Settle implements fanout.Arrivals.
func (f *Feed) Settle(ctx context.Context, notes map[string]fanout.Mark) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	maps.DeleteFunc(f.notes, func(platform string, m fanout.Mark) bool {
		settled, ok := notes[platform]
		return ok && settled.At.Equal(m.At) && settled.Seq == m.Seq
	})
	return ctx.Err()
}

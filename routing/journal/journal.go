package journal

import (
	"cmp"
	"context"
	"log/slog"
	"sync/atomic"
	"time"
)

// Options configure a Journal. Log is required.
type Options struct {
	Log    Log
	Now    func() time.Time // default time.Now
	Logger *slog.Logger     // default none
	// Queue is how many records may wait to be written, default 8192. Over the
	// bound they are dropped.
	Queue int
	// Every is how long a record waits for others at most, default 500 ms.
	Every time.Duration
}

const (
	// batch is how many records are written at once at most.
	batch = 256
	// writeWithin bounds one write.
	writeWithin = 2 * time.Second
)

// Journal takes records and writes them beside the way of the messages. It is
// safe for concurrent use. Run does the work.
type Journal struct {
	Options
	queue   chan Entry
	dropped atomic.Int64
	failing bool // of Run alone: the last write failed
}

// New returns a Journal.
func New(o Options) *Journal {
	o.Queue, o.Every = cmp.Or(o.Queue, 8192), cmp.Or(o.Every, 500*time.Millisecond)
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return &Journal{Options: o, queue: make(chan Entry, o.Queue)}
}

// Note takes a record. It never blocks: a record that finds the queue full is
// dropped and counted.
func (j *Journal) Note(e Entry) {
	select {
	case j.queue <- trimmed(e):
	default:
		j.dropped.Add(1)
	}
}

// Dropped is how many records were dropped: the queue was full, or the log did
// not take them.
func (j *Journal) Dropped() int64 { return j.dropped.Load() }

// Run writes until ctx ends, then what still waits.
func (j *Journal) Run(ctx context.Context) error {
	waiting := make([]Entry, 0, batch)
	for open := true; open; {
		waiting, open = j.collect(ctx, waiting[:0])
		j.write(ctx, waiting)
	}
	for len(j.queue) > 0 {
		if j.failing {
			j.dropped.Add(int64(len(j.queue)))
			return nil
		}
		j.write(ctx, j.rest(waiting[:0]))
	}
	return nil
}

// collect waits for a record, and then for others until there is a batch or the
// first has waited for long enough. It says no when ctx has ended.
func (j *Journal) collect(ctx context.Context, into []Entry) (waiting []Entry, open bool) {
	select {
	case e := <-j.queue:
		into = append(into, e)
	case <-ctx.Done():
		return into, false
	}
	timer := time.NewTimer(j.Every)
	defer timer.Stop()
	for len(into) < batch {
		select {
		case e := <-j.queue:
			into = append(into, e)
		case <-timer.C:
			return into, true
		case <-ctx.Done():
			return into, false
		}
	}
	return into, true
}

// rest takes a batch of what waits in the queue.
func (j *Journal) rest(into []Entry) []Entry {
	for len(into) < batch {
		select {
		case e := <-j.queue:
			into = append(into, e)
		default:
			return into
		}
	}
	return into
}

// write gives a batch to the log. What it does not take is dropped: to try
// again would only fill the queue. One line tells when that begins and ends.
func (j *Journal) write(ctx context.Context, entries []Entry) {
	if len(entries) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), writeWithin)
	defer cancel()
	err := j.Log.Append(ctx, entries)
	if err != nil {
		j.dropped.Add(int64(len(entries)))
	}
	switch {
	case err != nil && !j.failing:
		j.Logger.Warn("the journal cannot be written: records are dropped until it can", "error", err)
	case err == nil && j.failing:
		j.Logger.Info("the journal is written again", "dropped", j.Dropped())
	}
	j.failing = err != nil
}

// List returns the records that a query selects, the newest first.
func (j *Journal) List(ctx context.Context, q Query) ([]Entry, error) {
	var out []Entry
	err := j.Log.Read(ctx, q.Selector(), func(e Entry) bool {
		out = append(out, e)
		return q.Limit == 0 || len(out) < q.Limit
	})
	return out, err
}

// Follow calls each with the records that a query selects as they come, from
// q.Since, or else from now on, until ctx ends or each fails.
func (j *Journal) Follow(ctx context.Context, q Query, each func(Entry) error) error {
	since := q.Since
	if since.IsZero() {
		since = j.Now()
	}
	q.Since = time.Time{} // what is under way now began before
	return j.Log.Follow(ctx, since, q.Selector(), each)
}

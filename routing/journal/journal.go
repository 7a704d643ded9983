package journal

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/ocpihub/ocpihub/ocpi"
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
	queue   chan noted
	waiting atomic.Int64 // bytes of bodies in the queue
	dropped atomic.Int64
	without atomic.Int64 // records that lost their bodies
	failing bool         // of Run alone: the last write failed
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
	return &Journal{Options: o, queue: make(chan noted, o.Queue)}
}

// Note takes a record. It never blocks: a record that finds the queue full is
// dropped and counted.
func (j *Journal) Note(e Entry) { j.put(noted{Entry: trimmed(e)}) }

// NoteBodies takes a record with the bodies of its hop, of which it copies the
// beginnings; they are masked when they are written. Where too many bytes wait,
// the record is kept without them.
func (j *Journal) NoteBodies(e Entry, b ocpi.Bodies) {
	n := noted{Entry: trimmed(e)}
	n.bodies = beginnings(&n.Entry, b)
	if n.bodies != nil && j.waiting.Add(weight(n.bodies)) > maxWaiting {
		j.waiting.Add(-weight(n.bodies))
		j.without.Add(1)
		n.bodies = nil
	}
	if !j.put(n) && n.bodies != nil {
		j.waiting.Add(-weight(n.bodies))
	}
}

func (j *Journal) put(n noted) bool {
	select {
	case j.queue <- n:
		return true
	default:
		j.dropped.Add(1)
		return false
	}
}

// Dropped is how many records were dropped: the queue was full, or the log did
// not take them.
func (j *Journal) Dropped() int64 { return j.dropped.Load() }

// WithoutBodies is how many records lost their bodies: too many waited, or the
// log did not take them.
func (j *Journal) WithoutBodies() int64 { return j.without.Load() }

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
	case n := <-j.queue:
		into = append(into, j.taken(n))
	case <-ctx.Done():
		return into, false
	}
	since := time.Now()
	for into = j.rest(into); len(into) < batch && time.Since(since) < j.Every; into = j.rest(into) {
		if !sleep(ctx, min(j.Every, nap)) {
			return into, false
		}
	}
	return into, true
}

// nap is how long Run sleeps between two looks at the queue: to be woken for each
// record would cost whoever brings it more than the record does.
const nap = 20 * time.Millisecond

// sleep says no when ctx ended before.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// taken is a record from the queue, ready to be written.
func (j *Journal) taken(n noted) Entry {
	if n.bodies != nil {
		j.waiting.Add(-weight(n.bodies))
	}
	return n.masked()
}

// rest fills a batch with what waits in the queue.
func (j *Journal) rest(into []Entry) []Entry {
	for len(into) < batch {
		select {
		case n := <-j.queue:
			into = append(into, j.taken(n))
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
	if errors.Is(err, ErrBodies) {
		j.without.Add(int64(len(entries)))
		err = nil
	}
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

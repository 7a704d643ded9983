package jsjournal

import (
	"context"
	"slices"

	"github.com/ocpihub/ocpihub/routing/journal"
)

// A window is so many messages that are read, and held, at once; it grows while
// it holds less than small bytes, and shrinks over large ones.
const (
	firstWindow   = 8
	largestWindow = 4096
	small, large  = 1 << 20, 8 << 20
)

// Read implements journal.Log. A conversation or a trace is looked up in the index: only
// the messages that may hold something of it are read, and those that the index
// does not cover. Else all are read, the newest first.
func (l *Log) Read(ctx context.Context, s *journal.Selector, each func(journal.Entry) bool) error {
	held, err := l.records.span(ctx)
	if err != nil {
		return err
	}
	r := reading{log: l, held: held, sieve: newSieve(s), each: each}
	if len(s.IDs()) > 0 {
		r.places = newPlaces(held)
	}
	return r.run(ctx)
}

// reading is one walk through the log, backwards.
type reading struct {
	log    *Log
	held   span
	sieve  *sieve
	each   func(journal.Entry) bool
	places *places // nil: everything
}

func (r *reading) run(ctx context.Context) error {
	width := uint64(firstWindow)
	for end := r.held.last; ; {
		if err := r.lookUp(ctx); err != nil {
			return err
		}
		start, end2 := r.next(end, width)
		if end2 < r.held.first {
			return nil
		}
		blocks, err := r.log.records.get(ctx, start, end2)
		if err != nil {
			return err
		}
		size := 0
		for _, b := range slices.Backward(blocks) {
			size += len(b.raw)
			if more, err := r.offer(ctx, b); err != nil || !more {
				return err
			}
		}
		end, width = start-1, wider(width, size)
	}
}

// next is the next window, at or before end.
func (r *reading) next(end, width uint64) (start, last uint64) {
	if r.places != nil {
		return r.places.next(end, width)
	}
	return max(r.held.first, end-min(end, width)+1), end
}

// wider is the width of the window after one that held size bytes.
func wider(width uint64, size int) uint64 {
	switch {
	case size < small:
		return min(2*width, largestWindow)
	case size > large:
		return max(width/2, 1)
	}
	return width
}

// offer calls each with what is selected of a message, and says whether to go
// on.
func (r *reading) offer(ctx context.Context, b block) (more bool, err error) {
	if b.at.Before(r.sieve.s.Since) {
		return false, nil
	}
	records := r.sieve.records(b.raw, true)
	if r.sieve.s.Bodies && len(records) > 0 {
		if err := r.log.attach(ctx, b, records); err != nil {
			return false, err
		}
	}
	for _, e := range records {
		if !r.each(e.Entry) {
			return false, nil
		}
	}
	return true, nil
}

// lookUp asks the index for the ids of the conversation that it was not asked
// for yet: a result that was read has named its command.
func (r *reading) lookUp(ctx context.Context) error {
	if r.places == nil {
		return nil
	}
	fresh := r.places.unknown(r.sieve.s.IDs())
	if len(fresh) == 0 {
		return nil
	}
	err := r.log.eachIndex(ctx, r.held.epoch, func(p *page) { r.places.note(p, fresh) })
	return err
}

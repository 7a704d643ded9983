package jsfeed

import (
	"context"
	"log/slog"
	"sync"
)

// aliens are the messages of the stream that no change can be read from: of
// another version of the hub, or written by somebody else. They are skipped, for
// what comes behind them must go out; each is logged and counted once, however
// many readers meet it.
type aliens struct {
	log *slog.Logger

	mu      sync.Mutex
	met     map[uint64]bool
	skipped uint64
}

// maxMet bounds the sequences that are remembered, to count none twice.
const maxMet = 10_000

// skip notes a message that is skipped.
func (a *aliens) skip(ctx context.Context, seq uint64, why error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.met[seq] {
		return
	}
	if a.met == nil || len(a.met) == maxMet {
		a.met = map[uint64]bool{}
	}
	a.met[seq] = true
	a.skipped++
	a.log.WarnContext(ctx, "a message of the feed cannot be read and is skipped: nobody gets it", "sequence", seq, "error", why)
}

// Skipped counts the messages that could not be read since the feed was opened.
func (f *Feed) Skipped() uint64 {
	f.alien.mu.Lock()
	defer f.alien.mu.Unlock()
	return f.alien.skipped
}

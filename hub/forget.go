package hub

import (
	"context"
	"log/slog"

	"github.com/ocpihub/ocpihub/parties"
)

// forgetter drops the progress of deliveries to, and of pulls from, platforms
// that were removed.
type forgetter struct {
	forget  func(ctx context.Context, platform string) error
	log     *slog.Logger
	removed chan string
}

// forgetBacklog bounds the platforms that wait to be forgotten. Beyond it one
// is left out: all that stays is a mark that nobody reads.
const forgetBacklog = 256

func newForgetter(forget func(context.Context, string) error, log *slog.Logger) *forgetter {
	return &forgetter{forget: forget, log: log, removed: make(chan string, forgetBacklog)}
}

// changed takes note of the platforms that are gone for good.
func (f *forgetter) changed(before, after *parties.Directory) {
	for _, p := range before.Platforms() {
		if _, there := after.Platform(p.ID); there {
			continue
		}
		select {
		case f.removed <- p.ID:
		default:
		}
	}
}

// run forgets until ctx ends.
func (f *forgetter) run(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case id := <-f.removed:
			if err := f.forget(ctx, id); err != nil && ctx.Err() == nil {
				f.log.Warn("the progress of a removed platform stays", "platform_id", id, "error", err)
			}
		}
	}
}

package jsfeed

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"

	"github.com/ocpihub/ocpihub/routing/fanout"
)

// Arrive implements fanout.Arrivals.
func (p *progress) Arrive(ctx context.Context, platform string, m fanout.Mark) error {
	return p.edit(ctx, func(all map[string]wireMark) bool {
		all[platform] = fromMark(m)
		return true
	})
}

// Arrived implements fanout.Arrivals.
func (p *progress) Arrived(ctx context.Context) (map[string]fanout.Mark, error) {
	e, err := p.get(ctx, arrivalsKey)
	return toMarks(e.marks), err
}

// Settle implements fanout.Arrivals.
func (p *progress) Settle(ctx context.Context, notes map[string]fanout.Mark) error {
	return p.edit(ctx, func(all map[string]wireMark) bool {
		before := len(all)
		maps.DeleteFunc(all, func(platform string, m wireMark) bool {
			settled, ok := notes[platform]
			return ok && settled.Seq == m.Seq && settled.At.Equal(m.At)
		})
		return len(all) < before
	})
}

// edit changes the notes of those who have registered, whoever else does so at
// once.
func (p *progress) edit(ctx context.Context, change func(map[string]wireMark) bool) error {
	for {
		e, err := p.get(ctx, arrivalsKey)
		if err != nil || !change(e.marks) {
			return err
		}
		raw, err := json.Marshal(e.marks)
		if err != nil {
			return err
		}
		_, err = p.bucket.Update(ctx, arrivalsKey, raw, e.revision)
		switch {
		case changed(err):
			continue
		case err != nil:
			return fmt.Errorf("write %s: %w", bucketName, err)
		}
		return nil
	}
}

package jsfeed

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/ocpihub/ocpihub/routing/fanout"
)

// numberKey holds the number of shards that all processes have.
const numberKey = "shards"

// Agree returns the number of shards that this process must have: the one that is
// wanted when there was none, or when alone says that no other process lives; else
// that of the others. Two processes with different numbers would both serve some
// platforms.
func (f *Feed) Agree(ctx context.Context, want int, alone func(context.Context) bool) (int, error) {
	for {
		held, revision, err := f.number(ctx)
		if err != nil || held == want || held != 0 && !alone(ctx) {
			return held, err
		}
		_, err = f.bucket.Update(ctx, numberKey, []byte(strconv.Itoa(want)), revision)
		if err == nil {
			return want, nil
		}
		if !changed(err) {
			return 0, fmt.Errorf("write %s: %w", bucketName, err)
		}
	}
}

// number is the number of shards that was agreed on; 0 when there is none.
func (p *progress) number(ctx context.Context) (n int, revision uint64, err error) {
	e, err := p.bucket.Get(ctx, numberKey)
	switch {
	case errors.Is(err, jetstream.ErrKeyNotFound):
		return 0, 0, nil
	case err != nil:
		return 0, 0, fmt.Errorf("read %s: %w", bucketName, err)
	}
	if n, err = strconv.Atoi(string(e.Value())); err != nil || n < 1 {
		return 0, 0, fmt.Errorf("read %s of %s: want a number, got %.20q", numberKey, bucketName, e.Value())
	}
	return n, e.Revision(), nil
}

// agreed returns ErrReshaped when another number of shards than that of s was
// agreed on since.
func (p *progress) agreed(ctx context.Context, s fanout.Shard) error {
	n, _, err := p.number(ctx)
	if err == nil && n != 0 && n != s.Of {
		return fmt.Errorf("%w: it is %d, and was %d", fanout.ErrReshaped, n, s.Of)
	}
	return err
}

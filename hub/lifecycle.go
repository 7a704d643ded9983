package hub

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"
)

// lifecycle stops what was started, in reverse order, each step by name and
// within its bound.
type lifecycle struct {
	log   *slog.Logger
	steps []step
	once  sync.Once
	err   error
}

type step struct {
	name  string
	bound time.Duration
	stop  func(context.Context) error
}

// onStop adds a step; the last one added is the first to stop.
func (l *lifecycle) onStop(name string, bound time.Duration, stop func(context.Context) error) {
	l.steps = append(l.steps, step{name, bound, stop})
}

// unbounded is the bound of what cannot be bounded.
const unbounded = time.Minute

// onClose adds a step that cannot be bounded.
func (l *lifecycle) onClose(name string, closing func() error) {
	l.onStop(name, unbounded, func(context.Context) error { return closing() })
}

// background runs a task until it is stopped. A task that ends by itself, with
// an error, is reported on failed: the hub cannot go on without it.
func (l *lifecycle) background(ctx context.Context, name string, bound time.Duration, failed chan<- error, run func(context.Context) error) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := run(ctx); err != nil && ctx.Err() == nil {
			failed <- fmt.Errorf("%s: %w", name, err)
		}
	}()
	l.onStop(name, bound, func(stop context.Context) error {
		cancel()
		select {
		case <-done:
			return nil
		case <-stop.Done():
			return stop.Err()
		}
	})
}

// stop runs all steps, any number of times to the same effect.
func (l *lifecycle) stop(ctx context.Context) error {
	l.once.Do(func() {
		var failures []error
		for _, s := range slices.Backward(l.steps) {
			if err := l.run(ctx, s); err != nil {
				failures = append(failures, err)
			}
		}
		l.err = errors.Join(failures...)
	})
	return l.err
}

func (l *lifecycle) run(ctx context.Context, s step) error {
	ctx, cancel := context.WithTimeout(ctx, s.bound)
	defer cancel()
	began := time.Now()
	if err := s.stop(ctx); err != nil {
		l.log.Error("could not stop", "part", s.name, "error", err)
		return fmt.Errorf("stop %s: %w", s.name, err)
	}
	l.log.Debug("stopped", "part", s.name, "took", time.Since(began))
	return nil
}

package fanout

import (
	"context"
	"errors"
	"sync"
	"time"
)

const (
	refreshEvery = time.Second
	flushEvery   = 500 * time.Millisecond
)

// Run delivers to the platforms of the shards that this process serves until ctx
// ends; then it waits for what is under way, within the grace, and writes the last
// marks.
func (e *Engine) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	var beside sync.WaitGroup
	defer beside.Wait()
	defer cancel()
	beside.Go(func() { e.makeGood(ctx) })
	ended := make(chan error, e.Shards)
	for i := range e.Shards {
		go func() { ended <- e.attend(ctx, Shard{Index: i, Of: e.Shards}) }()
	}
	var all error
	for range e.Shards {
		if err := <-ended; err != nil {
			all = errors.Join(all, err)
			cancel()
		}
	}
	return all
}

// attend serves a shard whenever that is this process's to do. Where it is alone
// an error ends it; else the shard is given back, and there is another try.
func (e *Engine) attend(ctx context.Context, id Shard) error {
	if e.alone() {
		return e.serve(ctx, ctx, id, always{})
	}
	for fails := 1; ; fails++ {
		began := e.Now()
		err := e.Leases.Serve(ctx, id, func(held context.Context, lease Held) error {
			return e.serve(ctx, held, id, lease)
		})
		if ctx.Err() != nil || errors.Is(err, ErrReshaped) {
			return err
		}
		if e.Now().Sub(began) > longWait {
			fails = 1
		}
		e.Log.Warn("a shard of the deliveries cannot be served now", "shard", id.Index, "error", err)
		pause(ctx, backoff(fails))
	}
}

// always is the lease of a process that is alone.
type always struct{}

func (always) Valid() bool { return true }

// serve delivers to the platforms of a shard until held ends, which run outlives
// when the shard goes to another process.
func (e *Engine) serve(run, held context.Context, id Shard, lease Held) error {
	ctx, quit := context.WithCancel(held)
	defer quit()
	s := newShard(e, id, lease)
	s.quit = quit
	// Deliveries outlive ctx by the grace.
	s.ctx, s.stop = context.WithCancel(context.WithoutCancel(held))
	defer s.stop()
	if err := s.take(ctx); err != nil {
		return err
	}
	s.refresh(ctx, true)
	leave := e.seat(s)
	defer leave()
	hush, err := e.answerFor(s)
	if err == nil {
		s.loop(ctx)
		hush()
	}
	leave()
	grace := e.Grace
	if run.Err() == nil {
		grace = min(grace, handOver)
	}
	return errors.Join(err, s.retire(held, grace))
}

// handOver bounds how long a shard that goes to another process waits for the
// deliveries under way.
const handOver = 2 * time.Second

// answerFor has the questions of other processes about a shard answered.
func (e *Engine) answerFor(s *shard) (hush func(), err error) {
	if e.Peers == nil {
		return func() {}, nil
	}
	return e.Peers.Answer(s.Shard, s.answer)
}

// loop runs the reader and the ticks until ctx ends.
func (s *shard) loop(ctx context.Context) {
	var reader sync.WaitGroup
	defer reader.Wait()
	reader.Go(func() { s.read(ctx) })
	refresh, flush := time.NewTicker(refreshEvery), time.NewTicker(flushEvery)
	defer refresh.Stop()
	defer flush.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-s.wake:
			s.refresh(ctx, false)
		case <-refresh.C:
			s.refresh(ctx, false)
		case <-flush.C:
			if err := s.flush(ctx); err != nil && ctx.Err() == nil {
				s.engine.Log.Warn("the progress of deliveries cannot be stored now", "error", err)
			}
		}
	}
}

// retire ends the deliveries: those under way may end within the grace, but not
// once somebody else may serve the shard. Then the last marks are written.
func (s *shard) retire(ctx context.Context, grace time.Duration) error {
	for _, o := range s.all() {
		o.close()
	}
	done := make(chan struct{})
	go func() {
		s.work.Wait()
		close(done)
	}()
	s.await(done, grace)
	s.stop()
	<-done
	if !s.held.Valid() {
		return ErrOvertaken
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastFlush)
	defer cancel()
	return s.flush(ctx)
}

const (
	// lastFlush bounds how long a shard that ends waits for its last marks.
	lastFlush = 10 * time.Second
	// glance is how often a shard that ends looks whether it is still its own.
	glance = 100 * time.Millisecond
)

// await waits until done closes, the grace is over or the lease is lost.
func (s *shard) await(done <-chan struct{}, grace time.Duration) {
	end, look := time.NewTimer(grace), time.NewTicker(glance)
	defer end.Stop()
	defer look.Stop()
	for s.held.Valid() {
		select {
		case <-done:
			return
		case <-end.C:
			return
		case <-look.C:
		}
	}
}

package fanout

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"
)

const (
	refreshEvery = time.Second
	flushEvery   = 500 * time.Millisecond
)

// Run reads the feed and delivers until ctx ends; then it waits for what is
// under way, within the grace, and writes the last marks.
func (e *Engine) Run(ctx context.Context) error {
	err := e.load(ctx)
	if err != nil {
		return err
	}
	start := Mark{At: e.Now()} // what is beyond the end comes later than this
	if _, start.Seq, err = e.Feed.Bounds(ctx); err != nil {
		return fmt.Errorf("look at the feed: %w", err)
	}
	e.end.note(start.Seq)
	for _, s := range e.shards {
		s.pos = start
	}
	// Deliveries outlive ctx by the grace.
	working, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	e.refresh(working, true)
	e.loop(ctx, working)
	e.retire(stop)
	return e.flush(context.WithoutCancel(ctx))
}

// loop runs the readers and the ticks until ctx ends.
func (e *Engine) loop(ctx, working context.Context) {
	var readers sync.WaitGroup
	defer readers.Wait()
	for _, s := range e.shards {
		readers.Go(func() { s.read(ctx) })
	}
	refresh, flush := time.NewTicker(refreshEvery), time.NewTicker(flushEvery)
	defer refresh.Stop()
	defer flush.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-e.wake:
			e.refresh(working, false)
		case <-refresh.C:
			e.refresh(working, false)
		case <-flush.C:
			if err := e.flush(ctx); err != nil && ctx.Err() == nil {
				e.Log.Warn("the progress of deliveries cannot be stored now", "error", err)
			}
		}
	}
}

// retire ends the deliveries: those under way may end within the grace.
func (e *Engine) retire(stop context.CancelFunc) {
	for _, o := range e.all() {
		o.close()
	}
	done := make(chan struct{})
	go func() {
		e.work.Wait()
		close(done)
	}()
	select {
	case <-done:
	case <-time.After(e.Grace):
		stop()
		<-done
	}
}

// refresh makes the outlets those of the audience. At the start, a platform
// without a mark is caught up from the beginning of the feed; later it begins
// now.
func (e *Engine) refresh(ctx context.Context, starting bool) {
	present := map[string]bool{}
	for _, t := range e.Audience.Platforms() {
		present[t.Platform] = true
		e.outletOf(ctx, t.Platform, starting).present(t)
	}
	for _, o := range e.all() {
		if !present[o.platform] {
			o.close()
			e.mu.Lock()
			delete(e.outlets, o.platform)
			e.mu.Unlock()
		}
	}
}

// outletOf returns the outlet of a platform, and makes it when it is new.
func (e *Engine) outletOf(ctx context.Context, platform string, starting bool) *outlet {
	e.mu.Lock()
	defer e.mu.Unlock()
	if o := e.outlets[platform]; o != nil {
		return o
	}
	s := e.shardOf(platform)
	mark, known := e.marks[platform]
	o := newOutlet(ctx, e, platform)
	o.newcomer = mark.New || !known && !starting
	s.admit(o, func(pos Mark) {
		if !known && !starting {
			mark = pos
		}
		if starting && mark.Seq > pos.Seq {
			mark.Seq = 0 // the feed has been lost, and begins anew
		}
		o.saved, o.done, o.pos, o.owed = mark, mark, pos, slices.Clone(mark.Owed)
	})
	e.outlets[platform] = o
	return o
}

func (e *Engine) all() []*outlet {
	e.mu.Lock()
	defer e.mu.Unlock()
	out := make([]*outlet, 0, len(e.outlets))
	for _, o := range e.outlets {
		out = append(out, o)
	}
	return out
}

// flush writes the marks that have moved.
func (e *Engine) flush(ctx context.Context) error {
	e.saving.Lock()
	defer e.saving.Unlock()
	moved := map[string]Mark{}
	for _, o := range e.all() {
		m := o.mark()
		e.mu.Lock()
		if old, known := e.marks[o.platform]; !known || !old.same(m) {
			moved[o.platform] = m
		}
		e.mu.Unlock()
	}
	// The docket after the marks were taken, and before they are written: what a
	// mark has behind it must be there.
	err := e.docket.flush(ctx, e.Rejected)
	if err != nil || len(moved) == 0 {
		return err
	}
	return e.save(ctx, moved)
}

// shard reads the feed once for the platforms that are its own.
type shard struct {
	engine  *Engine
	mu      sync.Mutex
	pos     Mark // the last change that was offered
	outlets []*outlet
}

// admit adds an outlet at the present position.
func (s *shard) admit(o *outlet, at func(pos Mark)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	at(s.pos)
	s.outlets = append(s.outlets, o)
}

// read offers every change to the outlets until ctx ends. A feed that fails is
// taken up again where it broke.
func (s *shard) read(ctx context.Context) {
	for fails := 1; ctx.Err() == nil; fails++ {
		began := s.position()
		err := s.engine.Feed.Read(ctx, began, func(r Record) error {
			s.offer(r)
			return ctx.Err()
		})
		if ctx.Err() != nil {
			return
		}
		if s.position() > began {
			fails = 1
		}
		s.engine.Log.Warn("the feed cannot be read now", "error", err)
		select {
		case <-ctx.Done():
		case <-time.After(backoff(fails)):
		}
	}
}

func (s *shard) position() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.pos.Seq
}

// offer hands one change to every outlet. It never waits for a platform.
func (s *shard) offer(r Record) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pos = Mark{Seq: r.Seq, At: r.Time}
	kept := s.outlets[:0]
	for _, o := range s.outlets {
		if o.offer(r) {
			kept = append(kept, o)
		}
	}
	clear(s.outlets[len(kept):])
	s.outlets = kept
}

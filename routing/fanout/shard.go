package fanout

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// shard is what this process does for the platforms of a shard, for as long as it
// serves it: what comes before and after is another process's, or another shard.
type shard struct {
	Shard
	engine *Engine
	held   Held
	ledger Ledger
	docket *docket
	ctx    context.Context //nolint:containedctx // of the deliveries, which outlive any call
	stop   func()          // ends the deliveries under way
	quit   func()          // ends the serving
	wake   chan struct{}
	work   sync.WaitGroup // deliveries and catch-ups under way
	saving sync.Mutex     // keeps a flush from writing a mark that is being forgotten
	// judged is the last change whose comparison with the newest state has begun;
	// doubt is until when there is none, for the catalog could not be read.
	judged atomic.Uint64
	doubt  time.Time

	mu      sync.Mutex
	outlets map[string]*outlet
	marks   map[string]Mark // as they are stored
	gone    map[string]bool // forgotten; the audience may not know yet

	reading sync.Mutex
	pos     Mark // the last change that was offered
	readers []*outlet
}

func newShard(e *Engine, id Shard, held Held) *shard {
	return &shard{
		Shard: id, engine: e, held: held, docket: newDocket(), wake: make(chan struct{}, 1),
		outlets: map[string]*outlet{}, marks: map[string]Mark{}, gone: map[string]bool{},
	}
}

// take loads what is kept of the shard and places it at the end of the feed.
func (s *shard) take(ctx context.Context) error {
	if !s.held.Valid() { // who serves it now would stop
		return ErrOvertaken
	}
	ledger, err := s.engine.Progress.Take(ctx, s.Shard)
	if err != nil {
		return fmt.Errorf("load the progress of deliveries: %w", err)
	}
	s.ledger, s.marks = ledger, ledger.Marks()
	rejected, err := s.engine.Rejected.Load(ctx)
	if err != nil {
		return fmt.Errorf("load the rejected deliveries: %w", err)
	}
	s.docket.load(slices.DeleteFunc(rejected, func(r Rejection) bool { return !s.Has(r.Platform) }))
	if err := s.begin(ctx); err != nil {
		return fmt.Errorf("look at the feed: %w", err)
	}
	if err := s.admitArrivals(ctx); err != nil {
		return fmt.Errorf("load who has registered: %w", err)
	}
	return nil
}

// settleFeed is how long a feed whose end is before a mark may take to find its
// end: its leader may have changed just now.
const settleFeed = 2 * time.Second

// begin places the shard at the end of the feed.
func (s *shard) begin(ctx context.Context) error {
	e := s.engine
	s.pos = Mark{At: e.Now()} // what is beyond the end comes later than this
	var err error
	if _, s.pos.Seq, err = e.Feed.Bounds(ctx); err != nil {
		return err
	}
	ahead := func(m Mark) bool { return m.Seq > s.pos.Seq }
	if !e.alone() && slices.ContainsFunc(slices.Collect(maps.Values(s.marks)), ahead) {
		pause(ctx, settleFeed)
		if _, s.pos.Seq, err = e.Feed.Bounds(ctx); err != nil {
			return err
		}
	}
	s.judged.Store(s.pos.Seq)
	e.end.note(s.pos.Seq)
	return nil
}

// rouse has the shard look at the audience soon. It does not block.
func (s *shard) rouse() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// lose ends the serving at once, for it may be another process's now: nothing is
// sent any more.
func (s *shard) lose() {
	s.stop()
	s.quit()
}

// refresh makes the outlets those of the audience. When the shard is taken, a
// platform without a mark is caught up from the beginning of the feed; later it
// begins now.
func (s *shard) refresh(ctx context.Context, starting bool) {
	if !starting && !s.engine.alone() {
		if err := s.admitArrivals(ctx); err != nil {
			return // a platform that is new here may have a note; the next look is soon
		}
	}
	present := map[string]bool{}
	for _, t := range s.engine.Audience.Platforms() {
		if !s.Has(t.Platform) {
			continue
		}
		if o := s.outletOf(t.Platform, starting); o != nil {
			present[t.Platform] = true
			o.present(t)
		}
	}
	for _, o := range s.all() {
		if !present[o.platform] {
			o.close()
			s.mu.Lock()
			delete(s.outlets, o.platform)
			s.mu.Unlock()
		}
	}
}

// outletOf returns the outlet of a platform, and makes it when it is new; nil for
// one that is forgotten.
func (s *shard) outletOf(platform string, starting bool) *outlet {
	s.mu.Lock()
	defer s.mu.Unlock()
	if o := s.outlets[platform]; o != nil || s.gone[platform] {
		return o
	}
	mark, known := s.marks[platform]
	o := newOutlet(s, platform)
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
	s.outlets[platform] = o
	return o
}

func (s *shard) all() []*outlet {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Collect(maps.Values(s.outlets))
}

// outlet returns the outlet of a platform; nil when there is none.
func (s *shard) outlet(platform string) *outlet {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.outlets[platform]
}

// flush writes the marks that have moved.
func (s *shard) flush(ctx context.Context) error {
	s.saving.Lock()
	defer s.saving.Unlock()
	moved := map[string]Mark{}
	for _, o := range s.all() {
		m := o.mark()
		s.mu.Lock()
		if old, known := s.marks[o.platform]; !known || !old.same(m) {
			moved[o.platform] = m
		}
		s.mu.Unlock()
	}
	if !s.held.Valid() {
		s.lose()
		return ErrOvertaken
	}
	// The docket after the marks were taken, and before they are written: what a
	// mark has behind it must be there.
	err := s.docket.flush(ctx, s.engine.Rejected)
	if err != nil || len(moved) == 0 {
		return err
	}
	return s.save(ctx, moved)
}

// save writes marks and remembers what is written.
func (s *shard) save(ctx context.Context, marks map[string]Mark) error {
	if err := s.ledger.Save(ctx, marks); err != nil {
		if errors.Is(err, ErrOvertaken) {
			s.lose()
		}
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	maps.Copy(s.marks, marks)
	return nil
}

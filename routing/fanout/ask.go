package fanout

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/ocpihub/ocpihub/internal/fault"
)

const (
	// answerWithin bounds how long a process waits for another that serves a
	// shard, where that has to look into its memory alone; orderWithin where it
	// has to count or to write.
	answerWithin = 600 * time.Millisecond
	orderWithin  = 20 * time.Second
	// lastKnownWithin bounds how long is looked for what was written of a shard
	// that nobody answers for.
	lastKnownWithin = 300 * time.Millisecond
)

// ask has the process that serves a platform answer. Faults: those of the answer;
// Unavailable while the shard moves; NotFound where nobody but this process can
// serve it, and it does not yet.
func (e *Engine) ask(ctx context.Context, platform string, q Question) (Reply, error) {
	if e.Peers == nil {
		return Reply{}, noOutlet(platform)
	}
	q.Platform = platform
	within := answerWithin
	switch q.About {
	case AskResync, AskRetry, AskForget:
		within = orderWithin
	case AskDeliveries, AskRejections, AskResend, AskIntroduced, AskReached, AskJoin:
	}
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	r, err := e.Peers.Ask(ctx, e.shardOf(platform), q)
	if err != nil {
		return Reply{}, moving(err, platform)
	}
	return r, r.Fault.err()
}

// moving is the answer about a platform that nobody serves now.
func moving(cause error, platform string) error {
	return &fault.Error{
		Kind: fault.Unavailable, Message: "the deliveries to platform " + platform + " move to another process of the hub: try again",
		RetryAfter: retryMove, Cause: cause,
	}
}

// answer answers what another process asks about a platform of the shard.
func (s *shard) answer(ctx context.Context, q Question) (r Reply, ok bool) {
	if !s.held.Valid() {
		return r, false
	}
	var err error
	switch q.About {
	case AskDeliveries:
		r.Stats = s.stats()
	case AskRejections:
		r.Rejected = s.docket.list(*q.Rejections)
	case AskResync:
		r.Modules, err = s.resync(ctx, *q.Resync)
	case AskRetry:
		r.Retried, err = s.retry(ctx, *q.Retry)
	case AskResend:
		r.Done = s.resend(q.Platform, *q.Change)
	case AskIntroduced:
		err = s.introduceAll(ctx, q.Platform, q.Party)
	case AskForget:
		err = s.forget(ctx, q.Platform)
	case AskReached:
		r.Reached = s.reached(q.Platform)
	case AskJoin:
		err = s.admitArrivals(ctx)
	}
	r.Fault = refuse(err)
	return r, s.held.Valid()
}

// Deliveries returns the state of every platform that receives pushes, by their
// ids: of those that another process serves as that says, within a second. While a
// shard moves its platforms stand as far as was written down.
func (e *Engine) Deliveries() []Stat {
	out := e.gather(AskDeliveries, nil, func(s *shard) Reply { return Reply{Stats: s.stats()} })
	stats := []Stat{}
	for id, r := range out {
		if r == nil {
			stats = append(stats, e.lastKnown(Shard{Index: id, Of: e.Shards})...)
			continue
		}
		stats = append(stats, r.Stats...)
	}
	return byPlatform(stats)
}

// Served returns the state of the platforms that this process serves, by their
// ids. It does not block.
func (e *Engine) Served() []Stat {
	out := []Stat{}
	for _, s := range e.served() {
		out = append(out, s.stats()...)
	}
	return byPlatform(out)
}

func byPlatform(stats []Stat) []Stat {
	slices.SortFunc(stats, func(a, b Stat) int { return strings.Compare(a.Platform, b.Platform) })
	return stats
}

// Rejections returns what receivers did not want and have not taken since, the
// newest first: from the processes that serve them, within a second, or as they
// are stored.
func (e *Engine) Rejections(q RejectionQuery) []Rejection {
	out := []Rejection{}
	missing := map[int]bool{}
	for id, r := range e.gather(AskRejections, &q, func(s *shard) Reply { return Reply{Rejected: s.docket.list(q)} }) {
		if r == nil {
			missing[id] = true
			continue
		}
		out = append(out, r.Rejected...)
	}
	if len(missing) > 0 && !e.alone() {
		out = append(out, e.stored(q, missing)...)
	}
	return newestFirst(out)
}

// stored are the rejections that a query selects of shards that nobody answers
// for.
func (e *Engine) stored(q RejectionQuery, shards map[int]bool) []Rejection {
	ctx, cancel := context.WithTimeout(context.Background(), lastKnownWithin)
	defer cancel()
	all, err := e.Rejected.Load(ctx)
	if err != nil {
		return nil
	}
	return slices.DeleteFunc(all, func(r Rejection) bool {
		return !shards[e.shardOf(r.Platform).Index] || q.Platform != "" && q.Platform != r.Platform || !q.fits(r)
	})
}

// gather asks of all shards at once, by their numbers, or only of that of the
// platform that a query is about; nil where nobody answers.
func (e *Engine) gather(about Asked, q *RejectionQuery, own func(*shard) Reply) map[int]*Reply {
	ctx, cancel := context.WithTimeout(context.Background(), answerWithin)
	defer cancel()
	var mu sync.Mutex
	var all sync.WaitGroup
	out := map[int]*Reply{}
	local := map[int]*shard{}
	for _, s := range e.served() {
		local[s.Index] = s
	}
	for id := range e.Shards {
		if q != nil && q.Platform != "" && e.shardOf(q.Platform).Index != id {
			continue
		}
		note := func(r *Reply) {
			mu.Lock()
			defer mu.Unlock()
			out[id] = r
		}
		note(nil)
		if s := local[id]; s != nil {
			r := own(s)
			note(&r)
			continue
		}
		if e.Peers == nil {
			continue
		}
		all.Go(func() {
			if r, err := e.Peers.Ask(ctx, Shard{Index: id, Of: e.Shards}, Question{About: about, Rejections: q}); err == nil {
				note(&r)
			}
		})
	}
	all.Wait()
	return out
}

// lastKnown is what was written down of the platforms of a shard that nobody
// answers for: what is behind their marks is yet to be brought.
func (e *Engine) lastKnown(id Shard) (out []Stat) {
	if e.alone() {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), lastKnownWithin)
	defer cancel()
	marks, err := e.Progress.Marks(ctx, id)
	if err != nil {
		e.Log.Debug("the marks of a shard that moves cannot be read", "shard", id.Index, "error", err)
	}
	_, last, _ := e.Feed.Bounds(ctx)
	for _, t := range e.Audience.Platforms() {
		if !id.Has(t.Platform) {
			continue
		}
		s := Stat{Platform: t.Platform, State: CatchingUp, Held: t.Held}
		switch {
		case t.Paused:
			s.State = Paused
		case t.Away:
			s.State = Waiting
		}
		if m, ok := marks[t.Platform]; ok && last > m.Seq {
			s.Pending = int(last - m.Seq) //nolint:gosec // a number of changes
			s.OldestPending = max(0, e.Now().Sub(m.At))
		}
		out = append(out, s)
	}
	return out
}

// Reached is the time up to which everything has been done for a platform; zero
// when it does not receive pushes.
func (e *Engine) Reached(platform string) time.Time {
	if s := e.local(platform); s != nil {
		return s.reached(platform)
	}
	ctx := context.Background()
	if r, err := e.ask(ctx, platform, Question{About: AskReached}); err == nil {
		return r.Reached
	}
	ctx, cancel := context.WithTimeout(ctx, lastKnownWithin)
	defer cancel()
	marks, _ := e.Progress.Marks(ctx, e.shardOf(platform)) // zero is on the safe side
	return marks[platform].At
}

func (s *shard) reached(platform string) time.Time {
	s.mu.Lock()
	o, mark := s.outlets[platform], s.marks[platform]
	s.mu.Unlock()
	if o == nil {
		return mark.At
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.reached().At
}

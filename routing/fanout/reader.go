package fanout

import (
	"context"
	"time"

	"github.com/ocpihub/ocpihub/ocpi"
)

// admit adds an outlet at the present position.
func (s *shard) admit(o *outlet, at func(pos Mark)) {
	s.reading.Lock()
	defer s.reading.Unlock()
	at(s.pos)
	s.readers = append(s.readers, o)
}

// read offers every change to the outlets until ctx ends. A feed that fails is
// taken up again where it broke.
func (s *shard) read(ctx context.Context) {
	for fails := 1; ctx.Err() == nil; fails++ {
		began := s.position()
		err := s.engine.Feed.Read(ctx, began, func(r Record) error {
			s.offer(s.judge(ctx, r))
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
	s.reading.Lock()
	defer s.reading.Unlock()
	return s.pos.Seq
}

// offer hands one change to every outlet. It never waits for a platform.
func (s *shard) offer(r Record) {
	s.reading.Lock()
	defer s.reading.Unlock()
	s.pos = Mark{Seq: r.Seq, At: r.Time}
	kept := s.readers[:0]
	for _, o := range s.readers {
		if o.offer(r) {
			kept = append(kept, o)
		}
	}
	clear(s.readers[len(kept):])
	s.readers = kept
}

const (
	// judgeWithin bounds one comparison of a change with the newest state: the
	// reader waits for it.
	judgeWithin = 2 * time.Second
	// blind is for how long there are none after one that failed.
	blind = time.Second
)

// judge lets a change go out as it came only where the newest state holds what it
// brings: another process may have published it behind a newer one. What nobody
// takes now is not compared; should somebody take it all the same, it goes out as
// newest state. The comparison is noted before it begins, for the fences.
func (s *shard) judge(ctx context.Context, r Record) Record {
	if s.engine.Agrees == nil || r.Newest || r.Key.Module == ocpi.HubClientInfo {
		return r
	}
	if s.wanted(r) {
		s.judged.Store(r.Seq)
		if s.agrees(ctx, r.Change) {
			return r
		}
	}
	r.Newest, r.Body = true, nil
	return r
}

func (s *shard) agrees(ctx context.Context, c Change) bool {
	if s.engine.Now().Before(s.doubt) {
		return false
	}
	ctx, cancel := context.WithTimeout(ctx, judgeWithin)
	defer cancel()
	agrees, err := s.engine.Agrees(ctx, c)
	if err != nil {
		s.doubt = s.engine.Now().Add(blind)
		return false
	}
	return agrees
}

// wanted says whether any outlet would take a change into its queue now.
func (s *shard) wanted(r Record) bool {
	s.reading.Lock()
	readers := s.readers
	s.reading.Unlock() // the reader alone takes any out
	for _, o := range readers {
		if o.wants(r) {
			return true
		}
	}
	return false
}

// wants says whether an outlet would take a change into its queue now.
func (o *outlet) wants(r Record) bool {
	o.mu.Lock()
	listens := !o.closed && !o.stopped() && (o.catch == nil || o.catch.joined) && !o.holds(r.Key.Module)
	o.mu.Unlock()
	return listens && len(o.engine.Audience.Receivers(o.platform, r.Change)) > 0
}

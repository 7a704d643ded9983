package fanout

import (
	"context"
	"errors"
	"maps"
)

// Join writes down that a platform gets what comes from now on, and has it
// introduced to the others first. It is called when the platform registers,
// before the registration is answered. A platform that has a mark already, for
// it was here before, goes on from that.
func (e *Engine) Join(ctx context.Context, platform string) error {
	mark := Mark{At: e.Now(), New: true}
	var err error
	if _, mark.Seq, err = e.Feed.Bounds(ctx); err != nil {
		return err
	}
	if s := e.local(platform); s != nil {
		err := s.join(ctx, platform, mark)
		if err == nil || e.alone() {
			return err
		}
	}
	if err := e.Progress.Arrive(ctx, platform, mark); err != nil || e.Peers == nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	// Who serves the platform looks for itself every second, and so does who takes
	// the shard.
	_, _ = e.Peers.Ask(ctx, e.shardOf(platform), Question{About: AskJoin, Platform: platform})
	return nil
}

// join takes up a platform that has registered.
func (s *shard) join(ctx context.Context, platform string, mark Mark) error {
	s.mu.Lock()
	delete(s.gone, platform)
	if stored, known := s.marks[platform]; known {
		mark = stored
	}
	s.mu.Unlock()
	mark.New = true
	if err := s.save(ctx, map[string]Mark{platform: mark}); err != nil {
		return err
	}
	if o := s.outlet(platform); o != nil { // else it is made as that of a newcomer
		o.welcome()
	}
	return nil
}

// admitArrivals takes up the platforms of which another process, or this one
// before it served the shard, noted that they have registered.
func (s *shard) admitArrivals(ctx context.Context) error {
	notes, err := s.engine.Progress.Arrived(ctx)
	if err != nil {
		return err
	}
	maps.DeleteFunc(notes, func(platform string, _ Mark) bool { return !s.Has(platform) })
	if len(notes) == 0 {
		return nil
	}
	for platform, mark := range notes {
		if err := s.join(ctx, platform, mark); err != nil {
			return err
		}
	}
	return s.engine.Progress.Settle(ctx, notes)
}

// Forget ends the deliveries to a platform that is gone for good and drops its
// mark. The audience must not list it any more. Faults: Unavailable.
func (e *Engine) Forget(ctx context.Context, platform string) error {
	if s := e.local(platform); s != nil {
		return s.forget(ctx, platform)
	}
	if e.Peers != nil {
		_, err := e.ask(ctx, platform, Question{About: AskForget})
		return err
	}
	return errors.Join(e.Rejected.Forget(ctx, platform), e.forgetAlone(ctx, platform))
}

// forgetAlone drops a mark while this process, the only one, serves nothing.
func (e *Engine) forgetAlone(ctx context.Context, platform string) error {
	ledger, err := e.Progress.Take(ctx, e.shardOf(platform))
	if err != nil {
		return err
	}
	return ledger.Forget(ctx, platform)
}

// forget drops a platform. Where the audience lists it for a while, it is not
// taken up again.
func (s *shard) forget(ctx context.Context, platform string) error {
	s.saving.Lock()
	defer s.saving.Unlock()
	s.mu.Lock()
	gone := s.outlets[platform]
	s.gone[platform] = !s.engine.alone()
	delete(s.outlets, platform)
	delete(s.marks, platform)
	s.mu.Unlock()
	if gone != nil {
		gone.close()
	}
	s.docket.forget(platform)
	err := errors.Join(s.engine.Rejected.Forget(ctx, platform), s.ledger.Forget(ctx, platform))
	if errors.Is(err, ErrOvertaken) {
		s.lose()
	}
	return err
}

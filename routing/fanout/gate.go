package fanout

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/ocpihub/ocpihub/ocpi"
)

// gate holds back the objects of one party in a platform's queue until the
// platform has been told of that party: a receiver may refuse objects of an
// owner that it has not heard of (transport and format, Errors). It opens as
// soon as the client info has been taken, refused, or answered badly: a
// platform without a use for client info is not kept from its objects.
type gate struct {
	untold int    // lanes of client info of the party that wait, or are under way
	held   []*row // lanes of its objects that wait for them, in order of arrival
}

// patience bounds the attempts of a client info that reached nobody before its
// gate opens all the same: its endpoint may be the only one that is broken.
const patience = 3

// introduces says whether a lane carries client info.
func (r *row) introduces() bool { return r.key.Module == ocpi.HubClientInfo }

// shut closes the gate of the party that a lane of client info is about,
// unless that client info has been tried in vain before.
func (q *queue) shut(r *row) {
	if r.gating || r.fails > 0 {
		return
	}
	g := q.gates[r.key.Owner]
	if g == nil {
		g = &gate{}
		q.gates[r.key.Owner] = g
	}
	r.gating = true
	g.untold++
}

// open takes a lane of client info out of its gate, and lines up what the gate
// held when it was the last one.
func (q *queue) open(r *row) {
	if !r.gating {
		return
	}
	r.gating = false
	g := q.gates[r.key.Owner]
	if g.untold--; g.untold == 0 {
		delete(q.gates, r.key.Owner)
		q.waiting = append(q.waiting, g.held...)
	}
}

// hold keeps a lane of objects until its gate opens; false when there is none.
func (q *queue) hold(r *row) bool {
	g := q.gates[r.key.Owner]
	if g == nil || r.introduces() {
		return false
	}
	g.held = append(g.held, r)
	return true
}

// heard says whether a platform has had its chance to take a client info.
func (v Verdict) heard(fails int) bool {
	switch v.Reason {
	case ReasonNotConnected, ReasonNoState, ReasonTooMany:
		return fails >= patience
	case ReasonAccepted, ReasonUnknownHere, ReasonRefused, ReasonServerError, ReasonHubRefused, ReasonGarbage, ReasonTimeout,
		ReasonWithheld, ReasonWhole:
	}
	return true
}

// welcome has a platform that has registered again told who else is here.
func (o *outlet) welcome() {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closed {
		return
	}
	o.newcomer = true
	if !o.stopped() && (o.catch == nil || o.catch.caughtUp) {
		o.done = o.reached()
		o.stopCatchUp()
		o.startCatchUp(false)
	}
}

// headStart bounds how long a message that does not go through the feed waits
// for the client info of its sender.
const headStart = 5 * time.Second

// Introduced waits until a platform has been told what the feed has about a
// party, and had its chance to take it; at most five seconds, or until ctx ends.
// It costs next to nothing when there is nothing to tell.
func (e *Engine) Introduced(ctx context.Context, platform string, party ocpi.PartyID) {
	s := e.local(platform)
	if e.Peers == nil {
		if s != nil {
			s.introduce(ctx, platform, party, e.infos.Load())
		}
		return
	}
	if e.Acquainted != nil && e.Acquainted(platform, party) {
		return
	}
	if e.deaf.lasts(e.Now()) {
		return // nothing can be told, and nobody asked
	}
	var err error
	if s != nil {
		err = s.introduceAll(ctx, platform, party)
	} else {
		err = e.introducedElsewhere(ctx, platform, party)
	}
	if err != nil && ctx.Err() == nil && !errors.Is(err, ErrMoving) && !e.hears(ctx) {
		e.deaf.begin(e.Now())
	}
}

// hears says whether the feed can be reached: an answer may also be missing
// because a platform is slow to take the client info.
func (e *Engine) hears(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, feedWithin)
	defer cancel()
	_, _, err := e.Feed.Bounds(ctx)
	return err == nil
}

// introducedElsewhere asks who serves the shard. While it moves nobody knows, and
// a driver may be waiting.
func (e *Engine) introducedElsewhere(ctx context.Context, platform string, party ocpi.PartyID) error {
	ctx, cancel := context.WithTimeout(ctx, headStart)
	defer cancel()
	began := e.Now()
	for {
		_, err := e.Peers.Ask(ctx, e.shardOf(platform), Question{About: AskIntroduced, Platform: platform, Party: party})
		if !errors.Is(err, ErrMoving) || e.Now().Sub(began) >= movesWithin {
			return err
		}
		pause(ctx, askAgain)
	}
}

const (
	// askAgain is the pause before a question is put again.
	askAgain = 200 * time.Millisecond
	// movesWithin is how long a message waits for a shard that moves.
	movesWithin = time.Second
	// feedWithin bounds how long a message waits for the end of the feed.
	feedWithin = time.Second
)

// deafness is when neither the feed nor the peers could be reached last: messages
// do not wait for what cannot come.
type deafness struct{ until atomic.Int64 }

func (d *deafness) begin(now time.Time) { d.until.Store(now.Add(headStart).UnixNano()) }

func (d *deafness) lasts(now time.Time) bool { return now.UnixNano() < d.until.Load() }

// introduceAll waits until a platform has been told what any process published of
// a party.
func (s *shard) introduceAll(ctx context.Context, platform string, party ocpi.PartyID) error {
	within, cancel := context.WithTimeout(ctx, feedWithin)
	defer cancel()
	_, last, err := s.engine.Feed.Bounds(within)
	if err != nil {
		return err
	}
	s.introduce(ctx, platform, party, last)
	return nil
}

// introduce waits until a platform has been told what the feed has about a party
// up to a sequence.
func (s *shard) introduce(ctx context.Context, platform string, party ocpi.PartyID, upTo uint64) {
	o := s.outlet(platform)
	if o == nil || o.introduced(party, upTo) == nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, headStart)
	defer cancel()
	for news := o.introduced(party, upTo); news != nil; news = o.introduced(party, upTo) {
		select {
		case <-ctx.Done():
			return
		case <-news:
		}
	}
}

// introduced returns nil when the platform has been told of a party, with what the
// feed has up to a sequence, or is not there to be told; else what closes when it
// may be so.
func (o *outlet) introduced(party ocpi.PartyID, upTo uint64) <-chan struct{} {
	o.mu.Lock()
	defer o.mu.Unlock()
	told := o.pos.Seq >= upTo && o.queue.gates[party] == nil && (o.catch == nil || o.catch.introduced)
	if told || o.stopped() || o.closed {
		return nil
	}
	if o.news == nil {
		o.news = make(chan struct{})
	}
	return o.news
}

// stir wakes those who wait for an introduction. The caller holds the lock.
func (o *outlet) stir() {
	if o.news != nil {
		close(o.news)
		o.news = nil
	}
}

// Package peerstest judges implementations of fanout.Peers.
package peerstest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/routing/catalog"
	"github.com/ocpihub/ocpihub/routing/fanout"
)

// Run judges peers; open returns two processes of one hub.
func Run(t *testing.T, open func(t *testing.T) (one, other fanout.Peers)) {
	for _, test := range []struct {
		name string
		run  func(*bench)
	}{
		{"a question reaches who serves the shard, and the answer who asked", carriesAll},
		{"when nobody serves a shard that is told soon", nobodyIsTold},
		{"who has ended answers no more", endedAnswersNoMore},
		{"an answer that is not ok is not sent", notOKIsSilent},
		{"of two who answer one is heard", oneOfTwoIsHeard},
		{"one slow answer keeps no other from being given", slowKeepsNobody},
		{"who asks does not wait longer than it wants, nor who answers", bothGiveUp},
		{"an answer may be large", largeAnswers},
		{"many ask at once", manyAskAtOnce},
	} {
		t.Run(test.name, func(t *testing.T) {
			one, other := open(t)
			test.run(&bench{t, one, other})
		})
	}
}

type bench struct {
	*testing.T
	one, other fanout.Peers
}

var shard = fanout.Shard{Index: 3, Of: 8}

// patience bounds a wait for what must come.
const patience = 20 * time.Second

func (b *bench) answer(by fanout.Peers, s fanout.Shard, answer func(context.Context, fanout.Question) (fanout.Reply, bool)) (end func()) {
	b.Helper()
	end, err := by.Answer(s, answer)
	if err != nil {
		b.Fatalf("answer: %v", err)
	}
	once := sync.OnceFunc(end)
	b.Cleanup(once)
	return once
}

func (b *bench) ask(within time.Duration, q fanout.Question) (fanout.Reply, error) {
	ctx, cancel := context.WithTimeout(b.Context(), within)
	defer cancel()
	return b.other.Ask(ctx, shard, q)
}

func (b *bench) mustAsk(q fanout.Question) fanout.Reply {
	b.Helper()
	r, err := b.ask(patience, q)
	if err != nil {
		b.Fatalf("ask: %v", err)
	}
	return r
}

func done(context.Context, fanout.Question) (fanout.Reply, bool) {
	return fanout.Reply{Done: true}, true
}

func carriesAll(b *bench) {
	at := time.Date(2026, 6, 1, 12, 0, 0, 123456789, time.UTC)
	party := ocpi.NewPartyID("DE", "ABC")
	change := fanout.Change{Key: catalog.Key{Module: ocpi.Tokens, Owner: party, ID: "é \"ü\"\r\n<&>\x1f"}, Part: catalog.Part{EVSE: "E"}, For: "p", Newest: true}
	want := fanout.Question{
		About: fanout.AskRetry, Platform: "p 1", Party: party, Change: &change,
		Resync:     &fanout.ResyncOrder{Platform: "p", Module: ocpi.Tokens, Since: at, Dry: true},
		Retry:      &fanout.RetryOrder{Platform: "p", ID: "i", Module: ocpi.Tokens, Dry: true},
		Rejections: &fanout.RejectionQuery{Platform: "p", ID: "i", Module: ocpi.Tokens, Since: at},
	}
	rejection := fanout.Rejection{ID: "i", Platform: "p", Time: at, To: party, Change: change, Reason: fanout.ReasonRefused, Attempts: 2}
	reply := fanout.Reply{
		Stats: []fanout.Stat{{
			Platform: "p", Pending: 1, OldestPending: time.Minute, State: fanout.Live, Held: []ocpi.ModuleID{ocpi.Tokens}, Rate: 0.5,
			LastError: fanout.Trouble{Time: at, Module: ocpi.Tokens, Reason: fanout.ReasonTimeout}, Modules: []fanout.ModuleStat{{Module: ocpi.Tokens, Held: true}},
		}},
		Modules: []fanout.ModuleStat{{Module: ocpi.Locations, Pending: 3}}, Rejected: []fanout.Rejection{rejection},
		Retried: []fanout.Retried{{Rejection: rejection, Result: fanout.RetryGone}}, Reached: at, Done: true,
		Fault: &fanout.Refusal{NotFound: true, Message: "ü"},
	}
	heard := make(chan fanout.Question, 1)
	b.answer(b.one, shard, func(_ context.Context, q fanout.Question) (fanout.Reply, bool) {
		heard <- q
		return reply, true
	})
	b.answer(b.one, fanout.Shard{Index: 4, Of: 8}, func(context.Context, fanout.Question) (fanout.Reply, bool) {
		b.Error("another shard was asked")
		return fanout.Reply{}, true
	})
	if diff := cmp.Diff(reply, b.mustAsk(want)); diff != "" {
		b.Errorf("the answer (-given +got):\n%s", diff)
	}
	if diff := cmp.Diff(want, <-heard); diff != "" {
		b.Errorf("the question (-asked +heard):\n%s", diff)
	}
}

func nobodyIsTold(b *bench) {
	if _, err := b.ask(patience, fanout.Question{About: fanout.AskReached}); !errors.Is(err, fanout.ErrMoving) || b.Context().Err() != nil {
		b.Errorf("asking nobody gave %v", err)
	}
}

func endedAnswersNoMore(b *bench) {
	end := b.answer(b.one, shard, done)
	b.mustAsk(fanout.Question{})
	end()
	if _, err := b.ask(patience, fanout.Question{}); err == nil {
		b.Error("it still answers")
	}
	b.answer(b.other, shard, done) // it may be served by who asks
	b.mustAsk(fanout.Question{})
}

func notOKIsSilent(b *bench) {
	b.answer(b.one, shard, func(context.Context, fanout.Question) (fanout.Reply, bool) { return fanout.Reply{Done: true}, false })
	if r, err := b.ask(100*time.Millisecond, fanout.Question{}); err == nil {
		b.Errorf("the answer is %+v", r)
	}
}

func oneOfTwoIsHeard(b *bench) {
	b.answer(b.one, shard, func(context.Context, fanout.Question) (fanout.Reply, bool) { return fanout.Reply{}, false })
	b.answer(b.other, shard, done)
	for range 20 {
		if r := b.mustAsk(fanout.Question{}); !r.Done {
			b.Error("the one that may not answer was heard")
		}
	}
}

func slowKeepsNobody(b *bench) {
	let := make(chan struct{})
	b.answer(b.one, shard, func(ctx context.Context, q fanout.Question) (fanout.Reply, bool) {
		if q.Platform == "slow" {
			select {
			case <-let:
			case <-ctx.Done():
			}
		}
		return fanout.Reply{Done: true}, true
	})
	slow := make(chan error, 1)
	go func() {
		_, err := b.ask(patience, fanout.Question{Platform: "slow"})
		slow <- err
	}()
	b.mustAsk(fanout.Question{Platform: "quick"})
	close(let)
	if err := <-slow; err != nil {
		b.Errorf("the slow answer: %v", err)
	}
}

func bothGiveUp(b *bench) {
	given := make(chan struct{}, 1)
	b.answer(b.one, shard, func(ctx context.Context, _ fanout.Question) (fanout.Reply, bool) {
		<-ctx.Done()
		given <- struct{}{}
		return fanout.Reply{}, true
	})
	if _, err := b.ask(200*time.Millisecond, fanout.Question{}); err == nil {
		b.Error("there was an answer")
	}
	select {
	case <-given:
	case <-time.After(patience):
		b.Error("who answers goes on")
	}
}

func largeAnswers(b *bench) {
	b.answer(b.one, shard, func(_ context.Context, q fanout.Question) (r fanout.Reply, ok bool) {
		for i := range 2000 {
			r.Rejected = append(r.Rejected, fanout.Rejection{ID: fmt.Sprint(q.Platform, i), Message: strings.Repeat("ü", 500)})
		}
		return r, true
	})
	r := b.mustAsk(fanout.Question{Platform: "x"})
	if len(r.Rejected) != 2000 || r.Rejected[1999].ID != "x1999" || r.Rejected[1999].Message != strings.Repeat("ü", 500) {
		b.Errorf("%d rejections came", len(r.Rejected))
	}
}

func manyAskAtOnce(b *bench) {
	var answered atomic.Int64
	b.answer(b.one, shard, func(_ context.Context, q fanout.Question) (fanout.Reply, bool) {
		answered.Add(1)
		return fanout.Reply{Fault: &fanout.Refusal{Message: q.Platform}}, true
	})
	var all sync.WaitGroup
	for i := range 16 {
		all.Go(func() {
			for n := range 20 {
				name := fmt.Sprint(i, "-", n)
				r, err := b.ask(patience, fanout.Question{Platform: name})
				if err != nil || r.Fault == nil || r.Fault.Message != name {
					b.Errorf("%s was answered %+v, %v", name, r.Fault, err)
				}
			}
		})
	}
	all.Wait()
	if n := answered.Load(); n != 320 {
		b.Errorf("%d questions were answered", n)
	}
}

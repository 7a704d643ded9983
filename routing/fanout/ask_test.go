package fanout_test

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ocpihub/ocpihub/internal/fault"
	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/routing/fanout"
)

// inFleet runs a test in a fleet of three processes; the first serves nobody of
// the platforms.
func inFleet(t *testing.T, platforms []*platform, test func(t *testing.T, f *fleet)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		f := newFleet(newWorld(t, platforms...), 3, "")
		for _, p := range platforms {
			f.board.move(f.shardOf(p), f.replicas[1].turns)
		}
		synctest.Wait()
		test(t, f)
		f.close()
		f.verify()
	})
}

func (f *fleet) shardOf(p *platform) int { return fanout.ShardOf(p.id, fleetShards).Index }

// orphan gives the shard of a platform to nobody; adopt gives it to a process.
func (f *fleet) orphan(p *platform) {
	l := f.board.lease(f.shardOf(p))
	l.cancel()
	<-l.done
}

func (f *fleet) adopt(p *platform, by int) {
	f.board.give(f.shardOf(p), f.replicas[by].turns)
	synctest.Wait()
}

func TestALoneChangeGoesOutAsItCameOverReplicas(t *testing.T) {
	p := receiver("p1", "AAA")
	inFleet(t, one(p), func(_ *testing.T, f *fleet) {
		for n, part := range []string{"whole", "E1", "E2", "", "E1"} {
			f.pushVia(n, 0, "L1", part)
			time.Sleep(time.Second)
		}
		f.expect(p, "PUT DE/CPO/L1", "PATCH DE/CPO/L1/E1", "PATCH DE/CPO/L1/E2", "PATCH DE/CPO/L1", "PATCH DE/CPO/L1/E1")
		f.settled()
	})
}

func TestAChangeThatEntersTheFeedBehindANewerOneGoesOutAsNewestState(t *testing.T) {
	p := receiver("p1", "AAA")
	inFleet(t, one(p), func(_ *testing.T, f *fleet) {
		f.pushVia(0, 0, "L1", "whole")
		go f.pushVia(0, time.Minute, "L1", "E1") // its process is stopped behind the catalog
		time.Sleep(time.Second)
		f.pushVia(1, 0, "L1", "E1")
		time.Sleep(2 * time.Minute)
		f.expect(p, "PUT DE/CPO/L1", "PATCH DE/CPO/L1/E1", "PUT DE/CPO/L1/E1")
		f.settled()
	})
}

func TestWithoutACatalogAChangeWaitsToGoOutAsNewestState(t *testing.T) {
	p := receiver("p1", "AAA")
	inFleet(t, one(p), func(_ *testing.T, f *fleet) {
		f.darken(true)
		f.pushVia(0, 0, "L1", "whole")
		time.Sleep(time.Minute)
		f.expect(p)
		f.darken(false)
		time.Sleep(time.Minute)
		f.expect(p, "PUT DE/CPO/L1")
		f.pushVia(0, 0, "L1", "E1")
		time.Sleep(time.Second)
		f.expect(p, "PATCH DE/CPO/L1/E1")
	})
}

func TestEachProcessAnswersForAllPlatforms(t *testing.T) {
	p := receiver("p1", "AAA")
	inFleet(t, one(p), func(t *testing.T, f *fleet) {
		f.behave(p, "reject")
		f.pushVia(0, 0, "L1", "whole")
		time.Sleep(time.Second)
		first, second := f.replicas[0].engine, f.replicas[1].engine
		if got := first.Deliveries(); len(got) != 1 || got[0].Rejected != 1 {
			t.Errorf("the deliveries are %+v", got)
		}
		if diff := cmp.Diff(second.Deliveries(), first.Deliveries()); diff != "" {
			t.Errorf("two processes say (-one +other):\n%s", diff)
		}
		if len(first.Served()) != 0 || len(second.Served()) != 1 {
			t.Errorf("served are %v and %v", first.Served(), second.Served())
		}
		list := first.Rejections(fanout.RejectionQuery{Platform: "p1"})
		if diff := cmp.Diff(second.Rejections(fanout.RejectionQuery{}), list); diff != "" || len(list) != 1 {
			t.Errorf("rejected (-one +other):\n%s", diff)
		}
		f.behave(p, "mend")
		if got, err := first.Retry(t.Context(), fanout.RetryOrder{Platform: "p1", ID: list[0].ID}); err != nil || len(got) != 1 || got[0].Result != fanout.RetryQueued {
			t.Errorf("the retry: %+v, %v", got, err)
		}
		if _, err := first.Retry(t.Context(), fanout.RetryOrder{Platform: "p1", ID: "none"}); !fault.Is(err, fault.NotFound) {
			t.Errorf("a retry of nothing: %v", err)
		}
		time.Sleep(time.Second)
		f.took(p)
		if found, err := first.Resync(t.Context(), fanout.ResyncOrder{Platform: "p1", Module: ocpi.Locations}); err != nil || len(found) != 1 || found[0].Pending != 1 {
			t.Errorf("the resync: %+v, %v", found, err)
		}
		time.Sleep(time.Second)
		if !first.Resend("p1", fanout.Change{Key: location("L1"), Method: http.MethodPut, Path: "DE/CPO/L1"}) || first.Resend("none", fanout.Change{Key: location("L1")}) {
			t.Error("the resend says something else")
		}
		time.Sleep(time.Second)
		f.expect(p, "PUT DE/CPO/L1", "PUT DE/CPO/L1")
		if at := first.Reached("p1"); at.IsZero() || !at.Equal(second.Reached("p1")) {
			t.Errorf("reached are %v and %v", at, second.Reached("p1"))
		}
	})
}

func TestWhileAShardMovesItsPlatformsStandAsWasWrittenDown(t *testing.T) {
	p := receiver("p1", "AAA")
	inFleet(t, one(p), func(t *testing.T, f *fleet) {
		f.behave(p, "reject")
		f.pushVia(0, 0, "L1", "whole")
		time.Sleep(2 * time.Second)
		f.orphan(p)
		f.pushVia(0, 0, "L1", "E1")
		e := f.replicas[0].engine
		if got := e.Deliveries(); len(got) != 1 || got[0].State != fanout.CatchingUp || got[0].Pending != 1 {
			t.Errorf("the deliveries are %+v", got)
		}
		if got := e.Rejections(fanout.RejectionQuery{Module: ocpi.Locations}); len(got) != 1 {
			t.Errorf("the rejections are %+v", got)
		}
		if at := e.Reached("p1"); at.IsZero() {
			t.Error("nothing is reached")
		}
		_, resync := e.Resync(t.Context(), fanout.ResyncOrder{Platform: "p1"})
		_, retry := e.Retry(t.Context(), fanout.RetryOrder{Platform: "p1"})
		for what, err := range map[string]error{"resync": resync, "retry": retry, "forget": e.Forget(t.Context(), "p1")} {
			if f := (*fault.Error)(nil); !errors.As(err, &f) || f.Kind != fault.Unavailable || f.RetryAfter == 0 {
				t.Errorf("%s: %v", what, err)
			}
		}
		f.behave(p, "mend")
		f.took(p)
		f.adopt(p, 2)
		time.Sleep(time.Second)
		f.expect(p, "PUT DE/CPO/L1/E1", "PUT DE/CPO/L1") // it lacks the location
		if got := e.Deliveries(); got[0].State != fanout.Live || got[0].Pending != 0 || got[0].Kept != 0 {
			t.Errorf("in the end %+v", got)
		}
	})
}

func TestAPlatformThatRegistersAnywhereGetsWhatComesFromThenOn(t *testing.T) {
	for _, moving := range []bool{false, true} {
		first, second := receiver("first", "AAA"), receiver("second", "BBB")
		inFleet(t, one(first), func(t *testing.T, f *fleet) {
			f.board.move(f.shardOf(second), f.replicas[1].turns)
			f.pushVia(0, 0, "L1", "whole")
			if moving {
				f.orphan(second)
			}
			if err := f.replicas[0].engine.Join(t.Context(), "second"); err != nil {
				t.Fatal(err)
			}
			f.pushVia(0, 0, "L2", "whole") // before it is in the audience
			time.Sleep(3 * time.Second)
			f.list(first, second)
			if moving {
				f.adopt(second, 2)
			}
			time.Sleep(3 * time.Second)
			f.expect(second, "PUT DE/CPO/L2")
			if notes, err := f.feed.Arrived(t.Context()); len(notes) > 0 || err != nil {
				t.Errorf("left are %v, %v", notes, err)
			}
		})
	}
}

func TestAPlatformThatIsForgottenElsewhereIsNotTakenUpAgain(t *testing.T) {
	p := receiver("p1", "AAA")
	inFleet(t, one(p), func(t *testing.T, f *fleet) {
		f.pushVia(0, 0, "L1", "whole")
		time.Sleep(2 * time.Second)
		if err := f.replicas[0].engine.Forget(t.Context(), "p1"); err != nil {
			t.Fatal(err)
		}
		f.pushVia(0, 0, "L2", "whole") // the audience of the other process lists it for a while
		time.Sleep(10 * time.Second)
		f.list()
		time.Sleep(10 * time.Second)
		f.expect(p, "PUT DE/CPO/L1")
		if marks := f.feed.All(); len(marks) > 0 {
			t.Errorf("the marks are %v", marks)
		}
	})
}

func TestAMessageWaitsForTheClientInfoThatAnotherProcessDelivers(t *testing.T) {
	p := receiver("p1", "AAA")
	inFleet(t, one(p), func(t *testing.T, f *fleet) {
		p.takes = time.Second
		f.announce(cpo, ocpi.CPO)
		began := time.Now()
		f.replicas[0].engine.Introduced(t.Context(), "p1", cpo)
		if took := time.Since(began); took != time.Second {
			t.Errorf("it waited %v", took)
		}
		began = time.Now()
		f.replicas[0].engine.Introduced(t.Context(), "p1", cpo)
		if took := time.Since(began); took != 0 {
			t.Errorf("the second time it waited %v", took)
		}
		f.orphan(p)
		began = time.Now()
		f.replicas[0].engine.Introduced(t.Context(), "p1", cpo)
		if took := time.Since(began); took != time.Second {
			t.Errorf("while the shard moves it waited %v", took)
		}
	})
}

// unreachable are peers that cannot be reached.
type unreachable struct{ fanout.Peers }

func (unreachable) Ask(ctx context.Context, _ fanout.Shard, _ fanout.Question) (fanout.Reply, error) {
	<-ctx.Done()
	return fanout.Reply{}, ctx.Err()
}

// hanging is a feed that gives no answer.
type hanging struct{ fanout.Feed }

func (hanging) Bounds(ctx context.Context) (first, last uint64, err error) {
	<-ctx.Done()
	return 0, 0, ctx.Err()
}

func TestAMessageDoesNotWaitTwiceForPeersThatCannotBeReached(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		o := w.options
		o.Peers, o.Feed, o.Now = unreachable{}, hanging{}, time.Now
		e := fanout.New(o)
		for n, want := range []time.Duration{6 * time.Second, 0, 0} {
			began := time.Now()
			e.Introduced(t.Context(), "p1", cpo)
			if took := time.Since(began); took != want {
				t.Errorf("message %d waited %v, want %v", n, took, want)
			}
		}
	})
}

func TestWhoIsAcquaintedForLongAsksNobody(t *testing.T) {
	p := receiver("p1", "AAA")
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, p)
		w.options.Acquainted = func(string, ocpi.PartyID) bool { return true }
		f := newFleet(w, 2, "")
		f.orphan(p)
		began := time.Now()
		f.replicas[0].engine.Introduced(t.Context(), "p1", cpo)
		if took := time.Since(began); took != 0 {
			t.Errorf("it waited %v", took)
		}
		f.close()
	})
}

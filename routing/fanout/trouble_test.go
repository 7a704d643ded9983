package fanout_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/routing/catalog"
	"github.com/ocpihub/ocpihub/routing/fanout"
	"github.com/ocpihub/ocpihub/routing/fanout/memfeed"
)

// trouble is a feed, progress and catalog of which some calls fail.
type trouble struct {
	*memfeed.Feed
	states fanout.States

	mu    sync.Mutex
	fails map[string]bool
}

func (f *trouble) with(calls ...string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.fails = map[string]bool{}
	for _, call := range calls {
		f.fails[call] = true
	}
}

func (f *trouble) err(call string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.fails[call] {
		return errDown
	}
	return nil
}

func (f *trouble) Publish(ctx context.Context, c fanout.Change) (uint64, error) {
	if err := f.err("refuse"); err != nil {
		return 0, err
	}
	seq, err := f.Feed.Publish(ctx, c)
	return seq, errors.Join(err, f.err("publish"))
}

func (f *trouble) Read(ctx context.Context, after uint64, each func(fanout.Record) error) error {
	return f.Feed.Read(ctx, after, func(r fanout.Record) error { // it breaks in the middle
		if err := f.err("read"); err != nil {
			return err
		}
		return each(r)
	})
}

func (f *trouble) Keys(ctx context.Context, after, upTo uint64, each func(fanout.Record) error) error {
	if err := f.err("keys"); err != nil {
		return err
	}
	return f.Feed.Keys(ctx, after, upTo, each)
}

func (f *trouble) Bounds(ctx context.Context) (first, last uint64, err error) {
	first, last, err = f.Feed.Bounds(ctx)
	return first, last, errors.Join(err, f.err("bounds"))
}

func (f *trouble) Take(ctx context.Context, s fanout.Shard) (fanout.Ledger, error) {
	l, err := f.Feed.Take(ctx, s)
	return &troubledLedger{l, f}, errors.Join(err, f.err("load"))
}

func (f *trouble) Arrive(ctx context.Context, platform string, m fanout.Mark) error {
	return errors.Join(f.Feed.Arrive(ctx, platform, m), f.err("load"))
}

type troubledLedger struct {
	fanout.Ledger
	f *trouble
}

func (l *troubledLedger) Save(ctx context.Context, marks map[string]fanout.Mark) error {
	if err := l.f.err("save"); err != nil {
		return err
	}
	return l.Ledger.Save(ctx, marks)
}

func (f *trouble) Newest(ctx context.Context, platform string, k catalog.Key, part catalog.Part) (fanout.Content, error) {
	if err := f.err("newest"); err != nil {
		return fanout.Content{}, err
	}
	return f.states.Newest(ctx, platform, k, part)
}

// startIn starts an engine over a troubled feed and catalog.
func (w *world) startIn(f *trouble) {
	l := &life{ended: make(chan error, 1)}
	o := w.options
	o.Feed, o.Progress, o.States, o.Audience, o.Courier = f, f, f, w, courier{w, l}
	o.Changed = w.changed
	l.engine = fanout.New(o)
	var ctx context.Context
	ctx, l.stop = context.WithCancel(w.t.Context())
	w.life = l
	go func() { l.ended <- l.engine.Run(ctx) }()
	synctest.Wait()
}

// inTrouble runs a test in a world over a feed that may fail; the engine has
// not started.
func inTrouble(t *testing.T, platforms []*platform, test func(t *testing.T, w *world, f *trouble)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, platforms...)
		test(t, w, &trouble{Feed: w.feed, states: w})
		w.verify()
	})
}

func TestAFeedThatBreaksOffIsReadOnWhereItBroke(t *testing.T) {
	p := receiver("p1", "AAA")
	inTrouble(t, one(p), func(_ *testing.T, w *world, f *trouble) {
		w.startIn(f)
		w.put("L1")
		synctest.Wait()
		f.with("read")
		w.patch("L1", "E1")
		w.patch("L1", "E2")
		time.Sleep(3 * time.Minute)
		w.expect(p, "PUT DE/CPO/L1")
		f.with()
		time.Sleep(31 * time.Second)
		w.expect(p, "PATCH DE/CPO/L1/E1", "PATCH DE/CPO/L1/E2")
		w.settled()
		w.end()
	})
}

func TestACatchUpThatCannotReadTheFeedOrTheCatalogGoesOnWhenItCan(t *testing.T) {
	for _, call := range []string{"keys", "bounds", "newest"} {
		t.Run(call, func(t *testing.T) {
			p := receiver("p1", "AAA")
			inTrouble(t, one(p), func(t *testing.T, w *world, f *trouble) {
				w.startIn(f)
				w.present(p, false)
				w.put("L1")
				synctest.Wait()
				f.with(call)
				w.present(p, true)
				time.Sleep(3 * time.Minute)
				if got := w.stat(p); got.State != fanout.CatchingUp || w.count(p) != 0 {
					t.Errorf("%+v after %d deliveries", got, w.count(p))
				}
				f.with()
				time.Sleep(31 * time.Second)
				w.expect(p, "PUT DE/CPO/L1")
				if got := w.stat(p); got.State != fanout.Live || got.Pending != 0 {
					t.Errorf("in the end %+v", got)
				}
				w.end()
			})
		})
	}
}

func TestACatalogThatCannotBeReadRaisesNoDoubtAboutThePlatform(t *testing.T) {
	p := receiver("p1", "AAA")
	inTrouble(t, one(p), func(_ *testing.T, w *world, f *trouble) {
		w.startIn(f)
		p.takes = time.Second
		w.put("L1")
		synctest.Wait()
		w.patch("L1", "E1")
		w.patch("L1", "E1") // they meet
		f.with("newest")
		time.Sleep(time.Minute)
		w.put("L2")
		time.Sleep(2 * time.Second)
		w.expect(p, "PUT DE/CPO/L1", "PUT DE/CPO/L2")
		f.with()
		time.Sleep(time.Minute)
		w.expect(p, "PUT DE/CPO/L1/E1")
		w.settled()
		w.end()
	})
}

func TestANewestStateWaitsUntilItsFenceIsKnown(t *testing.T) {
	p := receiver("p1", "AAA")
	inTrouble(t, one(p), func(t *testing.T, w *world, f *trouble) {
		w.startIn(f)
		p.takes = time.Second
		w.put("L1")
		synctest.Wait()
		w.patch("L1", "E1")
		w.patch("L1", "E1")
		time.Sleep(time.Millisecond)
		f.with("publish", "bounds") // the change is stored, and nobody knows
		if err := w.engine.Accept(t.Context(), w.apply("L2", "", "PUT")); err == nil {
			t.Error("the push was accepted")
		}
		time.Sleep(time.Minute)
		w.expect(p, "PUT DE/CPO/L1", "PUT DE/CPO/L2")
		f.with()
		time.Sleep(time.Minute)
		w.expectSet(p, "PUT DE/CPO/L1/E1", "PUT DE/CPO/L2") // that of L2 again: nobody repeated it
		w.settled()
		w.end()
	})
}

func TestMarksThatCannotBeStoredAreStoredLater(t *testing.T) {
	p := receiver("p1", "AAA")
	inTrouble(t, one(p), func(_ *testing.T, w *world, f *trouble) {
		f.with("save")
		w.startIn(f)
		came := time.Now()
		w.put("L1")
		w.expectMark(p, 0, time.Time{})
		f.with()
		w.expectMark(p, 1, came)
		w.end()
	})
}

func TestAStopTellsThatMarksCouldNotBeStored(t *testing.T) {
	p := receiver("p1", "AAA")
	inTrouble(t, one(p), func(t *testing.T, w *world, f *trouble) {
		f.with("save")
		w.startIn(f)
		w.put("L1")
		synctest.Wait()
		w.stop()
		if err := <-w.ended; !errors.Is(err, errDown) {
			t.Errorf("got %v", err)
		}
	})
}

func TestAnEngineDoesNotStartWithoutMarksOrFeed(t *testing.T) {
	for _, call := range []string{"load", "bounds"} {
		inTrouble(t, nil, func(t *testing.T, w *world, f *trouble) {
			f.with(call)
			w.startIn(f)
			if err := <-w.ended; !errors.Is(err, errDown) {
				t.Errorf("without %s it ended with %v", call, err)
			}
			if err := w.engine.Join(t.Context(), "p1"); !errors.Is(err, errDown) {
				t.Errorf("without %s, joining gave %v", call, err)
			}
			w.stop()
		})
	}
}

func TestAPlatformThatRegistersAnewBeforeTheEngineRunsKeepsItsMark(t *testing.T) {
	p := receiver("p1", "AAA")
	inTrouble(t, one(p), func(t *testing.T, w *world, f *trouble) {
		w.startIn(f)
		w.put("L1")
		time.Sleep(time.Second)
		w.kill()
		w.put("L2")
		fresh := fanout.New(fanout.Options{Feed: f, Progress: f, Audience: w, States: f, Courier: courier{w, &life{}}})
		if err := fresh.Join(t.Context(), "p1"); err != nil {
			t.Fatal(err)
		}
		w.expectMark(p, 1, time.Now())
	})
}

func TestAFeedThatWasLostBeginsAnew(t *testing.T) {
	p := receiver("p1", "AAA")
	inTrouble(t, one(p), func(t *testing.T, w *world, f *trouble) {
		l, err := w.feed.Take(t.Context(), fanout.ShardOf("p1", 2))
		if err == nil {
			err = l.Save(t.Context(), map[string]fanout.Mark{"p1": {Seq: 1000, At: time.Now()}})
		}
		if err != nil {
			t.Fatal(err)
		}
		p.away = true
		w.startIn(f)
		w.put("L1")
		synctest.Wait()
		w.present(p, true)
		time.Sleep(time.Second)
		w.expect(p, "PUT DE/CPO/L1")
		w.settled()
		w.end()
	})
}

func TestAPlatformThatSignsOffAndRegistersAnewGoesOn(t *testing.T) {
	p := receiver("p1", "AAA")
	inWorld(t, one(p), func(_ *testing.T, w *world) {
		w.put("L1")
		time.Sleep(time.Second)
		w.list()
		w.put("L2")
		time.Sleep(2 * time.Second)
		w.expect(p, "PUT DE/CPO/L1")
		if got := w.engine.Deliveries(); len(got) != 0 {
			w.t.Errorf("the deliveries are %v", got)
		}
		w.list(p)
		time.Sleep(time.Second)
		w.expect(p, "PUT DE/CPO/L2")
		w.settled()
	})
}

// list makes these the platforms of the audience.
func (w *world) list(platforms ...*platform) {
	w.mu.Lock()
	w.platforms = platforms
	w.mu.Unlock()
	w.engine.Refresh()
	synctest.Wait()
}

func TestADeletedTariffThatTheReceiverDoesNotHaveIsDone(t *testing.T) {
	p := receiver("p1", "AAA")
	inWorld(t, one(p), func(t *testing.T, w *world) {
		w.say(p, status(404))
		c := fanout.Change{
			Key: catalog.Key{Module: ocpi.Tariffs, Owner: cpo, ID: "T"}, Method: "DELETE", Path: "DE/CPO/T", Role: ocpi.CPO,
		}
		if err := w.engine.Accept(t.Context(), c); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		w.expect(p, "DELETE DE/CPO/T")
		if s := w.stat(p); s.Delivered != 1 || s.Rejected != 0 || s.Pending != 0 {
			t.Errorf("the platform: %+v", s)
		}
	})
}

func TestADeliveryOfAnEarlierCatchUpDoesNotCountForALaterOne(t *testing.T) {
	p := receiver("p1", "AAA")
	inWorld(t, one(p), func(t *testing.T, w *world) {
		w.present(p, false)
		w.put("L1")
		synctest.Wait()
		p.takes = time.Minute
		w.present(p, true) // the first catch-up
		time.Sleep(time.Second)
		w.present(p, false)
		w.patch("L1", "E1")
		synctest.Wait()
		w.present(p, true)      // the second
		time.Sleep(time.Minute) // the delivery of the first is done, that of the second under way
		w.expect(p, "PUT DE/CPO/L1")
		if got := w.stat(p); got.State != fanout.CatchingUp {
			t.Errorf("%+v", got)
		}
		w.kill()
		p.takes = 0
		w.start()
		time.Sleep(time.Second)
		w.settled()
	})
}

func TestACatchUpDoesNotHoldUpTheStop(t *testing.T) {
	p := receiver("p1", "AAA")
	inWorld(t, one(p), func(t *testing.T, w *world) {
		w.present(p, false)
		w.put("L1")
		synctest.Wait()
		w.behave(p, "refuse")
		w.present(p, true)
		time.Sleep(time.Minute) // it waits for its next attempt
		began := time.Now()
		w.end()
		if took := time.Since(began); took != 0 {
			t.Errorf("the stop took %v", took)
		}
		w.behave(p, "mend")
		w.start()
		time.Sleep(time.Second)
		w.settled()
	})
}

func TestAStoredChangeThatTheFeedDidNotTakeGoesOutAsNewestStateThoughANewerOneCameFirst(t *testing.T) {
	p := receiver("p1", "AAA")
	inTrouble(t, one(p), func(t *testing.T, w *world, f *trouble) {
		w.startIn(f)
		w.put("L1")
		synctest.Wait()
		w.expect(p, "PUT DE/CPO/L1")
		f.with("refuse")
		if err := w.engine.Accept(t.Context(), w.apply("L1", "", "PUT")); err == nil {
			t.Fatal("the feed took it")
		}
		f.with()
		w.patch("L1", "E1") // its sender repeats the PUT too late: it is out of date
		time.Sleep(time.Second)
		w.expect(p, "PATCH DE/CPO/L1/E1")
		time.Sleep(10 * time.Second)
		w.expect(p, "PUT DE/CPO/L1")
		w.settled()
		w.end()
	})
}

func TestAChangeThatItsSenderRepeatsInTimeGoesOutOnceAsItCame(t *testing.T) {
	p := receiver("p1", "AAA")
	inTrouble(t, one(p), func(t *testing.T, w *world, f *trouble) {
		w.startIn(f)
		w.put("L1")
		synctest.Wait()
		f.with("refuse")
		c := w.apply("L1", "E1", "PATCH")
		if err := w.engine.Accept(t.Context(), c); err == nil {
			t.Fatal("the feed took it")
		}
		f.with()
		time.Sleep(time.Second)
		if err := w.engine.Accept(t.Context(), c); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		w.expect(p, "PUT DE/CPO/L1", "PATCH DE/CPO/L1/E1")
		w.settled()
		w.end()
	})
}

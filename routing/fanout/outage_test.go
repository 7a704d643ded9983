package fanout_test

import (
	"fmt"
	"net/http"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/routing/catalog"
	"github.com/ocpihub/ocpihub/routing/fanout"
)

func TestAPlatformThatWasAwayGetsTheNewestStateOnceAndThenWhatComes(t *testing.T) {
	p := receiver("p1", "AAA")
	inWorld(t, one(p), func(t *testing.T, w *world) {
		w.put("L1")
		w.put("L2")
		synctest.Wait()
		w.took(p)
		w.present(p, false)
		for range 20 {
			w.patch("L1", "E1")
			w.patch("L2", "")
		}
		w.put("L3")
		time.Sleep(5 * time.Minute)
		w.expect(p)
		if s := w.stat(p); s.State != fanout.Waiting || s.Pending != 41 || s.OldestPending < 5*time.Minute {
			t.Errorf("away: %+v", s)
		}
		p.takes = time.Second
		w.present(p, true)
		if s := w.stat(p); s.State != fanout.CatchingUp || s.Pending != 3 {
			t.Errorf("back: %+v", s)
		}
		time.Sleep(2 * time.Second)
		got := w.took(p)
		slices.Sort(got)
		if want := []string{"PUT DE/CPO/L1/E1", "PUT DE/CPO/L2", "PUT DE/CPO/L3"}; !slices.Equal(got, want) {
			t.Errorf("it caught up with %v, want %v", got, want)
		}
		if s := w.stat(p); s.State != fanout.Live || s.Pending != 0 {
			t.Errorf("caught up: %+v", s)
		}
		w.patch("L1", "E2")
		time.Sleep(2 * time.Second)
		w.expect(p, "PATCH DE/CPO/L1/E2")
		w.settled()
	})
}

func TestH107_WithoutCatchUpAPlatformThatWasAwayGetsNothingOfThat(t *testing.T) {
	p := receiver("p1", "AAA")
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, p)
		w.options.CatchUp = fanout.CatchUpNone
		w.start()
		w.put("L1")
		synctest.Wait()
		w.took(p)
		w.present(p, false)
		w.put("L2")
		time.Sleep(time.Minute)
		w.end()
		w.start() // while it is away
		w.put("L3")
		time.Sleep(time.Minute)
		w.present(p, true)
		time.Sleep(5 * time.Minute)
		w.expect(p)
		w.put("L4")
		synctest.Wait()
		w.expect(p, "PUT DE/CPO/L4")
		w.end()
		w.verify()
	})
}

func TestWithoutCatchUpAKillOfTheHubLosesNothingAllTheSame(t *testing.T) {
	p := receiver("p1", "AAA")
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, p)
		w.options.CatchUp = fanout.CatchUpNone
		w.start()
		w.behave(p, "refuse")
		w.put("L1")
		time.Sleep(time.Second)
		w.kill()
		w.behave(p, "mend")
		w.start()
		time.Sleep(time.Second)
		w.settled()
		w.end()
		w.verify()
	})
}

func TestAfterAKillWhatMayHaveBeenDeliveredGoesOutAsNewestState(t *testing.T) {
	p := receiver("p1", "AAA")
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, p)
		w.start()
		w.put("L1")
		time.Sleep(1100 * time.Millisecond) // its mark is written, and no other soon
		w.took(p)
		w.patch("L1", "E1")
		w.patch("L1", "E2")
		synctest.Wait()
		w.patch("L1", "E1")
		synctest.Wait()
		w.kill()
		w.took(p)
		w.start()
		time.Sleep(time.Second)
		if got := w.took(p); !slices.Equal(got, []string{"PUT DE/CPO/L1/E1", "PUT DE/CPO/L1/E2"}) && !slices.Equal(got, []string{"PUT DE/CPO/L1/E2", "PUT DE/CPO/L1/E1"}) {
			t.Errorf("after the kill it got %v", got)
		}
		w.settled()
		w.end()
		w.start()
		time.Sleep(time.Second)
		w.expect(p) // an orderly stop leaves nothing to repeat
		w.end()
		w.verify()
	})
}

func TestAPlatformThatFallsBehindItsBoundCatchesUpAndDelaysNobody(t *testing.T) {
	for name, options := range map[string]fanout.Options{"entries": {Entries: 10}, "bytes": {Bytes: 200}} {
		t.Run(name, func(t *testing.T) {
			slow, quick := receiver("slow", "AAA"), receiver("quick", "BBB")
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, slow, quick)
				w.options = options
				w.start()
				slow.takes = 10 * time.Second
				for i := range 60 {
					w.put(fmt.Sprint("L", i))
				}
				synctest.Wait()
				if s := w.stat(slow); s.State != fanout.CatchingUp {
					t.Errorf("the slow platform: %+v", s)
				}
				if s := w.stat(quick); s.Delivered < 60 && s.State == fanout.Live {
					t.Errorf("the quick platform: %+v", s)
				}
				time.Sleep(5 * time.Minute)
				w.settled()
				if s := w.stat(slow); s.State != fanout.Live || s.Pending != 0 {
					t.Errorf("the slow platform in the end: %+v", s)
				}
				w.end()
				w.verify()
			})
		})
	}
}

func TestWhatIsUnderWayIsNotOvertakenByACatchUp(t *testing.T) {
	p := receiver("p1", "AAA")
	inWorld(t, one(p), func(_ *testing.T, w *world) {
		w.put("L1")
		synctest.Wait()
		p.takes = time.Minute
		w.patch("L1", "E1") // under way for a minute
		synctest.Wait()
		w.present(p, false)
		w.mu.Lock()
		p.takes = 0
		w.mu.Unlock()
		w.patch("L1", "E1")
		w.present(p, true)
		time.Sleep(5 * time.Minute)
		w.settled() // and no older state came after a newer one
	})
}

func TestBeyondTheReachOfTheFeedTheCatalogTellsWhatChanged(t *testing.T) {
	p := receiver("p1", "AAA")
	inWorld(t, one(p), func(t *testing.T, w *world) {
		w.put("L1")
		w.put("L2")
		time.Sleep(5 * time.Minute)
		w.put("L4")
		synctest.Wait()
		w.took(p)
		w.present(p, false)
		time.Sleep(2 * time.Minute)
		w.patch("L1", "E1")
		w.patch("L1", "")
		w.stored[location("L1")] = time.Now().Add(-2*time.Minute - 30*time.Second) // the catalog was a little ahead
		time.Sleep(5 * time.Minute)
		w.feed.Expire(5)
		w.put("L3")
		synctest.Wait()
		w.present(p, true)
		time.Sleep(time.Second)
		got := w.took(p)
		slices.Sort(got)
		if want := []string{"PUT DE/CPO/L1", "PUT DE/CPO/L3", "PUT DE/CPO/L4"}; !slices.Equal(got, want) {
			t.Errorf("it caught up with %v, want %v", got, want)
		}
		w.settled()
	})
}

// expectMark waits for the mark of a platform to be written, and judges it: a
// change beyond it came at a time, so it may not say that it was reached later.
func (w *world) expectMark(p *platform, seq uint64, came time.Time) {
	w.t.Helper()
	time.Sleep(time.Second)
	if m := w.feed.All()[p.id]; m.Seq != seq || m.At.After(came) {
		w.t.Errorf("the mark is %+v; want %d, and the change beyond it came at %v", m, seq, came)
	}
}

func TestAMarkIsNotYoungerThanTheFirstChangeBeyondIt(t *testing.T) {
	t.Run("in the queue", func(t *testing.T) {
		p := receiver("p1", "AAA")
		inWorld(t, one(p), func(_ *testing.T, w *world) {
			w.behave(p, "refuse")
			w.put("L1")
			time.Sleep(time.Minute)
			w.put("L2")
			came := time.Now()
			time.Sleep(time.Minute)
			w.mu.Lock()
			p.answers = func(d fanout.Delivery) (fanout.Answer, error, bool) {
				return status(http.StatusBadGateway), nil, d.Key.ID == "L2"
			}
			w.mu.Unlock()
			time.Sleep(time.Minute)
			w.expectMark(p, 1, came)
		})
	})
	t.Run("after a pass of a catch-up", func(t *testing.T) {
		p := receiver("p1", "AAA")
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, p)
			w.options.Entries = 2
			w.start()
			w.present(p, false)
			for i := range 3 {
				w.put(fmt.Sprint("L", i))
			}
			synctest.Wait()
			p.takes = time.Minute
			w.present(p, true)
			w.put("L4")
			w.put("L5")
			came := time.Now()
			time.Sleep(90 * time.Second) // the first pass is over, the second under way
			w.expectMark(p, 3, came)
			w.end()
			w.verify()
		})
	})
}

func TestAnObjectThatIsGoneMeanwhileIsDeleted(t *testing.T) {
	p := receiver("p1", "AAA")
	inWorld(t, one(p), func(t *testing.T, w *world) {
		w.present(p, false)
		c := fanout.Change{
			Key:    catalog.Key{Module: ocpi.Tariffs, Owner: cpo, ID: "T"},
			Method: http.MethodPut, Path: "DE/CPO/T", Body: []byte(`{}`), Role: ocpi.CPO,
		}
		for _, c.Method = range []string{http.MethodPut, http.MethodDelete} {
			if err := w.engine.Accept(t.Context(), c); err != nil {
				t.Fatal(err)
			}
		}
		synctest.Wait()
		w.present(p, true)
		w.expect(p, "DELETE DE/CPO/T")
		c.Method = http.MethodDelete
		if err := w.engine.Accept(t.Context(), c); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		w.expect(p, "DELETE DE/CPO/T")
	})
}

func TestClientInfoKeepsItsPathWhenItIsCaughtUp(t *testing.T) {
	p := receiver("p1", "AAA")
	inWorld(t, one(p), func(t *testing.T, w *world) {
		w.present(p, false)
		key := catalog.Key{Module: ocpi.HubClientInfo, Owner: cpo, ID: "CPO"}
		w.catalog["CPO"] = versions{}
		if err := w.engine.Accept(t.Context(), fanout.Change{Key: key, Method: http.MethodPut, Path: "DE/CPO"}); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		w.present(p, true)
		w.expect(p, "PUT DE/CPO")
		delete(w.catalog, "CPO")
	})
}

func TestAPlatformThatJoinsGetsWhatComesFromThenOn(t *testing.T) {
	first, second := receiver("first", "AAA"), receiver("second", "BBB")
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, first)
		w.start()
		w.put("L1")
		if err := w.engine.Join(t.Context(), "second"); err != nil {
			t.Fatal(err)
		}
		w.kill() // before it is in the audience
		w.platforms = append(w.platforms, second)
		w.put("L2")
		w.start()
		time.Sleep(time.Second)
		w.expect(second, "PUT DE/CPO/L2")
		w.end()
	})
}

func TestAPlatformWithoutAMarkIsCaughtUpFromTheBeginning(t *testing.T) {
	p := receiver("p1", "AAA")
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.start()
		w.put("L1")
		w.patch("L1", "E1")
		w.end()
		w.platforms = one(p)
		w.start()
		synctest.Wait()
		w.expect(p, "PUT DE/CPO/L1")
		w.end()
		w.verify()
	})
}

func TestAPlatformThatIsForgottenLeavesNoMark(t *testing.T) {
	p := receiver("p1", "AAA")
	inWorld(t, one(p), func(t *testing.T, w *world) {
		w.put("L1")
		time.Sleep(time.Second)
		w.mu.Lock()
		w.platforms = nil
		w.mu.Unlock()
		if err := w.engine.Forget(t.Context(), "p1"); err != nil {
			t.Fatal(err)
		}
		w.put("L2")
		time.Sleep(time.Minute)
		if marks := w.feed.All(); len(marks) != 0 {
			t.Errorf("the marks are %v", marks)
		}
		if got := w.engine.Deliveries(); len(got) != 0 {
			t.Errorf("the deliveries are %v", got)
		}
	})
}

func TestWhatIsUnderWayMayEndWithinTheGrace(t *testing.T) {
	tests := []struct {
		name  string
		takes time.Duration
		ends  time.Duration
		made  int
	}{
		{"in time", 5 * time.Second, 5 * time.Second, 1},
		{"too slow", time.Minute, 10 * time.Second, 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			p := receiver("p1", "AAA")
			p.takes = test.takes
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, p)
				w.start()
				w.put("L1")
				synctest.Wait()
				began := time.Now()
				w.end()
				if took := time.Since(began); took != test.ends || w.count(p) != test.made {
					t.Errorf("the stop took %v, %d deliveries were made", took, w.count(p))
				}
				p.takes = 0
				w.start()
				time.Sleep(time.Second)
				w.settled()
				if got := w.count(p); got != 1 {
					t.Errorf("in the end there were %d deliveries", got)
				}
				w.end()
				w.verify()
			})
		})
	}
}

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

// tariff pushes a tariff, of another module than all else in a world.
func (w *world) tariff(id string) {
	w.t.Helper()
	w.mu.Lock()
	w.clock++
	w.tariffs[id] = w.clock
	w.mu.Unlock()
	err := w.engine.Accept(w.t.Context(), fanout.Change{
		Key: catalog.Key{Module: ocpi.Tariffs, Owner: cpo, ID: id}, Method: http.MethodPut, Path: "DE/CPO/" + id,
		Body: []byte("{}"), Role: ocpi.CPO, Version: ocpi.V221,
	})
	if err != nil {
		w.t.Fatal(err)
	}
}

func TestAPausedPlatformGetsNothingAndThenTheNewestState(t *testing.T) {
	for _, mode := range []string{fanout.CatchUpLatest, fanout.CatchUpNone} {
		t.Run(mode, func(t *testing.T) {
			p := receiver("p1", "AAA")
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, p)
				w.options.CatchUp = mode
				w.start()
				w.stocked(1)
				w.operate(p, "pause")
				for range 5 {
					w.patch("L0", "E1")
				}
				time.Sleep(time.Hour)
				w.expect(p)
				if s := w.stat(p); s.State != fanout.Paused || s.Pending != 5 || s.OldestPending < 59*time.Minute {
					t.Errorf("paused: %+v", s)
				}
				w.kill()
				w.start()
				w.patch("L0", "E1")
				time.Sleep(time.Minute)
				w.expect(p)
				w.operate(p, "resume")
				time.Sleep(time.Minute)
				w.expect(p, "PUT DE/CPO/L0/E1")
				if s := w.stat(p); s.State != fanout.Live || s.Pending != 0 {
					t.Errorf("resumed: %+v", s)
				}
				w.settled()
				w.end()
				w.verify()
			})
		})
	}
}

func TestWhatCameWhileAPlatformWasPausedIsOwedWhereverItWas(t *testing.T) {
	steps := map[string]func(w *world, p *platform){
		"away in the middle of a pause": func(w *world, p *platform) {
			w.operate(p, "pause")
			w.put("L1")
			w.present(p, false)
			w.put("L2")
			w.present(p, true)
			w.put("L3")
			w.operate(p, "resume")
		},
		"resumed while away": func(w *world, p *platform) {
			w.operate(p, "pause")
			w.put("L1")
			w.present(p, false)
			w.put("L2")
			w.put("L3")
			w.operate(p, "resume")
			w.put("not owed")
			synctest.Wait()
			w.present(p, true)
		},
		"paused while away": func(w *world, p *platform) {
			w.present(p, false)
			w.put("not owed")
			synctest.Wait()
			w.operate(p, "pause")
			w.put("L1")
			w.put("L2")
			w.present(p, true)
			w.put("L3")
			w.operate(p, "resume")
		},
	}
	for name, step := range steps {
		t.Run(name, func(t *testing.T) {
			p := receiver("p1", "AAA")
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, p)
				w.options.CatchUp = fanout.CatchUpNone
				w.start()
				step(w, p)
				time.Sleep(time.Minute)
				got := w.took(p)
				slices.Sort(got)
				if want := []string{"PUT DE/CPO/L1", "PUT DE/CPO/L2", "PUT DE/CPO/L3"}; !slices.Equal(got, want) {
					t.Errorf("got %v, want %v", got, want)
				}
				w.put("L4")
				synctest.Wait()
				w.expect(p, "PUT DE/CPO/L4")
				w.end()
				w.verify()
			})
		})
	}
}

func TestAModuleThatIsHeldBackWaitsAndTheOthersGoOn(t *testing.T) {
	p := receiver("p1", "AAA")
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, p)
		w.start()
		w.stocked(1)
		p.takes = time.Second
		w.put("L0") // under way
		w.put("L1")
		w.patch("L0", "E1") // in the queue
		synctest.Wait()
		w.operate(p, "hold")
		w.tariff("T1")
		w.patch("L0", "E2")
		time.Sleep(time.Minute)
		got := w.took(p)
		slices.Sort(got)
		if want := []string{"PUT DE/CPO/L0", "PUT DE/CPO/L1", "PUT DE/CPO/T1"}; !slices.Equal(got, want) {
			t.Errorf("while it is held back it got %v, want what was under way and %v", got, want)
		}
		s := w.stat(p)
		held := []fanout.ModuleStat{{Module: ocpi.Locations, Pending: 2, Delivered: 3, Held: true}, {Module: ocpi.Tariffs, Delivered: 1}}
		if s.State != fanout.Live || s.Pending != 2 || !slices.Equal(s.Modules, held) || !slices.Equal(s.Held, []ocpi.ModuleID{ocpi.Locations}) {
			t.Errorf("held back: %+v", s)
		}
		w.kill()
		w.start()
		time.Sleep(time.Minute)
		w.expect(p)
		if s := w.stat(p); s.Pending != 2 {
			t.Errorf("held back, after a restart: %+v", s)
		}
		w.operate(p, "release")
		time.Sleep(time.Minute)
		for _, call := range w.took(p) {
			if call != "PUT DE/CPO/L0" && call != "PUT DE/CPO/L1" && call != "PUT DE/CPO/L0/E1" && call != "PUT DE/CPO/L0/E2" {
				t.Errorf("it got %s", call)
			}
		}
		w.settled()
		if s := w.stat(p); s.State != fanout.Live || s.Pending != 0 || s.Held != nil {
			t.Errorf("released: %+v", s)
		}
		w.end()
		w.verify()
	})
}

func TestWhatIsHeldBackForLongerThanTheFeedReachesComesFromTheCatalog(t *testing.T) {
	p := receiver("p1", "AAA")
	inWorld(t, one(p), func(t *testing.T, w *world) {
		w.stocked(3)
		time.Sleep(time.Hour)
		w.tariff("T")
		w.operate(p, "hold")
		w.patch("L1", "E1")
		for i := range 10 {
			w.tariff(fmt.Sprint("T", i))
		}
		time.Sleep(time.Minute)
		w.took(p)
		w.feed.Expire(15)
		w.operate(p, "release")
		time.Sleep(time.Minute)
		w.expect(p, "PUT DE/CPO/L1")
		w.settled()
	})
}

// The queue of a platform that is paused, or of which a module is held back,
// takes no room.
func TestNothingThatIsHeldBackFillsTheQueue(t *testing.T) {
	for _, what := range []string{"pause", "hold"} {
		t.Run(what, func(t *testing.T) {
			p := receiver("p1", "AAA")
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, p)
				w.options.Entries = 5
				w.start()
				w.operate(p, what)
				for i := range 50 {
					w.put(fmt.Sprint("L", i))
				}
				time.Sleep(time.Minute)
				if s := w.stat(p); s.Pending != 50 || s.State == fanout.CatchingUp {
					t.Errorf("after 50 changes: %+v", s)
				}
				w.operate(p, "resume")
				w.operate(p, "release")
				time.Sleep(time.Minute)
				w.settled()
				w.end()
				w.verify()
			})
		})
	}
}

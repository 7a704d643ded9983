package fanout_test

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ocpihub/ocpihub/internal/fault"
	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/routing/catalog"
	"github.com/ocpihub/ocpihub/routing/fanout"
)

// List implements fanout.Stock; an object was last updated when it was stored.
func (w *world) List(_ context.Context, q catalog.Query) (page catalog.Page, err error) {
	if !q.Owners(cpo) {
		return page, nil
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	var ids []string
	switch q.Module {
	case ocpi.Locations:
		ids = slices.Collect(maps.Keys(w.catalog))
	case ocpi.Tariffs:
		ids = slices.Collect(maps.Keys(w.tariffs))
	}
	slices.Sort(ids)
	for _, id := range ids {
		key := catalog.Key{Module: q.Module, Owner: cpo, ID: id}
		if w.stored[key].Before(q.From) {
			continue
		}
		page.Total++
		switch {
		case id <= q.Cursor:
		case len(page.Objects) < q.Limit:
			page.Objects = append(page.Objects, catalog.Object{Key: key})
		case page.Next == "":
			page.Next = page.Objects[q.Limit-1].Key.ID
		}
	}
	return page, nil
}

// operate does with a platform what an operator does, or its own mishap.
func (w *world) operate(p *platform, what string) {
	if w.lag == 0 {
		synctest.Wait() // what was pushed before comes before
	}
	w.mu.Lock()
	switch what {
	case "pause", "resume":
		p.paused = what == "pause"
	case "hold":
		p.holds = []ocpi.ModuleID{w.module}
	case "release":
		p.holds = nil
	case "lose":
		p.held, p.lost = map[string]versions{}, true
	}
	w.mu.Unlock()
	switch what {
	case "resync":
		w.resync(fanout.ResyncOrder{Platform: p.id})
	case "retry":
		w.retried(fanout.RetryOrder{Platform: p.id})
	}
	w.engine.Refresh()
	synctest.Wait()
}

func (w *world) resync(order fanout.ResyncOrder) (objects int) {
	w.t.Helper()
	found, err := w.engine.Resync(w.t.Context(), order)
	if err != nil {
		w.breaks("resync: %v", err)
	}
	for _, m := range found {
		objects += m.Pending
	}
	return objects
}

// stocked puts so many locations, and waits until all have them.
func (w *world) stocked(n int) {
	for i := range n {
		w.put(fmt.Sprint("L", i))
	}
	time.Sleep(time.Minute)
	for _, p := range w.platforms {
		w.took(p)
	}
}

func TestAReceiverThatLostItsDatabaseGetsEverythingOnceByAResync(t *testing.T) {
	p, other := receiver("p1", "AAA", "BBB"), receiver("p2", "CCC")
	inWorld(t, []*platform{p, other}, func(t *testing.T, w *world) {
		w.stocked(1200)
		w.feed.Expire(1200) // what is far beyond the feed comes from the catalog
		w.operate(p, "lose")
		p.takes = time.Second
		if n := w.resync(fanout.ResyncOrder{Platform: "p1"}); n != 1200 {
			t.Errorf("it counts %d objects", n)
		}
		before := w.stat(p)
		if before.State != fanout.CatchingUp || before.Pending < 1200 {
			t.Errorf("at the beginning: %+v", before)
		}
		time.Sleep(2 * time.Minute)
		if now := w.stat(p); now.State != fanout.CatchingUp || now.Pending >= before.Pending {
			t.Errorf("pending does not count down: %+v", now)
		}
		time.Sleep(10 * time.Minute)
		w.settled()
		if now := w.stat(p); now.State != fanout.Live || now.Pending != 0 {
			t.Errorf("in the end: %+v", now)
		}
		got := w.took(p)
		slices.Sort(got)
		if len(got) != 2400 || len(slices.Compact(got)) != 1200 {
			t.Errorf("%d deliveries, want each location once for each party", len(got))
		}
		w.expect(other)
	})
}

func TestAResyncIsOfAModuleAndSinceATime(t *testing.T) {
	p := receiver("p1", "AAA")
	inWorld(t, one(p), func(t *testing.T, w *world) {
		w.stocked(2)
		since := time.Now()
		w.patch("L1", "E1")
		synctest.Wait()
		w.took(p)
		if n := w.resync(fanout.ResyncOrder{Platform: "p1", Module: ocpi.Tokens}); n != 0 {
			t.Errorf("there are %d tokens", n)
		}
		order := fanout.ResyncOrder{Platform: "p1", Since: since, Dry: true}
		if n := w.resync(order); n != 1 {
			t.Errorf("%d objects changed since", n)
		}
		synctest.Wait()
		w.expect(p) // so far it was only counted
		order.Dry = false
		w.resync(order)
		synctest.Wait()
		w.expect(p, "PUT DE/CPO/L1")
	})
}

func TestAResyncGoesOnAfterAKillWhereItWas(t *testing.T) {
	p := receiver("p1", "AAA")
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, p)
		w.start()
		w.stocked(1200)
		p.takes = time.Second
		w.resync(fanout.ResyncOrder{Platform: "p1"})
		time.Sleep(80 * time.Second) // the first page of 500 is done, the second under way
		w.kill()
		first := w.took(p)
		w.start()
		time.Sleep(10 * time.Minute)
		rest := w.took(p)
		if len(first) < 500 || len(rest) < 1200-len(first) || len(rest) > 700 {
			t.Errorf("%d before the kill, %d after it", len(first), len(rest))
		}
		all := slices.Concat(first, rest)
		slices.Sort(all)
		if n := len(slices.Compact(all)); n != 1200 {
			t.Errorf("%d of 1200 arrived", n)
		}
		if s := w.stat(p); s.State != fanout.Live || s.Pending != 0 {
			t.Errorf("in the end: %+v", s)
		}
		w.end()
		w.verify()
	})
}

func TestAResyncOfWhoIsAwayOrPausedWaits(t *testing.T) {
	p := receiver("p1", "AAA")
	inWorld(t, one(p), func(t *testing.T, w *world) {
		w.stocked(3)
		w.present(p, false)
		w.resync(fanout.ResyncOrder{Platform: "p1"})
		time.Sleep(time.Minute)
		w.expect(p)
		if s := w.stat(p); s.State != fanout.Waiting || s.Pending != 3 {
			t.Errorf("away: %+v", s)
		}
		w.operate(p, "hold")
		w.present(p, true)
		time.Sleep(time.Minute)
		w.expect(p)
		w.operate(p, "release")
		time.Sleep(time.Minute)
		got := w.took(p)
		slices.Sort(got)
		if want := []string{"PUT DE/CPO/L0", "PUT DE/CPO/L1", "PUT DE/CPO/L2"}; !slices.Equal(got, want) {
			t.Errorf("got %v, want %v", got, want)
		}
	})
}

func TestAResyncThatIsOrderedAgainBeginsAnew(t *testing.T) {
	p := receiver("p1", "AAA")
	inWorld(t, one(p), func(t *testing.T, w *world) {
		w.stocked(600)
		p.takes = time.Second
		w.resync(fanout.ResyncOrder{Platform: "p1"})
		time.Sleep(70 * time.Second)
		w.resync(fanout.ResyncOrder{Platform: "p1", Since: time.Now()}) // nothing: the first stays
		w.operate(p, "lose")
		w.resync(fanout.ResyncOrder{Platform: "p1"})
		time.Sleep(10 * time.Minute)
		w.settled()
	})
}

func TestAResyncBringsClientInfoFirst(t *testing.T) {
	p := receiver("p1", "AAA")
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, p)
		w.options.Introductions = introductions
		w.start()
		w.stocked(2)
		p.takes = time.Second
		w.resync(fanout.ResyncOrder{Platform: "p1"})
		time.Sleep(time.Minute)
		got := w.took(p)
		slices.Sort(got[1:])
		if want := []string{"PUT DE/CPO", "PUT DE/CPO/L0", "PUT DE/CPO/L1"}; !slices.Equal(got, want) {
			t.Errorf("got %v, want %v", got, want)
		}
		w.end()
		w.verify()
	})
}

func TestNobodyWhoGetsNoPushesIsResynced(t *testing.T) {
	inWorld(t, nil, func(t *testing.T, w *world) {
		_, err := w.engine.Resync(t.Context(), fanout.ResyncOrder{Platform: "nobody"})
		if fault.KindOf(err) != fault.NotFound {
			t.Errorf("got %v", err)
		}
	})
}

func TestTroubleRateAndModulesAreToldOfEachPlatform(t *testing.T) {
	p := receiver("p1", "AAA")
	inWorld(t, one(p), func(t *testing.T, w *world) {
		time.Sleep(time.Hour)
		w.say(p, status(http.StatusBadGateway), code(ocpi.StatusClientError))
		for i := range 30 {
			w.put(fmt.Sprint("L", i))
			time.Sleep(time.Second)
		}
		s := w.stat(p)
		if s.Delivered != 29 || s.Rejected != 1 || s.Rate < 0.4 || s.Rate > 0.5 {
			t.Errorf("got %+v", s)
		}
		e := s.LastError
		if e.Reason != fanout.ReasonRefused || e.Status != ocpi.StatusClientError || e.HTTPStatus != 200 || e.Module != ocpi.Locations || time.Since(e.Time) > time.Minute {
			t.Errorf("the last error is %+v", e)
		}
		want := []fanout.ModuleStat{{Module: ocpi.Locations, Delivered: 29, Rejected: 1}}
		if !slices.Equal(s.Modules, want) {
			t.Errorf("by module: %+v", s.Modules)
		}
		time.Sleep(2 * time.Minute)
		if s := w.stat(p); s.Rate != 0 {
			t.Errorf("after two quiet minutes the rate is %f", s.Rate)
		}
	})
}

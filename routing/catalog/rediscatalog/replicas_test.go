package rediscatalog_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ocpihub/ocpihub/internal/redisconn"
	"github.com/ocpihub/ocpihub/internal/redistest"
	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/routing/catalog"
	"github.com/ocpihub/ocpihub/routing/catalog/rediscatalog"
)

var (
	cpo  = ocpi.NewPartyID("DE", "ABC")
	emsp = ocpi.NewPartyID("NL", "TNM")
	eco  = ocpi.NewPartyID("BE", "ECO")
	when = time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)
)

// replicas are stores of processes that use one Redis.
func replicas(t *testing.T, setup *redistest.Setup, n int) (all []*rediscatalog.Store) {
	t.Helper()
	prefix := redistest.NewPrefix()
	for range n {
		all = append(all, open(t, redistest.Open(t, setup, redisconn.Options{Prefix: prefix})))
	}
	return all
}

func tariff(id string, audience ocpi.PartyID) catalog.Key {
	return catalog.Key{Module: ocpi.Tariffs, Owner: cpo, Audience: audience, ID: id}
}

func tryApply(t *testing.T, s catalog.Store, c catalog.Change) {
	t.Helper()
	c.At = when
	if _, err := s.Apply(t.Context(), c); err != nil && !errors.Is(err, catalog.ErrUnknown) {
		t.Errorf("%s %v: %v", c.Op, c.Key, err)
	}
}

func TestWritersInTwoProcessesLeaveWhatEachOfThemWrote(t *testing.T) {
	for _, setup := range []func(testing.TB) *redistest.Setup{func(t testing.TB) *redistest.Setup { return redistest.Single(t) }, redistest.Cluster} {
		two := replicas(t, setup(t), 2)
		twin := catalog.NewMemory()
		var group sync.WaitGroup
		for writer := range 16 {
			group.Go(func() {
				random := rand.New(rand.NewPCG(1, uint64(writer)))
				for range 40 {
					c := anyChange(random, fmt.Sprint("W", writer))
					tryApply(t, two[writer%2], c)
					tryApply(t, twin, c)
				}
			})
		}
		group.Wait()
		for _, reader := range []ocpi.PartyID{emsp, eco, {}} {
			for _, m := range []ocpi.ModuleID{ocpi.Tariffs, ocpi.Locations} {
				want := listed(t, twin, m, reader)
				if diff := cmp.Diff(want, listed(t, two[0], m, reader)); diff != "" {
					t.Errorf("%s for %s: (-want +got)\n%s", m, reader, diff)
				}
			}
		}
	}
}

// anyChange is one of the few objects whose ids begin alike.
func anyChange(random *rand.Rand, id string) catalog.Change {
	k := catalog.Key{
		Module: []ocpi.ModuleID{ocpi.Tariffs, ocpi.Locations}[random.IntN(2)], Owner: cpo,
		Audience: []ocpi.PartyID{catalog.Everyone, emsp, eco}[random.IntN(3)], ID: fmt.Sprint(id, "-", random.IntN(2)),
	}
	body := fmt.Appendf(nil, `{"v":%d,"evses":[{"uid":"E1","v":%d},{"uid":"E2"}]}`, random.IntN(100), random.IntN(3))
	c := catalog.Change{Key: k, Op: catalog.Put, Body: body}
	switch n := random.IntN(4); {
	case n == 0:
		c.Op, c.Body = catalog.Delete, nil
	case n == 1 && k.Module == ocpi.Locations:
		c.Part = catalog.Part{EVSE: fmt.Sprint("E", 1+random.IntN(3))}
		c.Body = fmt.Appendf(nil, `{"uid":%q,"v":%d}`, c.Part.EVSE, random.IntN(100))
	}
	return c
}

// listed is all that a reader is shown, by audience and id.
func listed(t *testing.T, s catalog.Store, m ocpi.ModuleID, reader ocpi.PartyID) map[string]string {
	t.Helper()
	out := map[string]string{}
	q := catalog.Query{Module: m, Reader: reader, Limit: 7}
	for {
		page, err := s.List(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range page.Objects {
			name := o.Key.Audience.String() + o.Key.ID
			if _, twice := out[name]; twice {
				t.Errorf("%s is listed twice for %s", name, reader)
			}
			out[name] = string(o.Body)
		}
		if q.Cursor = page.Next; q.Cursor == "" {
			if page.Total != len(out) {
				t.Errorf("the total for %s is %d, listed are %d", reader, page.Total, len(out))
			}
			return out
		}
	}
}

func TestWritersOfTheSameObjectsInTwoProcessesLeaveListsThatFitTheObjects(t *testing.T) {
	two := replicas(t, redistest.Single(t), 2)
	var group sync.WaitGroup
	for writer := range 16 {
		group.Go(func() {
			random := rand.New(rand.NewPCG(2, uint64(writer)))
			for range 40 {
				tryApply(t, two[writer%2], anyChange(random, "W"))
			}
		})
	}
	group.Wait()
	for _, reader := range []ocpi.PartyID{emsp, eco, {}} {
		for _, m := range []ocpi.ModuleID{ocpi.Tariffs, ocpi.Locations} {
			want := map[string]string{}
			for _, id := range []string{"W-0", "W-1"} {
				for _, audience := range []ocpi.PartyID{reader, catalog.Everyone} {
					o, err := two[0].Get(t.Context(), catalog.Key{Module: m, Owner: cpo, Audience: audience, ID: id}, catalog.Part{})
					if err == nil {
						want[audience.String()+id] = string(o.Body)
						break
					}
				}
			}
			if diff := cmp.Diff(want, listed(t, two[1], m, reader)); diff != "" {
				t.Errorf("%s for %s: (-want +got)\n%s", m, reader, diff)
			}
		}
	}
}

func TestChargingPeriodsThatComeByTwoProcessesAreAppendedOnceEach(t *testing.T) {
	two := replicas(t, redistest.Single(t), 2)
	k := catalog.Key{Module: ocpi.Sessions, Owner: cpo, Audience: emsp, ID: "S"}
	tryApply(t, two[0], catalog.Change{Key: k, Op: catalog.Put, Body: []byte(`{"id":"S"}`)})
	inParallel(16, 160, func(i int) {
		tryApply(t, two[i%2], catalog.Change{Key: k, Op: catalog.Patch, Body: fmt.Appendf(nil, `{"charging_periods":[{"n":%d}]}`, i)})
	})
	o, err := two[1].Get(t.Context(), k, catalog.Part{})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 160 {
		if n := strings.Count(string(o.Body), fmt.Sprintf(`{"n":%d}`, i)); n != 1 {
			t.Errorf("charging period %d is there %d times", i, n)
		}
	}
}

func TestACrawlMeetsWhatStaysOnceWhileOthersMoveIt(t *testing.T) {
	two := replicas(t, redistest.Single(t), 2)
	put := func(id string, audience ocpi.PartyID) {
		tryApply(t, two[0], catalog.Change{Key: tariff(id, audience), Op: catalog.Put, Body: []byte(`{}`)})
	}
	for i := range 10 {
		put(fmt.Sprint("T", i), catalog.Everyone)
	}
	for i := range 10 {
		put(fmt.Sprint("T", i), emsp)
	}
	stop := make(chan struct{})
	var group sync.WaitGroup
	group.Go(func() {
		for n := 0; ; n++ {
			select {
			case <-stop:
				return
			default: // its own copy takes the place of the one for everyone, and loses it
			}
			tryApply(t, two[0], catalog.Change{Key: tariff(fmt.Sprint("T", n%10), catalog.Everyone), Op: catalog.Delete})
		}
	})
	for range 30 {
		met := map[string]int{}
		q := catalog.Query{Module: ocpi.Tariffs, Reader: emsp, Limit: 20}
		page, err := two[1].List(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range page.Objects {
			met[o.Key.ID]++
		}
		for i := range 10 {
			if n := met[fmt.Sprint("T", i)]; n != 1 {
				t.Errorf("T%d is met %d times", i, n)
			}
		}
	}
	close(stop)
	group.Wait()
}

func TestATicketIsSettledByAnyProcessAndOnce(t *testing.T) {
	two := replicas(t, redistest.Single(t), 2)
	k := catalog.Key{Module: ocpi.CDRs, Owner: cpo, Audience: emsp, ID: "C1"}
	ticket, err := two[0].Announce(t.Context(), catalog.Change{Key: k, Op: catalog.Put, Body: []byte(`{"id":"C1"}`), At: when})
	if err != nil {
		t.Fatal(err)
	}
	if open, err := two[1].Announced(t.Context(), when.Add(time.Second)); err != nil || len(open) != 1 || open[0] != ticket {
		t.Fatalf("the other process sees %v, %v", open, err)
	}
	var taken, unknown int
	var mu sync.Mutex
	inParallel(8, 8, func(i int) {
		_, err := two[i%2].Settle(t.Context(), ticket, catalog.Taken)
		mu.Lock()
		defer mu.Unlock()
		switch {
		case err == nil:
			taken++
		case errors.Is(err, catalog.ErrUnknown):
			unknown++
		default:
			t.Error(err)
		}
	})
	if taken != 1 || unknown != 7 {
		t.Errorf("it was settled %d times, unknown %d times", taken, unknown)
	}
	if _, err := two[0].Settle(t.Context(), 12345<<40, catalog.Taken); !errors.Is(err, catalog.ErrUnknown) {
		t.Errorf("a ticket that nobody gave: %v", err)
	}
}

func TestARedisThatHangsGivesErrorsInTimeAndTheCatalogServesAgainAfterwards(t *testing.T) {
	setup := redistest.Single(t)
	s := replicas(t, setup, 1)[0]
	putAt(t, s, cpo, "L", location("L", 2))
	setup.Pause(t)
	began := time.Now()
	errs := make([]error, 3)
	inParallel(3, 3, func(i int) {
		switch k := (catalog.Key{Module: ocpi.Locations, Owner: cpo, ID: "L"}); i {
		case 0:
			_, errs[i] = s.Apply(t.Context(), catalog.Change{Key: k, Op: catalog.Put, Body: location("L", 3), At: when})
		case 1:
			_, errs[i] = s.Get(t.Context(), k, catalog.Part{})
		default:
			_, errs[i] = s.List(t.Context(), catalog.Query{Module: ocpi.Locations, Limit: 1})
		}
	})
	took := time.Since(began)
	setup.Resume(t)
	for i, err := range errs {
		if err == nil || errors.Is(err, catalog.ErrUnknown) {
			t.Errorf("call %d gave %v", i, err)
		}
	}
	t.Logf("errors after %s", took)
	for range 100 {
		if _, err := s.Get(t.Context(), catalog.Key{Module: ocpi.Locations, Owner: cpo, ID: "L"}, catalog.Part{}); err == nil {
			break
		}
	}
	putAt(t, s, cpo, "L", location("L", 2))
	o, err := s.Get(t.Context(), catalog.Key{Module: ocpi.Locations, Owner: cpo, ID: "L"}, catalog.Part{})
	if err != nil || string(o.Body) != string(location("L", 2)) {
		t.Errorf("afterwards it is %s, %v", o.Body, err)
	}
}

func TestWhatWasAppliedOutlivesARedisThatIsKilled(t *testing.T) {
	setup := redistest.Single(t)
	two := replicas(t, setup, 2)
	inParallel(8, 100, func(i int) { putAt(t, two[i%2], cpo, fmt.Sprint("L", i), location(fmt.Sprint("L", i), 2)) })
	setup.Kill(t)
	setup.Restart(t)
	page, err := two[0].List(t.Context(), catalog.Query{Module: ocpi.Locations, Limit: 200})
	if err != nil || page.Total != 100 || len(page.Objects) != 100 {
		t.Errorf("%d of %d are left, %v", len(page.Objects), page.Total, err)
	}
}

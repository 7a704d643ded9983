package routing

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/parties"
	"github.com/ocpihub/ocpihub/routing/catalog"
	"github.com/ocpihub/ocpihub/routing/held"
)

func TestRemovalsAreMassiveByNumberAndShare(t *testing.T) {
	limits := MassLimits{Hold: true, Share: 0.9, Minimum: 20, Window: time.Hour}
	for _, c := range []struct {
		listed, removed int
		want            bool
	}{{30, 27, false}, {30, 28, true}, {19, 19, false}, {20, 20, true}, {20, 19, false}, {1000, 900, false}, {1000, 901, true}, {0, 0, false}} {
		if got := limits.massive(c.listed, c.removed); got != c.want {
			t.Errorf("%d of %d: %v", c.removed, c.listed, got)
		}
	}
	if limits.Hold = false; limits.massive(30, 30) {
		t.Error("switched off, it holds")
	}
}

// guardWorld is a router with a guard: 4 EVSEs at L1, of which 3 may be removed.
type guardWorld struct {
	*Router
	t     *testing.T
	feed  *feed
	store held.Store
	now   time.Time
}

func newGuarded(t *testing.T) *guardWorld {
	g := &guardWorld{t: t, feed: &feed{}, store: held.NewMemory(), now: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}
	g.Router = New(Options{
		Self: Self{Party: hub, PublicURL: "https://hub.example"}, Registry: &world{directory: parties.NewDirectory(nil, 1)}, Catalog: catalog.NewMemory(), Feed: g.feed,
		Now: func() time.Time { return g.now },
	})
	g.restart()
	g.push(http.MethodPut, "DE/ABC/L1", location("AVAILABLE", 0))
	g.feed.taken = nil
	return g
}

func (g *guardWorld) restart() {
	g.t.Helper()
	guard, err := OpenMassGuard(g.t.Context(), GuardOptions{
		Store: g.store, Catalog: g.Catalog, Limits: MassLimits{Hold: true, Share: 0.7, Minimum: 3, Window: time.Hour},
		Now: func() time.Time { return g.now }, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		g.t.Fatal(err)
	}
	g.Guard = guard
}

func location(status string, second int) string {
	var evses []string
	for n := range 4 {
		evses = append(evses, fmt.Sprintf(`{"uid":"E%d","status":%q,"last_updated":%q}`, n, status, stamp(second)))
	}
	return fmt.Sprintf(`{"id":"L1","name":"at %d","evses":[%s],"last_updated":%q}`, second, strings.Join(evses, ","), stamp(second))
}

func stamp(second int) string { return fmt.Sprintf("2026-01-01T00:00:%02dZ", second) }

func patchOf(status string, second int) string {
	return fmt.Sprintf(`{"status":%q,"last_updated":%q}`, status, stamp(second))
}

// push routes a push for all and returns the reason in its record.
func (g *guardWorld) push(method, path, body string) Reason {
	g.t.Helper()
	m := message(g.t, []parties.Party{party(ocpi.CPO, cpo)}, method, ocpi.Receiver, ocpi.Locations, path, ocpi.Routing{To: hub, From: cpo})
	m.Body = []byte(body)
	answer, err := g.Route(g.t.Context(), m)
	if err != nil || answer.Status != ocpi.StatusOK {
		g.t.Fatalf("%s %s: %v %v", method, path, answer.Status, err)
	}
	return answer.Reason
}

func (g *guardWorld) remove(n, second int) Reason {
	g.t.Helper()
	return g.push(http.MethodPatch, fmt.Sprint("DE/ABC/L1/E", n), patchOf("REMOVED", second))
}

// want checks the statuses in the catalog, how much is held and how much went out.
func (g *guardWorld) want(statuses string, waiting, out int) {
	g.t.Helper()
	var got []string
	for n := range 4 {
		o, err := g.Catalog.Get(context.Background(), catalog.Key{Module: ocpi.Locations, Owner: cpo, ID: "L1"}, catalog.Part{EVSE: fmt.Sprint("E", n)})
		if err != nil {
			g.t.Fatal(err)
		}
		got = append(got, ocpi.FindString(o.Body, "status")[:1])
	}
	stored, err := g.store.List(context.Background())
	if err != nil {
		g.t.Fatal(err)
	}
	known := g.Guard.Held(cpo)
	if s := strings.Join(got, ""); s != statuses || len(stored) != waiting || len(known) != waiting || len(g.feed.taken) != out {
		g.t.Errorf("statuses %s, %d stored and %d known to wait, %d went out; want %s, %d, %d", s, len(stored), len(known), len(g.feed.taken), statuses, waiting, out)
	}
}

// held3 has removed E0 and E1; E2 is held.
func held3(t *testing.T) *guardWorld {
	g := newGuarded(t)
	for n := range 3 {
		want := ByHub
		if n == 2 {
			want = ByGuard
		}
		if got := g.remove(n, 1); got != want {
			t.Fatalf("removal %d: %s", n, got)
		}
	}
	g.want("RRAA", 1, 2)
	return g
}

func (g *guardWorld) release(want int) {
	g.t.Helper()
	if n, err := g.Release(g.t.Context(), cpo); n != want || err != nil {
		g.t.Errorf("%d were released, %v, want %d", n, err, want)
	}
}

func TestFromTheThresholdOnRemovalsAreHeldAndOtherPushesGoOn(t *testing.T) {
	g := held3(t)
	g.remove(3, 1)
	g.want("RRAA", 2, 2)
	g.push(http.MethodPatch, "DE/ABC/L1", fmt.Sprintf(`{"name":"new","last_updated":%q}`, stamp(5)))
	g.push(http.MethodPut, "DE/ABC/L2", `{"id":"L2","last_updated":"2026-01-01T00:00:05Z"}`)
	g.want("RRAA", 2, 4)
	g.release(2)
	g.want("RRRR", 0, 6)
	if a, b := g.feed.taken[4].Part.EVSE, g.feed.taken[5].Part.EVSE; a != "E2" || b != "E3" {
		t.Errorf("released in the order %s, %s", a, b)
	}
}

func TestAPartyIsHeldOverARestartUntilItIsReleasedOrDiscarded(t *testing.T) {
	g := held3(t)
	g.restart()
	if got := g.remove(3, 1); got != ByGuard {
		t.Errorf("after a restart: %s", got)
	}
	if n, err := g.Guard.Discard(t.Context(), cpo); n != 2 || err != nil {
		t.Errorf("discarded %d, %v", n, err)
	}
	g.want("RRAA", 0, 2)
	if got := g.remove(3, 2); got != ByHub {
		t.Errorf("after the discard: %s", got)
	}
	g.want("RRAR", 0, 3)
}

func TestAPushThatSetsAnotherStateTakesAHeldRemovalBack(t *testing.T) {
	for name, push := range map[string]func(g *guardWorld){
		"PATCH of a status": func(g *guardWorld) { g.push(http.MethodPatch, "DE/ABC/L1/E2", patchOf("CHARGING", 2)) },
		"PUT of the EVSE": func(g *guardWorld) {
			g.push(http.MethodPut, "DE/ABC/L1/e2", `{"uid":"E2","status":"CHARGING","last_updated":"`+stamp(2)+`"}`)
		},
		"PUT of the location": func(g *guardWorld) {
			g.push(http.MethodPut, "DE/ABC/L1", strings.Replace(location("REMOVED", 2), `"E2","status":"REMOVED"`, `"E2","status":"CHARGING"`, 1))
		},
	} {
		t.Run(name, func(t *testing.T) {
			g := held3(t)
			if name == "PUT of the location" {
				g.push(http.MethodPut, "DE/ABC/L1", location("CHARGING", 2))
				g.want("CCCC", 0, 3)
				return
			}
			push(g)
			g.want("RRCA", 0, 3)
			g.restart()
			g.want("RRCA", 0, 3)
		})
	}
}

func TestWhatComesLaterForAHeldEVSEWaitsBehindItsRemoval(t *testing.T) {
	g := held3(t)
	g.push(http.MethodPatch, "DE/ABC/L1/E2", `{"floor_level":"-1","last_updated":"`+stamp(3)+`"}`)
	g.push(http.MethodPatch, "DE/ABC/L1/E2", patchOf("CHARGING", 0)) // older than the removal: stale
	g.want("RRAA", 3, 2)
	g.release(3)
	g.want("RRRA", 0, 4)
	o, err := g.Catalog.Get(t.Context(), catalog.Key{Module: ocpi.Locations, Owner: cpo, ID: "L1"}, catalog.Part{EVSE: "E2"})
	if err != nil || ocpi.FindString(o.Body, "floor_level") != "-1" {
		t.Errorf("the EVSE is %s, %v", o.Body, err)
	}
}

func TestARepeatedRemovalTakesThePlaceOfTheFirst(t *testing.T) {
	g := held3(t)
	g.remove(2, 2)
	g.want("RRAA", 1, 2)
	g.push(http.MethodPut, "DE/ABC/L1", location("REMOVED", 3))
	g.want("RRAA", 1, 2)
	g.release(1)
	g.want("RRRR", 0, 3)
}

func TestAReleaseThatFailsLeavesTheRestHeld(t *testing.T) {
	g := held3(t)
	g.remove(3, 1)
	g.feed.fails = true
	if n, err := g.Release(t.Context(), cpo); n != 0 || err == nil {
		t.Errorf("released %d, %v", n, err)
	}
	g.feed.fails = false
	g.release(2)
	g.want("RRRR", 0, 4)
}

func TestRemovalsCountWithinTheWindowOnly(t *testing.T) {
	g := newGuarded(t)
	g.remove(0, 1)
	g.remove(1, 1)
	g.now = g.now.Add(time.Hour)
	if got := g.remove(2, 1); got != ByHub {
		t.Errorf("in a new window: %s", got)
	}
	g.want("RRRA", 0, 3)
}

func TestAMassRemovalInOnePushIsHeldAsAWhole(t *testing.T) {
	g := newGuarded(t)
	if got := g.push(http.MethodPut, "DE/ABC/L1", location("REMOVED", 1)); got != ByGuard {
		t.Errorf("got %s", got)
	}
	g.push(http.MethodPatch, "DE/ABC/L1/E1", patchOf("CHARGING", 2)) // behind the PUT
	g.want("AAAA", 2, 0)
	g.release(2)
	g.want("RCRR", 0, 2)
}

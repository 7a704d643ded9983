package hub

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/ocpihub/ocpihub/hub/front"
	"github.com/ocpihub/ocpihub/internal/fault"
	"github.com/ocpihub/ocpihub/internal/peer"
	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/parties"
	"github.com/ocpihub/ocpihub/routing"
	"github.com/ocpihub/ocpihub/routing/catalog"
	"github.com/ocpihub/ocpihub/routing/watch"
)

// callee answers calls, with a clock that is ahead.
type callee struct {
	routing.Caller
	now   func() time.Time
	ahead time.Duration
	err   error
	asked int // for details
}

func (c *callee) Do(_ context.Context, call peer.Call) (peer.Reply, error) {
	if !call.Details {
		return peer.Reply{}, c.err
	}
	c.asked++
	header := http.Header{"Date": {c.now().Add(c.ahead).UTC().Format(http.TimeFormat)}}
	return peer.Reply{Details: &peer.Details{Header: header}}, c.err
}

func TestEachPlatformIsLookedAtOnceInAnInterval(t *testing.T) {
	now := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	clock := func() time.Time { return now }
	far := &callee{now: clock, ahead: time.Hour}
	var seen []watch.Sight
	l := lookout{Caller: far, every: time.Minute, now: clock, next: &sync.Map{}, sight: func(s watch.Sight) { seen = append(seen, s) }}
	call := func(platform string) {
		_, _ = l.Do(t.Context(), peer.Call{Platform: platform, URL: "https://ocpi.example.com:8443/x"})
	}
	for _, platform := range []string{"", "p1", "p1", "p2"} {
		call(platform)
	}
	if len(seen) != 2 || seen[0] != (watch.Sight{Platform: "p1", Host: "ocpi.example.com:8443", Clock: true, Skew: time.Hour}) || seen[1].Platform != "p2" {
		t.Fatalf("seen was %+v", seen)
	}
	now = now.Add(59 * time.Second)
	call("p1")
	if far.asked != 2 {
		t.Errorf("it was looked at %d times", far.asked)
	}
	now = now.Add(time.Second)
	far.err = errors.New("refused")
	call("p1")
	if far.asked != 3 || len(seen) != 2 {
		t.Errorf("a call that fails shows %+v", seen)
	}
}

func TestAnAnswerWithoutAClockShowsNone(t *testing.T) {
	for _, date := range []string{"", "yesterday"} {
		s := sightOf(peer.Call{Platform: "p1", URL: "://"}, &peer.Details{Header: http.Header{"Date": {date}}}, time.Now(), time.Now())
		if s != (watch.Sight{Platform: "p1"}) {
			t.Errorf("of the date %q it makes %+v", date, s)
		}
	}
}

// shelf is a catalog of two pages.
type shelf struct {
	catalog.Store
	pages map[string]catalog.Page
	err   error
}

func (s shelf) List(_ context.Context, q catalog.Query) (catalog.Page, error) {
	return s.pages[q.Cursor], s.err
}

func TestTheStockOfAPartyIsItsEVSEsOrItsObjects(t *testing.T) {
	two := catalog.Page{Total: 700, Next: "next"}
	two.Objects = make([]catalog.Object, 2)
	two.Objects[0].Body, two.Objects[1].Body = []byte(`{"evses":[{"uid":"1"},{"uid":"2"}]}`), []byte(`{"id":"bare"}`)
	last := catalog.Page{Total: 700}
	last.Objects = make([]catalog.Object, 1)
	last.Objects[0].Body = []byte(`{"evses":[{"uid":"3"}]}`)
	s := shelf{pages: map[string]catalog.Page{"": two, "next": last}}
	party := ocpi.NewPartyID("DE", "ABC")
	for module, want := range map[ocpi.ModuleID]int{ocpi.Locations: 3, ocpi.Tariffs: 700} {
		if n, err := countStock(t.Context(), s, party, module); n != want || err != nil {
			t.Errorf("of %s there are %d, %v, want %d", module, n, err, want)
		}
	}
	s.err = errors.New("down")
	if _, err := countStock(t.Context(), s, party, ocpi.Locations); err == nil {
		t.Error("a catalog that is down counts")
	}
}

// notices opens a watcher that nobody runs, so that what it was told is counted
// when it looks.
func notices(t *testing.T, active ...ocpi.PartyID) *watch.Watcher {
	t.Helper()
	around := quiet{Active: map[ocpi.PartyID]bool{}}
	for _, p := range active {
		around.Active[p] = true
	}
	w, err := watch.Open(t.Context(), watch.Options{
		Store: watch.NewMemory(), Surroundings: around, Deadlines: around, Thresholds: defaultAlerts().Thresholds, Now: time.Now, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

type quiet watch.Presence

func (q quiet) Presence() watch.Presence { return watch.Presence(q) }
func (quiet) Backlogs() []watch.Load     { return nil }
func (quiet) Stock(context.Context, ocpi.PartyID, ocpi.ModuleID) (int, error) {
	return 0, nil
}
func (quiet) Ends(context.Context) ([]watch.End, error) { return nil, nil }

func TestWhatIsRefusedAtTheDoorCountsForThoseWhoMayHaveSentIt(t *testing.T) {
	one, two := ocpi.NewPartyID("DE", "ABC"), ocpi.NewPartyID("DE", "AB2")
	platform := &parties.Platform{ID: "p1", Parties: []parties.Party{{Claim: parties.Claim{Party: one}}, {Claim: parties.Claim{Party: two}}}}
	for name, c := range map[string]struct {
		refusal  front.Refusal
		platform *parties.Platform
		alerts   int
	}{
		"of one party":           {front.Refusal{From: one, Fault: fault.Malformed}, platform, 1},
		"of an old token":        {front.Refusal{Fault: fault.Unauthorized}, platform, 2},
		"of a stranger":          {front.Refusal{Fault: fault.Unauthorized}, nil, 0},
		"for the hub's own sake": {front.Refusal{From: one, Fault: fault.Unavailable}, platform, 0},
	} {
		w := watching{notices(t, one, two)}
		c.refusal.Began = time.Now()
		for range 30 {
			w.refused(c.refusal, c.platform)
		}
		w.Look(t.Context())
		if alerts := w.Alerts(watch.Query{}); len(alerts) != c.alerts {
			t.Errorf("%s: the alerts are %+v", name, alerts)
		}
	}
	watching{}.refused(front.Refusal{}, platform) // nobody watches
}

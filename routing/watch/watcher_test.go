package watch_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/routing/watch"
)

var (
	abc    = ocpi.NewPartyID("DE", "ABC")
	monday = time.Date(2026, 11, 2, 0, 0, 0, 0, time.UTC)
)

// world is a watcher under a clock that the test moves, with what it looks at.
type world struct {
	*watch.Watcher
	t        *testing.T
	now      time.Time
	store    watch.Store
	presence watch.Presence
	loads    []watch.Load
	ends     []watch.End
	stock    int
	log      bytes.Buffer
	limits   watch.Thresholds
	changed  func()
}

func newWorld(t *testing.T) *world {
	w := &world{
		t: t, now: monday, store: watch.NewMemory(),
		presence: watch.Presence{
			Active:    map[ocpi.PartyID]bool{abc: true},
			Platforms: map[string]watch.Standing{"p1": {Since: monday}},
		},
		limits: watch.Thresholds{
			Interval: time.Minute, Cycle: 168 * time.Hour, Silence: 30 * time.Minute, Window: 15 * time.Minute,
			ErrorShare: 0.2, MassShare: 0.5, Backlog: 15 * time.Minute, Expiry: 336 * time.Hour,
			Invitation: 168 * time.Hour, ClockSkew: 30 * time.Second,
		},
	}
	w.open()
	return w
}

func (w *world) open() {
	w.t.Helper()
	var err error
	w.Watcher, err = watch.Open(w.t.Context(), watch.Options{
		Store: w.store, Surroundings: w, Deadlines: w, Thresholds: w.limits,
		Now: func() time.Time { return w.now }, Log: slog.New(slog.NewTextHandler(&w.log, nil)), Changed: w.changed,
	})
	if err != nil {
		w.t.Fatal(err)
	}
}

// restart stops the watcher in order, and opens another one after a while.
func (w *world) restart(down time.Duration) {
	w.t.Helper()
	ctx, cancel := context.WithCancel(w.t.Context())
	cancel()
	if err := w.Run(ctx); err != nil {
		w.t.Fatal(err)
	}
	w.now = w.now.Add(down)
	w.open()
}

func (w *world) Presence() watch.Presence { return w.presence }
func (w *world) Backlogs() []watch.Load   { return w.loads }
func (w *world) Stock(context.Context, ocpi.PartyID, ocpi.ModuleID) (int, error) {
	return w.stock, nil
}

func (w *world) Ends(context.Context) ([]watch.End, error) {
	return append([]watch.End{}, w.ends...), nil
}

// pass lets time go by, minute by minute; each says what happens in each.
func (w *world) pass(d time.Duration, each func()) {
	w.t.Helper()
	for end := w.now.Add(d); w.now.Before(end); w.now = w.now.Add(time.Minute) {
		if each != nil {
			each()
		}
		w.Look(w.t.Context())
	}
}

func (w *world) message() { w.Message(watch.Message{At: w.now, Party: abc, Module: ocpi.Locations}) }

// kinds are the alerts that hold.
func (w *world) kinds() string {
	var out []string
	for _, a := range w.Alerts(watch.Query{}) {
		out = append(out, string(a.Kind))
	}
	return strings.Join(out, " ")
}

func (w *world) want(kinds string) {
	w.t.Helper()
	if got := w.kinds(); got != kinds {
		w.t.Errorf("%s: alerts %q, want %q: %+v", w.now.Format("Mon 15:04"), got, kinds, w.Alerts(watch.Query{}))
	}
}

// began counts the alerts that ever began.
func (w *world) began() int { return strings.Count(w.log.String(), "msg=alert ") }

// traffic sends by a rate an hour that depends on the time, by chance.
func (w *world) traffic(chance *rand.Rand, perHour func(time.Time) float64) func() {
	return func() {
		if chance.Float64() < perHour(w.now)/60 {
			w.message()
		}
	}
}

func working(t time.Time) float64 {
	if t.Weekday() == time.Saturday || t.Weekday() == time.Sunday || t.Hour() < 6 || t.Hour() >= 22 {
		return 0
	}
	return 12
}

func TestAPartyThatIsQuietEveryNightAndWeekendRaisesNoAlert(t *testing.T) {
	w := newWorld(t)
	w.pass(4*7*24*time.Hour, w.traffic(rand.New(rand.NewPCG(1, 2)), working))
	if w.began() != 0 {
		t.Errorf("in four weeks there were alerts:\n%s", w.log.String())
	}
}

func TestAPartyThatStopsAtNoonIsNoticedWithinTwoHours(t *testing.T) {
	w := newWorld(t)
	chance := rand.New(rand.NewPCG(3, 4))
	w.pass(2*7*24*time.Hour+12*time.Hour, w.traffic(chance, working))
	w.want("")
	w.pass(30*time.Minute, nil)
	w.want("")
	w.pass(90*time.Minute, nil)
	w.want("silence")
	a := w.Alerts(watch.Query{Party: abc})[0]
	if a.Subject.Module != ocpi.Locations || !strings.Contains(a.Value, "nothing for") || a.Severity != watch.Warning {
		t.Errorf("the alert is %+v", a)
	}
	w.pass(24*time.Hour, nil)
	w.want("silence")
	w.message()
	w.pass(time.Minute, nil)
	w.want("")
	if w.began() != 1 || len(w.Alerts(watch.Query{All: true})) != 1 {
		t.Errorf("it was told %d times", w.began())
	}
}

func TestAPartyThatSendsSeldomAndByChanceRaisesNoAlert(t *testing.T) {
	w := newWorld(t)
	w.pass(6*7*24*time.Hour, w.traffic(rand.New(rand.NewPCG(5, 6)), func(time.Time) float64 { return 0.5 }))
	if w.began() != 0 {
		t.Errorf("in six weeks there were alerts:\n%s", w.log.String())
	}
}

func TestAnHourThatWasNeverWatchedExpectsNothing(t *testing.T) {
	w := newWorld(t)
	w.pass(12*time.Hour, w.message)
	w.pass(5*24*time.Hour, nil)
	w.want("")
}

func TestTheHubsOwnDowntimeIsNoSilence(t *testing.T) {
	w := newWorld(t)
	w.pass(14*24*time.Hour, w.message)
	w.restart(8 * time.Hour)
	w.pass(45*time.Minute, nil)
	w.want("") // silent for longer than that, but who could know?
	w.pass(30*time.Minute, nil)
	w.want("silence")

	still := newWorld(t)
	still.pass(14*24*time.Hour, still.message)
	still.now = still.now.Add(8 * time.Hour) // the machine slept
	still.pass(45*time.Minute, nil)
	still.want("")
}

func TestAnAlertHoldsOverARestartAndIsNotBegunAnew(t *testing.T) {
	w := newWorld(t)
	w.pass(14*24*time.Hour, w.message)
	w.pass(2*time.Hour, nil)
	w.want("silence")
	since := w.Alerts(watch.Query{})[0].Since
	w.restart(time.Hour)
	w.pass(time.Hour, nil)
	if a := w.Alerts(watch.Query{}); len(a) != 1 || !a[0].Since.Equal(since) || w.began() != 1 {
		t.Errorf("after the restart: %+v", a)
	}
}

func TestASuspendedPartyIsNotSilent(t *testing.T) {
	w := newWorld(t)
	w.pass(14*24*time.Hour, w.message)
	w.pass(2*time.Hour, nil)
	w.presence.Active = nil
	w.pass(time.Minute, nil)
	w.want("")
}

func (w *world) failing(share float64) func() {
	n := 0
	return func() {
		for range 10 {
			n++
			w.Message(watch.Message{At: w.now, Party: abc, Module: ocpi.Sessions, Refused: float64(n*37%100) < 100*share})
			w.Call(watch.Call{At: w.now, Platform: "p1", Failed: float64(n*37%100) < 100*share})
		}
	}
}

func TestAShareOfFailuresThatRisesIsNoticedInBothDirectionsAndEnds(t *testing.T) {
	w := newWorld(t)
	w.limits.Silence = 0
	w.open()
	w.pass(2*time.Hour, w.failing(0.02))
	w.want("")
	w.pass(15*time.Minute, w.failing(0.5))
	w.want("failing_calls refused_messages")
	w.pass(time.Hour, w.failing(0.02))
	w.want("")
	if w.began() != 2 {
		t.Errorf("%d alerts", w.began())
	}
}

func TestAShareOfFailuresThatIsUsualIsNoAlertAgain(t *testing.T) {
	w := newWorld(t)
	w.pass(6*time.Hour, w.failing(0.15))
	w.pass(6*time.Hour, w.failing(0.30))
	w.want("")
}

func TestAFewFailuresAreNone(t *testing.T) {
	w := newWorld(t)
	for range 9 {
		w.Call(watch.Call{At: w.now, Platform: "p1", Failed: true})
	}
	w.pass(time.Minute, nil)
	w.want("")
}

func TestAlertsDoNotFlap(t *testing.T) {
	w := newWorld(t)
	n := 0
	w.pass(6*time.Hour, func() {
		w.loads = []watch.Load{{Platform: "p1", Pending: 5, Oldest: 20 * time.Minute}}
		if n++; n%3 != 0 {
			w.loads[0].Oldest = 0
		}
	})
	if w.began() != 1 {
		t.Errorf("it began %d times", w.began())
	}
	w.loads = nil
	w.loads = []watch.Load{{Platform: "p1"}}
	w.pass(10*time.Minute, nil)
	w.want("")
}

func TestABacklogThatGrowsIsNoticedUnlessItsPlatformIsAway(t *testing.T) {
	for _, tt := range []struct {
		name    string
		pending []int
		oldest  time.Duration
		away    bool
		want    string
	}{
		{"it grows", []int{10, 200, 300, 400, 500, 600, 700}, time.Minute, false, "backlog"},
		{"it grows, and is small", []int{1, 2, 3, 4, 5, 6, 7}, time.Minute, false, ""},
		{"it comes and goes", []int{100, 200, 50, 300, 400, 20, 500}, time.Minute, false, ""},
		{"it is old", []int{1}, 16 * time.Minute, false, "backlog"},
		{"its platform is away", []int{1}, 16 * time.Minute, true, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			for _, n := range tt.pending {
				w.loads = []watch.Load{{Platform: "p1", Pending: n, Oldest: tt.oldest, Away: tt.away}}
				w.pass(time.Minute, nil)
			}
			w.want(tt.want)
		})
	}
}

func (w *world) status(id, status string) {
	w.Object(watch.Object{Party: abc, Module: ocpi.Locations, Class: "EVSE", ID: id, Body: []byte(`{"status":"` + status + `"}`)})
}

func TestAMassChangeIsNoticed(t *testing.T) {
	for _, tt := range []struct {
		name  string
		stock int
		do    func(*world)
		want  string
	}{
		{"nine in ten EVSEs are removed", 20, func(w *world) {
			for i := range 18 {
				w.status(fmt.Sprintf("L1/%d", i), "REMOVED")
			}
		}, "mass_change"},
		{"a location comes with all its EVSEs removed", 20, func(w *world) {
			body := `{"id":"L1","evses":[` + strings.TrimSuffix(strings.Repeat(`{"uid":"%d","status":"REMOVED"},`, 15), ",") + `]}`
			ids := []any{}
			for i := range 15 {
				ids = append(ids, i)
			}
			w.Object(watch.Object{Party: abc, Module: ocpi.Locations, Class: "Location", ID: "L1", Body: fmt.Appendf(nil, body, ids...)})
		}, "mass_change"},
		{"EVSEs go out of use", 20, func(w *world) {
			for i := range 12 {
				w.status(fmt.Sprintf("L1/%d", i), "UNKNOWN")
			}
		}, "mass_change"},
		{"the same few again and again", 20, func(w *world) {
			for i := range 100 {
				w.status(fmt.Sprintf("L1/%d", i%5), "REMOVED")
			}
		}, ""},
		{"few of many", 100, func(w *world) {
			for i := range 40 {
				w.status(fmt.Sprintf("L1/%d", i), "REMOVED")
			}
		}, ""},
		{"they come back", 20, func(w *world) {
			for i := range 20 {
				w.status(fmt.Sprintf("L1/%d", i), "REMOVED")
				w.status(fmt.Sprintf("L1/%d", i), "AVAILABLE")
			}
		}, ""},
		{"tariffs are deleted", 0, func(w *world) {
			for i := range 10 {
				w.Message(watch.Message{At: w.now, Party: abc, Module: ocpi.Tariffs, Deleted: fmt.Sprintf("DE/ABC/T%d", i)})
			}
		}, "mass_change"},
		{"tokens are made invalid", 15, func(w *world) {
			for i := range 10 {
				w.Object(watch.Object{Party: abc, Module: ocpi.Tokens, Class: "Token", ID: fmt.Sprint(i), Body: []byte(`{"valid":false}`)})
			}
		}, "mass_change"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			w.stock = tt.stock
			for _, m := range []ocpi.ModuleID{ocpi.Locations, ocpi.Tariffs, ocpi.Tokens} {
				w.Message(watch.Message{At: w.now, Party: abc, Module: m})
			}
			w.pass(2*time.Hour, nil)
			tt.do(w)
			w.pass(time.Minute, nil)
			w.want(tt.want)
			w.pass(2*time.Hour, nil)
			w.want("")
		})
	}
}

func TestWhatIsTakenAwayAtTheVeryFirstPushIsNoMassChange(t *testing.T) {
	w := newWorld(t)
	w.stock = 20
	w.message()
	for i := range 20 {
		w.status(fmt.Sprintf("L1/%d", i), "REMOVED")
	}
	w.pass(time.Minute, nil)
	w.want("")
}

func TestAClockThatIsOffIsNoticedAfterSeveralLooks(t *testing.T) {
	w := newWorld(t)
	see := func(d time.Duration) {
		w.Sight(watch.Sight{Platform: "p1", Clock: true, Skew: d})
		w.pass(time.Minute, nil)
	}
	see(-2 * time.Minute)
	see(-2 * time.Minute)
	w.want("")
	see(-2 * time.Minute)
	w.want("clock_skew")
	if a := w.Alerts(watch.Query{})[0]; a.Value != "its clock is 2m0s behind" || a.Subject.Platform != "p1" {
		t.Errorf("the alert is %+v", a)
	}
	for range 9 {
		see(time.Second)
	}
	w.want("")
}

func TestWhatEndsSoonIsNoticedAndBecomesUrgent(t *testing.T) {
	w := newWorld(t)
	w.Sight(watch.Sight{Platform: "p1", Host: "cpo.example", CertificateEnds: w.now.Add(400 * time.Hour)})
	w.ends = []watch.End{{Kind: watch.TokenExpiry, Subject: watch.Subject{Name: "ann"}, At: w.now.Add(330 * time.Hour)}}
	w.pass(time.Minute, nil)
	w.want("token_expiry")
	w.now = w.now.Add(65 * time.Hour)
	w.pass(time.Minute, nil)
	w.want("certificate_expiry token_expiry")
	w.now = w.now.Add(280 * time.Hour)
	w.pass(time.Minute, nil)
	for _, a := range w.Alerts(watch.Query{}) {
		if a.Severity != watch.Critical {
			t.Errorf("not urgent: %+v", a)
		}
	}
	w.ends = nil // it was revoked
	w.Sight(watch.Sight{Platform: "p1", Host: "cpo.example", CertificateEnds: w.now.Add(4000 * time.Hour)})
	w.pass(time.Minute, nil)
	w.want("")
}

func TestAnInvitationThatNobodyUsesIsNoticed(t *testing.T) {
	w := newWorld(t)
	w.presence.Platforms["p2"] = watch.Standing{Invited: true, Since: w.now}
	w.pass(time.Hour, nil)
	w.want("")
	w.now = w.now.Add(168 * time.Hour)
	w.pass(time.Minute, nil)
	w.want("unused_invitation")
	delete(w.presence.Platforms, "p2")
	w.pass(time.Minute, nil)
	w.want("")
}

func TestWhatIsTooMuchIsDroppedAndCounted(t *testing.T) {
	w := newWorld(t)
	for range 10_000 {
		w.message()
	}
	if w.Dropped() != 10_000-8192 {
		t.Errorf("dropped: %d", w.Dropped())
	}
	big := make([]byte, 20<<20)
	w.Object(watch.Object{Party: abc, Module: ocpi.Locations, Class: "EVSE", Body: big})
	if w.Dropped() != 10_000-8192+1 {
		t.Errorf("dropped: %d", w.Dropped())
	}
}

func BenchmarkMessage(b *testing.B) {
	w, err := watch.Open(b.Context(), watch.Options{
		Store: watch.NewMemory(), Thresholds: watch.Thresholds{Interval: time.Hour, Cycle: 168 * time.Hour, Window: time.Hour, Backlog: time.Hour},
		Now: time.Now, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		b.Fatal(err)
	}
	go func() { _ = w.Run(b.Context()) }()
	m := watch.Message{At: monday, Party: abc, Module: ocpi.Locations}
	b.ReportAllocs()
	for b.Loop() {
		w.Message(m)
	}
}

func TestWhatIsRefusedAtTheDoorIsATroubleAndNoSignOfLife(t *testing.T) {
	w := newWorld(t)
	w.pass(30*time.Minute, func() { w.Message(watch.Message{At: w.now, Party: abc, Module: ocpi.Tariffs, AtDoor: true}) })
	w.want("")
	w.pass(30*time.Minute, func() {
		for range 3 {
			w.Message(watch.Message{At: w.now, Party: abc, Module: ocpi.Tariffs, AtDoor: true})
		}
	})
	w.want("refused_messages")
	if beats := w.Rhythms(abc); len(beats) > 0 {
		t.Errorf("its rhythm is %+v", beats)
	}
}

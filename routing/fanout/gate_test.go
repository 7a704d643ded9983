package fanout_test

import (
	"context"
	"net/http"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ocpihub/ocpihub/internal/fault"
	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/routing/catalog"
	"github.com/ocpihub/ocpihub/routing/fanout"
)

// announce accepts the client info of a party in a role.
func (w *world) announce(party ocpi.PartyID, role ocpi.Role) { w.announceTo("", party, role) }

// announceTo accepts client info for one platform.
func (w *world) announceTo(platform string, party ocpi.PartyID, role ocpi.Role) {
	w.t.Helper()
	c := infoChange(party, role, w.info)
	c.For = platform
	if err := w.engine.Accept(w.t.Context(), c); err != nil {
		w.t.Fatal(err)
	}
}

// infoChange is the client info of a party in a role.
func infoChange(party ocpi.PartyID, role ocpi.Role, status string) fanout.Change {
	return fanout.Change{
		Key:    catalog.Key{Module: ocpi.HubClientInfo, Owner: party, ID: string(role)},
		Method: http.MethodPut, Path: party.Country + "/" + party.ID, Body: []byte(status), Role: ocpi.HUB, Version: ocpi.V221,
	}
}

// infoIs changes what the registry says of every party.
func (w *world) infoIs(status string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.info = status
}

// infos makes a platform answer client info in a way of its own.
func (w *world) infos(p *platform, answer func(attempt int) (fanout.Answer, error)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	p.answers = func(d fanout.Delivery) (fanout.Answer, error, bool) {
		if d.Key.Module != ocpi.HubClientInfo {
			return fanout.Answer{}, nil, false
		}
		a, err := answer(d.Attempt)
		return a, err, true
	}
}

// expectSet is expect for what goes out side by side.
func (w *world) expectSet(p *platform, want ...string) {
	w.t.Helper()
	if got := w.took(p); !slices.Equal(slices.Sorted(slices.Values(got)), want) {
		w.t.Errorf("%s got %v, want %v in any order", p.id, got, want)
	}
}

func TestH109_ObjectsOfAPartyWaitForItsClientInfo(t *testing.T) {
	p := receiver("p1", "AAA")
	inWorld(t, one(p), func(_ *testing.T, w *world) {
		p.takes = time.Second
		w.announce(cpo, ocpi.CPO)
		w.announce(cpo, ocpi.EMSP)
		w.put("L1")
		w.put("L2")
		time.Sleep(1500 * time.Millisecond)
		w.expect(p, "PUT DE/CPO", "PUT DE/CPO") // one for each role, at a time
		time.Sleep(time.Second)
		w.expectSet(p, "PUT DE/CPO/L1", "PUT DE/CPO/L2")
		w.settled()
	})
}

func TestH109_AReceiverThatHasNoUseForClientInfoIsNotKeptFromObjects(t *testing.T) {
	down := fault.New(fault.NotConnected, "refused")
	tests := []struct {
		name   string
		answer func(attempt int) (fanout.Answer, error)
		most   int // attempts of the client info before the object arrives
	}{
		{"refused", func(int) (fanout.Answer, error) { return code(2001), nil }, 1},
		{"not found", func(int) (fanout.Answer, error) { return status(404), nil }, 2},
		{"server error", func(int) (fanout.Answer, error) { return status(500), nil }, 2},
		{"too late", func(int) (fanout.Answer, error) { return fanout.Answer{}, fault.New(fault.Timeout, "late") }, 2},
		{"not reachable", func(int) (fanout.Answer, error) { return fanout.Answer{}, down }, 4},
		{"always busy", func(int) (fanout.Answer, error) { return status(429), nil }, 4},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			p := receiver("p1", "AAA")
			inWorld(t, one(p), func(t *testing.T, w *world) {
				w.infos(p, test.answer)
				w.announce(cpo, ocpi.CPO)
				w.put("L1")
				time.Sleep(time.Minute)
				w.settled()
				got := w.took(p)
				if at := slices.Index(got, "PUT DE/CPO/L1"); at < 1 || at > test.most {
					t.Errorf("the object came after %d attempts of %v, want at most %d", at, got, test.most)
				}
			})
		})
	}
}

func TestH109_OnlyThePartyThatIsAnnouncedWaits(t *testing.T) {
	p := receiver("p1", "AAA")
	inWorld(t, one(p), func(_ *testing.T, w *world) {
		p.takes = time.Second
		w.announce(ocpi.NewPartyID("FR", "NEW"), ocpi.CPO)
		w.put("L1")
		time.Sleep(1500 * time.Millisecond)
		w.expectSet(p, "PUT DE/CPO/L1", "PUT FR/NEW") // side by side
	})
}

func TestH109_WhoWasAwayHearsOfPartiesBeforeTheirObjects(t *testing.T) {
	p := receiver("p1", "AAA")
	p.takes = 100 * time.Millisecond
	inWorld(t, one(p), func(t *testing.T, w *world) {
		w.put("L1")
		time.Sleep(time.Minute)
		w.took(p)
		w.present(p, false)
		w.put("L2") // of a party that was known, and is announced anew
		w.announce(cpo, ocpi.CPO)
		w.put("L3")
		synctest.Wait()
		w.present(p, true)
		time.Sleep(time.Minute)
		if got := w.took(p); len(got) != 3 || got[0] != "PUT DE/CPO" {
			t.Errorf("got %v, want the client info first", got)
		}
	})
}

// TestH109_NoObjectOvertakesAnAnnouncement lets a platform come and go and
// fall behind while parties are announced and push.
func TestH109_NoObjectOvertakesAnAnnouncement(t *testing.T) {
	p := receiver("p1", "AAA")
	p.takes = 20 * time.Millisecond
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, p)
		w.slow, w.lag = 30*time.Millisecond, 5*time.Millisecond
		w.options.Entries = 20
		w.tariffs["T"] = 1 // of every party
		w.start()
		const rounds = 300
		for i := range rounds {
			owner := ocpi.NewPartyID("DE", string(rune('A'+i/26))+string(rune('A'+i%26)))
			w.announce(owner, ocpi.CPO)
			change := fanout.Change{
				Key: catalog.Key{Module: ocpi.Tariffs, Owner: owner, ID: "T"}, Method: http.MethodPut,
				Path: "DE/" + owner.ID + "/T", Body: []byte("{}"), Role: ocpi.CPO, Version: ocpi.V221,
			}
			if err := w.engine.Accept(t.Context(), change); err != nil {
				t.Fatal(err)
			}
			if i%40 == 20 {
				w.present(p, false)
			}
			if i%40 == 30 {
				w.present(p, true)
			}
		}
		time.Sleep(time.Hour)
		w.end()
		told := map[ocpi.PartyID]bool{}
		for _, d := range p.got {
			if d.Key.Module == ocpi.HubClientInfo {
				told[d.Key.Owner] = true
			} else if !told[d.Key.Owner] {
				t.Errorf("%s %s came before the client info", d.Method, d.Path)
			}
		}
		if len(told) != rounds {
			t.Errorf("the platform was told of %d parties, want %d", len(told), rounds)
		}
	})
}

func TestH109_AMessageWaitsForTheIntroductionOfItsSender(t *testing.T) {
	introduce := func(w *world, ctx context.Context, took *atomic.Int64) {
		began := time.Now()
		w.engine.Introduced(ctx, "p1", cpo)
		took.Store(int64(time.Since(began)))
	}
	p := receiver("p1", "AAA")
	inWorld(t, one(p), func(t *testing.T, w *world) {
		var took atomic.Int64
		expect := func(name string, want time.Duration) {
			t.Helper()
			if got := time.Duration(took.Load()); got != want {
				t.Errorf("%s: waited %s, want %s", name, got, want)
			}
		}
		introduce(w, t.Context(), &took)
		expect("nothing to tell", 0)
		p.takes = time.Second
		w.announce(cpo, ocpi.CPO)
		introduce(w, t.Context(), &took)
		expect("until the client info is delivered", time.Second)
		p.takes = 10 * time.Second
		w.announce(cpo, ocpi.CPO)
		introduce(w, t.Context(), &took)
		expect("a bounded time for one that hangs", 5*time.Second)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		introduce(w, ctx, &took)
		expect("as long as the message has time", time.Second)
		w.present(p, false)
		introduce(w, t.Context(), &took)
		expect("not at all for a platform that is away", 0)
		w.engine.Introduced(t.Context(), "nobody", cpo)
	})
}

// introductions are what every newcomer is told: one party.
func introductions(string, time.Time) []fanout.Change {
	return []fanout.Change{{
		Key:    catalog.Key{Module: ocpi.HubClientInfo, Owner: cpo, ID: string(ocpi.CPO)},
		Method: http.MethodPut, Path: "DE/CPO", Role: ocpi.HUB, Version: ocpi.V221,
	}}
}

// enter registers a platform.
func (w *world) enter(p *platform) {
	w.t.Helper()
	w.mu.Lock()
	w.platforms = append(w.platforms, p)
	w.mu.Unlock()
	if err := w.engine.Join(w.t.Context(), p.id); err != nil {
		w.t.Fatal(err)
	}
	w.engine.Refresh()
}

func TestH109_ANewcomerIsToldOfTheOthersFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, receiver("p1", "AAA"))
		w.options.Introductions = introductions
		w.start()
		w.put("L0")
		synctest.Wait()
		p := receiver("p2", "BBB")
		p.takes = time.Second
		w.enter(p)
		w.put("L1")
		synctest.Wait()
		if s := w.stat(p); s.State != fanout.CatchingUp {
			t.Errorf("while it is introduced its state is %s", s.State)
		}
		time.Sleep(time.Minute)
		w.expect(p, "PUT DE/CPO", "PUT DE/CPO/L1")
		if s := w.stat(p); s.State != fanout.Live || s.Pending != 0 {
			t.Errorf("afterwards its state is %+v", s)
		}
		w.end()
		w.start()
		w.put("L2")
		time.Sleep(time.Minute)
		w.expect(p, "PUT DE/CPO/L2") // once is enough
		w.end()
	})
}

func TestH109_AnIntroductionOutlivesTheProcess(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.options.Introductions = introductions
		w.start()
		p := receiver("p1", "AAA")
		p.away = true
		w.enter(p)
		time.Sleep(time.Minute)
		w.kill()
		w.start()
		w.present(p, true)
		w.put("L1")
		time.Sleep(time.Minute)
		w.expect(p, "PUT DE/CPO", "PUT DE/CPO/L1")
		w.end()
	})
}

func TestH109_APlatformThatRegistersAgainIsIntroducedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.options.Introductions = introductions
		w.start()
		p := receiver("p1", "AAA")
		w.enter(p)
		time.Sleep(time.Minute)
		w.took(p)
		if err := w.engine.Join(t.Context(), p.id); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		w.expect(p, "PUT DE/CPO")
		w.end()
	})
}

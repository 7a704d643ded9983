package hub

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/parties"
	"github.com/ocpihub/ocpihub/parties/memstore"
	"github.com/ocpihub/ocpihub/routing/fanout"
)

// village is a registry of a CPO, of two eMSPs, and of agreements of the CPO,
// under policy agreement, and a feed that notes who is told what.
type village struct {
	mu     sync.Mutex
	agreed []*parties.Agreement
	epoch  uint64
	told   []string
}

func (v *village) Accept(_ context.Context, c fanout.Change) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	if c.For != "" {
		v.told = append(v.told, fmt.Sprintf("%s: %s %s at %s", c.For, c.Path, ocpi.FindString(c.Body, "status"), ocpi.FindString(c.Body, "last_updated")))
	}
	return nil
}

var founded = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC) // when the clock of a bubble begins

func (v *village) directory() *parties.Directory {
	v.mu.Lock()
	defer v.mu.Unlock()
	home := func(id string, role ocpi.Role, party ocpi.PartyID) *parties.Platform {
		return &parties.Platform{
			ID: id, Status: parties.Connected, Updated: founded.AddDate(-1, 0, 0),
			Parties: []parties.Party{{Claim: parties.Claim{Role: role, Party: party}}},
		}
	}
	return parties.NewDirectory([]*parties.Platform{
		home("c", ocpi.CPO, abc), home("e", ocpi.EMSP, ocpi.NewPartyID("NL", "EEE")), home("f", ocpi.NSP, ocpi.NewPartyID("NL", "FFF")),
	}, v.epoch).Govern(parties.PolicyByAgreement, v.agreed)
}

// note keeps what the announcer writes down.
func (v *village) note(_ context.Context, id string, told bool) error {
	v.set(id, func(a *parties.Agreement) { a.Told = told })
	return nil
}

func (v *village) set(id string, edit func(*parties.Agreement)) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.epoch++
	for i, a := range v.agreed {
		if a.ID == id {
			v.agreed[i] = a.Clone()
			edit(v.agreed[i])
		}
	}
}

func (v *village) expect(t *testing.T, step string, want ...string) {
	t.Helper()
	synctest.Wait()
	v.mu.Lock()
	defer v.mu.Unlock()
	if diff := cmp.Diff(want, v.told); diff != "" {
		t.Errorf("%s: -want +got:\n%s", step, diff)
	}
	v.told = nil
}

func (v *village) announcing(t *testing.T) (a *announcer, stop func()) {
	t.Helper()
	a = &announcer{
		directory: v.directory, feed: v, book: memstore.New(), now: time.Now, log: slog.New(slog.DiscardHandler),
		links: links{directory: v.directory, note: v.note, now: time.Now},
	}
	if err := a.open(t.Context()); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- a.run(ctx) }()
	return a, func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
}

func newVillage(edit func(*parties.Agreement)) *village {
	a := &parties.Agreement{
		ID: "a", CPO: abc, EMSP: ocpi.NewPartyID("NL", "EEE"), Terms: parties.Terms{From: founded},
		State: parties.AgreementActive, Changed: founded, Created: founded,
	}
	edit(a)
	return &village{agreed: []*parties.Agreement{a}}
}

func TestAnAgreementThatBeginsAndEndsByItsDatesIsToldToBothSidesAtThoseMoments(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := newVillage(func(a *parties.Agreement) { a.From, a.Until = founded.Add(time.Hour), founded.Add(3*time.Hour) })
		a, stop := v.announcing(t)
		defer func() { stop() }()
		v.expect(t, "before")
		time.Sleep(time.Hour)
		v.expect(t, "its first moment",
			"c: NL/EEE CONNECTED at 2000-01-01T01:00:00Z", "e: DE/ABC CONNECTED at 2000-01-01T01:00:00Z")
		a.changed(nil, nil)
		v.expect(t, "nothing has changed")
		stop()
		a, stop = v.announcing(t)
		_ = a
		v.expect(t, "after a start")
		time.Sleep(2 * time.Hour)
		v.expect(t, "its end",
			"c: NL/EEE SUSPENDED at 2000-01-01T03:00:00Z", "e: DE/ABC SUSPENDED at 2000-01-01T03:00:00Z")
		time.Sleep(24 * time.Hour)
		v.expect(t, "later")
	})
}

func TestAnAgreementThatEndedWhileTheHubWasDownIsToldAtItsStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := newVillage(func(a *parties.Agreement) { a.Until, a.Told = founded.Add(time.Hour), true })
		time.Sleep(2 * time.Hour)
		_, stop := v.announcing(t)
		defer stop()
		v.expect(t, "at the start",
			"c: NL/EEE SUSPENDED at 2000-01-01T01:00:00Z", "e: DE/ABC SUSPENDED at 2000-01-01T01:00:00Z")
	})
}

func TestH109_APushWaitsUntilTheFeedHasWhatAnAgreementBrings(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := newVillage(func(a *parties.Agreement) { a.From = founded.Add(time.Hour) })
		a := &announcer{
			directory: v.directory, feed: v, book: memstore.New(), now: time.Now, log: slog.New(slog.DiscardHandler),
			links: links{directory: v.directory, note: v.note, now: time.Now},
		}
		if err := a.open(t.Context()); err != nil {
			t.Fatal(err)
		}
		a.announce(t.Context())
		if pending, _ := a.pending(abc); pending {
			t.Error("there is something to tell before its first moment")
		}
		time.Sleep(time.Hour)
		if pending, _ := a.pending(abc); !pending {
			t.Error("nobody waits for what is to be told")
		}
		if pending, _ := a.pending(ocpi.NewPartyID("NL", "FFF")); pending {
			t.Error("a party without an agreement waits")
		}
		a.announce(t.Context())
		if pending, _ := a.pending(abc); pending {
			t.Error("what was told still is to be told")
		}
	})
}

// What was on its way when the agreement was out of force reached nobody.
func TestAnAgreementThatWasStoppedAndResumedBetweenTwoLooksIsToldAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := newVillage(func(*parties.Agreement) {})
		a, stop := v.announcing(t)
		defer stop()
		v.expect(t, "the start", "c: NL/EEE CONNECTED at 2000-01-01T00:00:00Z", "e: DE/ABC CONNECTED at 2000-01-01T00:00:00Z")
		time.Sleep(time.Second)
		v.set("a", func(a *parties.Agreement) { a.Changed = time.Now() })
		a.changed(nil, nil)
		v.expect(t, "it was away for a moment", "c: NL/EEE CONNECTED at 2000-01-01T00:00:01Z", "e: DE/ABC CONNECTED at 2000-01-01T00:00:01Z")
		a.changed(nil, nil)
		v.expect(t, "nothing has changed")
	})
}

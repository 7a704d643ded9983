package hub

import (
	"context"
	"errors"
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

// ledger is a feed that notes whom it is told of, and a registry of one
// platform.
type ledger struct {
	mu     sync.Mutex
	told   []string
	fails  int
	member parties.Platform
}

func (l *ledger) Accept(_ context.Context, c fanout.Change) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.fails > 0 {
		l.fails--
		return errors.New("down")
	}
	l.told = append(l.told, fmt.Sprintf("%s %s %s:%s", c.Path, ocpi.FindString(c.Body, "role"),
		ocpi.FindString(c.Body, "status"), ocpi.FindString(c.Body, "last_updated")))
	return nil
}

func (l *ledger) directory() *parties.Directory {
	l.mu.Lock()
	defer l.mu.Unlock()
	return parties.NewDirectory([]*parties.Platform{l.member.Clone()}, 1)
}

func (*ledger) note(context.Context, string, bool) error { return nil }

// set changes the status of the platform, a second after the last change.
func (l *ledger) set(s parties.Status) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.member.Status, l.member.Updated = s, l.member.Updated.Add(time.Second)
}

func (l *ledger) expect(t *testing.T, step string, want ...string) {
	t.Helper()
	synctest.Wait()
	l.mu.Lock()
	defer l.mu.Unlock()
	if diff := cmp.Diff(want, l.told); diff != "" {
		t.Errorf("%s: -want +got:\n%s", step, diff)
	}
	l.told = nil
}

var abc = ocpi.NewPartyID("DE", "ABC")

func newLedger() *ledger {
	roles := []parties.Party{{Claim: parties.Claim{Role: ocpi.CPO, Party: abc}}, {Claim: parties.Claim{Role: ocpi.EMSP, Party: abc}}}
	return &ledger{member: parties.Platform{
		ID: "p", Status: parties.Connected, Parties: roles, Updated: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC),
	}}
}

// announcing runs an announcer until the function that it returns is called.
func announcing(t *testing.T, l *ledger, book parties.Book) (a *announcer, stop func()) {
	t.Helper()
	a = &announcer{
		directory: l.directory, feed: l, book: book, now: time.Now, log: slog.New(slog.DiscardHandler),
		links: links{directory: l.directory, note: l.note, now: time.Now},
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

func TestH185_WhatWasToldIsNotToldAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, book := newLedger(), memstore.New()
		a, stop := announcing(t, l, book)
		l.expect(t, "H-188 once for each role", "DE/ABC CPO CONNECTED:2026-01-01T00:00:00Z", "DE/ABC EMSP CONNECTED:2026-01-01T00:00:00Z")
		a.changed(nil, nil)
		l.expect(t, "nothing has changed")
		l.set(parties.Offline)
		a.changed(nil, nil)
		l.expect(t, "OFFLINE", "DE/ABC CPO OFFLINE:2026-01-01T00:00:01Z", "DE/ABC EMSP OFFLINE:2026-01-01T00:00:01Z")
		stop()
		_, stop = announcing(t, l, book)
		l.expect(t, "after a start")
		stop()
		l.set(parties.Suspended)
		_, stop = announcing(t, l, book)
		l.expect(t, "changed between two starts", "DE/ABC CPO SUSPENDED:2026-01-01T00:00:02Z", "DE/ABC EMSP SUSPENDED:2026-01-01T00:00:02Z")
		stop()
	})
}

func TestH190_StatesThatFollowQuicklyAreToldAsOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLedger()
		a, stop := announcing(t, l, memstore.New())
		defer stop()
		synctest.Wait()
		l.told = nil
		l.fails = 1
		for range 100 { // while the feed is down
			l.set(parties.Offline)
			a.changed(nil, nil)
			l.set(parties.Connected)
			a.changed(nil, nil)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if len(l.told) > 4 {
			t.Errorf("the others are told %d times: %v", len(l.told), l.told)
		}
		if last := l.told[len(l.told)-1]; last != "DE/ABC EMSP CONNECTED:2026-01-01T00:03:20Z" {
			t.Errorf("the last is %s", last)
		}
	})
}

func TestH109_APushWaitsUntilTheFeedHasTheClientInfoOfItsSender(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLedger()
		l.fails = 3 // 100, 200 and 400 ms
		a, stop := announcing(t, l, memstore.New())
		defer stop()
		h := herald{announcer: a}
		wait := func(step string, party ocpi.PartyID, want time.Duration) {
			t.Helper()
			began := time.Now()
			h.Announced(t.Context(), party)
			if took := time.Since(began); took != want {
				t.Errorf("%s: waited %s, want %s", step, took, want)
			}
		}
		wait("another party", ocpi.NewPartyID("FR", "OTH"), 0)
		wait("until both roles are told", abc, 700*time.Millisecond)
		wait("nothing new", abc, 0)
		l.mu.Lock()
		l.fails = 1000
		l.mu.Unlock()
		l.set(parties.Suspended)
		a.changed(nil, nil)
		wait("no longer than the head start", abc, headStart)
	})
}

func TestH190_APlatformThatFlapsDoesNotFloodTheOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLedger()
		a, stop := announcing(t, l, memstore.New())
		defer stop()
		synctest.Wait()
		l.told = nil
		h := herald{announcer: a}
		for range 300 { // ten minutes
			l.set(parties.Offline)
			a.changed(nil, nil)
			time.Sleep(time.Second)
			l.set(parties.Connected)
			a.changed(nil, nil)
			time.Sleep(time.Second)
			began := time.Now()
			h.Announced(t.Context(), abc)
			if took := time.Since(began); took != 0 {
				t.Fatalf("a push of it waited %s", took)
			}
		}
		const roles, most = 2, 6 + 20
		if n := len(l.told); n > roles*most {
			t.Errorf("the others are told %d times in ten minutes, want at most %d", n, roles*most)
		}
		l.set(parties.Offline)
		a.changed(nil, nil)
		time.Sleep(time.Minute)
		synctest.Wait()
		if last := l.told[len(l.told)-1]; last != "DE/ABC EMSP OFFLINE:2026-01-01T00:10:01Z" {
			t.Errorf("the last that they are told is %s", last)
		}
		l.told = nil
		l.set(parties.Suspended)
		a.changed(nil, nil)
		l.expect(t, "what the operator does is told at once", "DE/ABC CPO SUSPENDED:2026-01-01T00:10:02Z", "DE/ABC EMSP SUSPENDED:2026-01-01T00:10:02Z")
	})
}

// inTurn makes announcers of two replicas, which share what was told.
func inTurn(t *testing.T, l *ledger, book parties.Book) (a, b *announcer) {
	t.Helper()
	both := []*announcer{nil, nil}
	for i := range both {
		both[i] = &announcer{
			directory: l.directory, feed: l, book: book, shared: true, now: time.Now, log: slog.New(slog.DiscardHandler),
			links: links{directory: l.directory, note: l.note, now: time.Now},
		}
		if err := both[i].open(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	return both[0], both[1]
}

func TestAnAnnouncerWhoseTurnItIsAgainTellsOnlyWhatTheOtherHasNot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLedger()
		a, b := inTurn(t, l, memstore.New())
		turn := func(one *announcer) (stop func()) {
			ctx, cancel := context.WithCancel(t.Context())
			ended := make(chan error, 1)
			go func() { ended <- one.run(ctx) }()
			return func() {
				cancel()
				if err := <-ended; err != nil {
					t.Error(err)
				}
			}
		}
		stop := turn(a)
		l.expect(t, "the first one", "DE/ABC CPO CONNECTED:2026-01-01T00:00:00Z", "DE/ABC EMSP CONNECTED:2026-01-01T00:00:00Z")
		stop()
		l.set(parties.Offline)
		a.changed(nil, nil)
		b.changed(nil, nil)
		l.expect(t, "while nobody announces")
		stop = turn(b)
		l.expect(t, "the other one", "DE/ABC CPO OFFLINE:2026-01-01T00:00:01Z", "DE/ABC EMSP OFFLINE:2026-01-01T00:00:01Z")
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		a.await(ctx, abc)
		if ctx.Err() != nil {
			t.Error("who does not announce does not see that the other one has")
		}
		stop()
		stop = turn(a)
		l.expect(t, "the first one again")
		l.set(parties.Suspended)
		a.changed(nil, nil)
		l.expect(t, "its news", "DE/ABC CPO SUSPENDED:2026-01-01T00:00:02Z", "DE/ABC EMSP SUSPENDED:2026-01-01T00:00:02Z")
		stop()
	})
}

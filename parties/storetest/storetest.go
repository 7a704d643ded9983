// Package storetest is the one suite that every parties.Store must pass.
package storetest

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/parties"
)

// Run judges the stores that open returns: each call must give a new, empty
// one, which is closed by a cleanup of t.
func Run(t *testing.T, open func(t *testing.T) parties.Store) {
	t.Helper()
	tests := agreementTests()
	maps.Copy(tests, batchTests())
	maps.Copy(tests, standingTests())
	maps.Copy(tests, map[string]func(*testing.T, parties.Store){
		"an empty store has no platforms and epoch 0":      emptyStore,
		"what was saved is loaded with every field":        everyField,
		"what was loaded belongs to the caller":            loadedIsACopy,
		"each save raises revision and epoch":              savesCount,
		"an old revision is a conflict":                    oldRevision,
		"a new platform under a known id is a conflict":    knownID,
		"a party held by another platform is claimed":      heldParty,
		"a party may have another role elsewhere":          otherRole,
		"a party given up is free":                         givenUp,
		"the parties of a removed platform are free":       removed,
		"a removed platform cannot come back over another": comeBack,
		"a refused save changes nothing":                   refusedSave,
		"of many concurrent saves one wins":                concurrentSaves,
		"of many concurrent claims one wins":               concurrentClaims,
		"watchers hear of changes":                         watch,
		"a watcher's channel closes with its context":      watchEnds,
		"nothing is done for an ended context":             endedContext,
	})
	for name, test := range tests {
		t.Run(name, func(t *testing.T) { test(t, open(t)) })
	}
}

// Full returns a platform in which every field is set, to see that none is
// lost on the way through a store.
func Full(id string) *parties.Platform {
	at := time.Date(2026, 3, 1, 12, 30, 15, 123e6, time.UTC)
	cpo := parties.Claim{Role: ocpi.CPO, Party: ocpi.NewPartyID("DE", "ABC")}
	emsp := parties.Claim{Role: ocpi.EMSP, Party: ocpi.NewPartyID("DE", "LONGER12")}
	return &parties.Platform{
		ID: id, Name: "Plattform <é>", Status: parties.Offline,
		Claims:      []parties.Claim{cpo, emsp},
		Parties:     []parties.Party{{Claim: cpo, BusinessDetails: []byte(`{"name": "A",  "x":1.10}`)}, {Claim: emsp}},
		Expected:    []parties.Party{{Claim: emsp, BusinessDetails: []byte(`{"name":"É"}`)}},
		Former:      []parties.Claim{{Role: ocpi.NSP, Party: ocpi.NewPartyID("NL", "OLD")}},
		Version:     ocpi.V221,
		VersionsURL: "https://example.org/ocpi/versions",
		Endpoints: []ocpi.Endpoint{
			{Module: ocpi.Credentials, Interface: ocpi.Sender, URL: "https://example.org/c"},
			{Module: "custom-x", Interface: ocpi.Receiver, URL: "https://example.org/x?a=b&c"},
		},
		Keys: []parties.Key{
			{Hash: parties.HashToken("old"), Use: parties.ForAll, Until: at.Add(time.Minute)},
			{Hash: parties.HashToken("new"), Use: parties.ForAll},
		},
		SealedToken: []byte{1, 0, 255, 7}, TokenEncoding: ocpi.TokenRaw,
		Spent: parties.HashToken("A"), OldFields: true,
		Pinned: ocpi.V230, As: ocpi.NewPartyID("FR", "ONE"), Shown: "0af1", Untellable: true, SealedOffer: []byte{0, 9, 255},
		Paused:  parties.Pause{All: true, Modules: []ocpi.ModuleID{ocpi.Locations, ocpi.Tokens}},
		Removed: false, Created: at, Updated: at.Add(time.Hour), LastSeen: at.Add(2 * time.Hour),
	}
}

// Compare shows how two platforms differ, taking nil and empty lists as equal.
func Compare(want, got *parties.Platform) string {
	return cmp.Diff(want, got, cmpopts.EquateEmpty())
}

// holder returns a platform that registered the parties as CPO.
func holder(id string, ids ...string) *parties.Platform {
	p := &parties.Platform{ID: id, Name: id, Status: parties.Connected}
	for _, party := range ids {
		p.Parties = append(p.Parties, parties.Party{Claim: parties.Claim{Role: ocpi.CPO, Party: ocpi.NewPartyID("NL", party)}})
	}
	return p
}

func save(t *testing.T, s parties.Store, p *parties.Platform) {
	t.Helper()
	if err := s.Save(t.Context(), p); err != nil {
		t.Fatalf("save %s: %v", p.ID, err)
	}
}

func refuse(t *testing.T, s parties.Store, p *parties.Platform, want error) {
	t.Helper()
	if err := s.Save(t.Context(), p); !errors.Is(err, want) {
		t.Fatalf("save %s: got %v, want %v", p.ID, err, want)
	}
}

func load(t *testing.T, s parties.Store) ([]*parties.Platform, uint64) {
	t.Helper()
	platforms, epoch, err := s.Load(t.Context())
	if err != nil {
		t.Fatalf("load: %v", err)
	}
	return platforms, epoch
}

func only(t *testing.T, s parties.Store) *parties.Platform {
	t.Helper()
	platforms, _ := load(t, s)
	if len(platforms) != 1 {
		t.Fatalf("got %d platforms, want 1", len(platforms))
	}
	return platforms[0]
}

func emptyStore(t *testing.T, s parties.Store) {
	platforms, epoch := load(t, s)
	if len(platforms) != 0 || epoch != 0 {
		t.Errorf("got %d platforms, epoch %d", len(platforms), epoch)
	}
	if epoch, err := s.Epoch(t.Context()); err != nil || epoch != 0 {
		t.Errorf("epoch: got %d, %v", epoch, err)
	}
}

func everyField(t *testing.T, s parties.Store) {
	want := Full("p1")
	save(t, s, want)
	if diff := Compare(want, only(t, s)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	want.Removed, want.SealedToken, want.Keys = true, nil, nil
	want.LastSeen = time.Time{}
	save(t, s, want)
	got := only(t, s)
	if diff := Compare(want, got); diff != "" {
		t.Errorf("after a change: -want +got:\n%s", diff)
	}
	if got.Registered() {
		t.Error("a platform without a token counts as registered")
	}
}

func loadedIsACopy(t *testing.T, s parties.Store) {
	p := Full("p1")
	save(t, s, p)
	p.Name, p.Parties[0].Role = "changed after save", ocpi.HUB
	got := only(t, s)
	got.Name, got.Claims[0].Role = "changed after load", ocpi.HUB
	want := Full("p1")
	want.Revision = 1
	if diff := Compare(want, only(t, s)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func savesCount(t *testing.T, s parties.Store) {
	p := holder("p1")
	for n := range uint64(3) {
		save(t, s, p)
		_, loaded := load(t, s)
		asked, err := s.Epoch(t.Context())
		if err != nil || p.Revision != n+1 || loaded != n+1 || asked != n+1 {
			t.Fatalf("after save %d: revision %d, epoch %d, asked %d, %v", n+1, p.Revision, loaded, asked, err)
		}
	}
	if got := only(t, s).Revision; got != 3 {
		t.Errorf("loaded revision %d, want 3", got)
	}
}

func oldRevision(t *testing.T, s parties.Store) {
	p := holder("p1")
	save(t, s, p)
	stale := p.Clone()
	save(t, s, p)
	refuse(t, s, stale, parties.ErrConflict)
	if stale.Revision != 1 {
		t.Errorf("a refused save set the revision to %d", stale.Revision)
	}
	ahead := p.Clone()
	ahead.Revision = 9
	refuse(t, s, ahead, parties.ErrConflict)
}

func knownID(t *testing.T, s parties.Store) {
	save(t, s, holder("p1"))
	refuse(t, s, holder("p1"), parties.ErrConflict)
	lost := holder("p2")
	lost.Revision = 4
	refuse(t, s, lost, parties.ErrConflict)
}

func heldParty(t *testing.T, s parties.Store) {
	save(t, s, holder("p1", "AAA", "BBB"))
	refuse(t, s, holder("p2", "CCC", "BBB"), parties.ErrClaimed)
	save(t, s, holder("p2", "CCC"))
}

func otherRole(t *testing.T, s parties.Store) {
	save(t, s, holder("p1", "AAA"))
	p := holder("p2", "AAA")
	p.Parties[0].Role = ocpi.EMSP
	save(t, s, p)
}

func givenUp(t *testing.T, s parties.Store) {
	first := holder("p1", "AAA", "BBB")
	save(t, s, first)
	first.Parties, first.Former = first.Parties[:1], []parties.Claim{first.Parties[1].Claim}
	save(t, s, first)
	save(t, s, holder("p2", "BBB"))
	refuse(t, s, holder("p3", "AAA"), parties.ErrClaimed)
}

func removed(t *testing.T, s parties.Store) {
	first := holder("p1", "AAA")
	save(t, s, first)
	first.Removed = true
	save(t, s, first)
	save(t, s, holder("p2", "AAA"))
	save(t, s, first)
	refuse(t, s, holder("p3", "AAA"), parties.ErrClaimed)
}

func comeBack(t *testing.T, s parties.Store) {
	first := holder("p1", "AAA")
	first.Removed = true
	save(t, s, first)
	save(t, s, holder("p2", "AAA"))
	first.Removed = false
	refuse(t, s, first, parties.ErrClaimed)
}

func refusedSave(t *testing.T, s parties.Store) {
	save(t, s, holder("p1", "AAA"))
	second := holder("p2", "CCC")
	save(t, s, second)
	_, before := load(t, s)
	second.Parties = holder("p2", "BBB", "AAA").Parties
	refuse(t, s, second, parties.ErrClaimed)
	platforms, after := load(t, s)
	if before != after {
		t.Errorf("the epoch went from %d to %d", before, after)
	}
	i := slices.IndexFunc(platforms, func(p *parties.Platform) bool { return p.ID == "p2" })
	if got := platforms[i].Parties[0].Party.ID; got != "CCC" {
		t.Errorf("the refused platform now holds %s", got)
	}
	save(t, s, holder("p3", "BBB"))
	refuse(t, s, holder("p4", "CCC"), parties.ErrClaimed)
}

const contenders = 16

func concurrentSaves(t *testing.T, s parties.Store) {
	p := holder("p1")
	save(t, s, p)
	won := contend(t, s, parties.ErrConflict, func(n int) error {
		mine := p.Clone()
		mine.Name = strconv.Itoa(n)
		return s.Save(context.WithoutCancel(t.Context()), mine)
	})
	got := only(t, s)
	if won != 1 || got.Revision != 2 {
		t.Errorf("%d saves won, revision %d; want 1 and 2", won, got.Revision)
	}
}

func concurrentClaims(t *testing.T, s parties.Store) {
	won := contend(t, s, parties.ErrClaimed, func(n int) error {
		return s.Save(context.WithoutCancel(t.Context()), holder("p"+strconv.Itoa(n), "AAA"))
	})
	if platforms, epoch := load(t, s); won != 1 || len(platforms) != 1 || epoch != 1 {
		t.Errorf("%d claims won, %d platforms, epoch %d; want 1 each", won, len(platforms), epoch)
	}
}

// contend counts how many of several concurrent tries succeed; all others must
// fail with want. Readers run beside them for the race detector's sake.
func contend(t *testing.T, s parties.Store, want error, try func(n int) error) int32 {
	t.Helper()
	var wg sync.WaitGroup
	var won atomic.Int32
	for n := range contenders {
		wg.Go(func() {
			switch err := try(n); {
			case err == nil:
				won.Add(1)
			case !errors.Is(err, want):
				t.Errorf("try %d: got %v, want %v", n, err, want)
			}
		})
		wg.Go(func() {
			if _, _, err := s.Load(context.WithoutCancel(t.Context())); err != nil {
				t.Errorf("load beside the saves: %v", err)
			}
		})
	}
	wg.Wait()
	return won.Load()
}

// patience bounds how long a watcher waits; only a broken store uses it up.
const patience = 10 * time.Second

func watch(t *testing.T, s parties.Store) {
	first, second := s.Watch(t.Context()), s.Watch(t.Context())
	p := holder("p1")
	for range 3 {
		save(t, s, p)
		for i, changes := range []<-chan struct{}{first, second} {
			select {
			case _, open := <-changes:
				if !open {
					t.Fatalf("watcher %d was closed", i)
				}
			case <-time.After(patience):
				t.Fatalf("watcher %d heard nothing", i)
			}
		}
	}
}

func watchEnds(t *testing.T, s parties.Store) {
	ctx, cancel := context.WithCancel(t.Context())
	changes := s.Watch(ctx)
	cancel()
	for {
		select {
		case _, open := <-changes:
			if !open {
				save(t, s, holder("p1"))
				return
			}
		case <-time.After(patience):
			t.Fatal("the channel stays open")
		}
	}
}

func endedContext(t *testing.T, s parties.Store) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Save(ctx, holder("p1")); !errors.Is(err, context.Canceled) {
		t.Errorf("save: got %v", err)
	}
	if _, _, err := s.Load(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("load: got %v", err)
	}
	if platforms, epoch := load(t, s); len(platforms) != 0 || epoch != 0 {
		t.Errorf("got %d platforms, epoch %d", len(platforms), epoch)
	}
}

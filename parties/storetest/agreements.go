package storetest

import (
	"context"
	"errors"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/parties"
)

// agreementTests are what a store must do with agreements.
func agreementTests() map[string]func(*testing.T, parties.Store) {
	return map[string]func(*testing.T, parties.Store){
		"an empty store has no agreements":                           noAgreements,
		"an agreement is loaded with every field":                    everyTerm,
		"a loaded agreement belongs to the caller":                   agreementIsACopy,
		"each save of an agreement raises revision and epoch":        agreementSavesCount,
		"an old revision of an agreement is a conflict":              oldAgreement,
		"two agreements of the same parties cannot hold at one time": clashes,
		"an agreement that ends makes room for the next":             succession,
		"a refused agreement changes nothing":                        refusedAgreement,
		"of many concurrent agreements of two parties one wins":      concurrentAgreements,
		"watchers hear of agreements":                                watchAgreements,
		"no agreement is saved or loaded for an ended context":       agreementsEnd,
	}
}

var morning = time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)

// FullAgreement returns an agreement in which every field is set.
func FullAgreement(id string) *parties.Agreement {
	return &parties.Agreement{
		ID: id, CPO: ocpi.NewPartyID("DE", "ABC"), EMSP: ocpi.NewPartyID("NL", "LONGER12"),
		Terms: parties.Terms{
			Modules: []ocpi.ModuleID{ocpi.Locations, ocpi.Tokens}, CPOOnly: []ocpi.ModuleID{ocpi.Locations},
			EMSPOnly: []ocpi.ModuleID{ocpi.Tokens}, Custom: []ocpi.ModuleID{"nltnm-x"},
			From: morning, Until: morning.Add(time.Hour),
			AgreementOptions: parties.AgreementOptions{StandIn: true, CatchUp: parties.CatchUpNone},
		},
		State: parties.AgreementSuspended, Changed: morning.Add(time.Minute), Told: true, Owed: morning.Add(time.Second), Created: morning.Add(-time.Hour),
		History: []parties.AgreementEvent{{At: morning, By: "é", What: "created"}, {At: morning, By: "x", What: "suspended"}},
	}
}

// CompareAgreements shows how two agreements differ, taking nil and empty lists
// as equal.
func CompareAgreements(want, got *parties.Agreement) string {
	return cmp.Diff(want, got, cmpopts.EquateEmpty())
}

func active(id string) *parties.Agreement {
	return &parties.Agreement{
		ID: id, CPO: ocpi.NewPartyID("DE", "ABC"), EMSP: ocpi.NewPartyID("DE", "DEF"),
		Terms: parties.Terms{From: morning}, State: parties.AgreementActive,
	}
}

func saveAgreement(t *testing.T, s parties.Store, a *parties.Agreement) {
	t.Helper()
	if err := s.SaveAgreement(t.Context(), a); err != nil {
		t.Fatalf("save agreement %s: %v", a.ID, err)
	}
}

// refuseAgreement expects that an agreement clashes with a1.
func refuseAgreement(t *testing.T, s parties.Store, a *parties.Agreement) {
	t.Helper()
	err := s.SaveAgreement(t.Context(), a)
	if clash, ok := errors.AsType[*parties.ClashError](err); !ok || clash.Other.ID != "a1" {
		t.Fatalf("save agreement %s: got %v, want a clash with a1", a.ID, err)
	}
}

func agreements(t *testing.T, s parties.Store) []*parties.Agreement {
	t.Helper()
	list, err := s.LoadAgreements(t.Context())
	if err != nil {
		t.Fatalf("load agreements: %v", err)
	}
	return list
}

func onlyAgreement(t *testing.T, s parties.Store) *parties.Agreement {
	t.Helper()
	list := agreements(t, s)
	if len(list) != 1 {
		t.Fatalf("got %d agreements, want 1", len(list))
	}
	return list[0]
}

func noAgreements(t *testing.T, s parties.Store) {
	if list := agreements(t, s); len(list) != 0 {
		t.Errorf("got %d agreements", len(list))
	}
}

func everyTerm(t *testing.T, s parties.Store) {
	want := FullAgreement("a1")
	saveAgreement(t, s, want)
	if diff := CompareAgreements(want, onlyAgreement(t, s)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	want.Until, want.StandIn, want.Modules, want.Told, want.Owed = time.Time{}, false, nil, false, time.Time{}
	saveAgreement(t, s, want)
	if diff := CompareAgreements(want, onlyAgreement(t, s)); diff != "" {
		t.Errorf("after a change: -want +got:\n%s", diff)
	}
}

func agreementIsACopy(t *testing.T, s parties.Store) {
	a := FullAgreement("a1")
	saveAgreement(t, s, a)
	a.Modules[0], a.State = "changed", parties.AgreementEnded
	got := onlyAgreement(t, s)
	got.CPOOnly[0], got.History[0].By = "changed", "changed"
	want := FullAgreement("a1")
	want.Revision = 1
	if diff := CompareAgreements(want, onlyAgreement(t, s)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func agreementSavesCount(t *testing.T, s parties.Store) {
	save(t, s, holder("p1"))
	a := active("a1")
	for n := range uint64(3) {
		saveAgreement(t, s, a)
		epoch, err := s.Epoch(t.Context())
		_, loaded := load(t, s)
		if err != nil || a.Revision != n+1 || epoch != n+2 || loaded != n+2 {
			t.Fatalf("after save %d: revision %d, epoch %d, loaded %d, %v", n+1, a.Revision, epoch, loaded, err)
		}
	}
}

func oldAgreement(t *testing.T, s parties.Store) {
	a := active("a1")
	saveAgreement(t, s, a)
	stale, unborn := a.Clone(), active("a2")
	saveAgreement(t, s, a)
	unborn.CPO, unborn.Revision = ocpi.NewPartyID("FR", "XYZ"), 4
	for _, wrong := range []*parties.Agreement{stale, active("a1"), unborn} {
		before := wrong.Revision
		if err := s.SaveAgreement(t.Context(), wrong); !errors.Is(err, parties.ErrConflict) || wrong.Revision != before {
			t.Errorf("revision %d of %s: got %v, and revision %d", before, wrong.ID, err, wrong.Revision)
		}
	}
}

func clashes(t *testing.T, s parties.Store) {
	saveAgreement(t, s, active("a1"))
	refuseAgreement(t, s, active("a2"))
	suspended := active("a2")
	suspended.State = parties.AgreementSuspended
	refuseAgreement(t, s, suspended)
	turned := active("a3")
	turned.CPO, turned.EMSP = turned.EMSP, turned.CPO
	saveAgreement(t, s, turned)
	other := active("a4")
	other.EMSP = ocpi.NewPartyID("DE", "DEFG")
	saveAgreement(t, s, other)
	draft := active("a5")
	draft.State = parties.AgreementDraft
	saveAgreement(t, s, draft)
	draft.State = parties.AgreementActive
	refuseAgreement(t, s, draft)
}

func succession(t *testing.T, s parties.Store) {
	first, next := active("a1"), active("a2")
	first.Until, next.From = morning.Add(time.Hour), morning.Add(time.Hour)
	saveAgreement(t, s, first)
	saveAgreement(t, s, next)
	before := active("a3")
	before.From, before.Until = morning.Add(-time.Hour), morning.Add(time.Second)
	refuseAgreement(t, s, before)
	before.Until = morning
	saveAgreement(t, s, before)
	next.State = parties.AgreementEnded
	saveAgreement(t, s, next)
	third := active("a4")
	third.From = morning.Add(2 * time.Hour)
	saveAgreement(t, s, third)
}

func refusedAgreement(t *testing.T, s parties.Store) {
	saveAgreement(t, s, active("a1"))
	_, before := load(t, s)
	second := active("a2")
	refuseAgreement(t, s, second)
	if _, after := load(t, s); after != before || second.Revision != 0 || len(agreements(t, s)) != 1 {
		t.Errorf("epoch %d to %d, revision %d, %d agreements", before, after, second.Revision, len(agreements(t, s)))
	}
}

func concurrentAgreements(t *testing.T, s parties.Store) {
	clash := errors.New("clash")
	won := contend(t, s, clash, func(n int) error {
		err := s.SaveAgreement(context.WithoutCancel(t.Context()), active("a"+strconv.Itoa(n)))
		if _, ok := errors.AsType[*parties.ClashError](err); ok {
			return clash
		}
		return err
	})
	if got := len(agreements(t, s)); won != 1 || got != 1 {
		t.Errorf("%d won, %d are stored; want 1 each", won, got)
	}
}

func watchAgreements(t *testing.T, s parties.Store) {
	changes := s.Watch(t.Context())
	saveAgreement(t, s, active("a1"))
	select {
	case <-changes:
	case <-time.After(patience):
		t.Fatal("the watcher heard nothing")
	}
}

func agreementsEnd(t *testing.T, s parties.Store) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.SaveAgreement(ctx, active("a1")); !errors.Is(err, context.Canceled) {
		t.Errorf("save: got %v", err)
	}
	if _, err := s.LoadAgreements(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("load: got %v", err)
	}
	if list := agreements(t, s); len(list) != 0 {
		t.Errorf("got %d agreements", len(list))
	}
}

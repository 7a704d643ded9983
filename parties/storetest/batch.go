package storetest

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/ocpihub/ocpihub/parties"
)

// batchTests are what a store must do with several changes at once.
func batchTests() map[string]func(*testing.T, parties.Store) {
	return map[string]func(*testing.T, parties.Store){
		"a batch is loaded with every field and raises the epoch by one": wholeBatch,
		"a batch on another epoch is a conflict":                         batchOnOldEpoch,
		"an old revision in a batch is a conflict":                       batchOfOldRevisions,
		"nothing of a refused batch stays":                               refusedBatch,
		"in a batch a party may move to another platform":                moveInBatch,
		"in a batch an agreement may make room for the next":             roomInBatch,
		"watchers hear of a batch":                                       watchBatch,
		"no batch is saved for an ended context":                         batchEnds,
	}
}

// saveAll saves what was thought out on the present state.
func saveAll(t *testing.T, s parties.Store, platforms []*parties.Platform, list ...*parties.Agreement) {
	t.Helper()
	if err := s.SaveAll(t.Context(), batch(t, s, platforms, list...)); err != nil {
		t.Fatalf("save all: %v", err)
	}
}

func batch(t *testing.T, s parties.Store, platforms []*parties.Platform, list ...*parties.Agreement) parties.Batch {
	t.Helper()
	_, epoch := load(t, s)
	return parties.Batch{Epoch: epoch, Platforms: platforms, Agreements: list}
}

func wholeBatch(t *testing.T, s parties.Store) {
	p, q, a := Full("p"), holder("q", "QQQ"), FullAgreement("a1")
	saveAll(t, s, []*parties.Platform{p, q}, a)
	platforms, epoch := load(t, s)
	if len(platforms) != 2 || epoch != 1 || p.Revision != 1 || q.Revision != 1 || a.Revision != 1 {
		t.Fatalf("%d platforms at epoch %d, revisions %d, %d and %d", len(platforms), epoch, p.Revision, q.Revision, a.Revision)
	}
	for _, got := range platforms {
		want := map[string]*parties.Platform{"p": p, "q": q}[got.ID]
		if diff := Compare(want, got); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
	}
	if diff := CompareAgreements(a, onlyAgreement(t, s)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	p.Name, a.StandIn = "again", false
	saveAll(t, s, []*parties.Platform{p}, a)
	if got := onlyAgreement(t, s); got.StandIn || got.Revision != 2 || p.Revision != 2 {
		t.Errorf("after a change: %+v, platform at revision %d", got, p.Revision)
	}
}

func batchOnOldEpoch(t *testing.T, s parties.Store) {
	b := batch(t, s, []*parties.Platform{holder("p", "PPP")})
	save(t, s, holder("q", "QQQ"))
	refuseBatch(t, s, b, parties.ErrConflict)
	only(t, s)
}

func batchOfOldRevisions(t *testing.T, s parties.Store) {
	p, a := holder("p", "PPP"), FullAgreement("a1")
	saveAll(t, s, []*parties.Platform{p}, a)
	refuseBatch(t, s, batch(t, s, []*parties.Platform{holder("p", "PPP")}), parties.ErrConflict)
	refuseBatch(t, s, batch(t, s, nil, FullAgreement("a1")), parties.ErrConflict)
	refuseBatch(t, s, batch(t, s, []*parties.Platform{p, p.Clone()}), parties.ErrConflict)
	refuseBatch(t, s, batch(t, s, nil, a, a.Clone()), parties.ErrConflict)
}

func refuseBatch(t *testing.T, s parties.Store, b parties.Batch, want error) {
	t.Helper()
	if err := s.SaveAll(t.Context(), b); !errors.Is(err, want) {
		t.Fatalf("save all: got %v, want %v", err, want)
	}
}

func refusedBatch(t *testing.T, s parties.Store) {
	saveAll(t, s, []*parties.Platform{holder("p", "PPP")}, active("a1"))
	_, before := load(t, s)
	q, r := holder("q", "QQQ"), holder("r", "PPP")
	refuseBatch(t, s, batch(t, s, []*parties.Platform{q, r}, FullAgreement("a2")), parties.ErrClaimed)
	err := s.SaveAll(t.Context(), batch(t, s, []*parties.Platform{q}, FullAgreement("a2"), active("a3")))
	if clash, ok := errors.AsType[*parties.ClashError](err); !ok || clash.Other.ID != "a1" {
		t.Fatalf("got %v, want a clash with a1", err)
	}
	if _, epoch := load(t, s); epoch != before || only(t, s).ID != "p" || onlyAgreement(t, s).ID != "a1" || q.Revision != 0 {
		t.Errorf("something stayed: epoch %d, was %d; revision %d", epoch, before, q.Revision)
	}
	save(t, s, q) // its party is not held by anybody
}

func moveInBatch(t *testing.T, s parties.Store) {
	p, q := holder("p", "PPP"), holder("q", "QQQ")
	saveAll(t, s, []*parties.Platform{p, q})
	p.Parties, q.Parties = q.Parties, p.Parties
	saveAll(t, s, []*parties.Platform{p, q})
	refuse(t, s, holder("r", "PPP"), parties.ErrClaimed)
	refuse(t, s, holder("r", "QQQ"), parties.ErrClaimed)
}

func roomInBatch(t *testing.T, s parties.Store) {
	a := active("a1")
	saveAll(t, s, nil, a)
	next := active("a2")
	next.From = morning.Add(time.Hour)
	a.Until = next.From
	saveAll(t, s, nil, next, a) // whatever their order
	if n := len(agreements(t, s)); n != 2 {
		t.Errorf("got %d agreements, want 2", n)
	}
}

func watchBatch(t *testing.T, s parties.Store) {
	changed := s.Watch(t.Context())
	saveAll(t, s, []*parties.Platform{holder("p", "PPP")})
	select {
	case <-changed:
	case <-time.After(10 * time.Second):
		t.Error("the watcher hears nothing")
	}
}

func batchEnds(t *testing.T, s parties.Store) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.SaveAll(ctx, parties.Batch{Platforms: []*parties.Platform{holder("p", "PPP")}}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if list, _ := load(t, s); len(list) != 0 {
		t.Errorf("got %d platforms", len(list))
	}
}

// Package heldtest judges implementations of held.Store.
package heldtest

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/routing/catalog"
	"github.com/ocpihub/ocpihub/routing/fanout"
	"github.com/ocpihub/ocpihub/routing/held"
)

// Entry is an entry with a value in every field that is kept.
func Entry(n int) held.Entry {
	return held.Entry{Since: time.Date(2026, 1, 1, 0, 0, n, 123456789, time.UTC), Push: fanout.Change{
		Key:  catalog.Key{Module: ocpi.Locations, Owner: ocpi.NewPartyID("DE", "ABC"), ID: fmt.Sprint("L", n)},
		Part: catalog.Part{EVSE: "E/1", Connector: "1"}, Method: "PATCH", Path: "DE/ABC/L/E%2F1/1", Query: "a=b",
		Body: []byte("{ \"status\" : \"REMOVED\", \"x\":\"\u00e9\" }"), Role: ocpi.CPO, Platform: "p", Version: ocpi.V221,
		CorrelationID: "c", Traceparent: "00-1-2-01",
	}}
}

// Run judges a store; open returns an empty one.
func Run(t *testing.T, open func(t *testing.T) held.Store) {
	t.Run("an empty store holds nothing", func(t *testing.T) { want(t, open(t)) })
	t.Run("entries come back as they were added, in their order", func(t *testing.T) {
		s := open(t)
		want(t, s, add(t, s, 2), add(t, s, 0), add(t, s, 1))
	})
	t.Run("an entry takes the place of those that it replaces, behind the others", func(t *testing.T) {
		s := open(t)
		a, b, c := add(t, s, 0), add(t, s, 1), add(t, s, 2)
		want(t, s, b, add(t, s, 3, a.ID, c.ID, 99))
	})
	t.Run("entries are removed, and no others", func(t *testing.T) {
		s := open(t)
		a, b, c := add(t, s, 0), add(t, s, 1), add(t, s, 2)
		must(t, s.Remove(t.Context(), []uint64{a.ID, c.ID, 99}))
		want(t, s, b)
		must(t, s.Remove(t.Context(), nil))
		want(t, s, b)
	})
	t.Run("an ended context ends the call", func(t *testing.T) {
		s := open(t)
		kept := add(t, s, 0)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, added := s.Add(ctx, Entry(1), nil)
		_, listed := s.List(ctx)
		if added == nil || listed == nil || s.Remove(ctx, []uint64{kept.ID}) == nil {
			t.Error("a call went on")
		}
		want(t, s, kept)
	})
	t.Run("calls may come at once", func(t *testing.T) {
		s := open(t)
		var group sync.WaitGroup
		for n := range 16 {
			group.Go(func() {
				e := add(t, s, n)
				if n%2 == 0 {
					must(t, s.Remove(t.Context(), []uint64{e.ID}))
				}
			})
		}
		group.Wait()
		got, err := s.List(t.Context())
		if err != nil || len(got) != 8 {
			t.Fatalf("%d are kept, %v", len(got), err)
		}
		for i := 1; i < len(got); i++ {
			if got[i].ID <= got[i-1].ID {
				t.Errorf("number %d comes behind %d", got[i].ID, got[i-1].ID)
			}
		}
	})
}

// add adds the nth entry and returns it with its number.
func add(t *testing.T, s held.Store, n int, replaces ...uint64) held.Entry {
	t.Helper()
	e, err := s.Add(t.Context(), Entry(n), replaces)
	must(t, err)
	same := Entry(n)
	if same.ID = e.ID; e.ID == 0 || !cmp.Equal(same, e) {
		t.Errorf("added as %+v", e)
	}
	return e
}

func want(t *testing.T, s held.Store, entries ...held.Entry) {
	t.Helper()
	got, err := s.List(t.Context())
	if len(got) == 0 {
		got = nil
	}
	if diff := cmp.Diff(entries, got); diff != "" || err != nil {
		t.Errorf("entries: %v, %s", err, diff)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Error(err)
	}
}

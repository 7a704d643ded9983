package rediscatalog_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/routing/catalog"
	"github.com/ocpihub/ocpihub/routing/catalog/boltcatalog"
)

// ignore hears of progress.
func ignore(int) {}

func TestACatalogMovesFromItsFileIntoRedisWithOrderTombstonesAndTransit(t *testing.T) {
	for _, on := range setups {
		t.Run(on.name, func(t *testing.T) {
			file, err := boltcatalog.Open(filepath.Join(t.TempDir(), "catalog.db"))
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = file.Close() }()
			random := rand.New(rand.NewPCG(3, 3))
			for i := range 400 {
				c := anyChange(random, fmt.Sprint("M", i%150))
				c.Key.Owner = ownerOf(i % 3)
				tryApply(t, file, c)
			}
			k := catalog.Key{Module: ocpi.CDRs, Owner: cpo, Audience: emsp, ID: "C"}
			if _, err := file.Announce(t.Context(), catalog.Change{Key: k, Op: catalog.Put, Body: []byte(`{"id":"C"}`), At: when}); err != nil {
				t.Fatal(err)
			}
			token := catalog.Key{Module: ocpi.Tokens, Owner: emsp, ID: catalog.TokenID("U1", "RFID")}
			tryApply(t, file, catalog.Change{Key: token, Op: catalog.Put, Body: []byte(`{"uid":"U1","contract_id":"C1"}`)})
			s := open(t, on.fresh(t))
			stopped, stop := context.WithCancel(t.Context())
			if _, err := file.MoveTo(stopped, s.Keyed, func(n int) {
				if n > 100 {
					stop()
				}
			}); !errors.Is(err, context.Canceled) {
				t.Fatalf("a move that is stopped: %v", err)
			}
			moved, err := file.MoveTo(t.Context(), s.Keyed, ignore)
			if err != nil {
				t.Fatal(err)
			}
			if again, err := file.MoveTo(t.Context(), s.Keyed, ignore); err != nil || again != moved {
				t.Errorf("moved again: %v, %v; was %v", again, err, moved)
			}
			for _, m := range []ocpi.ModuleID{ocpi.Locations, ocpi.Tariffs, ocpi.CDRs} {
				for _, reader := range []ocpi.PartyID{emsp, eco, {}} {
					if diff := cmp.Diff(inOrder(t, file, m, reader), inOrder(t, s, m, reader)); diff != "" {
						t.Errorf("%s for %s: (-file +Redis)\n%s", m, reader, diff)
					}
				}
			}
			if diff := cmp.Diff(changedSince(t, file), changedSince(t, s)); diff != "" {
				t.Errorf("changed: (-file +Redis)\n%s", diff)
			}
			if held, err := s.Contract(t.Context(), "C1", cpo); err != nil || len(held) != 1 || held[0].Key != token {
				t.Errorf("the tokens of the contract are %v, %v", held, err)
			}
			// It goes on behind what was moved.
			for i := range 50 {
				c := anyChange(random, fmt.Sprint("M", i))
				c.Key.Owner = ownerOf(i % 3)
				tryApply(t, file, c)
				tryApply(t, s, c)
			}
			if diff := cmp.Diff(inOrder(t, file, ocpi.Tariffs, emsp), inOrder(t, s, ocpi.Tariffs, emsp)); diff != "" {
				t.Errorf("afterwards: (-file +Redis)\n%s", diff)
			}
		})
	}
}

func TestACatalogDoesNotMoveOverAnother(t *testing.T) {
	file, s := catalog.NewMemory(), open(t, setups[0].fresh(t))
	tryApply(t, file, catalog.Change{Key: tariff("T1", catalog.Everyone), Op: catalog.Put, Body: []byte(`{}`)})
	for _, id := range []string{"T2", "T3"} {
		tryApply(t, s, catalog.Change{Key: tariff(id, catalog.Everyone), Op: catalog.Put, Body: []byte(`{}`)})
	}
	if _, err := file.MoveTo(t.Context(), s.Keyed, ignore); !errors.Is(err, catalog.ErrMoved) {
		t.Errorf("got %v", err)
	}
}

func inOrder(t *testing.T, s catalog.Store, m ocpi.ModuleID, reader ocpi.PartyID) (out []catalog.Object) {
	t.Helper()
	q := catalog.Query{Module: m, Reader: reader, Limit: 50}
	for {
		page, err := s.List(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, page.Objects...)
		if q.Cursor = page.Next; q.Cursor == "" {
			return out
		}
	}
}

func changedSince(t *testing.T, s catalog.Store) map[catalog.Key]bool {
	t.Helper()
	out := map[catalog.Key]bool{}
	if err := s.Changed(t.Context(), time.Time{}, func(k catalog.Key) bool { out[k] = true; return true }); err != nil {
		t.Fatal(err)
	}
	return out
}

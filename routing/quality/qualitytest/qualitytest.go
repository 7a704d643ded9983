// Package qualitytest judges implementations of quality.Store.
package qualitytest

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/routing/quality"
)

var (
	abc   = ocpi.NewPartyID("DE", "ABC")
	abcd  = ocpi.NewPartyID("DE", "ABCD") // begins like the other
	first = time.Date(2026, 1, 1, 12, 0, 0, 5, time.UTC)
)

func row(party ocpi.PartyID, field string, count int64) quality.Row {
	return quality.Row{
		Place:     quality.Place{Party: party, Module: ocpi.Locations, Kind: ocpi.TooLong, Field: field},
		Count:     count,
		Example:   quality.Example{ObjectID: "LOC1", Pointer: "/evses/0/uid", Value: `"é…"`},
		FirstSeen: first, LastSeen: first.Add(time.Hour),
	}
}

// Run judges a store; open returns an empty one.
func Run(t *testing.T, open func(t *testing.T) quality.Store) {
	t.Run("rows are read as they were saved", func(t *testing.T) {
		s := open(t)
		want := []quality.Row{row(abc, "city", 1), row(abc, "evses.uid", 2), row(abcd, "city", 3)}
		more := quality.Row{Place: quality.Place{Party: abc, Kind: quality.More}, Count: 7, FirstSeen: first, LastSeen: first}
		must(t, s.Add(t.Context(), append(slices.Clone(want), more)))
		wantRows(t, s, append([]quality.Row{more}, want...)...)
	})
	t.Run("rows of the same place add up", func(t *testing.T) {
		s := open(t)
		must(t, s.Add(t.Context(), []quality.Row{row(abc, "city", 1), row(abc, "name", 1)}))
		later := row(abc, "city", 2)
		later.FirstSeen, later.LastSeen = first.Add(time.Minute), first.Add(2*time.Hour)
		later.Example.Value = "later"
		earlier := row(abc, "city", 4)
		earlier.FirstSeen, earlier.LastSeen = first.Add(-time.Hour), first
		must(t, s.Add(t.Context(), []quality.Row{later, earlier}))
		sum := later
		sum.Count, sum.FirstSeen = 7, earlier.FirstSeen
		wantRows(t, s, sum, row(abc, "name", 1))
	})
	t.Run("a party has no more rows than there is room for", func(t *testing.T) {
		s := open(t)
		var rows []quality.Row
		for i := range quality.MaxRows + 3 {
			rows = append(rows, row(abc, fmt.Sprint("f", i), 1))
		}
		must(t, s.Add(t.Context(), rows[:150]))
		must(t, s.Add(t.Context(), rows[150:]))
		must(t, s.Add(t.Context(), []quality.Row{row(abc, "one more", 2), row(abc, "f7", 5), row(abcd, "city", 1)}))
		more := quality.Row{Place: quality.Place{Party: abc, Kind: quality.More}, Count: 5, FirstSeen: first, LastSeen: first.Add(time.Hour)}
		rows[7].Count = 6
		wantRows(t, s, append(rows[:quality.MaxRows:quality.MaxRows], more, row(abcd, "city", 1))...)
	})
	t.Run("what was seen before its party was cleared is passed over", func(t *testing.T) {
		s := open(t)
		must(t, s.Clear(t.Context(), abc, first.Add(2*time.Hour)))
		after := row(abc, "name", 1)
		after.LastSeen = first.Add(2 * time.Hour)
		must(t, s.Add(t.Context(), []quality.Row{row(abc, "city", 1), after, row(abcd, "city", 1)}))
		wantRows(t, s, after, row(abcd, "city", 1))
	})
	t.Run("a party is cleared, and no other", func(t *testing.T) {
		s := open(t)
		must(t, s.Add(t.Context(), []quality.Row{row(abc, "city", 1), row(abc, "name", 1), row(abcd, "city", 3)}))
		must(t, s.Clear(t.Context(), abc, first))
		wantRows(t, s, row(abcd, "city", 3))
		must(t, s.Clear(t.Context(), abc, first))
	})
	t.Run("an empty store has no rows", func(t *testing.T) {
		s := open(t)
		must(t, s.Add(t.Context(), nil))
		wantRows(t, s)
	})
	t.Run("a context that has ended is respected", func(t *testing.T) {
		s := open(t)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := s.Rows(ctx)
		for name, err := range map[string]error{"Rows": err, "Add": s.Add(ctx, []quality.Row{row(abc, "city", 1)}), "Clear": s.Clear(ctx, abc, first)} {
			if err == nil {
				t.Errorf("%s went on", name)
			}
		}
		wantRows(t, s)
	})
	t.Run("many write and read at once", func(t *testing.T) {
		s := open(t)
		var all sync.WaitGroup
		for i := range 10 {
			all.Go(func() {
				if err := s.Add(t.Context(), []quality.Row{row(abc, fmt.Sprint("f", i), 1)}); err != nil {
					t.Error(err)
				}
				if _, err := s.Rows(t.Context()); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		if rows, err := s.Rows(t.Context()); err != nil || len(rows) != 10 {
			t.Errorf("%d rows, %v", len(rows), err)
		}
	})
}

func wantRows(t *testing.T, s quality.Store, want ...quality.Row) {
	t.Helper()
	got, err := s.Rows(t.Context())
	must(t, err)
	slices.SortFunc(got, func(a, b quality.Row) int { return cmp.Compare(fmt.Sprint(a.Place), fmt.Sprint(b.Place)) })
	slices.SortFunc(want, func(a, b quality.Row) int { return cmp.Compare(fmt.Sprint(a.Place), fmt.Sprint(b.Place)) })
	if diff := gocmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

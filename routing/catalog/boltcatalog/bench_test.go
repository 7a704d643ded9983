package boltcatalog_test

import (
	"fmt"
	"path/filepath"
	"sync"
	"testing"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/routing/catalog"
)

// BenchmarkStatusPatch shows that the size of a location does not matter to a
// status change: many writers share a sync, and the rest is work.
func BenchmarkStatusPatch(b *testing.B) {
	for _, evses := range []int{1, 200} {
		b.Run(fmt.Sprint(evses, "-EVSEs"), func(b *testing.B) {
			s := open(b, filepath.Join(b.TempDir(), "catalog.db"))
			inParallel(64, func(i int) { put(b, s, fmt.Sprint("L", i), locationOf(evses)) })
			b.ResetTimer()
			for i := 0; i < b.N; i += 64 {
				inParallel(64, func(n int) {
					_, err := s.Apply(b.Context(), catalog.Change{
						Key:  catalog.Key{Module: ocpi.Locations, Owner: cpo, ID: fmt.Sprint("L", n)},
						Part: catalog.Part{EVSE: "E0"}, Op: catalog.Patch,
						Body: fmt.Appendf(nil, `{"status":"S%d","last_updated":"2026-01-01T00:00:00Z"}`, i),
					})
					if err != nil {
						b.Error(err)
					}
				})
			}
		})
	}
}

// BenchmarkListOfTwentyThousand reads pages of 100 from a list of 20,000.
func BenchmarkListOfTwentyThousand(b *testing.B) {
	s := open(b, filepath.Join(b.TempDir(), "catalog.db"))
	for from := 0; from < 20_000; from += 500 {
		inParallel(500, func(i int) { put(b, s, fmt.Sprint("L", from+i), locationOf(2)) })
	}
	list := func(b *testing.B, q catalog.Query) catalog.Page {
		page, err := s.List(b.Context(), q)
		if err != nil {
			b.Fatal(err)
		}
		return page
	}
	all := catalog.Query{Module: ocpi.Locations, Limit: 100}
	before := list(b, catalog.Query{Module: ocpi.Locations, Offset: 19_899, Limit: 1})
	last, offset := all, all
	last.Cursor, offset.Offset = before.Next, 19_900
	for _, c := range []struct {
		name  string
		query catalog.Query
	}{{"first-page", all}, {"last-page-by-cursor", last}, {"last-page-by-offset", offset}} {
		b.Run(c.name, func(b *testing.B) {
			for b.Loop() {
				if page := list(b, c.query); len(page.Objects) != 100 {
					b.Fatalf("%d objects on the page", len(page.Objects))
				}
			}
		})
	}
}

func inParallel(n int, do func(i int)) {
	var group sync.WaitGroup
	for i := range n {
		group.Go(func() { do(i) })
	}
	group.Wait()
}

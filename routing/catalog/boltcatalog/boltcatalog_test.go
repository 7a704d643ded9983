package boltcatalog_test

import (
	"bytes"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/routing/catalog"
	"github.com/ocpihub/ocpihub/routing/catalog/boltcatalog"
	"github.com/ocpihub/ocpihub/routing/catalog/catalogtest"
)

func open(t testing.TB, path string) *boltcatalog.Store {
	t.Helper()
	s, err := boltcatalog.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func TestAFileKeepsTheCatalog(t *testing.T) {
	catalogtest.Run(t, func(t *testing.T) catalog.Store { return open(t, filepath.Join(t.TempDir(), "catalog.db")) })
}

var cpo = ocpi.NewPartyID("DE", "ABC")

func locationOf(evses int) []byte {
	var list []string
	for i := range evses {
		list = append(list, fmt.Sprintf(`{"uid":"E%d","status":"AVAILABLE","connectors":[{"id":"1","standard":"IEC_62196_T2"}],"last_updated":"2026-01-01T00:00:00Z"}`, i))
	}
	return []byte(`{"id":"L1","evses":[` + strings.Join(list, ",") + `],"last_updated":"2026-01-01T00:00:00Z"}`)
}

func put(t testing.TB, s catalog.Store, id string, body []byte) {
	t.Helper()
	c := catalog.Change{Key: catalog.Key{Module: ocpi.Locations, Owner: cpo, ID: id}, Op: catalog.Put, Body: body, At: time.Unix(1, 0)}
	if _, err := s.Apply(t.Context(), c); err != nil {
		t.Fatal(err)
	}
}

func TestTheCatalogOutlivesTheProcess(t *testing.T) {
	path := filepath.Join(t.TempDir(), "catalog.db")
	s := open(t, path)
	for i := range 300 {
		put(t, s, fmt.Sprint("L", i), locationOf(i%7))
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = open(t, path)
	page, err := s.List(t.Context(), catalog.Query{Module: ocpi.Locations, Limit: 1000})
	if err != nil || page.Total != 300 || len(page.Objects) != 300 {
		t.Fatalf("after reopening: %d of %d, %v", len(page.Objects), page.Total, err)
	}
	for i, o := range page.Objects {
		if !bytes.Equal(o.Body, locationOf(i%7)) {
			t.Errorf("%s is not what it was", o.Key.ID)
		}
	}
}

func BenchmarkStatusPatch(b *testing.B) {
	for _, evses := range []int{1, 200} {
		b.Run(fmt.Sprint(evses, "-EVSEs"), func(b *testing.B) {
			s := open(b, filepath.Join(b.TempDir(), "catalog.db"))
			put(b, s, "L1", locationOf(evses))
			c := catalog.Change{Key: catalog.Key{Module: ocpi.Locations, Owner: cpo, ID: "L1"}, Part: catalog.Part{EVSE: "E0"}, Op: catalog.Patch}
			for i := 0; b.Loop(); i++ {
				c.Body = fmt.Appendf(nil, `{"status":"S%d","last_updated":"2026-01-01T00:00:00Z"}`, i)
				if _, err := s.Apply(b.Context(), c); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkListOfTwentyThousand(b *testing.B) {
	s := open(b, filepath.Join(b.TempDir(), "catalog.db"))
	rows := make(chan int)
	done := make(chan struct{})
	for range 64 {
		go func() {
			for i := range rows {
				put(b, s, fmt.Sprint("L", i), locationOf(2))
			}
			done <- struct{}{}
		}()
	}
	for i := range 20_000 {
		rows <- i
	}
	close(rows)
	for range 64 {
		<-done
	}
	for name, offset := range map[string]int{"first page": 0, "last page": 19_900} {
		page, err := s.List(b.Context(), catalog.Query{Module: ocpi.Locations, Limit: max(offset, 1)})
		if err != nil {
			b.Fatal(err)
		}
		cursor := page.Next
		if offset == 0 {
			cursor = ""
		}
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if _, err := s.List(b.Context(), catalog.Query{Module: ocpi.Locations, Limit: 100, Cursor: cursor}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

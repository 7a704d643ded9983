package catalog_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/routing/catalog"
)

// counting counts what a catalog reads and writes in its table.
type counting struct {
	catalog.Table
	read, rows, bytes int
}

func (c *counting) View(ctx context.Context, a catalog.About, read func(catalog.Rows) error) error {
	return c.Table.View(ctx, a, func(r catalog.Rows) error { return read(countingRows{r, c}) })
}

func (c *counting) Update(ctx context.Context, a catalog.About, change func(catalog.Rows) error) error {
	return c.Table.Update(ctx, a, func(r catalog.Rows) error { return change(countingRows{r, c}) })
}

type countingRows struct {
	catalog.Rows
	*counting
}

func (r countingRows) Get(key []byte) []byte {
	r.read++
	return r.Rows.Get(key)
}

func (r countingRows) Put(key, value []byte) error {
	r.rows++
	r.bytes += len(key) + len(value)
	return r.Rows.Put(key, value)
}

func (r countingRows) Scan(prefix, from []byte, each func(key, value []byte) bool) {
	r.Rows.Scan(prefix, from, func(key, value []byte) bool {
		r.read++
		return each(key, value)
	})
}

func openCounting() (*catalog.Keyed, *counting) {
	c := &counting{Table: catalog.NewMemoryTable()}
	return catalog.NewKeyed(c), c
}

func apply(t *testing.T, s catalog.Store, c catalog.Change) {
	t.Helper()
	c.At = time.Unix(1, 0)
	if _, err := s.Apply(t.Context(), c); err != nil {
		t.Fatal(err)
	}
}

var cpo, emsp = ocpi.NewPartyID("DE", "ABC"), ocpi.NewPartyID("NL", "TNM")

func TestAStatusPatchWritesAsMuchInALocationOf200EVSEsAsOfOne(t *testing.T) {
	cost := func(evses int) (read, rows, bytes int) {
		s, c := openCounting()
		var list []string
		for i := range evses {
			list = append(list, fmt.Sprintf(`{"uid":"E%d","status":"AVAILABLE"}`, i))
		}
		k := catalog.Key{Module: ocpi.Locations, Owner: cpo, ID: "L1"}
		apply(t, s, catalog.Change{Key: k, Op: catalog.Put, Body: []byte(`{"id":"L1","evses":[` + strings.Join(list, ",") + `],"last_updated":"2026-01-01T00:00:00Z"}`)})
		c.read, c.rows, c.bytes = 0, 0, 0
		apply(t, s, catalog.Change{
			Key: k, Part: catalog.Part{EVSE: "E0"}, Op: catalog.Patch,
			Body: []byte(`{"status":"CHARGING","last_updated":"2026-01-02T00:00:00Z"}`),
		})
		return c.read, c.rows, c.bytes
	}
	read, rows, bytes := cost(1)
	manyRead, manyRows, manyBytes := cost(200)
	if read != manyRead || rows != manyRows || bytes != manyBytes {
		t.Errorf("one EVSE costs %d reads, %d rows, %d bytes; 200 cost %d, %d, %d", read, rows, bytes, manyRead, manyRows, manyBytes)
	}
}

// TestAPageCostsTheSameFromFirstToLast crawls as a reader who has a shelf of
// its own beside the one for everyone.
func TestAPageCostsTheSameFromFirstToLast(t *testing.T) {
	s, c := openCounting()
	for i := range 400 {
		k := catalog.Key{Module: ocpi.Tariffs, Owner: cpo, ID: fmt.Sprint(i)}
		if i%2 > 0 {
			k.Audience = emsp
		}
		apply(t, s, catalog.Change{Key: k, Op: catalog.Put, Body: []byte(`{}`)})
	}
	q := catalog.Query{Module: ocpi.Tariffs, Reader: emsp, Limit: 10}
	first := 0
	for page := range 40 {
		c.read = 0
		p, err := s.List(t.Context(), q)
		if err != nil || len(p.Objects) != 10 || p.Total != 400 {
			t.Fatalf("page %d has %d of %d, %v", page, len(p.Objects), p.Total, err)
		}
		if page == 0 {
			first = c.read
		}
		if c.read > first+1 {
			t.Errorf("page %d reads %d rows, the first %d", page, c.read, first)
		}
		q.Cursor = p.Next
	}
}

package catalogtest

import (
	"errors"
	"fmt"
	"strings"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/routing/catalog"
	"time"
)

// listTests are on lists, and on what else is read of many objects.
var listTests = []test{
	{"Changed tells what was stored since then, for everyone only", func(b *bench) {
		for i, id := range []string{"L1", "L2", "L3"} {
			_, err := b.Apply(b.Context(), catalog.Change{Key: loc(abc, id), Op: catalog.Put, Body: []byte(location(id, 0)), At: now.Add(time.Duration(i) * time.Hour)})
			if err != nil {
				b.Fatal(err)
			}
		}
		own := loc(abc, "L4")
		own.Audience = emsp
		b.apply(own, whole, catalog.Put, location("L4", 0))
		n := 0
		if err := b.Changed(b.Context(), now.Add(time.Hour), func(catalog.Key) bool { n++; return true }); err != nil || n != 2 {
			b.Errorf("%d have changed, %v; want 2", n, err)
		}
	}},
	{"H-131 a list is ordered by owner and creation, and changes keep the order", func(b *bench) {
		for _, k := range []catalog.Key{loc(xyz, "B"), loc(abc, "Z"), loc(abc, "A"), loc(xyz, "A"), loc(abc, "M")} {
			b.apply(k, whole, catalog.Put, location(k.ID, 0))
		}
		b.apply(loc(abc, "Z"), whole, catalog.Put, location("Z", 1))
		want := []string{"ABC/Z", "ABC/A", "ABC/M", "XYZ/B", "XYZ/A"}
		b.wantIDs(all(emsp), want...)
		for offset := range 6 {
			q := all(emsp)
			q.Offset, q.Limit = offset, 10
			b.wantIDs(q, want[min(offset, 5):]...)
		}
		q := all(emsp)
		q.Owners = func(p ocpi.PartyID) bool { return p == xyz }
		b.wantIDs(q, "XYZ/B", "XYZ/A")
	}},
	{"H-126 date_from is inclusive and date_to exclusive", func(b *bench) {
		for i := range 5 {
			b.apply(loc(abc, fmt.Sprint("L", i)), whole, catalog.Put, location(fmt.Sprint("L", i), i))
		}
		q := all(emsp)
		q.From, q.To = now.Add(time.Minute), now.Add(4*time.Minute)
		b.wantIDs(q, "ABC/L1", "ABC/L2", "ABC/L3")
	}},
	{"H-121 H-220 what was sent to one party is for that party alone", func(b *bench) {
		own := func(id string, audience ocpi.PartyID) catalog.Key {
			k := loc(abc, id)
			k.Audience = audience
			return k
		}
		b.apply(loc(abc, "L1"), whole, catalog.Put, location("L1", 0))
		b.apply(loc(abc, "L2"), whole, catalog.Put, location("L2", 0))
		b.apply(own("L1", emsp), whole, catalog.Put, location("L1", 7))
		b.apply(own("L3", emsp), whole, catalog.Put, location("L3", 0))
		b.wantIDs(all(eco), "ABC/L1", "ABC/L2")
		b.wantIDs(all(emsp), "ABC/L1", "ABC/L2", "ABC/L3")
		held, err := b.Owners(b.Context(), ocpi.Locations, "l3", eco)
		if err != nil || len(held) != 0 {
			b.Errorf("a stranger finds %v, %v", held, err)
		}
		held, err = b.Owners(b.Context(), ocpi.Locations, "L1", emsp)
		if err != nil || len(held) != 1 || held[0].Owner != abc {
			b.Errorf("the reader finds %v, %v", held, err)
		}
	}},
	{"H-116 Owners tells all who use an id", func(b *bench) {
		b.apply(loc(abc, "L1"), whole, catalog.Put, location("L1", 0))
		b.apply(loc(xyz, "l1"), whole, catalog.Put, location("l1", 0))
		b.apply(loc(xyz, "L10"), whole, catalog.Put, location("L10", 0))
		held, err := b.Owners(b.Context(), ocpi.Locations, "L1", emsp)
		if err != nil || len(held) != 2 {
			b.Errorf("found %v, %v; want two owners", held, err)
		}
	}},
	{"a crawl by cursor skips and doubles nothing while objects change", func(b *bench) {
		for i := range 20 {
			b.apply(loc(abc, fmt.Sprint("L", i)), whole, catalog.Put, location(fmt.Sprint("L", i), 0))
		}
		ids, _ := b.crawl(all(emsp), func(page int) {
			b.apply(loc(abc, fmt.Sprint("L", page)), whole, catalog.Put, location(fmt.Sprint("L", page), 1))
			b.apply(loc(abc, fmt.Sprint("N", page)), whole, catalog.Put, location(fmt.Sprint("N", page), 1))
			b.apply(loc(xyz, fmt.Sprint("N", page)), whole, catalog.Put, location(fmt.Sprint("N", page), 1))
			if page > 12 {
				return
			}
		})
		seen := map[string]int{}
		for _, id := range ids {
			if seen[id]++; seen[id] > 1 {
				b.Errorf("%s comes twice", id)
			}
			if len(ids) > 500 {
				b.Fatal("the crawl does not end")
			}
		}
		for i := range 20 {
			if seen[fmt.Sprint("ABC/L", i)] != 1 {
				b.Errorf("L%d is missing", i)
			}
		}
	}},
	{"a cursor that the list did not hand out is refused", func(b *bench) {
		for _, cursor := range []string{"x", "AAAA", "dGFyaWZmcwBERSpBQkMAAAAAAAAAAAE"} {
			q := all(eco)
			q.Cursor = cursor
			if _, err := b.List(b.Context(), q); !errors.Is(err, catalog.ErrCursor) {
				b.Errorf("%q: %v", cursor, err)
			}
		}
	}},
	{"Stats counts by owner and module", func(b *bench) {
		b.apply(loc(abc, "L1"), whole, catalog.Put, location("L1", 3))
		b.apply(loc(abc, "L2"), whole, catalog.Put, location("L2", 1))
		b.apply(catalog.Key{Module: ocpi.Tokens, Owner: emsp, ID: "t"}, whole, catalog.Put, `{}`)
		stats, err := b.Stats(b.Context())
		if err != nil || len(stats) != 2 || stats[0].Objects != 2 || !stats[0].LastUpdated.Equal(now.Add(3*time.Minute)) {
			b.Errorf("stats are %v, %v", stats, err)
		}
	}},
}

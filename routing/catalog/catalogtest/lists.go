package catalogtest

import (
	"errors"
	"fmt"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/routing/catalog"
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
	{"a location as it was published last is read by that name alone", func(b *bench) {
		b.apply(loc(abc, "L1").LastPublished(), whole, catalog.Put, location("L1", 0))
		b.wantBody(loc(abc, "L1").LastPublished(), whole, location("L1", 0))
		b.wantIDs(all(emsp))
		stats, err := b.Stats(b.Context())
		owners, ownersErr := b.Owners(b.Context(), ocpi.Locations, "L1", emsp)
		changedErr := b.Changed(b.Context(), now.Add(-time.Hour), func(k catalog.Key) bool { b.Errorf("%v has changed", k); return true })
		if err := errors.Join(err, ownersErr, changedErr); err != nil || len(stats)+len(owners) > 0 {
			b.Errorf("%v, %v, %v", stats, owners, err)
		}
	}},
	{"H-126 date_from is inclusive and date_to exclusive", func(b *bench) {
		for i := range 5 {
			b.apply(loc(abc, fmt.Sprint("L", i)), whole, catalog.Put, location(fmt.Sprint("L", i), i))
		}
		q := all(emsp)
		q.From, q.To = now.Add(time.Minute), now.Add(4*time.Minute)
		b.wantIDs(q, "ABC/L1", "ABC/L2", "ABC/L3")
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
	{"H-131 a list is ordered by owner and creation: an insert changes only the last page", func(b *bench) {
		for _, k := range []catalog.Key{loc(xyz, "B"), loc(abc, "Z"), loc(abc, "A"), loc(xyz, "A"), loc(abc, "M")} {
			b.apply(k, whole, catalog.Put, location(k.ID, 0))
		}
		want := []string{"ABC/Z", "ABC/A", "ABC/M", "XYZ/B", "XYZ/A"}
		b.wantIDs(all(emsp), want...)
		ids, _ := b.crawl(all(emsp), func(page int) {
			if page == 1 {
				b.apply(loc(abc, "Z"), whole, catalog.Put, location("Z", 1))
				b.apply(loc(xyz, "0"), whole, catalog.Put, location("0", 0))
			}
		})
		if diff := cmp.Diff(append(want, "XYZ/0"), ids); diff != "" {
			b.Error(diff)
		}
	}},
	{"an offset counts over owners", func(b *bench) {
		var want []string
		for i := range 9 {
			owner := []ocpi.PartyID{abc, ned, xyz}[i/3]
			b.apply(loc(owner, fmt.Sprint(i)), whole, catalog.Put, location("x", 0))
			want = append(want, fmt.Sprint(owner.ID, "/", i))
		}
		b.apply(to(emsp, loc(ned, "4")), whole, catalog.Put, location("x", 0))
		for offset := range 11 {
			for _, limit := range []int{1, 4, 10} {
				q := all(emsp)
				q.Offset, q.Limit = offset, limit
				b.wantIDs(q, want[min(offset, 9):]...)
			}
		}
	}},
	{"a list is limited to the owners that are asked for", func(b *bench) {
		for _, k := range []catalog.Key{loc(abc, "A"), loc(ned, "A"), loc(xyz, "A")} {
			b.apply(k, whole, catalog.Put, location(k.ID, 0))
		}
		q := all(emsp)
		q.Owners = func(p ocpi.PartyID) bool { return p != ned }
		q.Limit = 1
		b.wantIDs(q, "ABC/A", "XYZ/A")
	}},
	{"dates limit by any last_updated, and by the one that the reader gets", func(b *bench) {
		far := func(year int) time.Time { return time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC) }
		for _, year := range []int{1, 1960, 9999} {
			b.apply(loc(abc, fmt.Sprint(year)), whole, catalog.Put, fmt.Sprintf(`{"last_updated":"%04d-01-01T00:00:00Z"}`, year))
		}
		b.apply(to(emsp, loc(abc, "9999")), whole, catalog.Put, `{"last_updated":"3000-01-01T00:00:00Z"}`)
		q := all(eco)
		q.From = far(1950)
		b.wantIDs(q, "ABC/1960", "ABC/9999")
		q.To = far(5000)
		b.wantIDs(q, "ABC/1960")
		q.Reader = emsp
		b.wantIDs(q, "ABC/1960", "ABC/9999")
	}},
	{"H-121 H-220 what was sent to one party is for that party alone", func(b *bench) {
		for _, m := range []ocpi.ModuleID{ocpi.Sessions, ocpi.CDRs, ocpi.Locations} {
			k := catalog.Key{Module: m, Owner: abc, Audience: emsp, ID: "X"}
			b.apply(k, whole, catalog.Put, `{"id":"X"}`)
			for _, stranger := range []ocpi.PartyID{eco, abc, {}} {
				b.wantIDs(catalog.Query{Module: m, Reader: stranger, Limit: 2})
				b.wantGone(to(stranger, k), whole)
			}
			b.wantIDs(catalog.Query{Module: m, Reader: emsp, Limit: 2}, "ABC/X")
			b.wantOwners(m, "X", eco)
			b.wantOwners(m, "x", emsp, k)
		}
	}},
	{"an object that the reader has of its own stands once, where the first was created", func(b *bench) {
		b.apply(tariff(abc, "T1"), whole, catalog.Put, `{}`)
		b.apply(to(emsp, tariff(abc, "T2")), whole, catalog.Put, `{"own":2}`)
		b.apply(tariff(abc, "T3"), whole, catalog.Put, `{}`)
		b.apply(to(emsp, tariff(abc, "t1")), whole, catalog.Put, `{"own":1}`)
		b.apply(tariff(abc, "T2"), whole, catalog.Put, `{}`)
		q := catalog.Query{Module: ocpi.Tariffs, Reader: emsp, Limit: 9}
		b.wantIDs(q, "ABC/t1", "ABC/T2", "ABC/T3")
		page, err := b.List(b.Context(), q)
		if err != nil || string(page.Objects[0].Body) != `{"own":1}` || string(page.Objects[1].Body) != `{"own":2}` {
			b.Errorf("the list is %v, %v", page, err)
		}
		q.Reader = eco
		b.wantIDs(q, "ABC/T1", "ABC/T3", "ABC/T2")
		b.apply(tariff(abc, "T1"), whole, catalog.Delete, "")
		b.apply(tariff(abc, "T2"), whole, catalog.Delete, "")
		b.wantIDs(q, "ABC/T3")
		q.Reader = emsp
		b.wantIDs(q, "ABC/t1", "ABC/T2", "ABC/T3")
		b.apply(to(emsp, tariff(abc, "T1")), whole, catalog.Delete, "")
		b.wantIDs(q, "ABC/T2", "ABC/T3")
	}},
	{"Owners tells each who uses an id once, by the reader's own object", func(b *bench) {
		for _, k := range []catalog.Key{loc(abc, "L1"), to(emsp, loc(abc, "L1")), to(eco, loc(abc, "L1")), loc(xyz, "l1"), loc(xyz, "L10")} {
			b.apply(k, whole, catalog.Put, location(k.ID, 0))
		}
		b.wantOwners(ocpi.Locations, "L1", emsp, to(emsp, loc(abc, "L1")), loc(xyz, "l1"))
		b.wantOwners(ocpi.Locations, "L1", xyz, loc(abc, "L1"), loc(xyz, "l1"))
		b.wantOwners(ocpi.Locations, "L1", catalog.Everyone,
			loc(abc, "L1"), to(eco, loc(abc, "L1")), to(emsp, loc(abc, "L1")), loc(xyz, "l1"))
		b.wantOwners(ocpi.Tariffs, "L1", emsp)
	}},
	{"a cursor that the list did not hand out is refused", func(b *bench) {
		for i := range 3 {
			b.apply(tariff(abc, fmt.Sprint(i)), whole, catalog.Put, `{}`)
		}
		page, err := b.List(b.Context(), catalog.Query{Module: ocpi.Tariffs, Limit: 1})
		if err != nil || page.Next == "" {
			b.Fatalf("the next page is %q, %v", page.Next, err)
		}
		for _, cursor := range []string{"x", "AAAA", "AAAAAAAAAAAAAAAA", page.Next + "A", page.Next} {
			q := all(emsp) // of locations: the tariffs' cursor is none of theirs
			q.Cursor = cursor
			if _, err := b.List(b.Context(), q); !errors.Is(err, catalog.ErrCursor) {
				b.Errorf("%q: %v, want ErrCursor", cursor, err)
			}
		}
	}},
}

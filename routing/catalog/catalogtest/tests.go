package catalogtest

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/routing/catalog"
)

var (
	whole = catalog.Part{}
	e1    = catalog.Part{EVSE: "E1"}
	c1    = catalog.Part{EVSE: "E1", Connector: "1"}
)

var tests = []test{
	{"an object comes out as it went in, byte by byte", func(b *bench) {
		body := location("L1", 0, evse("E1", "AVAILABLE", 0), evse("E2", "BLOCKED", 0))
		b.wantOutcome(b.apply(loc(abc, "L1"), whole, catalog.Put, body), catalog.Created)
		b.wantBody(loc(abc, "L1"), whole, body)
		b.wantOutcome(b.apply(loc(abc, "L1"), whole, catalog.Put, body), catalog.Unchanged)
	}},
	{"a location comes out as it went in, however its EVSEs are written", func(b *bench) {
		for i, evses := range []string{`"evses":null`, `"evses":[]`, `"y":[]`, `"evses":[{"uid":"A"},{"uid":"a"}]`, `"evses":[{}]`, `"evses":[{"uid":"A"}]`} {
			id := fmt.Sprint("L", i)
			body := `{"id":"` + id + `",` + evses + `,"last_updated":"` + at(0) + `"}`
			b.apply(loc(abc, id), whole, catalog.Put, body)
			b.wantBody(loc(abc, id), whole, body)
		}
	}},
	{"H-203 ids are compared without regard to case and kept as they were written", func(b *bench) {
		b.apply(loc(abc, "Loc1"), whole, catalog.Put, location("Loc1", 0))
		b.wantOutcome(b.apply(loc(abc, "LOC1"), whole, catalog.Put, location("Loc1", 1)), catalog.Updated)
		o, err := b.Get(b.Context(), loc(abc, "loc1"), whole)
		if err != nil || o.Key.ID != "Loc1" {
			b.Errorf("got %v, %v", o.Key, err)
		}
	}},
	{"H-163 a token is told by uid and type", func(b *bench) {
		k := func(uid, kind string) catalog.Key {
			return catalog.Key{Module: ocpi.Tokens, Owner: emsp, ID: catalog.TokenID(uid, kind)}
		}
		b.apply(k("abc", "RFID"), whole, catalog.Put, `{"uid":"abc"}`)
		b.wantGone(k("abc", "APP_USER"), whole)
		b.wantBody(k("ABC", ""), whole, `{"uid":"abc"}`)
	}},
	{"H-140 a PUT replaces the whole object", func(b *bench) {
		b.apply(loc(abc, "L1"), whole, catalog.Put, location("L1", 0, evse("E1", "AVAILABLE", 0)))
		next := `{"id":"L1","last_updated":"` + at(1) + `"}`
		b.wantOutcome(b.apply(loc(abc, "L1"), whole, catalog.Put, next), catalog.Updated)
		b.wantBody(loc(abc, "L1"), whole, next)
		b.wantGone(loc(abc, "L1"), e1)
	}},
	{"H-218 an older push changes nothing", func(b *bench) {
		body := location("L1", 5, evse("E1", "AVAILABLE", 5))
		b.apply(loc(abc, "L1"), whole, catalog.Put, body)
		b.wantOutcome(b.apply(loc(abc, "L1"), whole, catalog.Put, location("L1", 4)), catalog.Stale)
		b.wantOutcome(b.apply(loc(abc, "L1"), whole, catalog.Patch, `{"name":"x","last_updated":"`+at(4)+`"}`), catalog.Stale)
		b.wantOutcome(b.apply(loc(abc, "L1"), e1, catalog.Patch, `{"status":"X","last_updated":"`+at(4)+`"}`), catalog.Stale)
		b.wantOutcome(b.apply(loc(abc, "L1"), c1, catalog.Patch, `{"power":2,"last_updated":"`+at(4)+`"}`), catalog.Stale)
		b.wantBody(loc(abc, "L1"), whole, body)
	}},
	{"H-143 a changed EVSE lifts last_updated of its location and changes no other byte", func(b *bench) {
		b.apply(loc(abc, "L1"), whole, catalog.Put, location("L1", 0, evse("E1", "AVAILABLE", 0), evse("E2", "AVAILABLE", 0)))
		b.wantOutcome(b.apply(loc(abc, "L1"), e1, catalog.Patch, `{"status":"CHARGING","last_updated":"`+at(9)+`"}`), catalog.Updated)
		want := location("L1", 9, strings.Replace(strings.Replace(evse("E1", "CHARGING", 0), at(0)+`"}`+"", at(0)+`"}`, 1),
			`],"last_updated":"`+at(0), `],"last_updated":"`+at(9), 1), evse("E2", "AVAILABLE", 0))
		b.wantBody(loc(abc, "L1"), whole, want)
	}},
	{"H-143 last_updated may grow longer before the EVSEs", func(b *bench) {
		b.apply(loc(abc, "L1"), whole, catalog.Put, location("L1", 0, evse("E1", "AVAILABLE", 0)))
		late := "2027-01-01T00:00:00.123Z"
		b.apply(loc(abc, "L1"), e1, catalog.Put, `{"uid":"E1","last_updated":"`+late+`"}`)
		b.wantBody(loc(abc, "L1"), whole, strings.Replace(location("L1", 0, `{"uid":"E1","last_updated":"`+late+`"}`), at(0), late, 1))
	}},
	{"a new EVSE is added behind the others", func(b *bench) {
		b.apply(loc(abc, "L1"), whole, catalog.Put, location("L1", 0, evse("E1", "AVAILABLE", 0)))
		b.wantOutcome(b.apply(loc(abc, "L1"), catalog.Part{EVSE: "E2"}, catalog.Put, evse("E2", "AVAILABLE", 0)), catalog.Created)
		b.wantBody(loc(abc, "L1"), whole, location("L1", 0, evse("E1", "AVAILABLE", 0), evse("E2", "AVAILABLE", 0)))
	}},
	{"an EVSE is added to a location without a list", func(b *bench) {
		b.apply(loc(abc, "L1"), whole, catalog.Put, `{"id":"L1","last_updated":"`+at(0)+`"}`)
		b.apply(loc(abc, "L1"), e1, catalog.Put, `{"uid":"E1","last_updated":"`+at(0)+`"}`)
		b.wantBody(loc(abc, "L1"), whole, `{"id":"L1","last_updated":"`+at(0)+`","evses":[{"uid":"E1","last_updated":"`+at(0)+`"}]}`)
	}},
	{"a connector is replaced, added and patched", func(b *bench) {
		b.apply(loc(abc, "L1"), whole, catalog.Put, location("L1", 0, evse("E1", "AVAILABLE", 0)))
		b.apply(loc(abc, "L1"), catalog.Part{EVSE: "e1", Connector: "2"}, catalog.Put, `{"id":"2","last_updated":"`+at(1)+`"}`)
		b.apply(loc(abc, "L1"), c1, catalog.Patch, `{"power":2.50,"last_updated":"`+at(2)+`"}`)
		b.wantBody(loc(abc, "L1"), c1, `{"id":"1","power":2.50,"last_updated":"`+at(2)+`"}`)
		b.wantBody(loc(abc, "L1"), e1, `{"uid":"E1","status":"AVAILABLE","connectors":[{"id":"1","power":2.50,"last_updated":"`+at(2)+`"},`+
			`{"id":"2","last_updated":"`+at(1)+`"}],"last_updated":"`+at(2)+`"}`)
	}},
	{"a PATCH or a part of what is not held is unknown", func(b *bench) {
		b.wantUnknown(loc(abc, "L1"), whole, catalog.Patch, `{}`)
		b.wantUnknown(loc(abc, "L1"), e1, catalog.Put, `{}`)
		b.apply(loc(abc, "L1"), whole, catalog.Put, location("L1", 0))
		b.wantUnknown(loc(abc, "L1"), e1, catalog.Patch, `{}`)
		b.wantUnknown(loc(abc, "L1"), c1, catalog.Put, `{}`)
		b.wantGone(loc(abc, "L1"), e1)
		b.wantGone(loc(xyz, "L1"), whole)
	}},
	{"H-216 a PATCH replaces members of the top level", func(b *bench) {
		b.apply(loc(abc, "L1"), whole, catalog.Put, `{"id":"L1","opening_times":{"regular_hours":[1]},"last_updated":"`+at(0)+`"}`)
		b.apply(loc(abc, "L1"), whole, catalog.Patch, `{"opening_times":{"twentyfourseven":true},"last_updated":"`+at(1)+`"}`)
		b.wantBody(loc(abc, "L1"), whole, `{"id":"L1","opening_times":{"twentyfourseven":true},"last_updated":"`+at(1)+`"}`)
	}},
	{"H-222 an empty list in a PATCH is a change", func(b *bench) {
		b.apply(loc(abc, "L1"), whole, catalog.Put, `{"images":[1],"last_updated":"`+at(0)+`"}`)
		b.apply(loc(abc, "L1"), whole, catalog.Patch, `{"images":[],"last_updated":"`+at(1)+`"}`)
		b.wantBody(loc(abc, "L1"), whole, `{"images":[],"last_updated":"`+at(1)+`"}`)
	}},
	{"H-144 a PATCH of a session appends charging periods, a PUT replaces them", func(b *bench) {
		k := catalog.Key{Module: ocpi.Sessions, Owner: abc, Audience: emsp, ID: "S1"}
		body := func(periods string) string {
			return `{"id":"S1","charging_periods":` + periods + `,"last_updated":"` + at(0) + `"}`
		}
		b.apply(k, whole, catalog.Put, body(`[{"a":1.0}]`))
		b.apply(k, whole, catalog.Patch, body(`[{"a":2}]`))
		b.wantBody(k, whole, body(`[{"a":1.0},{"a":2}]`))
		b.apply(k, whole, catalog.Patch, body(`[]`))
		b.wantBody(k, whole, body(`[{"a":1.0},{"a":2}]`))
		b.apply(k, whole, catalog.Put, body(`[{"a":3}]`))
		b.wantBody(k, whole, body(`[{"a":3}]`))
	}},
	{"a deleted tariff is gone from lists, and yet a change", func(b *bench) {
		k := catalog.Key{Module: ocpi.Tariffs, Owner: abc, ID: "T1"}
		b.apply(k, whole, catalog.Put, `{"id":"T1"}`)
		b.wantOutcome(b.apply(k, whole, catalog.Delete, ""), catalog.Updated)
		b.wantGone(k, whole)
		b.wantOutcome(b.apply(k, whole, catalog.Delete, ""), catalog.Unchanged)
		b.wantIDs(catalog.Query{Module: ocpi.Tariffs, Limit: 2})
		var changed []string
		if err := b.Changed(b.Context(), now, func(k catalog.Key) bool { changed = append(changed, k.ID); return true }); err != nil {
			b.Fatal(err)
		}
		if strings.Join(changed, " ") != "T1" {
			b.Errorf("changed are %v", changed)
		}
		b.wantOutcome(b.apply(k, whole, catalog.Put, `{"id":"T1"}`), catalog.Created)
		b.wantIDs(catalog.Query{Module: ocpi.Tariffs, Limit: 2}, "ABC/T1")
	}},
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
	{"an id of any length and with any byte is kept", func(b *bench) {
		for _, id := range []string{strings.Repeat("x", 100_000), "a\x00b", "a/b #%*+", "é"} {
			body := `{"last_updated":"` + at(0) + `","evses":[{"uid":"` + strings.ReplaceAll(id, "\x00", "0") + `"}]}`
			b.apply(loc(abc, id), whole, catalog.Put, body)
			b.wantBody(loc(abc, id), whole, body)
		}
	}},
	{"changes of many objects and of one object at once are all kept", func(b *bench) {
		b.apply(loc(abc, "L"), whole, catalog.Put, location("L", 0))
		b.concurrently(40, func(i int) {
			id := fmt.Sprint("E", i)
			b.apply(loc(abc, "L"), catalog.Part{EVSE: id}, catalog.Put, evse(id, "AVAILABLE", i))
			b.apply(loc(xyz, id), whole, catalog.Put, location(id, 0))
			if _, err := b.List(b.Context(), all(emsp)); err != nil {
				b.Error(err)
			}
		})
		for i := range 40 {
			id := fmt.Sprint("E", i)
			b.wantBody(loc(abc, "L"), catalog.Part{EVSE: id}, evse(id, "AVAILABLE", i))
		}
		ids, _ := b.crawl(all(emsp), nil)
		if len(ids) != 41 {
			b.Errorf("%d objects are listed, want 41", len(ids))
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

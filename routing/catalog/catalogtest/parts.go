package catalogtest

import (
	"fmt"
	"strings"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/routing/catalog"
)

// partTests are on what a change makes of an object and of its parts.
var partTests = []test{
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
	{"H-216 a PATCH of a booking location merges its terms, and nothing else", func(b *bench) {
		k := bookable("B1")
		b.apply(k, whole, catalog.Put, `{"id":"B1","booking_terms":{"a":1.0,"b":2},"policy":{"x":1,"y":2},"last_updated":"`+at(0)+`"}`)
		b.apply(k, whole, catalog.Patch, `{"booking_terms":{"b":3,"c":null},"policy":{"x":5},"last_updated":"`+at(1)+`"}`)
		b.wantBody(k, whole, `{"id":"B1","booking_terms":{"a":1.0,"b":3,"c":null},"policy":{"x":5},"last_updated":"`+at(1)+`"}`)
		b.apply(k, whole, catalog.Patch, `{"booking_terms":null,"last_updated":"`+at(2)+`"}`)
		b.apply(k, whole, catalog.Patch, `{"booking_terms":{"d":4},"last_updated":"`+at(3)+`"}`)
		b.wantBody(k, whole, `{"id":"B1","booking_terms":{"d":4},"policy":{"x":5},"last_updated":"`+at(3)+`"}`)
	}},
	{"a calendar is added to its booking location, replaced and patched, and lifts it", func(b *bench) {
		k, march, april := bookable("B1"), catalog.Part{Calendar: "March"}, catalog.Part{Calendar: "april"}
		b.wantUnknown(k, march, catalog.Put, `{"id":"March"}`)
		b.apply(k, whole, catalog.Put, `{"id":"B1","last_updated":"`+at(0)+`"}`)
		b.wantUnknown(k, march, catalog.Patch, `{}`)
		b.wantGone(k, march)
		b.wantOutcome(b.apply(k, march, catalog.Put, `{"id":"March","n":1,"last_updated":"`+at(1)+`"}`), catalog.Created)
		b.wantOutcome(b.apply(k, april, catalog.Put, `{"id":"april","n":1,"last_updated":"`+at(2)+`"}`), catalog.Created)
		b.wantOutcome(b.apply(k, catalog.Part{Calendar: "MARCH"}, catalog.Patch, `{"n":2.50,"last_updated":"`+at(3)+`"}`), catalog.Updated)
		b.wantOutcome(b.apply(k, march, catalog.Patch, `{"n":2.50,"last_updated":"`+at(3)+`"}`), catalog.Unchanged)
		b.wantOutcome(b.apply(k, march, catalog.Put, `{"id":"March","n":7,"last_updated":"`+at(2)+`"}`), catalog.Stale)
		b.wantBody(k, march, `{"id":"March","n":2.50,"last_updated":"`+at(3)+`"}`)
		b.wantBody(k, whole, `{"id":"B1","last_updated":"`+at(3)+`","calendars":[{"id":"March","n":2.50,"last_updated":"`+at(3)+`"},`+
			`{"id":"april","n":1,"last_updated":"`+at(2)+`"}]}`)
		b.wantUnknown(k, march, catalog.Delete, ``)
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
	{"a changed part leaves the blanks around the others", func(b *bench) {
		body := func(status string, minute int, power string, connector int) string {
			return fmt.Sprintf("{ \"id\":\"L1\", \"evses\":[ {\"uid\":\"E0\"} ,\n {\"uid\":\"E1\", \"status\": %q, \"connectors\" : [ {\"id\":\"0\"} ,\t{ \"id\":\"1\", \"power\" : %s,\"last_updated\":%q} ],\"last_updated\":%q}\n] , \"last_updated\":%q}",
				status, power, at(connector), at(minute), at(minute))
		}
		b.apply(loc(abc, "L1"), whole, catalog.Put, body("BLOCKED", 0, "1.0", 0))
		b.apply(loc(abc, "L1"), e1, catalog.Patch, `{"status":"CHARGING","last_updated":"`+at(1)+`"}`)
		b.wantBody(loc(abc, "L1"), whole, body("CHARGING", 1, "1.0", 0))
		b.apply(loc(abc, "L1"), c1, catalog.Patch, `{"power":2.0,"last_updated":"`+at(2)+`"}`)
		b.wantBody(loc(abc, "L1"), whole, body("CHARGING", 2, "2.0", 2))
	}},
	{"a part changes in a location whose EVSEs cannot be told apart", func(b *bench) {
		body := `{"id":"L1","evses":[{"uid":"E1","n":%d}, {"uid":"e1"},{}%s],"last_updated":"` + at(0) + `"}`
		b.apply(loc(abc, "L1"), whole, catalog.Put, fmt.Sprintf(body, 1, ""))
		b.wantOutcome(b.apply(loc(abc, "L1"), e1, catalog.Patch, `{"n":2}`), catalog.Updated)
		b.wantOutcome(b.apply(loc(abc, "L1"), catalog.Part{EVSE: "E2"}, catalog.Put, `{"uid":"E2"}`), catalog.Created)
		b.wantBody(loc(abc, "L1"), whole, fmt.Sprintf(body, 2, `,{"uid":"E2"}`))
		b.wantBody(loc(abc, "L1"), e1, `{"uid":"E1","n":2}`)
		b.wantUnknown(loc(abc, "L1"), catalog.Part{EVSE: "E3"}, catalog.Patch, `{}`)
	}},
	{"H-222 a null in a PATCH is a change", func(b *bench) {
		b.apply(tariff(abc, "T1"), whole, catalog.Put, `{"id":"T1","type":"REGULAR"}`)
		b.wantOutcome(b.apply(tariff(abc, "T1"), whole, catalog.Patch, `{"type":null}`), catalog.Updated)
		b.wantBody(tariff(abc, "T1"), whole, `{"id":"T1","type":null}`)
	}},
	{"a PATCH of a location with EVSEs replaces them all", func(b *bench) {
		for i, evses := range []string{"[" + evse("E2", "BLOCKED", 1) + "]", "[]", "null"} {
			id := fmt.Sprint("L", i)
			b.apply(loc(abc, id), whole, catalog.Put, location(id, 0, evse("E1", "AVAILABLE", 0)))
			b.apply(loc(abc, id), whole, catalog.Patch, `{"evses":`+evses+`}`)
			b.wantGone(loc(abc, id), e1)
			b.wantBody(loc(abc, id), whole, strings.Replace(location(id, 0, "0"), "[0]", evses, 1))
		}
	}},
	{"a PATCH of a location without EVSEs leaves them", func(b *bench) {
		b.apply(loc(abc, "L1"), whole, catalog.Put, location("L1", 0, evse("E1", "AVAILABLE", 0)))
		b.apply(loc(abc, "L1"), whole, catalog.Patch, `{"last_updated":"`+at(1)+`"}`)
		b.wantBody(loc(abc, "L1"), whole, location("L1", 1, evse("E1", "AVAILABLE", 0)))
	}},
	{"H-144 null charging periods are no change, and a repeated PATCH does not double them", func(b *bench) {
		k := catalog.Key{Module: ocpi.Sessions, Owner: abc, Audience: emsp, ID: "S1"}
		b.apply(k, whole, catalog.Put, `{"id":"S1","last_updated":"`+at(0)+`"}`)
		patch := `{"charging_periods":[ {"a":1} , {"a":2} ],"last_updated":"` + at(1) + `"}`
		want := `{"id":"S1","last_updated":"` + at(1) + `","charging_periods":[{"a":1} , {"a":2}]}`
		b.wantOutcome(b.apply(k, whole, catalog.Patch, patch), catalog.Updated)
		b.wantOutcome(b.apply(k, whole, catalog.Patch, patch), catalog.Unchanged)
		b.wantOutcome(b.apply(k, whole, catalog.Patch, `{"charging_periods":null}`), catalog.Unchanged)
		b.wantBody(k, whole, want)
	}},
	{"a DELETE of what was never held is unknown", func(b *bench) {
		b.wantUnknown(tariff(abc, "T1"), whole, catalog.Delete, "")
	}},
}

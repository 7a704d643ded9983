package catalogtest

import (
	"errors"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/routing/catalog"
)

// acrossTests are on owners that move to another version, and go on with parts of
// what they sent before.
var acrossTests = []test{
	{"an EVSE that is patched in a newer version takes its location there", func(b *bench) {
		b.put(loc(abc, "L1"), ocpi.V211, location211, catalog.Created)
		out, err := b.Apply(b.Context(), catalog.Change{
			Key: loc(abc, "L1"), Part: e1, Op: catalog.Patch, Version: ocpi.V221, At: now,
			Body: []byte(`{"status":"CHARGING","last_updated":"2026-06-01T00:01:00Z"}`),
		})
		if err != nil || out != catalog.Updated {
			b.Fatalf("%s, %v", out, err)
		}
		b.wantVersion(loc(abc, "L1"), whole, ocpi.V221)
		o, err := b.Get(b.Context(), loc(abc, "L1"), whole)
		if findings := ocpi.CheckObject(ocpi.V221, "Location", o.Body, false); err != nil || len(findings) > 0 {
			b.Errorf("it is no location of 2.2.1: %v\n%s", findings, o.Body)
		}
		evse, err := b.Get(b.Context(), loc(abc, "L1"), e1)
		if err != nil || ocpi.FindString(evse.Body, "status") != "CHARGING" {
			b.Errorf("the EVSE is %s, %v", evse.Body, err)
		}
	}},
	{"a part of what cannot be carried to its version is of no object that is held", func(b *bench) {
		b.put(loc(abc, "L1"), ocpi.V221, `{"id":"L1","publish":false,"evses":[{"uid":"E1"}],"last_updated":"2026-06-01T00:00:00Z"}`, catalog.Created)
		_, err := b.Apply(b.Context(), catalog.Change{
			Key: loc(abc, "L1"), Op: catalog.Patch, Version: ocpi.V211, Body: []byte(`{"name":"n"}`), At: now,
		})
		if !errors.Is(err, catalog.ErrUnknown) {
			b.Errorf("got %v", err)
		}
		b.wantVersion(loc(abc, "L1"), whole, ocpi.V221)
	}},
	{"a session of 2.1.1 is patched with all its periods or with new ones, to the same effect", func(b *bench) {
		for id, patch := range map[string]string{"S1": `[{"start_date_time":"2026-06-01T11:00:00Z"}]`, "S2": `[{"start_date_time":"2026-06-01T10:00:00Z"},{"start_date_time":"2026-06-01T11:00:00Z"}]`} {
			key := to(emsp, catalog.Key{Module: ocpi.Sessions, Owner: abc, ID: id})
			b.put(key, ocpi.V211, `{"charging_periods":[{"start_date_time":"2026-06-01T10:00:00Z"}]}`, catalog.Created)
			change := catalog.Change{Key: key, Op: catalog.Patch, Version: ocpi.V211, Body: []byte(`{"charging_periods":` + patch + `}`), At: now}
			if _, err := b.Apply(b.Context(), change); err != nil {
				b.Fatal(err)
			}
			b.wantBody(key, whole, `{"charging_periods":[{"start_date_time":"2026-06-01T10:00:00Z"},{"start_date_time":"2026-06-01T11:00:00Z"}]}`)
		}
	}},
}

const location211 = `{"id":"L1","type":"ON_STREET","address":"Dam 1","city":"Amsterdam","postal_code":"1012","country":"NLD",
 "coordinates":{"latitude":"52.370216","longitude":"4.895168"},"time_zone":"Europe/Amsterdam","evses":[{"uid":"E1","status":"AVAILABLE",
 "connectors":[{"id":"1","standard":"IEC_62196_T2","format":"SOCKET","power_type":"AC_3_PHASE","voltage":230,"amperage":16,"tariff_id":"T1",
 "last_updated":"2026-06-01T00:00:00Z"}],"last_updated":"2026-06-01T00:00:00Z"}],"last_updated":"2026-06-01T00:00:00Z"}`

package catalog_test

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/routing/catalog"
)

func TestAStateAgreesWithAChangeThatItHolds(t *testing.T) {
	early, late := `"last_updated":"2026-01-01T00:00:00Z"`, `"last_updated":"2026-01-01T00:00:01Z"`
	evse := catalog.Part{EVSE: "E1"}
	for _, c := range []struct {
		name   string
		newest string // empty: not held
		module ocpi.ModuleID
		part   catalog.Part
		op     catalog.Op
		body   string
		want   bool
	}{
		{"the object that was put", `{"a":1,` + early + `}`, ocpi.Tariffs, catalog.Part{}, catalog.Put, `{"a":1,` + early + `}`, true},
		{"an object put anew", `{"a":2,` + late + `}`, ocpi.Tariffs, catalog.Part{}, catalog.Put, `{"a":1,` + early + `}`, false},
		{"an object put anew at the same time", `{"a":2,` + early + `}`, ocpi.Tariffs, catalog.Part{}, catalog.Put, `{"a":1,` + early + `}`, false},
		{"an object whose part has changed", `{"evses":[{"uid":"E1","s":2}],` + late + `}`, ocpi.Locations, catalog.Part{}, catalog.Put, `{"evses":[{"uid":"E1","s":1}],` + early + `}`, false},
		{"an object that is gone", ``, ocpi.Tariffs, catalog.Part{}, catalog.Put, `{}`, false},
		{"an object deleted, and gone", ``, ocpi.Tariffs, catalog.Part{}, catalog.Delete, ``, true},
		{"an object deleted, and there again", `{}`, ocpi.Tariffs, catalog.Part{}, catalog.Delete, ``, false},
		{"members that were patched", `{"a":1,"b":2,` + late + `}`, ocpi.Tariffs, catalog.Part{}, catalog.Patch, `{"b":2,` + late + `}`, true},
		{"members patched, another since", `{"a":1,"b":2}`, ocpi.Tariffs, catalog.Part{}, catalog.Patch, `{"b":2}`, true},
		{"members patched, something newer since", `{"a":1,"b":2,` + late + `}`, ocpi.Tariffs, catalog.Part{}, catalog.Patch, `{"b":2,` + early + `}`, false},
		{"a member that is otherwise now", `{"a":1,"b":3}`, ocpi.Tariffs, catalog.Part{}, catalog.Patch, `{"b":2}`, false},
		{"a patch of what is gone", ``, ocpi.Tariffs, catalog.Part{}, catalog.Patch, `{"b":2}`, false},
		{"the status of an EVSE", `{"uid":"E1","status":"CHARGING",` + late + `}`, ocpi.Locations, evse, catalog.Patch, `{"status":"CHARGING",` + late + `}`, true},
		{"an older status of an EVSE", `{"uid":"E1","status":"CHARGING",` + late + `}`, ocpi.Locations, evse, catalog.Patch, `{"status":"AVAILABLE",` + early + `}`, false},
		{"an EVSE of another size", `{"uid":"E1","x":[1]}`, ocpi.Locations, evse, catalog.Put, `{"uid":"E1"}`, false},
		{"a connector", `{"id":"1","power":2.0}`, ocpi.Locations, catalog.Part{EVSE: "E1", Connector: "1"}, catalog.Patch, `{"power":2.0}`, true},
		{"a number spelt otherwise", `{"power":2}`, ocpi.Locations, evse, catalog.Patch, `{"power":2.0}`, false},
		{"charging periods that are there", `{"charging_periods":[1,2],` + late + `}`, ocpi.Sessions, catalog.Part{}, catalog.Patch, `{"charging_periods":[2],` + late + `}`, true},
		{"charging periods that are not", `{"charging_periods":[1],` + late + `}`, ocpi.Sessions, catalog.Part{}, catalog.Patch, `{"charging_periods":[2],` + late + `}`, false},
		{"charging periods with no time to tell by", `{"charging_periods":[2]}`, ocpi.Sessions, catalog.Part{}, catalog.Patch, `{"charging_periods":[2]}`, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			var newest []byte
			if c.newest != "" {
				newest = []byte(c.newest)
			}
			change := catalog.Change{Key: catalog.Key{Module: c.module, Owner: cpo, ID: "X"}, Part: c.part, Op: c.op, Body: []byte(c.body)}
			if got := catalog.Agrees(newest, change); got != c.want {
				t.Errorf("%s %s on %s: agrees %t, want %t", c.op, c.body, c.newest, got, c.want)
			}
		})
	}
}

// A state agrees with a change exactly if the change, applied to it, is taken
// and leaves what is read as it is.
func TestAStateAgreesWithWhatChangesNothingInIt(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s := catalog.NewMemory()
		for range rapid.IntRange(0, 6).Draw(rt, "before") {
			if _, err := s.Apply(t.Context(), drawChange(rt)); err != nil && !errors.Is(err, catalog.ErrUnknown) {
				rt.Fatal(err)
			}
		}
		c := drawChange(rt)
		before := bodyOf(t, s, c)
		agrees := catalog.Agrees(before, c)
		out, err := s.Apply(t.Context(), c)
		after := bodyOf(t, s, c)
		same := (before == nil) == (after == nil) && bytes.Equal(before, after)
		taken := err == nil || c.Op == catalog.Delete
		if want := same && taken && out != catalog.Stale; agrees != want {
			rt.Fatalf("%s %v %s on %s: agrees %t, applied it is %q %v and leaves %s", c.Op, c.Part, c.Body, before, agrees, out, err, after)
		}
	})
}

func bodyOf(t *testing.T, s catalog.Store, c catalog.Change) []byte {
	t.Helper()
	o, err := s.Get(t.Context(), c.Key, c.Part)
	if err != nil {
		if !errors.Is(err, catalog.ErrUnknown) {
			t.Fatal(err)
		}
		return nil
	}
	return o.Body
}

func drawChange(rt *rapid.T) catalog.Change {
	c := catalog.Change{Key: catalog.Key{Owner: cpo, ID: "X"}, At: time.Unix(1, 0)}
	c.Key.Module = rapid.SampledFrom([]ocpi.ModuleID{ocpi.Locations, ocpi.Locations, ocpi.Tariffs, ocpi.Sessions}).Draw(rt, "module")
	c.Op = rapid.SampledFrom([]catalog.Op{catalog.Put, catalog.Put, catalog.Patch, catalog.Patch, catalog.Delete}).Draw(rt, "op")
	if c.Op == catalog.Delete {
		return c
	}
	members := []string{}
	if rapid.Bool().Draw(rt, "valued") {
		members = append(members, fmt.Sprintf(`"v":%d`, rapid.IntRange(0, 1).Draw(rt, "v")))
	}
	if rapid.IntRange(0, 2).Draw(rt, "timed") > 0 {
		members = append(members, fmt.Sprintf(`"last_updated":"2026-01-01T00:00:0%dZ"`, rapid.IntRange(0, 2).Draw(rt, "second")))
	}
	switch c.Key.Module {
	case ocpi.Locations:
		c.Part = rapid.SampledFrom([]catalog.Part{{}, {}, {EVSE: "E1"}, {EVSE: "e1"}, {EVSE: "E2"}, {EVSE: "E1", Connector: "1"}, {EVSE: "E1", Connector: "2"}}).Draw(rt, "part")
		if c.Part == (catalog.Part{}) {
			members = append(members, rapid.SampledFrom([]string{
				`"y":1`, `"evses":[]`, `"evses":[{"uid":"E1","connectors":[{"id":"1"}]},{"uid":"E2"}]`, `"evses":[{"uid":"E1","v":1},{"uid":"e1"}]`,
			}).Draw(rt, "evses"))
		}
		if c.Part.Connector != "" {
			members = append(members, fmt.Sprintf(`"id":%q`, c.Part.Connector))
		} else if c.Part.EVSE != "" {
			members = append(members, fmt.Sprintf(`"uid":%q`, c.Part.EVSE))
		}
	case ocpi.Sessions:
		members = append(members, rapid.SampledFrom([]string{
			`"y":1`, `"charging_periods":[]`, `"charging_periods":[1]`, `"charging_periods":[1,2]`,
		}).Draw(rt, "periods"))
	}
	c.Body = []byte("{" + strings.Join(members, ",") + "}")
	return c
}

package fanout

import (
	"testing"
	"time"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/routing/catalog"
)

func TestAPUTOfAPartGoesToItsOwnPath(t *testing.T) {
	odd := catalog.Key{Module: ocpi.Locations, Owner: loc1.Owner, ID: "a/b c"}
	change := Change{Key: odd, Method: "PATCH", Path: "DE/ABC/a%2Fb%20c/E1/1", Query: "x=1"}
	for _, c := range []struct {
		part catalog.Part
		want string
	}{
		{catalog.Part{}, "DE/ABC/a%2Fb%20c"},
		{catalog.Part{EVSE: "E*1"}, "DE/ABC/a%2Fb%20c/E%2A1"},
		{catalog.Part{EVSE: "E1", Connector: "#é"}, "DE/ABC/a%2Fb%20c/E1/%23%C3%A9"},
	} {
		if got := asPut(change, c.part, Content{ocpi.V230, []byte("{}")}); got.Path != c.want || got.Version != ocpi.V230 || got.Method != "PUT" || got.Query != "x=1" || got.Part != c.part {
			t.Errorf("got %s %s?%s, want %s", got.Method, got.Path, got.Query, c.want)
		}
	}
}

func TestAPUTOfABookingLocationOrItsCalendarGoesToItsOwnPath(t *testing.T) {
	key := catalog.Key{Module: ocpi.Bookings, Owner: loc1.Owner, ID: "B/1"}
	change := Change{Key: key, Method: "PUT", Path: "DE/ABC/booking_locations/B%2F1/K1", Part: catalog.Part{Calendar: "K1"}}
	for part, want := range map[catalog.Part]string{{}: "DE/ABC/booking_locations/B%2F1", {Calendar: "K 1"}: "DE/ABC/booking_locations/B%2F1/K%201"} {
		if got := asPut(change, part, Content{ocpi.V230, []byte("{}")}); got.Path != want || got.Part != part {
			t.Errorf("got %s, want %s", got.Path, want)
		}
	}
	if !related(change.Part, catalog.Part{}) || cover(change.Part, catalog.Part{Calendar: "K2"}) != (catalog.Part{}) || !partial(change) {
		t.Error("a calendar that meets another change of its booking location must go out with the whole of it")
	}
}

func TestOtherModulesKeepTheirPath(t *testing.T) {
	for _, module := range []ocpi.ModuleID{ocpi.Tariffs, ocpi.Tokens, ocpi.HubClientInfo} {
		change := Change{Key: catalog.Key{Module: module, Owner: loc1.Owner, ID: "CPO"}, Method: "PATCH", Path: "DE/ABC", Query: "type=RFID"}
		if got := asPut(change, catalog.Part{}, Content{ocpi.V221, []byte("{}")}); got.Path != "DE/ABC" || got.Query != "type=RFID" || got.Method != "PUT" {
			t.Errorf("%s: got %s %s?%s", module, got.Method, got.Path, got.Query)
		}
		if got := asPut(change, catalog.Part{}, Content{}); got.Method != "DELETE" {
			t.Errorf("%s without a state: got %s", module, got.Method)
		}
	}
}

func TestAKeyAloneTellsPathRoleAndQuery(t *testing.T) {
	known := New(Options{})
	for _, c := range []struct {
		module      ocpi.ModuleID
		id          string
		path, query string
		role        ocpi.Role
		ok          bool
	}{
		{ocpi.Locations, "L 1", "DE/ABC/L%201", "", ocpi.CPO, true},
		{ocpi.Tariffs, "T1", "DE/ABC/T1", "", ocpi.CPO, true},
		{ocpi.Tokens, catalog.TokenID("U/1", "APP_USER"), "DE/ABC/U%2F1", "type=APP_USER", ocpi.EMSP, true},
		{ocpi.Bookings, "B 1", "DE/ABC/booking_locations/B%201", "", ocpi.CPO, true},
		{ocpi.Sessions, "S1", "", "", "", false},
		{ocpi.CDRs, "C1", "", "", "", false},
	} {
		got, ok := known.changeOf(catalog.Key{Module: c.module, Owner: loc1.Owner, ID: c.id})
		if ok != c.ok || ok && (got.Path != c.path || got.Query != c.query || got.Role != c.role || got.Method != "PUT") {
			t.Errorf("%s: got %+v, %t", c.module, got, ok)
		}
	}
}

func TestBackoffDoublesUpToItsBound(t *testing.T) {
	for fails, most := range map[int]time.Duration{
		0: firstWait, 1: firstWait, 2: 2 * firstWait, 3: 4 * firstWait, 7: 64 * firstWait, 8: longWait, 9: longWait, 100: longWait, 1 << 40: longWait,
	} {
		most = min(most, longWait)
		for range 200 {
			if got := backoff(fails); got < most/2 || got > most {
				t.Fatalf("after %d failures: %s, want %s to %s", fails, got, most/2, most)
			}
		}
	}
}

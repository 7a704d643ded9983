package ocpi_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/ocpihub/ocpihub/ocpi"
)

var (
	preferencesAt = ocpi.Address{Version: ocpi.V221, Module: ocpi.Sessions, Interface: ocpi.Sender}
	bookingsAt    = ocpi.Address{Version: ocpi.V230, Module: ocpi.Bookings, Interface: ocpi.Receiver}
	cdrsAt        = ocpi.Address{Version: ocpi.V221, Module: ocpi.CDRs, Interface: ocpi.Receiver}
)

func TestQ43_Q44_OtherShapesOfAPathMeanTheSame(t *testing.T) {
	for _, row := range []struct {
		at                    ocpi.Address
		method, given, wanted string
	}{
		{preferencesAt, http.MethodPut, "S%2F1/preferences", "S%2F1/charging_preferences"},
		{preferencesAt, http.MethodPut, "S1/preferences/", "S1/charging_preferences"},
		{preferencesAt, http.MethodPut, "S1/charging_preferences", "S1/charging_preferences"},
		{preferencesAt, http.MethodGet, "S1/preferences", "S1/preferences"},
		{preferencesAt, http.MethodPut, "S1/wishes", "S1/wishes"},
		{cdrsAt, http.MethodPost, "DE/ABC/C%201", ""},
		{cdrsAt, http.MethodPost, "", ""},
		{cdrsAt, http.MethodPost, "DE/ABC", "DE/ABC"},
		{cdrsAt, http.MethodPost, "DE//C1", "DE//C1"},
		{cdrsAt, http.MethodGet, "C1", "C1"},
		{bookingsAt, http.MethodPut, "bookinglocations/NL/TNM/L1", "NL/TNM/booking_locations/L1"}, // H-181
		{bookingsAt, http.MethodPatch, "bookinglocations/NL/TNM/L%2F1/C1", "NL/TNM/booking_locations/L%2F1/C1"},
		{bookingsAt, http.MethodGet, "bookinglocations/NL/TNM/L1/C1/", "NL/TNM/booking_locations/L1/C1"},
		{bookingsAt, http.MethodPut, "bookinglocations/NL/TNM", "bookinglocations/NL/TNM"},
		{bookingsAt, http.MethodPut, "NL/TNM/B1", "NL/TNM/B1"},
	} {
		if got := ocpi.Specified(row.at, row.method, row.given); got != row.wanted {
			t.Errorf("%s %s is read as %q, want %q", row.method, row.given, got, row.wanted)
		}
	}
}

func TestQ43_Q44_TheOtherShapeIsMadeOfPathAndBody(t *testing.T) {
	for _, row := range []struct {
		at                         ocpi.Address
		method, path, body, wanted string
	}{
		{preferencesAt, http.MethodPut, "S%2F1/charging_preferences", `{}`, "S%2F1/preferences"},
		{cdrsAt, http.MethodPost, "", `{"country_code":"DE","party_id":"ABC","id":"C/1"}`, "DE/ABC/C%2F1"},
		{cdrsAt, http.MethodPost, "", `{"country_code":"DE","party_id":"ABC"}`, ""},
		{cdrsAt, http.MethodGet, "C1", ``, ""},
		{bookingsAt, http.MethodPut, "NL/TNM/booking_locations/L1", `{}`, "bookinglocations/NL/TNM/L1"},
		{bookingsAt, http.MethodPut, "NL/TNM/booking_locations/L1/C%2F1", `{}`, "bookinglocations/NL/TNM/L1/C%2F1"},
		{bookingsAt, http.MethodPut, "NL/TNM/B1", `{}`, ""},
	} {
		rule, _, _, why := ocpi.Match(row.at, row.method, row.path)
		if why != ocpi.Matched {
			t.Fatalf("no rule for %s %s", row.method, row.path)
		}
		if got, ok := rule.OtherPath(row.path, []byte(row.body)); got != row.wanted || ok != (row.wanted != "") {
			t.Errorf("%s %q becomes %q, %v; want %q", row.method, row.path, got, ok, row.wanted)
		}
	}
}

func FuzzSpecified(f *testing.F) {
	f.Add("DE/ABC/C1")
	f.Add("S1/preferences")
	f.Add("bookinglocations/NL/TNM/L1/C1")
	f.Fuzz(func(t *testing.T, path string) {
		for _, row := range []struct {
			at     ocpi.Address
			method string
		}{{preferencesAt, http.MethodPut}, {cdrsAt, http.MethodPost}, {bookingsAt, http.MethodPut}} {
			got := ocpi.Specified(row.at, row.method, path)
			if _, _, _, before := ocpi.Match(row.at, row.method, path); before == ocpi.Matched && strings.Trim(got, "/") != strings.Trim(path, "/") {
				t.Errorf("%q, which is as specified, became %q", path, got)
			}
			if again := ocpi.Specified(row.at, row.method, got); again != got {
				t.Errorf("%q became %q, and that %q", path, got, again)
			}
		}
	})
}

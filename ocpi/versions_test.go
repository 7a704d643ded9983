package ocpi_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ocpihub/ocpihub/ocpi"
)

// reviewedOf lists the findings of a review in a version as "kind pointer".
func reviewedOf(v ocpi.Version, class, body string) []string {
	var out []string
	for _, f := range ocpi.Review(v, class, []byte(body), ocpi.Reviewing{Now: noon}) {
		out = append(out, string(f.Kind)+" "+f.Pointer)
	}
	return out
}

const (
	aTerminal     = `{"terminal_id":"T1","country_code":"NL","party_id":"PTP","location_ids":["LOC1"],"last_updated":"2025-01-01T00:00:00Z"}`
	aConfirmation = `{"id":"F1","authorization_reference":"R1","total_costs":{"before_taxes":4.00},"currency":"EUR","eft_data":["card"],` +
		`"capture_status_code":"SUCCESS","last_updated":"2025-01-01T00:00:00Z"}`
	aBooking = `{"id":"B1","country_code":"NL","party_id":"CPO","request_id":"Q1","location_id":"LOC1",` +
		`"period":{"start_date_time":"2025-01-01T10:00:00Z","end_date_time":"2025-01-01T11:00:00Z"},"reservation_status":"RESERVED",` +
		`"authorization_reference":"R1","booking_terms":{"supported_access_methods":["OPEN"],"change_until_minutes":10,"cancel_until_minutes":20},` +
		`"booking_requests":[{"request_status":"ACCEPTED","booking_request":` + aBookingRequest + `,"request_received":"2025-01-01T00:00:00Z"}],` +
		`"last_updated":"2025-01-01T00:00:00Z"}`
	aBookingRequest = `{"country_code":"NL","party_id":"TNM","request_id":"Q1","location_id":"LOC1","booking_location_id":"BL1",` +
		`"period":{"start_date_time":"2025-01-01T10:00:00Z","end_date_time":"2025-01-01T11:00:00Z"},"authorization_reference":"R1"}`
	anInvoice = `{"country_code":"NL","party_id":"CPO","id":"I1","invoice_id":"2025-1","cdrs":["C1"],"last_updated":"2025-01-01T00:00:00Z"}`
)

func location230() string {
	return strings.Replace(string(aLocation(1)), `"operator"`,
		`"help_phone":"+31 6","parking_places":[{"id":"P1","vehicle_types":["VAN"],"restricted_to_type":false,"reservation_required":false}],"operator"`, 1)
}

func TestObjectsOfEachVersionThatAreFineHaveNoFindings(t *testing.T) {
	credentials230 := strings.Replace(theCredentials, `"roles"`, `"hub_party_id":"NLHUB","roles"`, 1)
	for v, objects := range map[ocpi.Version]map[string]string{
		ocpi.V211: {
			"Location": location211, "Connector": connector211, "Token": token211, "Session": session211, "CDR": cdr211, "Credentials": credentials211,
			"CommandResponse": `{"result":"TIMEOUT"}`, "AuthorizationInfo": `{"allowed":"ALLOWED"}`,
		},
		ocpi.V230: {
			"Location": location230(), "Token": aToken, "Session": aSession, "CDR": cdr230, "Tariff": tariff230, "Credentials": credentials230,
			"Terminal": aTerminal, "TerminalActivation": `{"reference":"serial 1"}`, "FinancialAdviceConfirmation": aConfirmation,
			"Booking": aBooking, "BookingRequest": aBookingRequest, "InvoiceReconciliationRecord": anInvoice,
		},
	} {
		for class, body := range objects {
			if got := reviewedOf(v, class, body); got != nil {
				t.Errorf("%s of %s: %q", class, v, got)
			}
		}
	}
}

func TestEachVersionIsReviewedByItsOwnTables(t *testing.T) {
	for name, c := range map[string]struct {
		v ocpi.Version
		softly
	}{
		"H-204 2.1.1 knows ASCII only":      {ocpi.V211, softly{"Location", location211, `Gent Zuid`, `Liège`, "bad_characters /name"}},
		"2.1.1 has six decimals":            {ocpi.V211, softly{"Location", location211, `51.047599`, `51.0475991`, "bad_coordinates /coordinates/latitude"}},
		"2.1.1 has shorter addresses":       {ocpi.V211, softly{"Location", location211, `F.Rooseveltlaan 3A`, strings.Repeat("x", 46), "too_long /address"}},
		"2.1.1 has fewer token types":       {ocpi.V211, softly{"Token", token211, `"RFID"`, `"APP_USER"`, "unknown_value /type"}},
		"a voltage of 2.1.1":                {ocpi.V211, softly{"Connector", connector211, `220`, `22000`, "out_of_range /voltage"}},
		"a period of 2.1.1 is too early":    {ocpi.V211, softly{"Session", session211, `"start_date_time":"2015-06-29T22`, `"start_date_time":"2015-06-29T21`, "contradiction /charging_periods/0/start_date_time"}},
		"a CDR of 2.1.1 takes too long":     {ocpi.V211, softly{"CDR", cdr211, `"total_time":1.973`, `"total_time":118.4`, "implausible /total_time"}},
		"H-030 2.3.0 has no role HUB":       {ocpi.V230, softly{"Credentials", theCredentials, `"CPO"`, `"HUB"`, "unknown_value /roles/0/role"}},
		"H-079 a closed enum of 2.3.0":      {ocpi.V230, softly{"Tariff", tariff230, `"NO"`, `"MAYBE"`, "unknown_value /tax_included"}},
		"H-029 a hub's party":               {ocpi.V230, softly{"Credentials", strings.Replace(theCredentials, `"roles"`, `"hub_party_id":"NLHUB","roles"`, 1), `NLHUB`, `NL*HU`, "bad_code /hub_party_id"}},
		"a least price above the greatest":  {ocpi.V230, softly{"Tariff", tariff230, `"elements"`, `"max_price":{"before_taxes":0.5},"elements"`, "contradiction /min_price"}},
		"a place to park that is not there": {ocpi.V230, softly{"Location", location230(), `"floor_level"`, `"parking":[{"parking_id":"P2"}],"floor_level"`, "contradiction /evses/0/parking"}},
		"a booking that ends too soon":      {ocpi.V230, softly{"BookingRequest", aBookingRequest, `T11:00`, `T09:00`, "contradiction /period/end_date_time"}},
	} {
		t.Run(name, func(t *testing.T) {
			broken := strings.Replace(c.whole, c.old, c.new, 1)
			if diff := cmp.Diff([]string{c.want}, reviewedOf(c.v, c.class, broken)); diff != "" || broken == c.whole {
				t.Errorf("(-want +got)\n%s", diff)
			}
			if got := findingsOf(c.v, c.class, broken, false); got != nil {
				t.Errorf("the check at the door finds %v", got)
			}
		})
	}
}

func TestH078_OtherValuesOfAnOpenEnumAreWelcome(t *testing.T) {
	body := strings.Replace(string(aLocation(1)), `"IEC_62196_T2"`, `"FOO"`, 1)
	if got := reviewedOf(ocpi.V230, "Location", body); got != nil {
		t.Errorf("2.3.0: %q", got)
	}
	want := []string{"unknown_value /evses/0/connectors/0/standard"}
	if got := reviewedOf(ocpi.V221, "Location", body); !slices.Equal(got, want) {
		t.Errorf("2.2.1: %q", got)
	}
	if _, open := ocpi.Values(ocpi.V230, "ConnectorType"); !open {
		t.Error("ConnectorType of 2.3.0 is not open")
	}
}

func TestH142_APatchOf211NeedsNoLastUpdated(t *testing.T) {
	for _, class := range []string{"Location", "EVSE", "Connector", "Session", "Token", "Tariff"} {
		if got := findingsOf(ocpi.V211, class, `{}`, true); got != nil {
			t.Errorf("%s: %v", class, got)
		}
	}
	for class, want := range map[string][]string{
		"Location": {"/last_updated is required"}, "Booking": {"/last_updated is required"}, "BookingLocation": {"/last_updated is required"},
		"Calendar": {"/last_updated is required"}, "Terminal": nil,
	} {
		if got := findingsOf(ocpi.V230, class, `{}`, true); !slices.Equal(got, want) {
			t.Errorf("%s: %v", class, got)
		}
	}
}

func TestHoursOf211AreGivenOneWayOrTheOther(t *testing.T) {
	const regular = `"regular_hours":[{"weekday":1,"period_begin":"08:00","period_end":"20:00"}]`
	for hours, want := range map[string][]string{
		`{` + regular + `}`: nil, `{"twentyfourseven":true}`: nil,
		`{}`: {"/twentyfourseven is required"}, `{"regular_hours":null}`: {"/twentyfourseven is required"},
	} {
		if got := findingsOf(ocpi.V211, "Hours", hours, false); !slices.Equal(got, want) {
			t.Errorf("%s: %v", hours, got)
		}
		if got := findingsOf(ocpi.V221, "Hours", `{`+regular+`}`, false); !slices.Equal(got, []string{"/twentyfourseven is required"}) {
			t.Errorf("2.2.1: %v", got)
		}
	}
}

func TestWhatTheExamplesOfTheExtensionsDoIsPutUpWith(t *testing.T) {
	failed := `{"id":"F1","authorization_reference":"R1","total_costs":{"excl_vat":4.00},"currency":"EUR","capture_status_code":"FAILED","last_updated":"2025-01-01T00:00:00Z"}`
	for _, c := range []struct {
		class, body string
		partial     bool
		want        []string
	}{
		{"Terminal", `{"terminal_id":"T1"}`, false, nil},
		{"Terminal", `{}`, false, []string{"/terminal_id is required"}},
		{"FinancialAdviceConfirmation", failed, false, nil},
		{"FinancialAdviceConfirmation", strings.Replace(failed, "FAILED", "SUCCESS", 1), false, []string{"/eft_data is required"}},
		{"FinancialAdviceConfirmation", strings.Replace(failed, "excl_vat", "vat", 1), false, []string{"/total_costs/before_taxes is required"}},
		{"BookingOption", `{"evse_position":"LEFT"}`, false, nil},
		{"BookingOption", `{"evse_position":["LEFT"]}`, false, nil},
		{"BookingOption", `{"evse_position":1,"power_types":"DC"}`, false, []string{"/evse_position must be a string", "/power_types must be a list"}},
	} {
		if got := findingsOf(ocpi.V230, c.class, c.body, c.partial); !slices.Equal(got, c.want) {
			t.Errorf("%s %s: %v, want %v", c.class, c.body, got, c.want)
		}
	}
}

func TestH216_ThePatchOfABookingMergesItsTerms(t *testing.T) {
	for terms, want := range map[string][]string{
		`{"early_start_allowed":true}`: nil,
		`null`:                         {"/booking_terms is required and may not be null"},
		`5`:                            {"/booking_terms must be an object"},
		`{"change_until_minutes":"x"}`: {"/booking_terms/change_until_minutes must be a number"},
	} {
		body := `{"booking_terms":` + terms + `,"last_updated":"2025-01-01T00:00:00Z"}`
		if got := findingsOf(ocpi.V230, "Booking", body, true); !slices.Equal(got, want) {
			t.Errorf("%s: %v", terms, got)
		}
	}
	if got := findingsOf(ocpi.V230, "BookingTerms", `{"early_start_allowed":true}`, false); len(got) != 3 {
		t.Errorf("a whole object needs all: %v", got)
	}
	if got := findingsOf(ocpi.V230, "BookingLocation", `{"booking_terms":null,"last_updated":"2025-01-01T00:00:00Z"}`, true); got != nil {
		t.Errorf("terms that are taken away: %v", got)
	}
}

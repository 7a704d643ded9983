package ocpi_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ocpihub/ocpihub/ocpi"
)

var noon = time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)

// reviewed lists the findings of a review as "kind pointer".
func reviewed(class, body string) []string {
	var out []string
	for _, f := range ocpi.Review(ocpi.V221, class, []byte(body), ocpi.Reviewing{Now: noon}) {
		out = append(out, string(f.Kind)+" "+f.Pointer)
	}
	return out
}

const (
	aSession = `{"country_code":"NL","party_id":"TNM","id":"S1","start_date_time":"2020-03-09T10:17:09Z","kwh":1.5,` +
		`"cdr_token":{"country_code":"NL","party_id":"TNM","uid":"12345678","type":"RFID","contract_id":"NL-TNM-1"},"auth_method":"WHITELIST",` +
		`"location_id":"LOC1","evse_uid":"3256","connector_id":"1","currency":"EUR",` +
		`"charging_periods":[{"start_date_time":"2020-03-09T10:17:09Z","dimensions":[{"type":"ENERGY","volume":1.5}]}],` +
		`"status":"ACTIVE","last_updated":"2020-03-09T10:17:09Z"}`
	aTariff = `{"country_code":"DE","party_id":"ALL","id":"16","currency":"EUR","elements":[{"price_components":[` +
		`{"type":"ENERGY","price":0.30,"vat":19.0,"step_size":1}],"restrictions":{"start_time":"09:00","end_time":"18:00",` +
		`"min_kwh":1,"max_kwh":20,"start_date":"2020-01-01","end_date":"2021-01-01"}}],"last_updated":"2018-12-17T11:16:55Z"}`
	aCDR = `{"country_code":"BE","party_id":"BEC","id":"12345","start_date_time":"2015-06-29T21:39:09Z","end_date_time":"2015-06-29T23:37:32Z",` +
		`"cdr_token":{"country_code":"DE","party_id":"TNM","uid":"012345678","type":"RFID","contract_id":"DE8ACC12E46L89"},"auth_method":"WHITELIST",` +
		`"cdr_location":{"id":"LOC1","address":"F.Rooseveltlaan 3A","city":"Gent","country":"BEL","coordinates":{"latitude":"51.047599","longitude":"3.729944"},` +
		`"evse_uid":"3256","evse_id":"BE*BEC*E041503003","connector_id":"1","connector_standard":"IEC_62196_T2","connector_format":"SOCKET","connector_power_type":"AC_1_PHASE"},` +
		`"currency":"EUR","charging_periods":[{"start_date_time":"2015-06-29T21:39:09Z","dimensions":[{"type":"TIME","volume":1.973}]}],` +
		`"total_cost":{"excl_vat":4.00},"total_energy":15.342,"total_time":1.973,"total_parking_time":0.5,"last_updated":"2015-06-29T22:01:13Z"}`
)

func TestObjectsThatAreFineHaveNoFindings(t *testing.T) {
	for class, body := range map[string]string{
		"Location": string(aLocation(5)), "Session": aSession, "Tariff": aTariff, "CDR": aCDR,
		"ClientInfo":                  `{"party_id":"ABC","country_code":"DE","role":"CPO","status":"CONNECTED","last_updated":"2020-01-01T00:00:00Z"}`,
		"ActiveChargingProfileResult": `{"result":"REJECTED"}`,
		"CommandResult":               `{"result":"ACCEPTED","message":[{"language":"en","text":"fine"}]}`,
		"NoSuchClass":                 `{"x":1}`,
	} {
		if got := reviewed(class, body); got != nil {
			t.Errorf("%s: %q", class, got)
		}
	}
}

// softly breaks an object in one place and wants one finding for it.
type softly struct{ class, whole, old, new, want string }

func (c softly) check(t *testing.T) {
	t.Helper()
	broken := strings.Replace(c.whole, c.old, c.new, 1)
	if broken == c.whole {
		t.Fatal("nothing was broken")
	}
	if diff := cmp.Diff([]string{c.want}, reviewed(c.class, broken)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if structural := ocpi.CheckObject(ocpi.V221, c.class, []byte(broken), false); len(structural) > 0 {
		t.Errorf("the check at the door finds %v", structural)
	}
}

func TestEverySoftFaultIsFoundAndNeverAtTheDoor(t *testing.T) {
	location, long := string(aLocation(1)), strings.Repeat("x", 300)
	for name, c := range map[string]softly{
		"H-206 a long name":                {"Location", location, `"Gent Zuid"`, `"` + long + `"`, "too_long /name"},
		"H-206 a long id in a list":        {"Location", location, `["11"]`, `["` + long[:37] + `"]`, "too_long /evses/0/connectors/0/tariff_ids/0"},
		"H-206 a long address in a CDR":    {"CDR", aCDR, `F.Rooseveltlaan 3A`, long[:256], "too_long /cdr_location/address"},
		"a city of nothing":                {"Location", location, `"Gent"`, `""`, "empty /city"},
		"H-203 a CiString beyond ASCII":    {"Location", location, `"3256"`, `"3256é"`, "bad_characters /evses/0/uid"},
		"H-204 a control character":        {"Location", location, `"Gent Zuid"`, `"Gent\tZuid"`, "bad_characters /name"},
		"H-079 an enum value out of list":  {"Location", location, `"IEC_62196_T2"`, `"MCS"`, "unknown_value /evses/0/connectors/0/standard"},
		"H-079 a value in other letters":   {"Location", location, `"AVAILABLE"`, `"Available"`, "unknown_value /evses/0/status"},
		"H-079 a value in a list":          {"Location", location, `["RESERVABLE"]`, `["RESERVABLE","FLYING"]`, "unknown_value /evses/0/capabilities/1"},
		"H-208 a number within quotes":     {"Location", location, `:220`, `:"220"`, "number_as_string /evses/0/connectors/0/max_voltage"},
		"H-208 more than four decimals":    {"Tariff", aTariff, `0.30`, `0.66386555`, "too_precise /elements/0/price_components/0/price"},
		"H-201 an offset":                  {"Location", location, `20:39:09Z`, `20:39:09+00:00`, "bad_date_time /last_updated"},
		"a blank for the T":                {"Location", location, `2015-06-29T`, `2015-06-29 `, "bad_date_time /last_updated"},
		"six digits of a second":           {"Location", location, `20:39:09Z`, `20:39:09.777336Z`, "bad_date_time /last_updated"},
		"an impossible time":               {"Location", location, `20:39:09Z`, `20:39:66Z`, "bad_date_time /last_updated"},
		"an impossible day":                {"Location", location, `2015-06-29T`, `2015-06-31T`, "bad_date_time /last_updated"},
		"last_updated ahead":               {"Location", location, `2015-06-29T20:39:09Z`, `2026-01-01T12:05:01Z`, "in_future /last_updated"},
		"last_updated of an EVSE ahead":    {"Location", location, `2015-06-28T08:12:01Z`, `2027-01-01T00:00:00`, "in_future /evses/0/last_updated"},
		"a country in words":               {"Location", location, `"BEL"`, `"Bel"`, "bad_code /country"},
		"a country of two letters":         {"Location", location, `"BEL"`, `"BE"`, "bad_code /country"},
		"a currency that is none":          {"Tariff", aTariff, `"EUR"`, `"€"`, "bad_code /currency"},
		"a party id of eight":              {"ClientInfo", `{"party_id":"ABC","country_code":"DE","role":"CPO","status":"PLANNED","last_updated":"2020-01-01T00:00:00Z"}`, `ABC`, `A C`, "bad_code /party_id"},
		"a language as a locale":           {"DisplayText", `{"language":"en","text":"x"}`, `"en"`, `"EN"`, "bad_code /language"},
		"a website without scheme":         {"BusinessDetails", `{"name":"x","website":"https://x.example/"}`, `https://x.example/`, `www.x.example`, "bad_url /website"},
		"a URL with a blank":               {"BusinessDetails", `{"name":"x","website":"https://x.example/"}`, `x.example/`, `x.example/a b`, "bad_url /website"},
		"a time zone as an offset":         {"Location", location, `Europe/Brussels`, `+01:00`, "bad_form /time_zone"},
		"an hour that is none":             {"Tariff", aTariff, `"09:00"`, `"9:00"`, "bad_form /elements/0/restrictions/start_time"},
		"an EVSE id of another form":       {"Location", location, `BE*BEC*E041503001`, `+32*123*456`, "bad_evse_id /evses/0/evse_id"},
		"four decimals of a degree":        {"Location", location, `51.047599`, `51.0475`, "bad_coordinates /coordinates/latitude"},
		"a latitude off the globe":         {"Location", location, `51.047599`, `91.047599`, "bad_coordinates /coordinates/latitude"},
		"coordinates in the sea":           {"GeoLocation", `{"latitude":"1.00000","longitude":"0.00000"}`, `1.0`, `0.0`, "bad_coordinates /latitude"},
		"coordinates that were swapped":    {"Location", location, `{"latitude":"51.047599","longitude":"3.729944"}`, `{"latitude":"3.729944","longitude":"51.047599"}`, "bad_coordinates /coordinates"},
		"a misspelled field":               {"Location", location, `"postal_code"`, `"postalCode"`, "misspelled_field /postalCode"},
		"a field of an older version":      {"Location", location, `"floor_level"`, `"floor"`, "misspelled_field /evses/0/floor"},
		"a misspelled tariff field":        {"Tariff", aTariff, `"restrictions"`, `"restrictoins"`, "misspelled_field /elements/0/restrictoins"},
		"a weekday that is none":           {"RegularHours", `{"weekday":1,"period_begin":"08:00","period_end":"20:00"}`, `1`, `0`, "out_of_range /weekday"},
		"hours that end before they begin": {"RegularHours", `{"weekday":1,"period_begin":"08:00","period_end":"20:00"}`, `20:00`, `07:00`, "contradiction /period_end"},
		"power in mW":                      {"Location", location, `"tariff_ids"`, `"max_electric_power":7590000,"tariff_ids"`, "implausible /evses/0/connectors/0/max_electric_power"},
		"AC with the power of DC":          {"Connector", `{"id":"1","standard":"IEC_62196_T2","format":"CABLE","power_type":"AC_3_PHASE","max_voltage":400,"max_amperage":500,"max_electric_power":22000,"last_updated":"2015-03-16T10:10:02Z"}`, `22000`, `350000`, "implausible /max_electric_power"},
		"a vat of a fraction":              {"Tariff", aTariff, `19.0`, `0.19`, "implausible /elements/0/price_components/0/vat"},
		"a kWh for 7.50":                   {"Tariff", aTariff, `0.30`, `7.50`, "implausible /elements/0/price_components"},
		"no step":                          {"Tariff", aTariff, `"step_size":1`, `"step_size":0`, "out_of_range /elements/0/price_components/0/step_size"},
		"two components of one type":       {"Tariff", aTariff, `[{"type":"ENERGY"`, `[{"type":"ENERGY","price":0.5,"step_size":1},{"type":"ENERGY"`, "contradiction /elements/0/price_components/1/type"},
		"a least above a most":             {"Tariff", aTariff, `"min_kwh":1`, `"min_kwh":21`, "contradiction /elements/0/restrictions/min_kwh"},
		"a least price above the most":     {"Tariff", aTariff, `"elements"`, `"min_price":{"excl_vat":2.10},"max_price":{"excl_vat":2.09},"elements"`, "contradiction /min_price"},
		"a date range turned round":        {"Tariff", aTariff, `2021-01-01`, `2019-01-01`, "contradiction /elements/0/restrictions/end_date"},
		"a period before the start":        {"Session", aSession, `[{"start_date_time":"2020-03-09T10:17`, `[{"start_date_time":"2020-03-09T09:57`, "contradiction /charging_periods/0/start_date_time"},
		"a period after the end":           {"CDR", aCDR, `[{"start_date_time":"2015-06-29T21`, `[{"start_date_time":"2015-06-29T23`, "contradiction /charging_periods/0/start_date_time"},
		"an end before the start":          {"Tariff", aTariff, `"elements"`, `"start_date_time":"2020-01-01T00:00:00Z","end_date_time":"2019-12-31T23:59:59Z","elements"`, "contradiction /end_date_time"},
		"a time in minutes":                {"CDR", aCDR, `"total_time":1.973`, `"total_time":118.38`, "implausible /total_time"},
		"parked longer than all":           {"CDR", aCDR, `"total_parking_time":0.5`, `"total_parking_time":2.5`, "contradiction /total_parking_time"},
		"a dimension of sessions":          {"CDR", aCDR, `"TIME"`, `"STATE_OF_CHARGE"`, "contradiction /charging_periods/0/dimensions"},
		"a credit of nothing":              {"CDR", aCDR, `"total_cost"`, `"credit":true,"total_cost"`, "contradiction /credit_reference_id"},
		"published to few":                 {"Location", location, `"name":"Gent Zuid"`, `"publish_allowed_to":[{"group_id":"x"}]`, "contradiction /publish_allowed_to"},
		"a token without type":             {"PublishTokenType", `{"uid":"1","type":"RFID"}`, `,"type":"RFID"`, ``, "contradiction /type"},
		"hours without hours":              {"Hours", `{"twentyfourseven":true}`, `true`, `false`, "contradiction /regular_hours"},
		"a connector without its EVSE":     {"StartSession", `{"response_url":"https://x.example/","token":` + aToken + `,"location_id":"1"}`, `"location_id"`, `"connector_id":"1","location_id"`, "contradiction /evse_uid"},
		"an accepted profile of nothing":   {"ActiveChargingProfileResult", `{"result":"UNKNOWN"}`, `UNKNOWN`, `ACCEPTED`, "contradiction /profile"},
		"a party twice in a role":          {"Credentials", someCredentials(1), someCredentials(1), someCredentials(2), "contradiction /roles/1/party_id"},
		"an EVSE twice":                    {"Location", string(aLocation(1)), `"evses":[`, `"evses":[{"uid":"3256","status":"AVAILABLE","connectors":[{"id":"1","standard":"CHADEMO","format":"CABLE","power_type":"DC","max_voltage":1,"max_amperage":1,"last_updated":"2015-03-16T10:10:02Z"}],"last_updated":"2015-06-28T08:12:01Z"},`, "contradiction /evses/1/uid"},
	} {
		t.Run(name, func(t *testing.T) { c.check(t) })
	}
}

const aToken = `{"country_code":"DE","party_id":"TNM","uid":"1","type":"RFID","contract_id":"1","issuer":"x","valid":true,"whitelist":"NEVER","last_updated":"2015-03-16T10:10:02Z"}`

func someCredentials(roles int) string {
	role := `{"role":"CPO","party_id":"ABC","country_code":"DE","business_details":{"name":"x"}}`
	return `{"token":"t","url":"https://x.example/","roles":[` + strings.Repeat(role+",", roles-1) + role + `]}`
}

func TestAReviewFindsStructuralFaultsToo(t *testing.T) {
	broken := strings.Replace(string(aLocation(1)), `"city":"Gent",`, `"city":null,"related_locations":{},`, 1)
	broken = strings.Replace(broken, `"connectors":[{`, `"connectors":[],"x":[{`, 1)
	want := []string{"missing /city", "wrong_type /related_locations", "empty /evses/0/connectors"}
	if diff := cmp.Diff(want, reviewed("Location", broken)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestH204_AStringMayHoldAnyPrintableUTF8(t *testing.T) {
	body := strings.Replace(string(aLocation(1)), `Gent Zuid`, `Liège 🔌 \u00e9`, 1)
	if got := reviewed("Location", body); got != nil {
		t.Error(got)
	}
}

func TestH206_LengthsAreCountedInCharacters(t *testing.T) {
	body := strings.Replace(string(aLocation(1)), `F.Rooseveltlaan 3A`, strings.Repeat("é", 255), 1)
	if got := reviewed("Location", body); got != nil {
		t.Error(got)
	}
}

func TestH207_WhatIsSoftIsNoFaultAtTheDoor(t *testing.T) {
	body := strings.Replace(string(aLocation(1)), `Gent Zuid`, strings.Repeat("x", 300), 1)
	if got := ocpi.CheckObject(ocpi.V221, "Location", []byte(body), false); got != nil {
		t.Error(got)
	}
	if diff := cmp.Diff([]string{"too_long /name"}, reviewed("Location", body)); diff != "" {
		t.Error(diff)
	}
}

func TestH151_NAIsAnIdWhereNothingWasCharged(t *testing.T) {
	for class, body := range map[string]string{
		"Session": strings.Replace(aSession, `"3256","connector_id":"1"`, `"#NA","connector_id":"#NA"`, 1),
		"CDR":     strings.Replace(aCDR, `"evse_uid":"3256","evse_id":"BE*BEC*E041503003","connector_id":"1"`, `"evse_uid":"#NA","evse_id":"#NA","connector_id":"#NA"`, 1),
	} {
		if !strings.Contains(body, "#NA") {
			t.Fatalf("%s was not changed", class)
		}
		if got := reviewed(class, body); got != nil {
			t.Errorf("%s: %q", class, got)
		}
	}
}

func TestH202_TheLiteralOfTheSpecificationPasses(t *testing.T) {
	body := strings.Replace(aTariff, `2018-12-17T11:16:55Z`, `1970-1-1T00:00:00Z`, 1)
	if got := reviewed("Tariff", body); got != nil {
		t.Error(got)
	}
}

func TestAFieldHasNoPositions(t *testing.T) {
	body := strings.Replace(string(aLocation(3)), `"IEC_62196_T2"`, `"MCS"`, 1)
	for _, f := range ocpi.Review(ocpi.V221, "Location", []byte(body), ocpi.Reviewing{}) {
		if f.Kind == ocpi.UnknownValue && f.Field != "evses.connectors.standard" {
			t.Errorf("field %q", f.Field)
		}
	}
}

func TestWithoutAClockNothingLiesInTheFuture(t *testing.T) {
	body := strings.Replace(string(aLocation(1)), `2015-06-29T20:39:09Z`, `2999-01-01T00:00:00Z`, 1)
	if got := ocpi.Review(ocpi.V221, "Location", []byte(body), ocpi.Reviewing{}); got != nil {
		t.Error(got)
	}
}

func TestAPatchIsReviewedForWhatItHolds(t *testing.T) {
	body := `{"status":"Occupied","last_updated":"2015-06-29T20:39:09Z"}`
	got := ocpi.Review(ocpi.V221, "EVSE", []byte(body), ocpi.Reviewing{Partial: true})
	want := []ocpi.Finding{{Kind: ocpi.UnknownValue, Pointer: "/status", Field: "status", Problem: "is not one of the values of Status"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestReviewsAreBounded(t *testing.T) {
	body := `{"evses":[` + strings.Repeat("1,", 5000) + `1]}`
	if got := ocpi.Review(ocpi.V221, "Location", []byte(body), ocpi.Reviewing{}); len(got) != 1000 {
		t.Errorf("%d findings", len(got))
	}
}

func TestExtensionsAreNoMisspellings(t *testing.T) {
	extensions := `"kwhLimit":1,"inn":2,"x":3,"city_name":4,"evse":5,"namespace":6,"` + strings.Repeat("last_updated", 50) + `":7,"city":`
	body := strings.Replace(string(aLocation(1)), `"city":`, extensions, 1)
	if got := reviewed("Location", body); got != nil {
		t.Error(got)
	}
}

func TestAPointerEscapesWhatPartnersWrite(t *testing.T) {
	got := reviewed("Location", strings.Replace(string(aLocation(1)), `"postal_code"`, `"postal/code~"`, 1))
	if diff := cmp.Diff([]string{"misspelled_field /postal~1code~0"}, got); diff != "" {
		t.Error(diff)
	}
}

func FuzzReview(f *testing.F) {
	f.Add("Location", aLocation(2), false)
	f.Add("CDR", []byte(aCDR), false)
	f.Add("Session", []byte(aSession), true)
	f.Add("Tariff", []byte(strings.Replace(aTariff, "0.30", `"1e999999999"`, 1)), false)
	f.Add("Credentials", []byte(someCredentials(2)), false)
	f.Add("Session", []byte(session211), false)
	f.Add("Booking", []byte(aBooking), true)
	f.Add("Terminal", []byte(aTerminal), false)
	f.Add("Location", []byte(`{"country_code":"`), false)
	kinds := ocpi.FindingKinds()
	f.Fuzz(func(t *testing.T, class string, body []byte, partial bool) {
		for _, v := range ocpi.KnownVersions() {
			review := ocpi.Review(v, class, body, ocpi.Reviewing{Partial: partial, Now: noon})
			for _, found := range review {
				if found.Problem == "" || found.Pointer != "" && found.Pointer[0] != '/' || !slices.Contains(kinds, found.Kind) {
					t.Fatalf("finding %+v", found)
				}
				_, there := ocpi.At(body, found.Pointer)
				if json.Valid(body) && !there && found.Kind != ocpi.Missing && found.Kind != ocpi.Contradiction {
					t.Fatalf("the pointer of %+v leads nowhere", found)
				}
			}
			for _, hard := range ocpi.CheckObject(v, class, body, partial) {
				if !slices.Contains(review, hard) && len(review) < 1000 {
					t.Fatalf("the review misses %+v", hard)
				}
			}
		}
	})
}

func ExampleReview() {
	body := []byte(`{"latitude":"37.7749","longitude":"-122.419416"}`)
	for _, f := range ocpi.Review(ocpi.V221, "GeoLocation", body, ocpi.Reviewing{}) {
		fmt.Println(f.Kind, f.Pointer, f.Problem)
	}
	// Output:
	// bad_coordinates /latitude is no latitude such as 51.047599, with 5 to 7 decimals
}

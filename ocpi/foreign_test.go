package ocpi_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ocpihub/ocpihub/ocpi"
)

// Objects of 2.1.1 and 2.3.0; those of 2.2.1 stand in other tests.
const (
	location211 = `{"id":"LOC1","type":"ON_STREET","name":"Gent Zuid","address":"F.Rooseveltlaan 3A","city":"Gent","postal_code":"9000","country":"BEL",` +
		`"coordinates":{"latitude":"51.047599","longitude":"3.729944"},"evses":[{"uid":"3256","evse_id":"BE-BEC-E041503001","status":"AVAILABLE",` +
		`"connectors":[` + connector211 + `],"last_updated":"2015-06-28T08:12:01Z"}],` +
		`"opening_times":{"regular_hours":[{"weekday":1,"period_begin":"08:00","period_end":"20:00"}]},"last_updated":"2015-06-29T20:39:09Z"}`
	connector211 = `{"id":"1","standard":"IEC_62196_T2","format":"CABLE","power_type":"AC_3_PHASE","voltage":220,"amperage":16,"tariff_id":"11",` +
		`"last_updated":"2015-03-16T10:10:02Z"}`
	token211 = `{"uid":"012345678","type":"RFID","auth_id":"DE8ACC12E46L89","issuer":"TheNewMotion","valid":true,"whitelist":"ALWAYS",` +
		`"last_updated":"2015-06-29T22:39:09Z"}`
	session211 = `{"id":"101","start_datetime":"2015-06-29T22:39:09Z","end_datetime":"2015-06-29T23:50:16Z","kwh":41.00,"auth_id":"DE8ACC12E46L89","auth_method":"WHITELIST",` +
		`"location":` + location211 + `,"currency":"EUR","charging_periods":[{"start_date_time":"2015-06-29T22:39:09Z","dimensions":[{"type":"FLAT","volume":1}]}],` +
		`"total_cost":8.50,"status":"COMPLETED","last_updated":"2015-06-29T23:50:17Z"}`
	cdr211 = `{"id":"12345","start_date_time":"2015-06-29T21:39:09Z","stop_date_time":"2015-06-29T23:37:32Z","auth_id":"DE8ACC12E46L89","auth_method":"WHITELIST",` +
		`"location":` + location211 + `,"currency":"EUR","charging_periods":[{"start_date_time":"2015-06-29T21:39:09Z","dimensions":[{"type":"TIME","volume":1.973}]}],` +
		`"total_cost":4.00,"total_energy":15.342,"total_time":1.973,"last_updated":"2015-06-29T22:01:13Z"}`
	credentials211 = `{"token":"ebf3b399-779f","url":"https://example.com/ocpi/cpo/versions/","business_details":{"name":"Example"},"party_id":"EXA","country_code":"NL"}`

	aConnector     = `{"id":"1","standard":"IEC_62196_T2","format":"CABLE","power_type":"AC_3_PHASE","max_voltage":220,"max_amperage":16,"last_updated":"2015-03-16T10:10:02Z"}`
	theCredentials = `{"token":"ebf3b399-779f","url":"https://example.com/ocpi/versions/","roles":[{"role":"CPO","party_id":"EXA","country_code":"NL","business_details":{"name":"Example"}}]}`
)

var (
	cdr230    = strings.Replace(aCDR, `{"excl_vat":4.00}`, `{"before_taxes":4.00,"taxes":[{"name":"VAT","amount":0.84}]}`, 1)
	tariff230 = strings.Replace(aTariff, `"elements"`, `"tax_included":"NO","min_price":{"before_taxes":1,"after_taxes":1.21},"elements"`, 1)
	tariff221 = strings.Replace(aTariff, `"elements"`, `"min_price":{"excl_vat":1,"incl_vat":1.21},"elements"`, 1)
)

func TestAnObjectOfAnotherVersionIsGivenAwayByAField(t *testing.T) {
	location := string(aLocation(2))
	for _, c := range []struct {
		at          ocpi.Version
		class, body string
		field       string
		of          ocpi.Version
	}{
		{ocpi.V211, "Credentials", theCredentials, "roles", ocpi.V221}, // H-036
		{ocpi.V221, "Credentials", credentials211, "business_details", ocpi.V211},
		{ocpi.V230, "Credentials", credentials211, "business_details", ocpi.V211},
		{ocpi.V211, "Location", location, "publish", ocpi.V221},
		{ocpi.V221, "Location", location211, "type", ocpi.V211},
		{ocpi.V230, "Location", location211, "type", ocpi.V211},
		{ocpi.V211, "Connector", aConnector, "max_voltage", ocpi.V221},
		{ocpi.V221, "Connector", connector211, "voltage", ocpi.V211},
		{ocpi.V211, "EVSE", evseOf(aConnector), "connectors.max_voltage", ocpi.V221},
		{ocpi.V230, "EVSE", evseOf(connector211), "connectors.voltage", ocpi.V211},
		{ocpi.V211, "Token", aToken, "contract_id", ocpi.V221},
		{ocpi.V221, "Token", token211, "auth_id", ocpi.V211},
		{ocpi.V211, "Session", aSession, "start_date_time", ocpi.V221},
		{ocpi.V221, "Session", session211, "start_datetime", ocpi.V211},
		{ocpi.V211, "CDR", aCDR, "end_date_time", ocpi.V221},
		{ocpi.V221, "CDR", cdr211, "stop_date_time", ocpi.V211},
		{ocpi.V230, "CDR", aCDR, "total_cost.excl_vat", ocpi.V221},
		{ocpi.V221, "CDR", cdr230, "total_cost.before_taxes", ocpi.V230},
		{ocpi.V211, "CDR", cdr230, "end_date_time", ocpi.V230},
		{ocpi.V230, "Tariff", tariff221, "min_price.excl_vat", ocpi.V221},
		{ocpi.V221, "Tariff", tariff230, "tax_included", ocpi.V230},
	} {
		if found := ocpi.CheckObject(c.of, c.class, []byte(c.body), false); len(found) > 0 {
			t.Errorf("%s: the %s is none: %v", c.of, c.class, found)
		}
		field, other, ok := ocpi.ForeignVersion(c.at, c.class, []byte(c.body), false)
		if field != c.field || other != c.of || !ok {
			t.Errorf("a %s of %s at %s: got %q of %q, %v; want %q", c.class, c.of, c.at, field, other, ok, c.field)
		}
	}
}

func evseOf(connector string) string {
	return `{"uid":"1","status":"AVAILABLE","connectors":[` + connector + `],"last_updated":"2015-03-16T10:10:02Z"}`
}

func TestAPatchIsGivenAwayByTheTypeOfAField(t *testing.T) {
	const stamp = `,"last_updated":"2015-03-16T10:10:02Z"}`
	for _, c := range []struct {
		at    ocpi.Version
		body  string
		field string
		of    ocpi.Version
	}{
		{ocpi.V211, `{"total_cost":{"excl_vat":4.00}` + stamp, "total_cost", ocpi.V221},
		{ocpi.V221, `{"total_cost":4.00` + stamp, "total_cost", ocpi.V211},
		{ocpi.V230, `{"total_cost":{"excl_vat":4.00}` + stamp, "total_cost.excl_vat", ocpi.V221},
	} {
		field, other, ok := ocpi.ForeignVersion(c.at, "Session", []byte(c.body), true)
		if field != c.field || other != c.of || !ok {
			t.Errorf("%s at %s: got %q of %q, %v; want %q", c.body, c.at, field, other, ok, c.field)
		}
	}
}

func TestWhatIsNoBetterInAnotherVersionIsNotForeign(t *testing.T) {
	for name, c := range map[string]struct {
		at          ocpi.Version
		class, body string
		partial     bool
	}{
		"a sound object":                     {ocpi.V221, "Session", aSession, false},
		"a sound object with more":           {ocpi.V221, "Location", strings.Replace(string(aLocation(1)), `"city"`, `"help_phone":"112","city"`, 1), false},
		"an owner in an object of 2.1.1":     {ocpi.V211, "Token", strings.Replace(token211, `{`, `{"country_code":"NL","party_id":"TNM",`, 1), false},
		"a fault beside an extension":        {ocpi.V221, "Location", strings.Replace(string(aLocation(1)), `"city":"Gent"`, `"help_phone":"112"`, 1), false},
		"only something missing":             {ocpi.V230, "Tariff", aTariff, false},
		"a patch with an extension":          {ocpi.V211, "Connector", `{"max_electric_power":11000}`, true},
		"a class that the version lacks":     {ocpi.V211, "ClientInfo", `{}`, false},
		"a class that no other version has":  {ocpi.V230, "Terminal", `{"terminal_id":5}`, false},
		"a class that nobody knows":          {ocpi.V221, "Nothing", `{}`, false},
		"what is no object":                  {ocpi.V221, "Token", `[]`, false},
		"what is as wrong in other versions": {ocpi.V221, "Token", `{"auth_id":5}`, true},
	} {
		if field, other, ok := ocpi.ForeignVersion(c.at, c.class, []byte(c.body), c.partial); ok || field != "" || other != "" {
			t.Errorf("%s: %q of %s", name, field, other)
		}
	}
}

// TestTheExamplesOfAVersionAreForeignInOthers: where an example is refused in
// another version, it is no better in a third, or known for what it is.
func TestTheExamplesOfAVersionAreForeignInOthers(t *testing.T) {
	refused := 0
	for _, e := range readFacts[[]example](t, "examples/index.json") {
		body := facts(t, filepath.Join("examples", e.File))
		home := ocpi.Version(e.Version)
		if e.Partial || ocpi.Fields(home, e.Type) == nil || len(ocpi.CheckObject(home, e.Type, body, false)) > 0 {
			continue
		}
		for _, v := range ocpi.KnownVersions() {
			if len(ocpi.CheckObject(v, e.Type, body, false)) == 0 {
				continue
			}
			refused++
			field, other, ok := ocpi.ForeignVersion(v, e.Type, body, false)
			if e.Type == "Tariff" && !ok {
				continue // it only lacks its owner, or tax_included
			}
			if !ok || field == "" || len(ocpi.CheckObject(other, e.Type, body, false)) > 0 {
				t.Errorf("%s at %s: %q of %q", e.File, v, field, other)
			}
		}
	}
	if refused < 40 {
		t.Errorf("only %d examples were refused", refused)
	}
}

func FuzzForeignVersion(f *testing.F) {
	f.Add("Location", []byte(location211), false)
	f.Add("CDR", []byte(cdr230), false)
	f.Add("Session", []byte(`{"total_cost":[{"excl_vat":[}`), true)
	f.Fuzz(func(t *testing.T, class string, body []byte, partial bool) {
		for _, v := range ocpi.KnownVersions() {
			field, other, ok := ocpi.ForeignVersion(v, class, body, partial)
			if ok != (field != "") || ok != (other != "") || other == v && ok {
				t.Fatalf("%s: %q of %q, %v", v, field, other, ok)
			}
			if ok && len(ocpi.CheckObject(v, class, body, partial)) == 0 {
				t.Fatalf("%s: sound, but %q is of %q", v, field, other)
			}
		}
	})
}

func ExampleForeignVersion() {
	body := []byte(`{"id":"1","standard":"IEC_62196_T2","format":"CABLE","power_type":"DC","max_voltage":400,"max_amperage":125,"last_updated":"2026-03-16T10:10:02Z"}`)
	field, other, _ := ocpi.ForeignVersion(ocpi.V211, "Connector", body, false)
	fmt.Println(field, "is of OCPI", other)
	// Output: max_voltage is of OCPI 2.2.1
}

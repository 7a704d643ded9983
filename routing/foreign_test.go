package routing

import (
	"strings"
	"testing"

	"github.com/ocpihub/ocpihub/internal/fault"
	"github.com/ocpihub/ocpihub/ocpi"
)

// strays are objects of each class that one version has and another refuses.
var strays = []struct {
	name         string
	at           ocpi.Version
	module       ocpi.ModuleID
	method, path string
	body         string
	field        string
	of           ocpi.Version
}{
	{
		"H-036 a location of 2.1.1", ocpi.V221, ocpi.Locations, "PUT", "DE/ABC/L1",
		`{"id":"L1","type":"ON_STREET","address":"a","city":"c","postal_code":"9000","country":"BEL","coordinates":{"latitude":"51.047599","longitude":"3.729944"},"last_updated":"2026-01-01T00:00:00Z"}`,
		"type", ocpi.V211,
	},
	{
		"a connector of 2.1.1", ocpi.V230, ocpi.Locations, "PUT", "DE/ABC/L1/E1/1",
		`{"id":"1","standard":"IEC_62196_T2","format":"CABLE","power_type":"AC_3_PHASE","voltage":220,"amperage":16,"last_updated":"2026-01-01T00:00:00Z"}`,
		"voltage", ocpi.V211,
	},
	{
		"an EVSE of 2.1.1", ocpi.V221, ocpi.Locations, "PUT", "DE/ABC/L1/E1",
		`{"uid":"E1","status":"AVAILABLE","connectors":[{"id":"1","standard":"IEC_62196_T2","format":"CABLE","power_type":"AC_3_PHASE","voltage":220,"amperage":16,"last_updated":"2026-01-01T00:00:00Z"}],"last_updated":"2026-01-01T00:00:00Z"}`,
		"connectors.voltage", ocpi.V211,
	},
	{
		"a token of 2.1.1", ocpi.V221, ocpi.Tokens, "PUT", "NL/TNM/U1",
		`{"uid":"U1","type":"RFID","auth_id":"DE8ACC12E46L89","issuer":"TheNewMotion","valid":true,"whitelist":"ALWAYS","last_updated":"2026-01-01T00:00:00Z"}`,
		"auth_id", ocpi.V211,
	},
	{"a CDR of 2.2.1", ocpi.V230, ocpi.CDRs, "POST", "", theirCDR(`{"excl_vat":4.00,"incl_vat":4.84}`), "total_cost.excl_vat", ocpi.V221},
	{"a CDR of 2.3.0", ocpi.V221, ocpi.CDRs, "POST", "", theirCDR(`{"before_taxes":4.00,"taxes":[{"name":"VAT","amount":0.84}]}`), "total_cost.before_taxes", ocpi.V230},
	{
		"a tariff of 2.2.1", ocpi.V230, ocpi.Tariffs, "PUT", "DE/ABC/T1",
		`{"country_code":"DE","party_id":"ABC","id":"T1","currency":"EUR","min_price":{"excl_vat":1,"incl_vat":1.21},"elements":[{"price_components":[{"type":"FLAT","price":2.5,"step_size":1}]}],"last_updated":"2026-01-01T00:00:00Z"}`,
		"min_price.excl_vat", ocpi.V221,
	},
	{
		"a session of 2.1.1", ocpi.V221, ocpi.Sessions, "PUT", "DE/ABC/101",
		`{"id":"101","start_datetime":"2026-01-01T00:00:00Z","kwh":41.00,"auth_id":"DE8ACC12E46L89","auth_method":"WHITELIST",` +
			`"location":{"id":"L1","type":"ON_STREET","address":"a","city":"c","postal_code":"9000","country":"BEL","coordinates":{"latitude":"51.047599","longitude":"3.729944"},"last_updated":"2026-01-01T00:00:00Z"},` +
			`"currency":"EUR","status":"COMPLETED","last_updated":"2026-01-01T00:00:00Z"}`,
		"start_datetime", ocpi.V211,
	},
}

func theirCDR(cost string) string {
	return `{"country_code":"DE","party_id":"ABC","id":"C1","start_date_time":"2026-01-01T10:00:00Z","end_date_time":"2026-01-01T11:00:00Z",` +
		`"cdr_token":{"country_code":"NL","party_id":"TNM","uid":"0123","type":"RFID","contract_id":"C1"},"auth_method":"WHITELIST",` +
		`"cdr_location":{"id":"L1","address":"a","city":"c","country":"NLD","coordinates":{"latitude":"52.370216","longitude":"4.895168"},` +
		`"evse_uid":"E1","evse_id":"NL*ABC*E1","connector_id":"1","connector_standard":"IEC_62196_T2","connector_format":"SOCKET","connector_power_type":"AC_3_PHASE"},` +
		`"currency":"EUR","charging_periods":[{"start_date_time":"2026-01-01T10:00:00Z","dimensions":[{"type":"ENERGY","volume":12.50}]}],` +
		`"total_cost":` + cost + `,"total_energy":12.50,"total_time":1.0,"last_updated":"2026-01-01T11:00:00Z"}`
}

func TestAnObjectOfAnotherVersionIsRefusedByTheFieldThatGivesItAway(t *testing.T) {
	for _, c := range strays {
		t.Run(c.name, func(t *testing.T) {
			m := at(t, ocpi.Address{Version: c.at, Module: c.module, Interface: ocpi.Receiver}, c.method, c.path, c.body)
			err := sound(m)
			if !fault.Is(err, fault.Invalid) {
				t.Fatalf("got %v", err)
			}
			for _, says := range []string{"OCPI " + string(c.of), "field " + c.field + ",", "endpoint is of " + string(c.at)} {
				if !strings.Contains(err.Error(), says) {
					t.Errorf("%q does not say %q", err, says)
				}
			}
			m = at(t, ocpi.Address{Version: c.of, Module: c.module, Interface: ocpi.Receiver}, c.method, c.path, c.body)
			if err := sound(m); err != nil {
				t.Errorf("where it belongs: %v", err)
			}
		})
	}
}

func TestAnObjectThatIsWrongInEveryVersionIsRefusedByItsFaults(t *testing.T) {
	m := at(t, ocpi.Address{Version: ocpi.V221, Module: ocpi.Tokens, Interface: ocpi.Receiver}, "PUT", "NL/TNM/U1", `{"uid":"U1","valid":"yes"}`)
	if err := sound(m); err == nil || !strings.Contains(err.Error(), "/valid must be") || strings.Contains(err.Error(), "OCPI 2.1.1") {
		t.Errorf("got %v", err)
	}
}

// at makes a message on an endpoint of a version.
func at(t testing.TB, where ocpi.Address, method, path, body string) *Message {
	t.Helper()
	rule, segments, _, why := ocpi.Match(where, method, path)
	if why != ocpi.Matched {
		t.Fatalf("%v %s %q matches no rule (%d)", where, method, path, why)
	}
	return &Message{Rule: rule, Path: path, Segments: segments, Body: []byte(body)}
}

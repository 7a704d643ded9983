package bridge_test

import (
	"testing"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/bridge"
)

// holding says which location the hub has.
func holding(v ocpi.Version, body string) func(*bridge.Surroundings) {
	return func(s *bridge.Surroundings) {
		s.Location = func(string) (bridge.Stored, bool) { return bridge.Stored{Version: v, Body: []byte(body)}, true }
	}
}

func knowingAnEMAID(s *bridge.Surroundings) {
	s.Token = func(string) (bridge.CdrToken, bool) {
		return bridge.CdrToken{Party: ocpi.NewPartyID("FR", "EMS"), UID: "U", Type: "EMAID"}, true
	}
}

const held = `{"country_code":"NL","party_id":"ABC","id":"LOC","publish":false,"address":"Dam 1","postal_code":"1","parking_type":"ON_STREET","evses":[{"uid":"E1","status":"CHARGING","connectors":[{"id":"1","standard":"CHADEMO","max_voltage":400,"max_amperage":125},{"id":"2","standard":"CHADEMO"}]},{"uid":"E2"}]}`

var sessionCrossings = []crossing{
	{
		says: "a session for 2.1.1 holds its location, cut to the EVSE and connector", class: bridge.Session, from: "2.2.1", to: "2.1.1",
		body:     `{"country_code":"NL","party_id":"ABC","id":"S","start_date_time":"2026-01-01T00:00:00Z","cdr_token":{"country_code":"DE","party_id":"EMP","uid":"U","type":"RFID","contract_id":"C"},"auth_method":"COMMAND","authorization_reference":"A","location_id":"loc","evse_uid":"e1","connector_id":"1","charging_periods":[{"start_date_time":"2026-01-01T00:00:00Z","dimensions":[{"type":"ENERGY","volume":1.0},{"type":"POWER","volume":2}],"tariff_id":"T"}],"total_cost":{"excl_vat":1.50,"incl_vat":1.8},"status":"RESERVATION"}`,
		where:    holding("2.2.1", held),
		want:     `{"id":"S","start_datetime":"2026-01-01T00:00:00Z","auth_id":"C","auth_method":"AUTH_REQUEST","location":{"id":"loc","address":"Dam 1","postal_code":"1","type":"ON_STREET","evses":[{"uid":"e1","status":"CHARGING","connectors":[{"id":"1","standard":"CHADEMO","voltage":400,"amperage":125}]}]},"charging_periods":[{"start_date_time":"2026-01-01T00:00:00Z","dimensions":[{"type":"ENERGY","volume":1.0}]}],"total_cost":1.50,"status":"PENDING"}`,
		findings: []string{"cdr_token /cdr_token/uid", "cdr_token /cdr_token/type", "auth_method /auth_method", "authorization_reference /authorization_reference", "period_tariff /charging_periods/0/tariff_id", "dimensions /charging_periods/0/dimensions/1", "incl_vat /total_cost/incl_vat", "reservation /status"},
	},
	{
		says: "a reservation of any EVSE names none in 2.1.1", class: bridge.Session, from: "2.2.1", to: "2.1.1",
		body:     `{"id":"S","cdr_token":{"country_code":"FR","party_id":"XXX","uid":"U"},"location_id":"LOC","evse_uid":"#NA","connector_id":"#NA"}`,
		where:    holding("2.1.1", `{"id":"LOC","evses":[]}`),
		want:     `{"id":"S","auth_id":"U","location":{"id":"LOC"}}`,
		findings: []string{"cdr_token /cdr_token/country_code", "cdr_token /cdr_token/party_id", "any_evse /evse_uid", "any_evse /connector_id"},
	},
	{
		says: "a reservation of any connector has all of its EVSE", class: bridge.Session, from: "2.2.1", to: "2.1.1",
		body:     `{"id":"S","location_id":"LOC","evse_uid":"E1","connector_id":"#NA"}`,
		where:    holding("2.1.1", `{"id":"LOC","evses":[{"uid":"E2"},{"uid":"E1","connectors":[{"id":"1"},{"id":"2"}]}]}`),
		want:     `{"id":"S","location":{"id":"LOC","evses":[{"uid":"E1","connectors":[{"id":"1"},{"id":"2"}]}]}}`,
		findings: []string{"any_connector /connector_id"},
	},
	{
		says: "a session at a connector that 2.1.1 does not know goes without the EVSE", class: bridge.Session, from: "2.2.1", to: "2.1.1",
		body:     `{"id":"S","location_id":"LOC","evse_uid":"E1","connector_id":"1"}`,
		where:    holding("2.2.1", `{"id":"LOC","postal_code":"1","parking_type":"ON_STREET","evses":[{"uid":"E1","connectors":[{"id":"1","standard":"GBT_DC"},{"id":"2","standard":"CHADEMO"}]}]}`),
		want:     `{"id":"S","location":{"id":"LOC","postal_code":"1","type":"ON_STREET"}}`,
		findings: []string{"connector_gone /evse_uid", "connector_gone /connector_id"},
	},
	{
		says: "a session whose location the hub does not have stays", class: bridge.Session, from: "2.2.1", to: "2.1.1",
		body: `{"id":"S","location_id":"LOC","evse_uid":"E","connector_id":"1"}`, withheld: bridge.NoLocation,
	},
	{
		says: "a session whose EVSE the hub does not have stays", class: bridge.Session, from: "2.2.1", to: "2.1.1",
		body: `{"id":"S","location_id":"LOC","evse_uid":"E9","connector_id":"1"}`, where: holding("2.2.1", held), withheld: bridge.NoLocation,
	},
	{
		says: "a session from 2.1.1 names its location, and a token that nobody knows is made up", class: bridge.Session, from: "2.1.1", to: "2.3.0",
		body:     `{"id":"S","start_datetime":"2026-01-01T00:00:00Z","end_datetime":null,"auth_id":"C","location":{"id":"LOC","name":"Dam","evses":[{"uid":"E1","connectors":[{"id":"1","voltage":230},{"id":"2"}]},{"uid":"E2"}]},"charging_periods":[{"dimensions":[{"type":"FLAT","volume":1},{"type":"PARKING_TIME","volume":1}]},{"dimensions":[{"type":"FLAT","volume":1}]}],"total_cost":1.50}`,
		want:     `{"country_code":"NL","party_id":"ABC","id":"S","start_date_time":"2026-01-01T00:00:00Z","end_date_time":null,"cdr_token":{"country_code":"DE","party_id":"EMP","uid":"C","type":"RFID","contract_id":"C"},"location_id":"LOC","evse_uid":"E1","connector_id":"1","charging_periods":[{"dimensions":[{"type":"PARKING_TIME","volume":1}]},{"dimensions":[{"type":"TIME","volume":0}]}],"total_cost":{"before_taxes":1.50}}`,
		findings: []string{"token_party /cdr_token/country_code", "token_party /cdr_token/party_id", "unknown_token /cdr_token/uid", "unknown_token /cdr_token/type", "location_details /location/evses/1", "location_details /location/evses/0/connectors/1", "location_details /location/name", "location_details /location/evses/0/connectors/0/voltage", "parking_time /charging_periods/0/dimensions/1", "flat_dimension /charging_periods/0/dimensions/0", "flat_dimension /charging_periods/1/dimensions/0", "no_dimension /charging_periods/1/dimensions/0"},
	},
	{
		says: "a session that a party of 2.1.1 was given has the ids that the CPO knows", class: bridge.Session, from: "2.1.1", to: "2.2.1",
		body:  `{"id":"NL*ABC*S","location":{"id":"NL*ABC*L","evses":[{"uid":"E","connectors":[{"id":"1"}]}]}}`,
		where: func(s *bridge.Surroundings) { s.IDs = bridge.Prefixed{} },
		want:  `{"country_code":"NL","party_id":"ABC","id":"S","location_id":"L","evse_uid":"E","connector_id":"1"}`,
	},
	{
		says: "a token that the hub knows is not made up, and a place that is not said is #NA", class: bridge.Session, from: "2.1.1", to: "2.2.1",
		body: `{"id":"S","auth_id":"C","location":{"id":"LOC"}}`,
		where: func(s *bridge.Surroundings) {
			s.Token = func(string) (bridge.CdrToken, bool) {
				return bridge.CdrToken{Party: ocpi.NewPartyID("FR", "EMS"), UID: "U", Type: "APP_USER"}, true
			}
		},
		want:     `{"country_code":"NL","party_id":"ABC","id":"S","cdr_token":{"country_code":"FR","party_id":"EMS","uid":"U","type":"APP_USER","contract_id":"C"},"location_id":"LOC","evse_uid":"#NA","connector_id":"#NA"}`,
		findings: []string{"no_place /evse_uid", "no_place /connector_id"},
	},
	{
		says: "a token that the hub knows to be an EMAID is one where that is known", class: bridge.Session, from: "2.1.1", to: "2.3.0",
		body: `{"id":"S","auth_id":"C"}`, where: knowingAnEMAID,
		want: `{"country_code":"NL","party_id":"ABC","id":"S","cdr_token":{"country_code":"FR","party_id":"EMS","uid":"U","type":"EMAID","contract_id":"C"}}`,
	},
	{
		says: "and another one where it is not", class: bridge.Session, from: "2.1.1", to: "2.2.1",
		body: `{"id":"S","auth_id":"C"}`, where: knowingAnEMAID,
		want: `{"country_code":"NL","party_id":"ABC","id":"S","cdr_token":{"country_code":"FR","party_id":"EMS","uid":"U","type":"OTHER","contract_id":"C"}}`,
	},
	{
		says: "a token without a party is not made up", class: bridge.Session, from: "2.1.1", to: "2.2.1",
		body: `{"id":"S","auth_id":"C"}`, where: func(s *bridge.Surroundings) { s.EMSP = ocpi.PartyID{} }, withheld: bridge.NoEMSP,
	},
}

const cdrTail = `"total_cost":{"excl_vat":1.0},"last_updated":"2026-01-02T00:00:00.250Z"}`

func TestPeriodsFromAPatchOf211AreMerged(t *testing.T) {
	const first, second, grown, third = `{"start_date_time":"2026-01-01T00:00:00Z"}`, `{"start_date_time":"2026-01-01T01:00:00Z"}`, `{"start_date_time":"2026-01-01T01:00:00","x":1}`, `{"start_date_time":"2026-01-01T02:00:00Z"}`
	for says, c := range map[string][3]string{
		"all were sent":          {"[" + first + "," + second + "]", "[" + first + ", " + grown + "," + third + "]", "[" + first + "," + grown + "," + third + "]"},
		"only the new were sent": {"[" + first + "," + second + "]", "[" + third + "]", "[" + first + "," + second + "," + third + "]"},
		"the last has grown":     {"[" + first + "," + second + "]", "[" + grown + "]", "[" + first + "," + grown + "]"},
		"one between has grown":  {"[" + first + "," + second + "," + third + "]", "[" + grown + "]", "[" + first + "," + grown + "," + third + "]"},
		"none was sent":          {"[" + first + "]", "[]", "[" + first + "]"},
		"there was none":         {"null", "[" + first + "]", "[" + first + "]"},
	} {
		if got := string(bridge.MergePeriods([]byte(c[0]), []byte(c[1]))); got != c[2] {
			t.Errorf("when %s: %s, want %s", says, got, c[2])
		}
	}
}

var cdrCrossings = []crossing{
	{
		says: "a CDR for 2.1.1 holds a whole location", class: bridge.CDR, from: "2.2.1", to: "2.1.1",
		body:     `{"country_code":"NL","party_id":"ABC","id":"C","end_date_time":"1970-1-1T00:00:00Z","cdr_location":{"id":"L","address":"Dam 1","postal_code":"1","state":"NH","coordinates":{},"evse_uid":"E","evse_id":"#NA","connector_id":"1","connector_standard":"CHADEMO","connector_format":"CABLE","connector_power_type":"DC"},` + cdrTail,
		want:     `{"id":"C","stop_date_time":"1970-1-1T00:00:00Z","location":{"id":"L","address":"Dam 1","postal_code":"1","coordinates":{},"evses":[{"uid":"E","evse_id":"#NA","status":"UNKNOWN","connectors":[{"id":"1","standard":"CHADEMO","format":"CABLE","power_type":"DC","voltage":0,"amperage":0,"last_updated":"2026-01-02T00:00:00Z"}],"last_updated":"2026-01-02T00:00:00Z"}],"type":"UNKNOWN","last_updated":"2026-01-02T00:00:00Z"},"total_cost":1.0,"last_updated":"2026-01-02T00:00:00Z"}`,
		findings: []string{"state /cdr_location/state", "cdr_location_parts /location/evses/0/connectors/0/voltage", "cdr_location_parts /location/evses/0/connectors/0/amperage", "cdr_location_parts /location/evses/0/connectors/0/last_updated", "cdr_location_parts /location/evses/0/status", "cdr_location_parts /location/evses/0/last_updated", "cdr_location_parts /location/type", "cdr_location_parts /location/last_updated", "fractions_of_seconds /last_updated"},
	},
	{
		says: "what the hub knows of the place of a CDR is not made up", class: bridge.CDR, from: "2.2.1", to: "2.1.1",
		body:     `{"id":"C","cdr_location":{"id":"LOC","postal_code":"1","evse_uid":"E1","evse_id":"x","connector_id":"1","connector_standard":"CHADEMO"},` + cdrTail,
		where:    holding("2.2.1", held),
		want:     `{"id":"C","location":{"id":"LOC","postal_code":"1","evses":[{"uid":"E1","evse_id":"x","status":"UNKNOWN","connectors":[{"id":"1","standard":"CHADEMO","voltage":400,"amperage":125,"last_updated":"2026-01-02T00:00:00Z"}],"last_updated":"2026-01-02T00:00:00Z"}],"type":"ON_STREET","last_updated":"2026-01-02T00:00:00Z"},"total_cost":1.0,"last_updated":"2026-01-02T00:00:00Z"}`,
		findings: []string{"cdr_location_parts /location/evses/0/connectors/0/last_updated", "cdr_location_parts /location/evses/0/status", "cdr_location_parts /location/evses/0/last_updated", "cdr_location_parts /location/last_updated", "fractions_of_seconds /last_updated"},
	},
	{
		says: "a CDR whose connector 2.1.1 does not know goes without EVSE", class: bridge.CDR, from: "2.2.1", to: "2.1.1",
		body:     `{"id":"C","cdr_location":{"id":"L","postal_code":"1","evse_uid":"E","connector_id":"1","connector_standard":"GBT_DC"},"total_cost":{"excl_vat":1},"last_updated":"2026-01-02T00:00:00Z"}`,
		want:     `{"id":"C","location":{"id":"L","postal_code":"1","type":"UNKNOWN","last_updated":"2026-01-02T00:00:00Z"},"total_cost":1,"last_updated":"2026-01-02T00:00:00Z"}`,
		findings: []string{"connector_gone /cdr_location/evse_uid", "connector_gone /cdr_location/connector_id", "connector_gone /cdr_location/connector_standard", "cdr_location_parts /location/type", "cdr_location_parts /location/last_updated"},
	},
	{
		says: "what a CDR of 2.1.1 has no words for is dropped, the total stays", class: bridge.CDR, from: "2.2.1", to: "2.1.1",
		body:     `{"id":"` + long + `","session_id":"S","signed_data":{"x":1},"total_cost":{"excl_vat":12.3400},"total_energy_cost":{"excl_vat":1},"total_time":1.50,"invoice_reference_id":"I","credit":false,"home_charging_compensation":true}`,
		want:     `{"id":"` + long + `","total_cost":12.3400,"total_time":1.50}`,
		findings: []string{"long_billing_id /id", "cost_split /total_energy_cost", "cdr_references /session_id", "cdr_references /invoice_reference_id", "signed_data /signed_data", "credit /credit", "home_charging_compensation /home_charging_compensation"},
	},
	{
		says: "a credit CDR stays", class: bridge.CDR, from: "2.3.0", to: "2.1.1",
		body: `{"id":"C","credit":true,"credit_reference_id":"B","total_cost":{"before_taxes":-1.0}}`, withheld: bridge.CreditCDR,
	},
	{
		says: "a connection may take credit CDRs", class: bridge.CDR, from: "2.2.1", to: "2.1.1",
		body:     `{"id":"C","credit":true,"credit_reference_id":"B","total_cost":{"excl_vat":-1.0}}`,
		where:    func(s *bridge.Surroundings) { s.CreditCDRs = true },
		want:     `{"id":"C","total_cost":-1.0}`,
		findings: []string{"credit /credit", "credit /credit_reference_id"},
	},
	{
		says: "the location of a CDR from 2.1.1 becomes flat", class: bridge.CDR, from: "2.1.1", to: "2.2.1",
		body:     `{"id":"C","stop_date_time":"2026-01-01T00:00:00Z","location":{"id":"L","type":"ON_STREET","address":"Dam 1","evses":[{"uid":"E","status":"CHARGING","connectors":[{"id":"1","standard":"CHADEMO","format":"CABLE","power_type":"DC","voltage":400}]}],"x":1},"total_cost":2}`,
		want:     `{"country_code":"NL","party_id":"ABC","id":"C","end_date_time":"2026-01-01T00:00:00Z","cdr_location":{"id":"L","address":"Dam 1","x":1,"evse_uid":"E","evse_id":"#NA","connector_id":"1","connector_standard":"CHADEMO","connector_format":"CABLE","connector_power_type":"DC"},"total_cost":{"excl_vat":2}}`,
		findings: []string{"location_details /location/type", "location_details /location/evses/0/status", "location_details /location/evses/0/connectors/0/voltage", "no_place /cdr_location/evse_id"},
	},
	{
		says: "a CDR that a party of 2.1.1 was given names its location as the CPO does", class: bridge.CDR, from: "2.1.1", to: "2.2.1",
		body:  `{"id":"C","location":{"id":"NL*ABC*L","evses":[{"uid":"E","evse_id":"F","connectors":[{"id":"1"}]}]}}`,
		where: func(s *bridge.Surroundings) { s.IDs = bridge.Prefixed{} },
		want:  `{"country_code":"NL","party_id":"ABC","id":"C","cdr_location":{"id":"L","evse_uid":"E","evse_id":"F","connector_id":"1"}}`,
	},
	{
		says: "a CDR from 2.1.1 that names no connector stays", class: bridge.CDR, from: "2.1.1", to: "2.2.1",
		body: `{"id":"C","location":{"id":"L"}}`, withheld: bridge.NoConnector,
	},
	{
		says: "a CDR goes on without a tariff that cannot be said", class: bridge.CDR, from: "2.3.0", to: "2.2.1",
		body:     `{"id":"C","booking_id":"B","tariffs":[{"id":"T","elements":[]},{"id":"U","tax_included":"NO"}],"charging_periods":[{"dimensions":[{"type":"RESERVATION_OVERTIME"}]}]}`,
		want:     `{"id":"C","tariffs":[{"id":"U"}],"charging_periods":[{"dimensions":[{"type":"TIME","volume":0}]}]}`,
		findings: []string{"bookings /booking_id", "cdr_tariff /tariffs/0", "dimensions /charging_periods/0/dimensions/0", "no_dimension /charging_periods/0/dimensions/0"},
	},
	{
		says: "the tariffs of a CDR only explain it, whenever and for whom they hold", class: bridge.CDR, from: "2.2.1", to: "2.1.1",
		body:     `{"id":"C","tariffs":[{"country_code":"NL","party_id":"ABC","id":"T","type":"AD_HOC_PAYMENT","end_date_time":"2020-01-01T00:00:00Z"}]}`,
		want:     `{"id":"C","tariffs":[{"id":"T"}]}`,
		findings: []string{"tariff_type_gone /tariffs/0/type", "tariff_validity_gone /tariffs/0/end_date_time"},
	},
}

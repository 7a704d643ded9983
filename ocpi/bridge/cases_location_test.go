package bridge_test

import (
	"strings"
	"time"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/bridge"
)

var long = strings.Repeat("x", 37)

var locationCrossings = []crossing{
	{
		says: "a location for 2.1.1 loses its owner to the URL, and says its type", class: bridge.Location, from: "2.2.1", to: "2.1.1",
		body: `{"country_code":"NL","party_id":"abc","id":"L","publish":true,"postal_code":"1","parking_type":"ON_STREET"}`,
		want: `{"id":"L","postal_code":"1","type":"ON_STREET"}`,
	},
	{
		says: "a location from 2.1.1 gets owner, publish and time zone", class: bridge.Location, from: "2.1.1", to: "2.2.1",
		body:     `{"id":"L","type":"PARKING_LOT","country":"NLD","coordinates":{},"last_updated":"2026-01-01T00:00:00Z"}`,
		want:     `{"country_code":"NL","party_id":"ABC","id":"L","publish":true,"parking_type":"PARKING_LOT","country":"NLD","coordinates":{},"time_zone":"Europe/Amsterdam","last_updated":"2026-01-01T00:00:00Z"}`,
		findings: []string{"publish /publish", "time_zone /time_zone"},
	},
	{
		says: "where a country has many time zones that of the CPO holds", class: bridge.Location, from: "2.1.1", to: "2.2.1",
		body:     `{"id":"L","type":"UNKNOWN","country":"USA","publish":true}`,
		where:    func(s *bridge.Surroundings) { s.TimeZone = "America/Denver" },
		want:     `{"country_code":"NL","party_id":"ABC","id":"L","country":"USA","publish":true,"time_zone":"America/Denver"}`,
		findings: []string{"time_zone /time_zone"},
	},
	{
		says: "without owner nothing comes up from 2.1.1", class: bridge.Location, from: "2.1.1", to: "2.2.1",
		body: `{"id":"L"}`, where: func(s *bridge.Surroundings) { s.Owner = ocpi.PartyID{} }, withheld: bridge.NoOwner,
	},
	{
		says: "a location that is not published stays", class: bridge.Location, from: "2.2.1", to: "2.1.1",
		body: `{"id":"L","publish":false}`, withheld: bridge.NotPublished,
	},
	{
		says: "one that is not any more is taken away from those who have it", class: bridge.Location, from: "2.2.1", to: "2.1.1", gone: true,
		body: `{"id":"L","publish":true,"parking_type":"ON_STREET","postal_code":"1","evses":[{"uid":"1","status":"AVAILABLE","last_updated":"2026-01-01T00:00:00Z"},` +
			`{"uid":"2","status":"REMOVED","last_updated":"2026-01-01T00:00:00Z"},{"uid":"3","status":"BLOCKED","last_updated":"2026-12-01T00:00:00Z"}],"last_updated":"2026-01-01T00:00:00Z"}`,
		want: `{"id":"L","type":"ON_STREET","postal_code":"1","evses":[{"uid":"1","status":"REMOVED","last_updated":"2026-06-01T12:00:00Z"},` +
			`{"uid":"2","status":"REMOVED","last_updated":"2026-01-01T00:00:00Z"},{"uid":"3","status":"REMOVED","last_updated":"2026-12-01T00:00:00Z"}],"last_updated":"2026-06-01T12:00:00Z"}`,
		findings: []string{"taken_away /evses/0/status", "taken_away /evses/2/status"},
	},
	{
		says: "another owner than the URL's is told of", class: bridge.Location, from: "2.2.1", to: "2.1.1",
		body:     `{"country_code":"NL","party_id":"XYZ","id":"L","publish":true,"type":"x","postal_code":"1","parking_type":"ON_STREET"}`,
		want:     `{"id":"L","postal_code":"1","type":"ON_STREET"}`,
		findings: []string{"other_owner /country_code", "other_owner /party_id", "in_the_way /type"},
	},
	{
		says: "what 2.1.1 has no words for is dropped, and what it wants is filled in", class: bridge.Location, from: "2.2.1", to: "2.1.1",
		body: `{"id":"L","publish":true,"publish_allowed_to":[{"uid":"1","type":"RFID"}],"address":"1234567890123456789012345678901234567890123456","state":"Utrecht","coordinates":{"latitude":"52.1234567","longitude":"4.12345"},"x":1.50,"last_updated":"2026-01-01T00:00:00.5Z"}`,
		want: `{"id":"L","type":"UNKNOWN","address":"123456789012345678901234567890123456789012345","coordinates":{"latitude":"52.123457","longitude":"4.123450"},"x":1.50,"last_updated":"2026-01-01T00:00:00Z","postal_code":"#NA"}`,
		findings: []string{
			"publish_allowed_to /publish_allowed_to", "state /state", "location_type /type", "address /address", "postal_code /postal_code",
			"coordinate_digits /coordinates/latitude", "fractions_of_seconds /last_updated",
		},
	},
	{
		says: "a connection may take long addresses", class: bridge.Location, from: "2.2.1", to: "2.1.1",
		body:  `{"id":"L","publish":true,"postal_code":"1","parking_type":"ON_STREET","address":"1234567890123456789012345678901234567890123456"}`,
		where: func(s *bridge.Surroundings) { s.KeepAddresses = true },
		want:  `{"id":"L","postal_code":"1","type":"ON_STREET","address":"1234567890123456789012345678901234567890123456"}`,
	},
	{
		says: "another type of parking is OTHER in 2.1.1", class: bridge.Location, from: "2.2.1", to: "2.1.1",
		body:     `{"id":"L","publish":true,"postal_code":"1","parking_type":"ALONG_MOTORWAY"}`,
		want:     `{"id":"L","postal_code":"1","type":"OTHER"}`,
		findings: []string{"parking_type_other /parking_type"},
	},
	{
		says: "OTHER is no type of parking, and a long id goes on", class: bridge.Location, from: "2.1.1", to: "2.2.1",
		body:     `{"id":"` + long + `","type":"OTHER","time_zone":"Europe/Oslo","publish":true,"evses":[{"uid":"` + long + `"}]}`,
		want:     `{"country_code":"NL","party_id":"ABC","id":"` + long + `","time_zone":"Europe/Oslo","publish":true,"evses":[{"uid":"` + long + `"}]}`,
		findings: []string{"long_id /id", "other_type /type", "long_id /evses/0/uid"},
	},
	{
		says: "hours are regular or always in 2.1.1", class: bridge.Location, from: "2.2.1", to: "2.1.1",
		body:     `{"id":"L","publish":true,"postal_code":"1","parking_type":"ON_STREET","opening_times":{"twentyfourseven":true,"regular_hours":[{"weekday":1}]}}`,
		want:     `{"id":"L","postal_code":"1","type":"ON_STREET","opening_times":{"twentyfourseven":true}}`,
		findings: []string{"regular_hours /opening_times/regular_hours"},
	},
	{
		says: "regular hours need no word of always in 2.1.1", class: bridge.Location, from: "2.2.1", to: "2.1.1",
		body: `{"id":"L","publish":true,"postal_code":"1","parking_type":"ON_STREET","opening_times":{"twentyfourseven":false,"regular_hours":[{"weekday":1}],"exceptional_openings":[{"period_begin":"2026-01-01T00:00:00+00:00"}]}}`,
		want: `{"id":"L","postal_code":"1","type":"ON_STREET","opening_times":{"regular_hours":[{"weekday":1}],"exceptional_openings":[{"period_begin":"2026-01-01T00:00:00Z"}]}}`,
	},
	{
		says: "regular hours are not always, and no hours at all say nothing", class: bridge.Location, from: "2.1.1", to: "2.2.1",
		body: `{"id":"L","time_zone":"Europe/Oslo","publish":true,"opening_times":{"regular_hours":[{"weekday":1}]}}`,
		want: `{"country_code":"NL","party_id":"ABC","id":"L","time_zone":"Europe/Oslo","publish":true,"opening_times":{"twentyfourseven":false,"regular_hours":[{"weekday":1}]}}`,
	},
	{
		says: "hours with exceptions only do not go on", class: bridge.Location, from: "2.1.1", to: "2.2.1",
		body:     `{"id":"L","time_zone":"Europe/Oslo","publish":true,"opening_times":{"exceptional_closings":[]}}`,
		want:     `{"country_code":"NL","party_id":"ABC","id":"L","time_zone":"Europe/Oslo","publish":true}`,
		findings: []string{"opening_times /opening_times"},
	},
	{
		says: "what only 2.3.0 has is dropped for 2.2.1", class: bridge.Location, from: "2.3.0", to: "2.2.1",
		body: `{"id":"L","help_phone":"1","parking_places":[{"id":"1"}],"parking_type":"ROOF","facilities":["HOTEL","SPA"],"images":[{"category":"SELFIE"}],"operator":{"logo":{"category":"LOGO"}},"energy_mix":{"environ_impact":[{"category":"NOISE"}]},"evses":[{"parking":[{}],"accepted_service_providers":["x"],"capabilities":["RFID_READER","DANCE"],"parking_restrictions":["TAXIS"],"connectors":[{"capabilities":["ISO_15118_2_PLUG_AND_CHARGE"]}]}]}`,
		want: `{"id":"L","facilities":["HOTEL"],"images":[{"category":"OTHER"}],"operator":{"logo":{"category":"OTHER"}},"energy_mix":{"environ_impact":[]},"evses":[{"capabilities":["RFID_READER"],"parking_restrictions":[],"connectors":[{}]}]}`,
		findings: []string{
			"parking_places /parking_places", "help_phone /help_phone", "parking_type_open /parking_type", "facilities /facilities/1",
			"environmental_impacts /energy_mix/environ_impact/0", "image_category /images/0/category", "image_category /operator/logo/category",
			"evse_parking /evses/0/parking", "accepted_service_providers /evses/0/accepted_service_providers", "capabilities /evses/0/capabilities/1",
			"parking_restrictions /evses/0/parking_restrictions/0", "connector_capabilities /evses/0/connectors/0/capabilities",
		},
	},
	{
		says: "a connection may have what is closed to others for customers", class: bridge.EVSE, from: "2.3.0", to: "2.2.1",
		body:     `{"parking_restrictions":["PLUGGED","EMPLOYEES"]}`,
		where:    func(s *bridge.Surroundings) { s.ClosedToCustomers = true },
		want:     `{"parking_restrictions":["PLUGGED","CUSTOMERS"]}`,
		findings: []string{"parking_restriction_customers /parking_restrictions/1"},
	},
	{
		says: "the kind of an environmental impact has another name in 2.1.1", class: bridge.Location, from: "2.1.1", to: "2.3.0",
		body: `{"id":"L","time_zone":"Europe/Oslo","publish":true,"energy_mix":{"environ_impact":[{"source":"CARBON_DIOXIDE"}]}}`,
		want: `{"country_code":"NL","party_id":"ABC","id":"L","time_zone":"Europe/Oslo","publish":true,"energy_mix":{"environ_impact":[{"category":"CARBON_DIOXIDE"}]}}`,
	},
	{
		says: "what 2.2.1 drops on the way to 2.1.1 points into the source", class: bridge.Location, from: "2.3.0", to: "2.1.1",
		body:     `{"id":"L","publish":true,"postal_code":"1","parking_type":"ROOF","facilities":["SPA","TRAM_STOP","HOTEL"],"state":"x"}`,
		want:     `{"id":"L","type":"UNKNOWN","postal_code":"1","facilities":["HOTEL"]}`,
		findings: []string{"parking_type_open /parking_type", "facilities /facilities/0", "state /state", "location_type /type", "facilities /facilities/1"},
	},
	{
		says: "a party of 2.1.1 that sees many owners gets their ids with them", class: bridge.Location, from: "2.2.1", to: "2.1.1",
		body:  `{"country_code":"NL","party_id":"ABC","id":"L","publish":true,"postal_code":"1","parking_type":"ON_STREET","evses":[{"uid":"E","connectors":[{"standard":"CHADEMO","tariff_ids":["T"]}]}]}`,
		where: func(s *bridge.Surroundings) { s.IDs = bridge.Prefixed{} },
		want:  `{"id":"NL*ABC*L","postal_code":"1","type":"ON_STREET","evses":[{"uid":"E","connectors":[{"standard":"CHADEMO","tariff_id":"NL*ABC*T"}]}]}`,
	},
}

var connectorCrossings = []crossing{
	{
		says: "a connector has other names and one tariff in 2.1.1", class: bridge.Connector, from: "2.2.1", to: "2.1.1",
		body:     `{"id":"1","standard":"CHADEMO","power_type":"AC_2_PHASE","max_voltage":230,"max_amperage":16,"max_electric_power":3000,"tariff_ids":["T","U"],"amperage":1}`,
		want:     `{"id":"1","standard":"CHADEMO","power_type":"AC_1_PHASE","voltage":230,"amperage":16,"tariff_id":"T"}`,
		findings: []string{"power_type /power_type", "in_the_way /amperage", "max_electric_power /max_electric_power", "tariff_ids /tariff_ids/1"},
	},
	{
		says: "a connector from 2.1.1 has a list of tariffs", class: bridge.Connector, from: "2.1.1", to: "2.2.1",
		body: `{"id":"1","voltage":230,"amperage":16,"tariff_id":"T"}`,
		want: `{"id":"1","max_voltage":230,"max_amperage":16,"tariff_ids":["T"]}`,
	},
	{
		says: "the tariff for everybody that holds now is picked", class: bridge.Connector, from: "2.2.1", to: "2.1.1",
		body: `{"standard":"CHADEMO","tariff_ids":["unknown","adhoc","old","now"]}`,
		where: func(s *bridge.Surroundings) {
			s.Tariff = func(id string) (bridge.TariffFacts, bool) {
				f, ok := map[string]bridge.TariffFacts{
					"adhoc": {Type: "AD_HOC_PAYMENT"}, "old": {End: noon.Add(-time.Hour)}, "now": {Type: "REGULAR", Start: noon},
				}[id]
				return f, ok
			}
		},
		want:     `{"standard":"CHADEMO","tariff_id":"now"}`,
		findings: []string{"tariff_ids /tariff_ids/0", "tariff_ids /tariff_ids/1", "tariff_ids /tariff_ids/2"},
	},
	{
		says: "a tariff for ad hoc payment is never picked", class: bridge.Connector, from: "2.2.1", to: "2.1.1",
		body:     `{"standard":"CHADEMO","tariff_ids":["adhoc"]}`,
		where:    func(s *bridge.Surroundings) { s.Tariff = adHoc },
		want:     `{"standard":"CHADEMO"}`,
		findings: []string{"tariff_ids /tariff_ids"},
	},
	{
		says: "a connector that 2.1.1 does not know goes, and an EVSE with no other", class: bridge.Location, from: "2.2.1", to: "2.1.1",
		body:     `{"id":"L","publish":true,"postal_code":"1","parking_type":"ON_STREET","evses":[{"uid":"1","connectors":[{"standard":"GBT_DC"}]},{"uid":"2","connectors":[{"standard":"GBT_DC"},{"standard":"CHADEMO"}]}]}`,
		want:     `{"id":"L","postal_code":"1","type":"ON_STREET","evses":[{"uid":"2","connectors":[{"standard":"CHADEMO"}]}]}`,
		findings: []string{"evse_without_connectors /evses/0", "connector_type /evses/1/connectors/0"},
	},
	{
		says: "a lone connector that 2.1.1 does not know stays", class: bridge.Connector, from: "2.2.1", to: "2.1.1",
		body: `{"standard":"GBT_DC"}`, withheld: bridge.ConnectorUnknown,
	},
	{
		says: "a lone EVSE whose connectors 2.1.1 does not know stays", class: bridge.EVSE, from: "2.2.1", to: "2.1.1",
		body: `{"connectors":[{"standard":"GBT_DC"}]}`, withheld: bridge.EVSEUnknown,
	},
	{
		says: "an EVSE that has no connectors by itself goes on", class: bridge.EVSE, from: "2.2.1", to: "2.1.1",
		body: `{"uid":"1","status":"REMOVED"}`, want: `{"uid":"1","status":"REMOVED"}`,
	},
	{
		says: "a connection may take connectors that 2.1.1 does not know", class: bridge.Connector, from: "2.2.1", to: "2.1.1",
		body: `{"standard":"GBT_DC"}`, where: func(s *bridge.Surroundings) { s.KeepConnectorTypes = true }, want: `{"standard":"GBT_DC"}`,
	},
	{
		says: "a connector that 2.2.1 does not know goes there as it is", class: bridge.Connector, from: "2.3.0", to: "2.2.1",
		body: `{"standard":"MCS"}`, want: `{"standard":"MCS"}`,
	},
	{
		says: "a connection may take the plug for the type", class: bridge.Connector, from: "2.3.0", to: "2.1.1",
		body: `{"standard":"SAE_J3400"}`, where: func(s *bridge.Surroundings) { s.TeslaForJ3400 = true }, want: `{"standard":"TESLA_S"}`, findings: []string{"same_plug /standard"},
	},
	{
		says: "a connection of 2.2.1 may want no connectors that it does not know", class: bridge.Connector, from: "2.3.0", to: "2.2.1",
		body: `{"standard":"MCS"}`, where: func(s *bridge.Surroundings) { s.DropConnectorTypes = true }, withheld: bridge.ConnectorUnknown,
	},
}

func adHoc(string) (bridge.TariffFacts, bool) {
	return bridge.TariffFacts{Type: "AD_HOC_PAYMENT"}, true
}

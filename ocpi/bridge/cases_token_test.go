package bridge_test

import (
	"time"

	"github.com/ocpihub/ocpihub/ocpi/bridge"
)

func numbered(n int) func(*bridge.Surroundings) {
	return func(s *bridge.Surroundings) { s.Reservation = func(string) (int, bool) { return n, true } }
}

var tokenCrossings = []crossing{
	{
		says: "a token of an app is another one in 2.1.1", class: bridge.Token, from: "2.2.1", to: "2.1.1",
		body:     `{"country_code":"NL","party_id":"ABC","uid":"U","type":"APP_USER","contract_id":"C","group_id":"G"}`,
		want:     `{"uid":"U","type":"OTHER","auth_id":"C"}`,
		findings: []string{"token_type /type", "token_extras /group_id"},
	},
	{
		says: "a token from 2.1.1 is its owner's", class: bridge.Token, from: "2.1.1", to: "2.2.1",
		body: `{"uid":"U","type":"OTHER","auth_id":"C"}`,
		want: `{"country_code":"NL","party_id":"ABC","uid":"U","type":"OTHER","contract_id":"C"}`,
	},
	{
		says: "an EMAID is another token in 2.2.1", class: bridge.Token, from: "2.3.0", to: "2.2.1",
		body: `{"uid":"U","type":"EMAID"}`, want: `{"uid":"U","type":"OTHER"}`, findings: []string{"token_type /type"},
	},
	{
		says: "an answer for 2.1.1 does not repeat the token", class: bridge.AuthorizationInfo, from: "2.2.1", to: "2.1.1",
		body:     `{"allowed":"ALLOWED","token":{"uid":"U"},"location":{"location_id":"L"},"authorization_reference":"A"}`,
		want:     `{"allowed":"ALLOWED","location":{"location_id":"L"}}`,
		findings: []string{"answer_token /token", "authorization_reference /authorization_reference"},
	},
	{
		says: "an answer from 2.1.1 repeats the token that was asked for", class: bridge.AuthorizationInfo, from: "2.1.1", to: "2.3.0",
		body: `{"allowed":"ALLOWED","location":{"location_id":"NL*ABC*L","connector_ids":["1"]}}`,
		where: func(s *bridge.Surroundings) {
			s.AskedToken = &bridge.Stored{Version: "2.1.1", Body: []byte(`{"uid":"U","auth_id":"C"}`)}
			s.IDs = bridge.Prefixed{}
		},
		want:     `{"allowed":"ALLOWED","token":{"country_code":"DE","party_id":"EMP","uid":"U","contract_id":"C"},"location":{"location_id":"L"}}`,
		findings: []string{"connector_ids /location/connector_ids"},
	},
	{
		says: "an answer for 2.3.0 repeats the token as 2.3.0 knows it", class: bridge.AuthorizationInfo, from: "2.1.1", to: "2.3.0",
		body: `{"allowed":"ALLOWED"}`,
		where: func(s *bridge.Surroundings) {
			s.AskedToken = &bridge.Stored{Version: "2.3.0", Body: []byte(`{"uid":"U","type":"EMAID"}`)}
		},
		want: `{"allowed":"ALLOWED","token":{"uid":"U","type":"EMAID"}}`,
	},
	{
		says: "an answer about a token that nobody knows stays", class: bridge.AuthorizationInfo, from: "2.1.1", to: "2.2.1",
		body: `{"allowed":"ALLOWED"}`, withheld: bridge.NoToken,
	},
}

var strictCrossings = []crossing{
	{
		says: "a connection of 2.1.1 may want the fields of the specification only", class: bridge.Token, from: "2.3.0", to: "2.1.1",
		body:     `{"uid":"U","type":"RFID","x":{"y":1}}`,
		where:    func(s *bridge.Surroundings) { s.SpecifiedOnly = true },
		want:     `{"uid":"U","type":"RFID"}`,
		findings: []string{"unspecified /x"},
	},
	{
		says: "in lists, too", class: bridge.EVSE, from: "2.2.1", to: "2.1.1",
		body:     `{"uid":"U","connectors":[{"id":"1","standard":"CHADEMO","x":1}]}`,
		where:    func(s *bridge.Surroundings) { s.SpecifiedOnly = true },
		want:     `{"uid":"U","connectors":[{"id":"1","standard":"CHADEMO"}]}`,
		findings: []string{"unspecified /connectors/0/x"},
	},
}

var commandCrossings = []crossing{
	{
		says: "a start for 2.1.1 names no connector", class: bridge.StartSession, from: "2.2.1", to: "2.1.1",
		body:     `{"response_url":"https://x","token":{"country_code":"DE","party_id":"EMP","uid":"U","type":"RFID","contract_id":"C"},"location_id":"L","evse_uid":"E","connector_id":"1"}`,
		want:     `{"response_url":"https://x","token":{"uid":"U","type":"RFID","auth_id":"C"},"location_id":"L","evse_uid":"E"}`,
		findings: []string{"command_connector /connector_id"},
	},
	{
		says: "a start at an EVSE that must know the connector stays", class: bridge.StartSession, from: "2.2.1", to: "2.1.1",
		body:     `{"token":{},"location_id":"L","evse_uid":"E","connector_id":"1"}`,
		where:    holding("2.2.1", `{"evses":[{"uid":"e","capabilities":["START_SESSION_CONNECTOR_REQUIRED"]}]}`),
		withheld: bridge.ConnectorRequired,
	},
	{
		says: "a start from 2.1.1 is of the eMSP's token", class: bridge.StartSession, from: "2.1.1", to: "2.2.1",
		body: `{"token":{"uid":"U","auth_id":"C"},"location_id":"L"}`,
		want: `{"token":{"country_code":"DE","party_id":"EMP","uid":"U","contract_id":"C"},"location_id":"L"}`,
	},
	{
		says: "a start from 2.1.1 at a place that the hub never named stays", class: bridge.StartSession, from: "2.1.1", to: "2.2.1",
		body: `{"token":{"uid":"U","auth_id":"C"},"location_id":"L"}`, where: func(s *bridge.Surroundings) { s.IDs = bridge.Prefixed{} }, withheld: bridge.UnknownID,
	},
	{
		says: "a reservation that is a number keeps it", class: bridge.ReserveNow, from: "2.2.1", to: "2.1.1",
		body: `{"token":{},"reservation_id":"17","location_id":"L"}`, want: `{"token":{},"reservation_id":17,"location_id":"L"}`,
	},
	{
		says: "for another reservation a number stands", class: bridge.ReserveNow, from: "2.2.1", to: "2.1.1",
		body:  `{"token":{},"reservation_id":"R-17","location_id":"L"}`,
		where: numbered(5), want: `{"token":{},"reservation_id":5,"location_id":"L"}`, findings: []string{"reservation_number /reservation_id"},
	},
	{
		says: "a reservation for which no number stands stays", class: bridge.ReserveNow, from: "2.2.1", to: "2.1.1",
		body: `{"token":{},"reservation_id":"017","location_id":"L"}`, withheld: bridge.NoReservation,
	},
	{
		says: "a reservation from 2.1.1 is a text", class: bridge.ReserveNow, from: "2.1.1", to: "2.2.1",
		body: `{"token":{"uid":"U"},"reservation_id":17}`, want: `{"token":{"country_code":"DE","party_id":"EMP","uid":"U"},"reservation_id":"17"}`,
	},
	{
		says: "2.1.1 cannot cancel a reservation", class: bridge.CancelReservation, from: "2.2.1", to: "2.1.1",
		body: `{"reservation_id":"17"}`, withheld: bridge.NotInVersion,
	},
	{
		says: "an answer to a command has no timeout in 2.1.1", class: bridge.CommandResponse, from: "2.2.1", to: "2.1.1",
		body:     `{"result":"ACCEPTED","timeout":30,"message":[{"language":"en","text":"x"}]}`,
		want:     `{"result":"ACCEPTED"}`,
		findings: []string{"command_timeout /timeout", "command_message /message"},
	},
	{
		says: "an answer to a command from 2.1.1 gets a timeout", class: bridge.CommandResponse, from: "2.1.1", to: "2.2.1",
		body:     `{"result":"TIMEOUT"}`,
		where:    func(s *bridge.Surroundings) { s.CommandTimeout = time.Minute },
		want:     `{"result":"REJECTED","timeout":60,"message":[{"language":"en","text":"TIMEOUT: the charge point did not answer in time"}]}`,
		findings: []string{"default_timeout /timeout", "command_result /result", "result_message /message/0"},
	},
	{
		says: "a result that 2.1.1 lacks is REJECTED", class: bridge.CommandResult, from: "2.3.0", to: "2.1.1",
		body: `{"result":"EVSE_OCCUPIED"}`, want: `{"result":"REJECTED"}`, findings: []string{"command_result /result"},
	},
	{
		says: "an unknown session is a failure later on", class: bridge.CommandResult, from: "2.1.1", to: "2.2.1",
		body:     `{"result":"UNKNOWN_SESSION"}`,
		want:     `{"result":"FAILED","message":[{"language":"en","text":"UNKNOWN_SESSION: the session is not known"}]}`,
		findings: []string{"command_result /result", "result_message /message/0"},
	},
	{
		says: "a stop names the session as the party knows it", class: bridge.StopSession, from: "2.1.1", to: "2.2.1",
		body: `{"session_id":"NL*ABC*S"}`, where: func(s *bridge.Surroundings) { s.IDs = bridge.Prefixed{} }, want: `{"session_id":"S"}`,
	},
}

var credentialsCrossings = []crossing{
	{
		says: "credentials of 2.1.1 are of one party", class: bridge.Credentials, from: "2.2.1", to: "2.1.1",
		body:     `{"token":"t","url":"u","roles":[{"role":"EMSP","party_id":"ABC","country_code":"NL"},{"role":"CPO","business_details":{"name":"n"},"party_id":"ABC","country_code":"NL","token":"x"}]}`,
		want:     `{"token":"t","url":"u","business_details":{"name":"n"},"party_id":"ABC","country_code":"NL"}`,
		findings: []string{"other_roles /roles/0", "role /roles/1/role", "role /roles/1/token"},
	},
	{
		says: "credentials from 2.1.1 have the role of the connection", class: bridge.Credentials, from: "2.1.1", to: "2.3.0",
		body:     `{"token":"t","url":"u","business_details":{"name":"n"},"party_id":"ABC","country_code":"NL"}`,
		want:     `{"token":"t","url":"u","roles":[{"role":"CPO","business_details":{"name":"n"},"party_id":"ABC","country_code":"NL"}]}`,
		findings: []string{"role_made /roles/0/role"},
	},
	{
		says: "credentials from 2.1.1 without a role stay", class: bridge.Credentials, from: "2.1.1", to: "2.2.1",
		body: `{"token":"t"}`, where: func(s *bridge.Surroundings) { s.Role = "" }, withheld: bridge.NoRoles,
	},
	{
		says: "a hub of 2.2.1 says who it is beside its roles in 2.3.0", class: bridge.Credentials, from: "2.2.1", to: "2.3.0",
		body:     `{"url":"u","roles":[{"role":"HUB","party_id":"HUB","country_code":"NL","business_details":{"name":"n"}},{"role":"CPO","party_id":"ABC","country_code":"NL"}]}`,
		want:     `{"url":"u","hub_party_id":"NLHUB","roles":[{"role":"CPO","party_id":"ABC","country_code":"NL"}]}`,
		findings: []string{"hub_role_gone /roles/0"},
	},
	{
		says: "2.2.1 has no field for the hub", class: bridge.Credentials, from: "2.3.0", to: "2.2.1",
		body: `{"hub_party_id":"NLHUB","roles":[{"role":"CPO"}]}`, want: `{"roles":[{"role":"CPO"}]}`, findings: []string{"hub_party_id /hub_party_id"},
	},
	{
		says: "a payment terminal provider is another party in 2.2.1", class: bridge.ClientInfo, from: "2.3.0", to: "2.2.1",
		body: `{"role":"PTP"}`, want: `{"role":"OTHER"}`, findings: []string{"role_other /role"},
	},
	{
		says: "the hub itself is no client in 2.3.0", class: bridge.ClientInfo, from: "2.2.1", to: "2.3.0",
		body: `{"party_id":"HUB","country_code":"NL","role":"HUB"}`, withheld: bridge.HubRole,
	},
}

var patchCrossings = []crossing{
	{
		says: "a status goes on by itself", class: bridge.EVSE, from: "2.2.1", to: "2.1.1", patch: true,
		body: `{"status":"CHARGING","last_updated":"2026-01-01T00:00:00Z"}`, want: `{"status":"CHARGING","last_updated":"2026-01-01T00:00:00Z"}`,
	},
	{
		says: "a patch is not filled in, but for the time", class: bridge.Location, from: "2.1.1", to: "2.2.1", patch: true,
		body: `{"name":"n"}`, want: `{"name":"n","last_updated":"2026-06-01T12:00:00Z"}`, findings: []string{"patch_time /last_updated"},
	},
	{
		says: "a patch from 2.1.1 without a time becomes a PUT where the time is not known", class: bridge.Token, from: "2.1.1", to: "2.2.1", patch: true,
		body: `{"valid":false}`, where: func(s *bridge.Surroundings) { s.Now = time.Time{} }, asPut: bridge.PatchWithoutTime,
	},
	{
		says: "a patch of the tariffs of a connector replaces them all", class: bridge.Connector, from: "2.2.1", to: "2.1.1", patch: true,
		body: `{"tariff_ids":[],"last_updated":"2026-01-01T00:00:00Z"}`, want: `{"tariff_id":null,"last_updated":"2026-01-01T00:00:00Z"}`,
	},
	{
		says: "a patch of a cost goes on by itself", class: bridge.Session, from: "2.2.1", to: "2.1.1", patch: true,
		body: `{"kwh":1.10,"total_cost":{"excl_vat":2.0}}`, want: `{"kwh":1.10,"total_cost":2.0}`,
	},
	{
		says: "whether a location is published is for the whole to say", class: bridge.Location, from: "2.2.1", to: "2.1.1", patch: true,
		body: `{"publish":false}`, asPut: bridge.PatchPublish,
	},
	{
		says: "another country may have another time zone", class: bridge.Location, from: "2.1.1", to: "2.2.1", patch: true,
		body: `{"country":"DEU","last_updated":"2026-01-01T00:00:00Z"}`, asPut: bridge.PatchCountry,
	},
	{
		says: "what 2.1.1 requires is not taken away by itself", class: bridge.Location, from: "2.3.0", to: "2.1.1", patch: true,
		body: `{"postal_code":null}`, asPut: bridge.PatchEmptied,
	},
	{
		says: "the place of a session is for the whole to say", class: bridge.Session, from: "2.2.1", to: "2.1.1", patch: true,
		body: `{"evse_uid":"E"}`, asPut: bridge.PatchLocation,
	},
	{
		says: "periods are added in one version, and who knows in the other", class: bridge.Session, from: "2.1.1", to: "2.2.1", patch: true,
		body: `{"charging_periods":[]}`, asPut: bridge.PatchPeriods,
	},
	{
		says: "tariffs are patched in 2.1.1 only", class: bridge.Tariff, from: "2.1.1", to: "2.2.1", patch: true,
		body: `{"currency":"EUR"}`, asPut: bridge.NoPatch,
	},
	{
		says: "a connector that becomes one 2.1.1 does not know is for the whole to say", class: bridge.Connector, from: "2.2.1", to: "2.1.1", patch: true,
		body: `{"standard":"GBT_DC"}`, asPut: bridge.ConnectorUnknown,
	},
}

package conformance

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/ocpitest"
)

// location is a location with one EVSE, whose uid is that of the location with
// -1, and one connector.
func location(owner ocpi.PartyID, id, lastUpdated string) string {
	return fmt.Sprintf(`{"country_code":%q,"party_id":%q,"id":%q,"publish":true,"address":"Dam 1","city":"Amsterdam","country":"NLD",`+
		`"coordinates":{"latitude":"52.370216","longitude":"4.895168"},"evses":[%s],"time_zone":"Europe/Amsterdam","last_updated":%q}`,
		owner.Country, owner.ID, id, evse(id+"-1", lastUpdated), lastUpdated)
}

func evse(uid, lastUpdated string) string {
	return fmt.Sprintf(`{"uid":%q,"status":"AVAILABLE","connectors":[%s],"last_updated":%q}`, uid, connector("1", lastUpdated), lastUpdated)
}

func connector(id, lastUpdated string) string {
	return fmt.Sprintf(`{"id":%q,"standard":"IEC_62196_T2","format":"SOCKET","power_type":"AC_3_PHASE","max_voltage":230,"max_amperage":32,"last_updated":%q}`,
		id, lastUpdated)
}

func cdrToken(driver ocpi.PartyID) string {
	return fmt.Sprintf(`"cdr_token":{"country_code":%q,"party_id":%q,"uid":"0123","type":"RFID","contract_id":"C1"}`, driver.Country, driver.ID)
}

func session(owner ocpi.PartyID, id string, driver ocpi.PartyID, at string) string {
	return fmt.Sprintf(`{"country_code":%q,"party_id":%q,"id":%q,"start_date_time":%q,"kwh":1.50,%s,"auth_method":"WHITELIST",`+
		`"location_id":"L1","evse_uid":"L1-1","connector_id":"1","currency":"EUR","status":"ACTIVE","last_updated":%q}`,
		owner.Country, owner.ID, id, at, cdrToken(driver), at)
}

func cdr(owner ocpi.PartyID, id string, driver ocpi.PartyID, at string) string {
	return fmt.Sprintf(`{"country_code":%q,"party_id":%q,"id":%q,"start_date_time":%q,"end_date_time":%q,%s,"auth_method":"WHITELIST",`+
		`"cdr_location":{"id":"L1","address":"Dam 1","city":"Amsterdam","country":"NLD","coordinates":{"latitude":"52.370216","longitude":"4.895168"},`+
		`"evse_uid":"L1-1","evse_id":"NL*ABC*E1","connector_id":"1","connector_standard":"IEC_62196_T2","connector_format":"SOCKET","connector_power_type":"AC_3_PHASE"},`+
		`"currency":"EUR","charging_periods":[{"start_date_time":%q,"dimensions":[{"type":"ENERGY","volume":12.50}]}],`+
		`"total_cost":%s,"total_energy":12.50,"total_time":1.0,"last_updated":%q}`,
		owner.Country, owner.ID, id, at, at, cdrToken(driver), at, cost(), at)
}

// cost is an amount of money.
func cost() string {
	if spoken() == ocpi.V230 {
		return `{"before_taxes":4.00,"taxes":[{"name":"VAT","amount":0.84}]}`
	}
	return `{"excl_vat":4.00,"incl_vat":4.84}`
}

func token(owner ocpi.PartyID, uid, at string) string {
	return fmt.Sprintf(`{"country_code":%q,"party_id":%q,"uid":%q,"type":"RFID","contract_id":"C1","issuer":"I","valid":true,"whitelist":"NEVER","last_updated":%q}`,
		owner.Country, owner.ID, uid, at)
}

func tariff(owner ocpi.PartyID, id, at string) string {
	taxes := ""
	if spoken() == ocpi.V230 {
		taxes = `"tax_included":"NO",`
	}
	return fmt.Sprintf(`{"country_code":%q,"party_id":%q,"id":%q,"currency":"EUR","elements":[{"price_components":[{"type":"ENERGY","price":0.25,"step_size":1}]}],%s"last_updated":%q}`,
		owner.Country, owner.ID, id, taxes, at)
}

// with replaces one member of an object by other JSON, or adds it.
func with(object, member, value string) string {
	return string(ocpi.SetMember([]byte(object), member, []byte(value)))
}

// put pushes an object to a party: the path is that of the ids inside.
func put(m ocpi.ModuleID, to ocpi.PartyID, object string) ocpitest.Request {
	req := ocpitest.Request{
		Module: m, Interface: ocpi.Receiver, Method: http.MethodPut, From: ownerOf(object), To: to, Body: []byte(object),
	}
	if m == ocpi.CDRs {
		req.Method = http.MethodPost
		return req
	}
	name := "id"
	if m == ocpi.Tokens {
		name = "uid"
	}
	req.Path = path(ownerOf(object), field(object, name))
	return req
}

// patch changes a part of an object: parts are its id, and those below it.
func patch(m ocpi.ModuleID, to, owner ocpi.PartyID, body string, parts ...string) ocpitest.Request {
	return ocpitest.Request{
		Module: m, Interface: ocpi.Receiver, Method: http.MethodPatch, From: owner, To: to,
		Path: path(owner, parts...), Body: []byte(body),
	}
}

// path is the path of a client-owned object.
func path(owner ocpi.PartyID, parts ...string) string {
	out := owner.Country + "/" + owner.ID
	for _, p := range parts {
		out += "/" + url.PathEscape(p)
	}
	return out
}

func ownerOf(object string) ocpi.PartyID {
	return ocpi.NewPartyID(field(object, "country_code"), field(object, "party_id"))
}

func field(object, name string) string { return ocpi.FindString([]byte(object), name) }

// get asks the sender interface of a module.
func get(m ocpi.ModuleID, to ocpi.PartyID, path string, query ...string) ocpitest.Request {
	values, err := url.ParseQuery(strings.Join(query, "&"))
	if err != nil {
		panic(err)
	}
	return ocpitest.Request{Module: m, Interface: ocpi.Sender, Method: http.MethodGet, To: to, Path: path, Query: values}
}

// today limits a list to the objects of the test.
func (s *stage) today() string {
	return "date_from=" + s.at(0) + "&date_to=" + s.at(24*60)
}

// ids are those of the objects in an answer.
func ids(reply ocpitest.Reply) string {
	var out []string
	for o := range ocpi.Elements(reply.Envelope.Data) {
		name := ocpi.FindString(o, "id")
		if name == "" {
			name = ocpi.FindString(o, "uid")
		}
		out = append(out, name)
	}
	return strings.Join(out, " ")
}

// command is a command whose result comes back to a new URL of its sender.
func (s *stage) command(by *ocpitest.Platform, to ocpi.PartyID, name, members string) (ocpitest.Request, *ocpitest.Callback) {
	back := by.NewCallback(ocpi.Commands)
	return ocpitest.Request{
		Module: ocpi.Commands, Interface: ocpi.Receiver, Method: http.MethodPost, Path: name, From: id(by), To: to,
		Body: []byte(`{"response_url":"` + back.URL + `",` + members + `}`),
	}, back
}

// unlock is the smallest command.
const unlock = `"location_id":"L1","evse_uid":"1","connector_id":"1"`

// sample makes objects of a platform, of a minute of the test's day.
func (s *stage) sample(p *ocpitest.Platform, minute int) ocpitest.Sample {
	out := p.SampleOf(id(p))
	out.At = s.day.Add(time.Duration(minute) * time.Minute)
	return out
}

// push sends an object of a platform to all.
func (s *stage) push(by *ocpitest.Platform, m ocpi.ModuleID, body []byte) ocpitest.Reply {
	s.Helper()
	reply, err := by.Push(s.soon(), m, by.Hub(), body)
	if err != nil || !reply.OK() {
		s.Fatalf("a push of %s: %v, %v", m, err, reply.Err())
	}
	return reply
}

// seen is the id by which a platform knows an object of a party: in 2.1.1 it
// names the owner.
func seen(by *ocpitest.Platform, owner ocpi.PartyID, name string) string {
	if by.Version() == ocpi.V211 {
		return owner.String() + "*" + name
	}
	return name
}

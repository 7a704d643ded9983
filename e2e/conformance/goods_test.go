package conformance

import (
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/ocpitest"
)

// location is a location with one EVSE, whose uid is that of the location with
// -1, and one connector.
func location(owner ocpi.PartyID, id, lastUpdated string) string {
	return fmt.Sprintf(`{"country_code":%q,"party_id":%q,"id":%q,%s,"address":"Dam 1","city":"Amsterdam","country":"NLD",`+
		`"coordinates":{"latitude":"52.370216","longitude":"4.895168"},"evses":[%s],"time_zone":"Europe/Amsterdam","last_updated":%q}`,
		owner.Country, owner.ID, id, either(`"type":"ON_STREET","postal_code":"1012 JS"`, `"publish":true`), evse(id+"-1", lastUpdated), lastUpdated)
}

// either is one thing in 2.1.1, and another one later.
func either(first, later string) string {
	if spoken() == ocpi.V211 {
		return first
	}
	return later
}

func evse(uid, lastUpdated string) string {
	return fmt.Sprintf(`{"uid":%q,"status":"AVAILABLE","connectors":[%s],"last_updated":%q}`, uid, connector("1", lastUpdated), lastUpdated)
}

func connector(id, lastUpdated string) string {
	limits := either(`"voltage":230,"amperage":32`, `"max_voltage":230,"max_amperage":32`)
	return fmt.Sprintf(`{"id":%q,"standard":"IEC_62196_T2","format":"SOCKET","power_type":"AC_3_PHASE",%s,"last_updated":%q}`, id, limits, lastUpdated)
}

// contract is that of the tokens of an eMSP. By it alone 2.1.1 tells whose a session
// is.
func contract(driver ocpi.PartyID) string {
	return either(driver.Country+"-"+driver.ID+"-C1", "C1")
}

func cdrToken(driver ocpi.PartyID) string {
	return either(fmt.Sprintf(`"auth_id":%q`, contract(driver)),
		fmt.Sprintf(`"cdr_token":{"country_code":%q,"party_id":%q,"uid":"0123","type":"RFID","contract_id":"C1"}`, driver.Country, driver.ID))
}

func session(owner ocpi.PartyID, id string, driver ocpi.PartyID, at string) string {
	place := either(`"location":`+bare(location(owner, "L1", at)), `"location_id":"L1","evse_uid":"L1-1","connector_id":"1"`)
	return fmt.Sprintf(`{"country_code":%q,"party_id":%q,"id":%q,"%s":%q,"kwh":1.50,%s,"auth_method":"WHITELIST",`+
		`%s,"currency":"EUR","status":"ACTIVE","last_updated":%q}`,
		owner.Country, owner.ID, id, either("start_datetime", "start_date_time"), at, cdrToken(driver), place, at)
}

func cdr(owner ocpi.PartyID, id string, driver ocpi.PartyID, at string) string {
	return fmt.Sprintf(`{"country_code":%q,"party_id":%q,"id":%q,"start_date_time":%q,"%s":%q,%s,"auth_method":"WHITELIST",`+
		`%s,"currency":"EUR","charging_periods":[{"start_date_time":%q,"dimensions":[{"type":"ENERGY","volume":12.50}]}],`+
		`"total_cost":%s,"total_energy":12.50,"total_time":1.0,"last_updated":%q}`,
		owner.Country, owner.ID, id, at, either("stop_date_time", "end_date_time"), at, cdrToken(driver), cdrPlace(owner, at), at, cost(), at)
}

// cdrPlace is where a CDR was charged: in 2.1.1 a whole location.
func cdrPlace(owner ocpi.PartyID, at string) string {
	return either(`"location":`+bare(location(owner, "L1", at)),
		`"cdr_location":{"id":"L1","address":"Dam 1","city":"Amsterdam","country":"NLD","coordinates":{"latitude":"52.370216","longitude":"4.895168"},`+
			`"evse_uid":"L1-1","evse_id":"NL*ABC*E1","connector_id":"1","connector_standard":"IEC_62196_T2","connector_format":"SOCKET","connector_power_type":"AC_3_PHASE"}`)
}

// cost is an amount of money.
func cost() string {
	if spoken() == ocpi.V230 {
		return `{"before_taxes":4.00,"taxes":[{"name":"VAT","amount":0.84}]}`
	}
	return either("4.00", `{"excl_vat":4.00,"incl_vat":4.84}`)
}

func token(owner ocpi.PartyID, uid, at string) string {
	return fmt.Sprintf(`{"country_code":%q,"party_id":%q,"uid":%q,"type":"RFID","%s":%q,"issuer":"I","valid":true,"whitelist":"NEVER","last_updated":%q}`,
		owner.Country, owner.ID, uid, either("auth_id", "contract_id"), contract(owner), at)
}

func tariff(owner ocpi.PartyID, id, at string) string {
	taxes := ""
	if spoken() == ocpi.V230 {
		taxes = `"tax_included":"NO",`
	}
	return fmt.Sprintf(`{"country_code":%q,"party_id":%q,"id":%q,"currency":"EUR","elements":[{"price_components":[{"type":"ENERGY","price":0.25,"step_size":1}]}],%s"last_updated":%q}`,
		owner.Country, owner.ID, id, taxes, at)
}

var ownership = regexp.MustCompile(`"country_code":"[^"]*","party_id":"[^"]*",`)

// bare is an object as it is spoken: in 2.1.1 it does not name its owner.
func bare(object string) string {
	if spoken() == ocpi.V211 {
		return ownership.ReplaceAllString(object, "")
	}
	return object
}

// carried is an object as it comes to a platform of the round: the very bytes, but
// for 2.1.1, where the ids of locations, sessions and tariffs name the owner.
func carried(m ocpi.ModuleID, object string) string {
	if spoken() != ocpi.V211 {
		return object
	}
	owner, out := ownerOf(object), bare(object)
	named := func(o string) string { return with(o, "id", `"`+owner.String()+"*"+field(o, "id")+`"`) }
	if at := ocpi.FindObject([]byte(out), "location"); at != nil {
		out = with(out, "location", named(string(at)))
	}
	if m == ocpi.CDRs || m == ocpi.Tokens {
		return out
	}
	return named(out)
}

// offer has a platform offer an object, and tells nobody.
func offer(p *ocpitest.Platform, m ocpi.ModuleID, object string) { p.Offer(m, []byte(bare(object))) }

// with replaces one member of an object by other JSON, or adds it.
func with(object, member, value string) string {
	return string(ocpi.SetMember([]byte(object), member, []byte(value)))
}

func ownerOf(object string) ocpi.PartyID {
	return ocpi.NewPartyID(field(object, "country_code"), field(object, "party_id"))
}

func field(object, name string) string { return ocpi.FindString([]byte(object), name) }

// ids are those of the objects in an answer, without the owner in those of 2.1.1.
func ids(reply ocpitest.Reply) string {
	var out []string
	for o := range ocpi.Elements(reply.Envelope.Data) {
		name := ocpi.FindString(o, "id")
		if name == "" {
			name = ocpi.FindString(o, "uid")
		}
		out = append(out, name[strings.LastIndex(name, "*")+1:])
	}
	return strings.Join(out, " ")
}

// sample makes objects of a platform, of a minute of the test's day.
func (s *stage) sample(p *ocpitest.Platform, minute int) ocpitest.Sample {
	out := p.SampleOf(id(p))
	out.At = s.day.Add(time.Duration(minute) * time.Minute)
	return out
}

// seen is the id by which a platform knows an object of a party: in 2.1.1 it
// names the owner.
func seen(by *ocpitest.Platform, owner ocpi.PartyID, name string) string {
	if by.Version() == ocpi.V211 {
		return owner.String() + "*" + name
	}
	return name
}

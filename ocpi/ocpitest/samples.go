package ocpitest

import (
	"strings"
	"time"

	"github.com/ocpihub/ocpihub/ocpi"
)

// Sample makes sound objects of one version. They say the same in every
// version, as far as it can say it.
type Sample struct {
	Version ocpi.Version
	// Owner is the party whose objects they are.
	Owner ocpi.PartyID
	// At is when they changed last.
	At time.Time
}

// SampleOf makes samples of a party of the platform, in the version that it
// speaks and at the time that it has, in whole seconds: 2.1.1 has no others.
func (p *Platform) SampleOf(owner ocpi.PartyID) Sample {
	return Sample{Version: p.Version(), Owner: owner, At: p.opts.Now().Truncate(time.Second)}
}

// The parts of each location: it has one EVSE with one connector.
const (
	SampleEVSE      = "E1"
	SampleConnector = "1"
)

// SampleCost is what a sample of a session or CDR costs, as it stands there:
// without taxes, the tax, and with taxes.
var SampleCost = Cost{Net: "3.10", Tax: "0.59", Gross: "3.69"}

// Cost is an amount of money in decimals.
type Cost struct{ Net, Tax, Gross string }

// Charge is who charges where.
type Charge struct {
	// Location is the location, and Token the token, in the version of the
	// sample.
	Location, Token []byte
	// Cost is empty for SampleCost.
	Cost Cost
}

// Location makes a location. Its tariff has the id of the location and -T.
func (s Sample) Location(id string) []byte {
	evse := fields{
		text("uid", SampleEVSE), text("evse_id", s.evseID(id)), text("status", "AVAILABLE"),
		{"connectors", list(s.connector(id))},
		s.stamp(),
	}
	return append(s.owner(), text("id", id), s.either("type", "parking_type", ocpi.Quote("ON_STREET")), s.later("publish", []byte("true")),
		text("name", "Kade "+id), text("address", "Kade 1"), text("city", "Delft"), text("postal_code", "2611 AA"),
		text("country", "NLD"), field{"coordinates", place}, field{"evses", list(evse.object())},
		text("time_zone", "Europe/Amsterdam"), s.stamp()).object()
}

var place = fields{text("latitude", "52.011577"), text("longitude", "4.357068")}.object()

func (s Sample) connector(location string) []byte {
	return fields{
		text("id", SampleConnector), text("standard", "IEC_62196_T2"), text("format", "SOCKET"),
		text("power_type", "AC_3_PHASE"), s.either("voltage", "max_voltage", []byte("230")), s.either("amperage", "max_amperage", []byte("32")),
		s.tariffOf(location), s.stamp(),
	}.object()
}

func (s Sample) tariffOf(location string) field {
	id := ocpi.Quote(location + "-T")
	if s.Version == ocpi.V211 {
		return field{"tariff_id", id}
	}
	return field{"tariff_ids", list(id)}
}

// evseID makes an EVSE id of the id of a location.
func (s Sample) evseID(location string) string {
	letters := strings.Map(func(r rune) rune {
		if r < 128 && (r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z') {
			return r
		}
		return -1
	}, location)
	return s.Owner.Country + "*" + s.Owner.ID + "*E" + letters[:min(len(letters), 30)] + "1"
}

// Tariff makes a tariff: so much for a kWh.
func (s Sample) Tariff(id string) []byte {
	price := fields{text("type", "ENERGY"), number("price", "0.43"), s.later("vat", []byte("19")), number("step_size", "1")}.object()
	element := fields{{"price_components", list(price)}}.object()
	return append(s.owner(), text("id", id), text("currency", "EUR"), field{"elements", list(element)},
		s.newest("tax_included", ocpi.Quote("NO")), s.stamp()).object()
}

// Token makes a token that is always asked about. Its contract has the id of
// ContractOf.
func (s Sample) Token(uid string) []byte {
	return append(s.owner(), text("uid", uid), text("type", "RFID"),
		s.either("auth_id", "contract_id", ocpi.Quote(s.ContractOf(uid))), text("visual_number", "DF000-2001-8999"),
		text("issuer", "Drive Mobility"), number("valid", "true"), text("whitelist", "NEVER"), s.stamp()).object()
}

// ContractOf is the contract of a token.
func (s Sample) ContractOf(uid string) string {
	return s.Owner.Country + "-" + s.Owner.ID + "-C" + uid
}

// Session makes a session that is going on since half an hour.
func (s Sample) Session(id string, c Charge) []byte {
	return append(s.owner(), text("id", id), s.either("start_datetime", "start_date_time", ocpi.Quote(s.begin())), number("kwh", "7.25"),
		s.driver(c), text("auth_method", "AUTH_REQUEST"), s.site(c), s.later("evse_uid", ocpi.Quote(SampleEVSE)),
		s.later("connector_id", ocpi.Quote(SampleConnector)), text("currency", "EUR"), field{"charging_periods", s.periods()},
		field{"total_cost", s.price(c)}, text("status", "ACTIVE"), s.stamp()).object()
}

// site says of a session where it is: 2.1.1 wants the location itself.
func (s Sample) site(c Charge) field {
	if s.Version == ocpi.V211 {
		return field{"location", c.Location}
	}
	return text("location_id", ocpi.FindString(c.Location, "id"))
}

// CDR makes the CDR of half an hour that is over.
func (s Sample) CDR(id string, c Charge) []byte {
	at := "cdr_location"
	if s.Version == ocpi.V211 {
		at = "location"
	}
	return append(s.owner(), text("id", id), text("start_date_time", s.begin()),
		s.either("stop_date_time", "end_date_time", ocpi.Quote(ocpi.FormatDateTime(s.At))), s.driver(c),
		text("auth_method", "AUTH_REQUEST"), field{at, s.cdrLocation(c)}, text("currency", "EUR"),
		field{"charging_periods", s.periods()}, field{"total_cost", s.price(c)}, number("total_energy", "7.25"),
		number("total_time", "0.5"), s.stamp()).object()
}

func (s Sample) cdrLocation(c Charge) []byte {
	if s.Version == ocpi.V211 {
		return c.Location
	}
	id := ocpi.FindString(c.Location, "id")
	return fields{
		text("id", id), text("address", "Kade 1"), text("city", "Delft"), text("postal_code", "2611 AA"), text("country", "NLD"),
		{"coordinates", place},
		text("evse_uid", SampleEVSE), text("evse_id", s.evseID(id)), text("connector_id", SampleConnector),
		text("connector_standard", "IEC_62196_T2"), text("connector_format", "SOCKET"), text("connector_power_type", "AC_3_PHASE"),
	}.object()
}

// driver says whose token it is: 2.1.1 names the contract alone.
func (s Sample) driver(c Charge) field {
	if s.Version == ocpi.V211 {
		return text("auth_id", ocpi.FindString(c.Token, "auth_id"))
	}
	var out fields
	for _, name := range []string{"country_code", "party_id", "uid", "type", "contract_id"} {
		out = append(out, text(name, ocpi.FindString(c.Token, name)))
	}
	return field{"cdr_token", out.object()}
}

// price writes an amount: 2.1.1 knows no taxes, 2.2.1 does not name them.
func (s Sample) price(c Charge) []byte {
	cost := c.Cost
	setDefault(&cost, SampleCost)
	if s.Version == ocpi.V211 {
		return []byte(cost.Net)
	}
	if s.Version == ocpi.V230 {
		tax := fields{text("name", "VAT"), number("amount", cost.Tax)}.object()
		return fields{number("before_taxes", cost.Net), {"taxes", list(tax)}}.object()
	}
	return fields{number("excl_vat", cost.Net), number("incl_vat", cost.Gross)}.object()
}

func (s Sample) periods() []byte {
	energy := fields{text("type", "ENERGY"), number("volume", "7.25")}.object()
	return list(fields{text("start_date_time", s.begin()), {"dimensions", list(energy)}}.object())
}

func (s Sample) begin() string { return ocpi.FormatDateTime(s.At.Add(-30 * time.Minute)) }

// Where is the EVSE of a location, for an authorization.
func (s Sample) Where(location string) []byte {
	return fields{text("location_id", location), {"evse_uids", list(ocpi.Quote(SampleEVSE))}}.object()
}

// StartSession makes the command, without its response_url. The token is in the
// version of the sample.
func (s Sample) StartSession(location string, token []byte) []byte {
	return fields{{"token", token}, text("location_id", location), text("evse_uid", SampleEVSE)}.object()
}

// ReserveNow makes the command, without its response_url.
func (s Sample) ReserveNow(reservation, location string, token []byte) []byte {
	return fields{
		field{"token", token},
		text("expiry_date", ocpi.FormatDateTime(s.At.Add(time.Hour))),
		s.reservation(reservation), text("location_id", location), text("evse_uid", SampleEVSE),
	}.object()
}

// reservation writes the id of a reservation: a number in 2.1.1.
func (s Sample) reservation(id string) field {
	if s.Version == ocpi.V211 {
		return number("reservation_id", id)
	}
	return text("reservation_id", id)
}

// StopSession makes the command, without its response_url.
func (Sample) StopSession(session string) []byte { return fields{text("session_id", session)}.object() }

// Unlock makes the command UNLOCK_CONNECTOR, without its response_url.
func (Sample) Unlock(location string) []byte {
	return fields{text("location_id", location), text("evse_uid", SampleEVSE), text("connector_id", SampleConnector)}.object()
}

// owner names the owner, which objects of 2.1.1 do not.
func (s Sample) owner() fields {
	if s.Version == ocpi.V211 {
		return nil
	}
	return fields{text("country_code", s.Owner.Country), text("party_id", s.Owner.ID)}
}

func (s Sample) stamp() field { return text("last_updated", ocpi.FormatDateTime(s.At)) }

// either is a field that has one name in 2.1.1 and another one later.
func (s Sample) either(first, later string, value []byte) field {
	if s.Version == ocpi.V211 {
		return field{first, value}
	}
	return field{later, value}
}

// later is a field that 2.1.1 does not have.
func (s Sample) later(name string, value []byte) field {
	if s.Version == ocpi.V211 {
		return field{}
	}
	return field{name, value}
}

// newest is a field that only 2.3.0 has.
func (s Sample) newest(name string, value []byte) field {
	if s.Version != ocpi.V230 {
		return field{}
	}
	return field{name, value}
}

package e2e

import (
	"bytes"
	"math/big"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/ocpitest"
)

// facts are what an object says, whatever its version calls it.
type facts map[string]string

// dig returns the text or number at a path of names and positions; of several
// paths, the first that leads somewhere.
func dig(raw []byte, paths ...string) string {
	for _, path := range paths {
		value := raw
		for name := range strings.SplitSeq(path, ".") {
			value = step(value, name)
		}
		if len(value) > 0 {
			return strings.Trim(string(value), `"`)
		}
	}
	return ""
}

func step(value []byte, name string) []byte {
	value = bytes.TrimSpace(value)
	position, err := strconv.Atoi(name)
	if err != nil {
		m, _ := ocpi.Find(value, name)
		return m.Value
	}
	if len(value) == 0 || value[0] != '[' {
		return nil
	}
	for element := range ocpi.Elements(value) {
		if position == 0 {
			return element
		}
		position--
	}
	return nil
}

// factsOf reads an object. Amounts without taxes are all that 2.1.1 has.
func factsOf(m ocpi.ModuleID, raw []byte) facts {
	out := facts{"last_updated": dig(raw, "last_updated")}
	read := func(name string, paths ...string) { out[name] = dig(raw, paths...) }
	amount := func(name string, paths ...string) { out[name] = decimal(dig(raw, paths...)) }
	switch m {
	case ocpi.Locations:
		for _, name := range []string{"id", "name", "address", "city", "postal_code", "country", "coordinates.latitude", "coordinates.longitude", "time_zone"} {
			read(name, name)
		}
		for _, name := range []string{"uid", "evse_id", "status", "last_updated", "connectors.0.id", "connectors.0.standard", "connectors.0.power_type"} {
			read("evse."+name, "evses.0."+name)
		}
		read("voltage", "evses.0.connectors.0.max_voltage", "evses.0.connectors.0.voltage")
		read("amperage", "evses.0.connectors.0.max_amperage", "evses.0.connectors.0.amperage")
		read("tariff", "evses.0.connectors.0.tariff_ids.0", "evses.0.connectors.0.tariff_id")
	case ocpi.Tariffs:
		read("id", "id")
		read("currency", "currency")
		amount("price", "elements.0.price_components.0.price")
		read("of", "elements.0.price_components.0.type")
	case ocpi.Tokens:
		for _, name := range []string{"uid", "type", "issuer", "valid", "whitelist", "visual_number"} {
			read(name, name)
		}
		read("contract", "contract_id", "auth_id")
	case ocpi.Sessions, ocpi.CDRs:
		read("id", "id")
		read("contract", "cdr_token.contract_id", "auth_id")
		read("location", "location_id", "cdr_location.id", "location.id")
		read("evse", "evse_uid", "cdr_location.evse_uid", "location.evses.0.uid")
		read("connector", "connector_id", "cdr_location.connector_id", "location.evses.0.connectors.0.id")
		read("start", "start_date_time", "start_datetime")
		read("end", "end_date_time", "end_datetime", "stop_date_time")
		read("currency", "currency")
		read("status", "status")
		amount("energy", "kwh", "total_energy")
		amount("hours", "total_time")
		amount("volume", "charging_periods.0.dimensions.0.volume")
		amount("net", "total_cost.excl_vat", "total_cost.before_taxes", "total_cost")
	}
	return out
}

// gross is the total of a session or CDR with its taxes; 2.1.1 does not say it.
func gross(raw []byte) string {
	if with := dig(raw, "total_cost.incl_vat"); with != "" {
		return decimal(with)
	}
	without := dig(raw, "total_cost.before_taxes")
	if without == "" {
		return ""
	}
	net, tax := new(big.Rat), new(big.Rat)
	net.SetString(without)
	tax.SetString(dig(raw, "total_cost.taxes.0.amount"))
	return net.Add(net, tax).RatString()
}

// decimal writes a decimal number in one way, without rounding it.
func decimal(s string) string {
	if n, ok := new(big.Rat).SetString(s); ok {
		return n.RatString()
	}
	return s
}

// ids are the facts that another resident may know by another id.
var idFacts = map[ocpi.ModuleID][]string{
	ocpi.Locations: {"id", "tariff"}, ocpi.Tariffs: {"id"}, ocpi.Sessions: {"id", "location"}, ocpi.CDRs: {"location"},
}

// same fails unless a resident has an object as its owner made it: with the ids
// by which it knows them, sound in its version, and in the version in which it was
// made as the very bytes.
func same(t *testing.T, owner, reader *resident, own ocpitest.Object, got []byte) {
	t.Helper()
	m, sent := own.Module, []byte(own.Raw)
	want := factsOf(m, sent)
	for _, name := range idFacts[m] {
		want[name] = reader.sees(owner, want[name])
	}
	if diff := cmp.Diff(want, factsOf(m, got)); diff != "" {
		t.Errorf("%s of %s at %s: %s\n%s\n%s", m, owner.id, reader.Name(), diff, sent, got)
	}
	if own.Version == reader.v && reader.v != ocpi.V211 && !bytes.Equal(sent, got) {
		t.Errorf("%s of %s at %s are not the bytes that were sent:\n%s\n%s", m, owner.id, reader.Name(), sent, got)
	}
	for _, f := range ocpi.CheckObject(reader.v, classes[m], got, false) {
		t.Errorf("%s of %s at %s: %v\n%s", m, owner.id, reader.Name(), f, got)
	}
	if with := gross(sent); with != "" && reader.v != ocpi.V211 && gross(got) != with {
		t.Errorf("%s of %s at %s: with taxes %s, was %s", m, owner.id, reader.Name(), gross(got), with)
	}
}

var classes = map[ocpi.ModuleID]string{
	ocpi.Locations: "Location", ocpi.Tariffs: "Tariff", ocpi.Tokens: "Token", ocpi.Sessions: "Session", ocpi.CDRs: "CDR",
}

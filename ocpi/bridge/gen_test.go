package bridge_test

import (
	"fmt"
	"slices"
	"strings"

	"pgregory.net/rapid"

	"github.com/ocpihub/ocpihub/ocpi"
)

// maker writes objects of a version by the tables of its classes: all that is
// required, some of what is not, with values as they occur, and fields that the
// specification does not know.
type maker struct {
	*rapid.T
	version ocpi.Version
}

// object writes an object of a class.
func (m maker) object(class string) string {
	var members []string
	add := func(name, value string) { members = append(members, name+":"+value) }
	for _, f := range m.fieldsOf(class) {
		if !f.Required() && !m.chance(class+"."+f.Name, 2) {
			continue
		}
		if f.Cardinality == '?' && m.chance("null", 12) {
			add(`"`+f.Name+`"`, "null")
			continue
		}
		add(`"`+f.Name+`"`, m.field(class, f))
	}
	if m.chance("unknown", 4) {
		names := []string{`"x_one"`, `"x_two/~"`, `"\u0078_three"`, `"é"`, `""`}
		values := []string{`"a \"text\" \u00e9"`, `1.50`, `1e2`, `true`, `{ "inner" : [1, {"a":null}] }`, `[ ]`, `null`}
		add(rapid.SampledFrom(names).Draw(m.T, "name"), rapid.SampledFrom(values).Draw(m.T, "value"))
	}
	return "{" + strings.Join(m.shuffled(members), ",") + "}"
}

// shuffled changes the order now and then: nobody promises one.
func (m maker) shuffled(members []string) []string {
	if !m.chance("order", 5) {
		return members
	}
	return rapid.Permutation(members).Draw(m.T, "order")
}

func (m maker) chance(label string, in int) bool {
	return rapid.IntRange(1, in).Draw(m.T, label) == 1
}

// fieldsOf lists the fields that go together: of Hours of 2.1.1 one of two, and
// in later versions regular hours when it is not always open.
func (m maker) fieldsOf(class string) []ocpi.Field {
	fields := ocpi.Fields(m.version, class)
	if class == "Hours" {
		always := m.chance("always", 2)
		fields = slices.DeleteFunc(fields, func(f ocpi.Field) bool {
			return f.Name == "regular_hours" && always || f.Name == "twentyfourseven" && !always && m.version == ocpi.V211
		})
		for i := range fields {
			switch fields[i].Name {
			case "regular_hours":
				fields[i].Cardinality = '+'
			case "twentyfourseven":
				fields[i].Type = fmt.Sprint(always)
			}
		}
	}
	if class == "PriceComponent" && m.version == ocpi.V230 { // else hardly a tariff with taxes could be computed
		fields[2].Cardinality = '1'
	}
	return fields
}

func (m maker) field(class string, f ocpi.Field) string {
	if !f.List() {
		return m.value(class, f)
	}
	least := 0
	if f.Cardinality == '+' {
		least = 1
	}
	var items []string
	for range rapid.IntRange(least, 3).Draw(m.T, f.Name+"s") {
		items = append(items, m.value(class, f))
	}
	return "[" + strings.Join(items, ",") + "]"
}

func (m maker) value(class string, f ocpi.Field) string {
	if special, ok := m.special(class, f); ok {
		return special
	}
	switch f.Type {
	case "true", "false":
		return f.Type
	case "boolean":
		return fmt.Sprint(rapid.Bool().Draw(m.T, f.Name))
	case "int":
		return fmt.Sprint(rapid.IntRange(0, 999).Draw(m.T, f.Name))
	case "number":
		return m.number(f.Name)
	case "DateTime":
		return m.dateTime()
	case "URL":
		return `"https://example.org/` + f.Name + `"`
	case "string", "CiString":
		return m.text(f)
	}
	if values, open := ocpi.Values(m.version, f.Type); values != nil {
		if open && m.chance("unlisted", 6) {
			return `"UNLISTED"`
		}
		return `"` + rapid.SampledFrom(values).Draw(m.T, f.Type) + `"`
	}
	return m.object(f.Type)
}

// number has at most four decimals, and is spelled in many ways.
func (m maker) number(label string) string {
	n := rapid.IntRange(0, 2_000_000).Draw(m.T, label)
	switch rapid.IntRange(0, 3).Draw(m.T, "spelling") {
	case 0:
		return fmt.Sprint(n % 1000)
	case 1:
		return fmt.Sprintf("%d.%02d", n/10000%100, n%100)
	case 2:
		return fmt.Sprintf("-%d.%04d", n/10000, n%10000)
	}
	return fmt.Sprintf("%d.%04d", n/10000, n%10000)
}

func (m maker) dateTime() string {
	at := fmt.Sprintf("2026-%02d-%02dT%02d:%02d:%02d", rapid.IntRange(1, 12).Draw(m.T, "month"), rapid.IntRange(1, 28).Draw(m.T, "day"), rapid.IntRange(0, 23).Draw(m.T, "hour"), 7, 9)
	if m.version != ocpi.V211 {
		at += rapid.SampledFrom([]string{"", "", ".0", ".5", ".123"}).Draw(m.T, "fraction")
	}
	return `"` + at + rapid.SampledFrom([]string{"Z", "Z", ""}).Draw(m.T, "zone") + `"`
}

func (m maker) text(f ocpi.Field) string {
	most := f.Most
	if most == 0 || most > 60 {
		most = 60
	}
	signs := []rune(`ABCdef019 -_*.`)
	if f.Type == "string" && m.version != ocpi.V211 {
		signs = []rune(`ABCdef019 -_*.é€"\/~<`)
	}
	n := rapid.IntRange(1, most).Draw(m.T, f.Name)
	return string(ocpi.Quote(rapid.StringOfN(rapid.SampledFrom(signs), n, n, -1).Draw(m.T, f.Name)))
}

// special are the fields in which not everything makes sense.
func (m maker) special(class string, f ocpi.Field) (string, bool) {
	pick := func(values ...string) (string, bool) {
		return rapid.SampledFrom(values).Draw(m.T, f.Name), true
	}
	switch class + "." + f.Name {
	case "Location.publish":
		return pick("true", "true", "true", "true", "true", "false")
	case "Location.country":
		return pick(`"NLD"`, `"DEU"`, `"USA"`)
	case "CDR.credit":
		return pick("false", "false", "true")
	case "Session.evse_uid", "Session.connector_id", "CdrLocation.evse_uid", "CdrLocation.evse_id":
		if m.chance("#NA", 6) {
			return `"#NA"`, true
		}
	case "ReserveNow.reservation_id":
		if m.version != ocpi.V211 {
			return pick(`"17"`, `"0"`, `"007"`, `"R-17"`, `"99999999999"`)
		}
	case "TariffRestrictions.start_time", "TariffRestrictions.end_time", "RegularHours.period_begin", "RegularHours.period_end":
		return pick(`"08:00"`, `"20:30"`)
	case "PriceComponent.vat", "TaxAmount.percentage":
		return pick("0", "20", "21.0", "5.5", "19")
	case "TaxAmount.name":
		return pick(`"VAT"`, `"GST"`)
	case "CredentialsRole.role":
		return pick(`"CPO"`, `"EMSP"`)
	}
	switch f.Name {
	case "country_code":
		return pick(`"NL"`, `"NL"`, `"nl"`)
	case "party_id":
		return `"ABC"`, true
	case "latitude", "longitude":
		digits := 6
		if m.version != ocpi.V211 {
			digits = rapid.IntRange(5, 7).Draw(m.T, "digits")
		}
		return fmt.Sprintf(`"%d.%0*d"`, rapid.IntRange(-89, 89).Draw(m.T, f.Name), digits, rapid.IntRange(0, 99999).Draw(m.T, f.Name)), true
	}
	return "", false
}

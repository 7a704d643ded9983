package bridge_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math/big"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/bridge"
)

// unit is the least that a number of OCPI can say.
var unit = big.NewRat(1, 10000)

// Every amount of a session, a CDR and a tariff, with and without its tax, there
// and back, however many decimals it has.
func TestTotalsOfPricesStayWithinFourDecimals(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		newest := rapid.Bool().Draw(t, "newest")
		from, to, price := ocpi.V221, ocpi.V230, price221
		if newest {
			from, to, price = ocpi.V230, ocpi.V221, price230
		}
		for class, fields := range map[bridge.Class][]string{
			bridge.Session: {"total_cost"},
			bridge.CDR:     {"total_cost", "total_fixed_cost", "total_energy_cost", "total_time_cost", "total_parking_cost", "total_reservation_cost"},
		} {
			source := []byte("{}")
			for _, name := range fields {
				source = ocpi.SetMember(source, name, []byte(price(t)))
			}
			there, _ := bridge.Translate(class, from, to, source, bridge.Surroundings{})
			back, _ := bridge.Translate(class, to, from, there.Body, bridge.Surroundings{})
			for _, name := range fields {
				was := amounts(t, ocpi.FindObject(source, name))
				for way, body := range map[string][]byte{"there": there.Body, "back": back.Body} {
					is := amounts(t, ocpi.FindObject(body, name))
					if apart(was[0], is[0]).Sign() != 0 || apart(was[1], is[1]).Cmp(unit) > 0 {
						t.Errorf("%s of a %s, %s: %s became %s", name, class, way, source, body)
					}
				}
			}
		}
	})
}

func price221(t *rapid.T) string {
	net := anyAmount(t, "net")
	if rapid.Bool().Draw(t, "taxed") {
		return fmt.Sprintf(`{"excl_vat":%s,"incl_vat":%s}`, net, anyAmount(t, "gross"))
	}
	return fmt.Sprintf(`{"excl_vat":%s}`, net)
}

func price230(t *rapid.T) string {
	var taxes []string
	for range rapid.IntRange(0, 3).Draw(t, "taxes") {
		taxes = append(taxes, fmt.Sprintf(`{"name":"a","amount":%s}`, anyAmount(t, "tax")))
	}
	return fmt.Sprintf(`{"before_taxes":%s,"taxes":[%s]}`, anyAmount(t, "net"), strings.Join(taxes, ","))
}

// anyAmount has up to eight decimals: many send more than four.
func anyAmount(t *rapid.T, label string) string {
	n := rapid.Int64Range(-9_999_999_999, 9_999_999_999).Draw(t, label)
	digits := rapid.IntRange(0, 8).Draw(t, "digits")
	return new(big.Rat).SetFrac(big.NewInt(n), new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(digits)), nil)).FloatString(digits)
}

// amounts are those of a price of either version: without its taxes, and with
// them. Where none are told both are the same.
func amounts(t *rapid.T, price []byte) [2]*big.Rat {
	var p struct {
		Excl  json.Number  `json:"excl_vat"`
		Incl  *json.Number `json:"incl_vat"`
		Net   json.Number  `json:"before_taxes"`
		Taxes []struct{ Amount json.Number }
	}
	if err := json.Unmarshal(price, &p); err != nil {
		t.Fatal(err)
	}
	read := func(n json.Number) *big.Rat {
		r, ok := new(big.Rat).SetString(string(n))
		if !ok {
			t.Fatalf("%q in %s is no number", n, price)
		}
		return r
	}
	net := read(cmp.Or(p.Excl, p.Net))
	if p.Incl != nil {
		return [2]*big.Rat{net, read(*p.Incl)}
	}
	gross := new(big.Rat).Set(net)
	for _, tax := range p.Taxes {
		gross.Add(gross, read(tax.Amount))
	}
	return [2]*big.Rat{net, gross}
}

func apart(a, b *big.Rat) *big.Rat {
	d := new(big.Rat).Sub(a, b)
	return d.Abs(d)
}

func TestAPriceWithoutItsTaxIsWhatItWasTogetherWithIt(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		vat := rapid.SampledFrom([]string{"0", "5.5", "7", "19", "20", "21.0", "25"}).Draw(t, "vat")
		price := fmt.Sprintf("%d.%04d", rapid.IntRange(0, 99).Draw(t, "whole"), rapid.IntRange(0, 9999).Draw(t, "part"))
		source := fmt.Sprintf(`{"tax_included":"YES","elements":[{"price_components":[{"type":"ENERGY","price":%s,"vat":%s}]}]}`, price, vat)
		got, err := bridge.Translate(bridge.Tariff, ocpi.V230, ocpi.V221, []byte(source), bridge.Surroundings{})
		if err != nil || got.Withheld != nil {
			t.Fatal(err, got.Withheld)
		}
		text, _ := ocpi.At(got.Body, "/elements/0/price_components/0/price")
		with, _ := new(big.Rat).SetString(string(text))
		rate, _ := new(big.Rat).SetString(vat)
		with.Mul(with, rate.Add(rate.Quo(rate, big.NewRat(100, 1)), big.NewRat(1, 1)))
		was, _ := new(big.Rat).SetString(price)
		if apart(with, was).Cmp(unit) > 0 {
			t.Errorf("%s at %s %% became %s", price, vat, text)
		}
	})
}

func TestAnAmountThatOnlyGetsAnotherNameKeepsItsDigits(t *testing.T) {
	for _, digits := range []string{"1.50", "1.5000", "0", "-0.10", "1e2", `"2.00"`} {
		body := []byte(`{"country_code":"NL","party_id":"ABC","total_cost":{"excl_vat":` + digits + `},"total_energy":` + digits + `}`)
		for _, to := range []ocpi.Version{ocpi.V211, ocpi.V230} {
			there, _ := bridge.Translate(bridge.CDR, ocpi.V221, to, body, bridge.Surroundings{Owner: abc})
			back, _ := bridge.Translate(bridge.CDR, to, ocpi.V221, there.Body, bridge.Surroundings{Owner: abc})
			if string(back.Body) != string(body) {
				t.Errorf("by way of %s\n%s became\n%s", to, body, back.Body)
			}
		}
	}
}

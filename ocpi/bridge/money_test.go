package bridge_test

import (
	"encoding/json"
	"fmt"
	"math/big"
	"testing"

	"pgregory.net/rapid"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/bridge"
)

// unit is the least that a number of OCPI can say.
var unit = big.NewRat(1, 10000)

func TestTotalsOfPricesStayWithinFourDecimals(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := maker{t, ocpi.V230}
		source := fmt.Sprintf(`{"total_cost":{"before_taxes":%s,"taxes":[{"name":"a","amount":%s},{"name":"b","amount":%s}]}}`,
			m.number("net"), m.number("a"), m.number("b"))
		there, _ := bridge.Translate(bridge.Session, ocpi.V230, ocpi.V221, []byte(source), bridge.Surroundings{})
		back, _ := bridge.Translate(bridge.Session, ocpi.V221, ocpi.V230, there.Body, bridge.Surroundings{})
		if was, is := gross(t, []byte(source)), gross(t, back.Body); apart(was, is).Cmp(unit) > 0 {
			t.Errorf("%s became %s: %s", source, back.Body, there.Body)
		}
	})
}

func gross(t *rapid.T, session []byte) *big.Rat {
	var s struct {
		Cost struct {
			Net   json.Number `json:"before_taxes"`
			Taxes []struct{ Amount json.Number }
		} `json:"total_cost"`
	}
	if err := json.Unmarshal(session, &s); err != nil {
		t.Fatal(err)
	}
	sum, _ := new(big.Rat).SetString(string(s.Cost.Net))
	for _, tax := range s.Cost.Taxes {
		amount, _ := new(big.Rat).SetString(string(tax.Amount))
		sum.Add(sum, amount)
	}
	return sum
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

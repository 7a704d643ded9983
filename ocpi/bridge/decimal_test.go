package bridge

import (
	"fmt"
	"math/big"
	"testing"

	"pgregory.net/rapid"
)

func TestANumberIsReadExactlyOrNotAtAll(t *testing.T) {
	for text, want := range map[string]string{
		"0": "0", "1.50": "1.50", "-0.25": "-0.25", "1e2": "100", "1.5E-3": "0.0015", "123": "123", "-7": "-7", "0.10e1": "1.0",
		"": "", "-": "", "x": "", "1.2.3": "", "+1": "", "1e99": "", "1e": "", " 1": "", "12345678901234567890123456789012345678901": "", ".5": "",
	} {
		d, ok := parseDecimal(text)
		if ok != (want != "") || ok && d.String() != want {
			t.Errorf("%q is read as %v, %v; want %q", text, d, ok, want)
		}
	}
}

func TestDecimalsComputeLikeFractions(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		draw := func(label string) (decimal, *big.Rat) {
			text := fmt.Sprintf("%d.%0*d", rapid.IntRange(-9999, 9999).Draw(t, label), 4, rapid.IntRange(0, 9999).Draw(t, label))
			d, ok := parseDecimal(text)
			r, _ := new(big.Rat).SetString(text)
			if !ok {
				t.Fatal(text)
			}
			return d, r
		}
		a, x := draw("a")
		b, y := draw("b")
		for what, pair := range map[string][2]*big.Rat{
			"plus":  {rat(a.plus(b)), new(big.Rat).Add(x, y)},
			"minus": {rat(a.minus(b)), new(big.Rat).Sub(x, y)},
			"times": {rat(a.times(b)), new(big.Rat).Mul(x, y)},
			"short": {ratOf(a.short()), x},
		} {
			if pair[0].Cmp(pair[1]) != 0 {
				t.Errorf("%s %s %s is %s, want %s", a, what, b, pair[0], pair[1])
			}
		}
		if b.isZero() {
			return
		}
		off := new(big.Rat).Sub(rat(a.over(b)), new(big.Rat).Quo(x, y))
		if off.Abs(off).Cmp(big.NewRat(5, 100000)) > 0 {
			t.Errorf("%s over %s is %s", a, b, a.over(b))
		}
	})
}

func rat(d decimal) *big.Rat { return ratOf(d.String()) }

func ratOf(s string) *big.Rat {
	r, _ := new(big.Rat).SetString(s)
	return r
}

func TestHalvesAreRoundedAwayFromZero(t *testing.T) {
	for text, want := range map[string]string{"0.00005": "0.0001", "-0.00005": "-0.0001", "0.00004": "0.0000", "1.23456": "1.2346"} {
		d, _ := parseDecimal(text)
		if got := d.round(4).String(); got != want {
			t.Errorf("%s is rounded to %s, want %s", text, got, want)
		}
	}
}

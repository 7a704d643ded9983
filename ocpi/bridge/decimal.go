package bridge

import (
	"math/big"
	"strconv"
	"strings"
)

// decimal is an exact number: coef / 10^scale. Money is never a float.
type decimal struct {
	coef  *big.Int
	scale int
}

const (
	// moneyScale is how many decimals a number of OCPI has (types, number).
	moneyScale = 4
	// maxDigits bounds what is taken for an amount: more than any money has, and
	// no work for the hub.
	maxDigits = 40
)

// number reads a JSON number, or one within quotes, as some send them.
func (n *node) number() (decimal, bool) {
	if n.isString() {
		return parseDecimal(n.str())
	}
	if !n.isNumber() {
		return decimal{}, false
	}
	return parseDecimal(string(n.text))
}

func parseDecimal(s string) (decimal, bool) {
	mantissa, exponent, scientific := strings.Cut(strings.ToLower(s), "e")
	shift := 0
	if scientific {
		var err error
		if shift, err = strconv.Atoi(exponent); err != nil || shift > maxDigits || shift < -maxDigits {
			return decimal{}, false
		}
	}
	whole, fraction, _ := strings.Cut(mantissa, ".")
	if len(whole)+len(fraction) > maxDigits || !isDecimal(whole, fraction) {
		return decimal{}, false
	}
	coef, ok := new(big.Int).SetString(whole+fraction, 10)
	if !ok {
		return decimal{}, false
	}
	d := decimal{coef, len(fraction) - shift}
	if d.scale < 0 {
		d.coef, d.scale = d.coef.Mul(d.coef, power(-d.scale)), 0
	}
	return d, true
}

// isDecimal says whether the parts of a number hold digits alone.
func isDecimal(whole, fraction string) bool {
	whole = strings.TrimPrefix(whole, "-")
	return whole != "" && strings.Trim(whole+fraction, "0123456789") == ""
}

func power(n int) *big.Int { return new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(n)), nil) }

func whole(n int64) decimal { return decimal{big.NewInt(n), 0} }

// atScale writes the number with more decimals, the same value.
func (d decimal) atScale(scale int) *big.Int {
	return new(big.Int).Mul(d.coef, power(scale-d.scale))
}

func (d decimal) plus(e decimal) decimal {
	scale := max(d.scale, e.scale)
	return decimal{new(big.Int).Add(d.atScale(scale), e.atScale(scale)), scale}
}

func (d decimal) minus(e decimal) decimal {
	return d.plus(decimal{new(big.Int).Neg(e.coef), e.scale})
}

func (d decimal) isZero() bool { return d.coef.Sign() == 0 }

func (d decimal) equal(e decimal) bool { return d.minus(e).isZero() }

// over is d / e, rounded to the decimals of money. e is not zero.
func (d decimal) over(e decimal) decimal {
	scale := max(d.scale, e.scale)
	return decimal{halfUp(new(big.Int).Mul(d.atScale(scale), power(moneyScale)), e.atScale(scale)), moneyScale}
}

// round leaves at most so many decimals.
func (d decimal) round(scale int) decimal {
	if d.scale <= scale {
		return d
	}
	return decimal{halfUp(d.coef, power(d.scale-scale)), scale}
}

// halfUp divides, a half away from zero.
func halfUp(a, b *big.Int) *big.Int {
	half := new(big.Int).Abs(b)
	twice := new(big.Int).Mul(new(big.Int).Abs(a), big.NewInt(2))
	q := twice.Add(twice, half).Quo(twice, new(big.Int).Mul(half, big.NewInt(2)))
	if a.Sign()*b.Sign() < 0 {
		q.Neg(q)
	}
	return q
}

// String writes the number with all its decimals.
func (d decimal) String() string {
	digits := new(big.Int).Abs(d.coef).String()
	if missing := d.scale + 1 - len(digits); missing > 0 {
		digits = strings.Repeat("0", missing) + digits
	}
	if d.scale > 0 {
		digits = digits[:len(digits)-d.scale] + "." + digits[len(digits)-d.scale:]
	}
	if d.coef.Sign() < 0 {
		digits = "-" + digits
	}
	return digits
}

// short is the number without zeros at the end of its decimals.
func (d decimal) short() string {
	s := d.String()
	if strings.Contains(s, ".") {
		s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	}
	return s
}

func (d decimal) times(e decimal) decimal {
	return decimal{new(big.Int).Mul(d.coef, e.coef), d.scale + e.scale}
}

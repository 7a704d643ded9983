package bridge

import (
	"slices"
	"time"

	"github.com/ocpihub/ocpihub/ocpi"
)

// Tariffs. A wrong price is never sent: what cannot be said is
// withheld.

var tariffTo230 = []step{
	limitTo230("min_price", "max_price"),
	taxExcluded,
}

var tariffTo221 = []step{
	withoutTax,
	limitTo221("min_price", "max_price"),
	dropping("preauthorize_amount", PreauthorizeAmount),
	in("energy_mix", energyMixTo221...),
	elementsThatMay(Bookings, "booking"),
}

var tariffTo211 = []step{
	oneForAll,
	disowned, outside("id", ocpi.Tariffs),
	dropping("min_price", PriceLimits), dropping("max_price", PriceLimits),
	elementsThatMay(Restrictions, "min_current", "max_current", "reservation"),
	each("elements", each("price_components", dropping("vat", VATPercentage))),
	wholeElements,
	in("energy_mix", energyMixTo211...),
	times("last_updated"),
}

var tariffFrom211 = []step{
	owned, inside("id", ocpi.Tariffs),
	wholeElements,
	in("energy_mix", energyMixFrom211...),
}

// taxExcluded says of prices from 2.2.1 what they are by definition.
func taxExcluded(t *walk, n *node) {
	v := made(quoted("NO"))
	t.put(n, "elements", "tax_included", v)
	t.note(v, TaxIncluded)
}

// withoutTax makes prices those without taxes, which those of 2.2.1 are.
func withoutTax(t *walk, n *node) {
	included := n.get("tax_included")
	switch included.str() {
	case "NO":
	case "YES":
		for _, c := range components(n) {
			if !hasVAT(c) {
				t.withhold(TaxUnknown)
				return
			}
		}
		for _, c := range components(n) {
			t.untax(c)
		}
		t.note(included, PriceWithTax)
	case "N/A":
		for _, c := range components(n) {
			t.drop(c, "vat", VATOmitted)
		}
		t.note(included, TaxNotApplicable)
	default:
		t.withhold(TaxUnknown)
		return
	}
	t.remove(n, "tax_included")
}

// components are the price components of all elements.
func components(tariff *node) []*node {
	var out []*node
	for _, e := range tariff.get("elements").elements() {
		for _, c := range e.get("price_components").elements() {
			out = append(out, c)
		}
	}
	return out
}

// hasVAT says whether the price without tax can be computed.
func hasVAT(component *node) bool {
	vat, known := component.get("vat").number()
	_, priced := component.get("price").number()
	return known && priced && vat.coef.Sign() >= 0
}

// untax computes the price without its tax: price / (1 + vat/100).
func (t *walk) untax(component *node) {
	price := component.get("price")
	with, _ := price.number()
	vat, _ := component.get("vat").number()
	if vat.isZero() || with.isZero() {
		return
	}
	without := with.times(whole(100)).over(vat.plus(whole(100)))
	if without.equal(with) {
		return
	}
	t.note(price, PriceWithoutTax)
	t.replace(component, "price", price.as(without.short()))
}

// oneForAll withholds the tariffs that are not the one which everybody pays
// now: 2.1.1 has no other. Those in a CDR only explain it.
func oneForAll(t *walk, n *node) {
	facts := TariffFacts{Type: n.get("type").str()}
	if !t.embedded {
		var startOK, endOK bool
		facts.Start, startOK = day(n.get("start_date_time"))
		facts.End, endOK = day(n.get("end_date_time"))
		if !facts.regular() {
			t.withhold(TariffType)
		}
		if !startOK || !endOK || !facts.validAt(t.s.Now) {
			t.withhold(TariffValidity)
		}
	}
	t.drop(n, "type", TariffTypeGone)
	t.drop(n, "start_date_time", TariffValidityGone)
	t.drop(n, "end_date_time", TariffValidityGone)
}

// day reads an optional moment; false when it cannot be read.
func day(v *node) (time.Time, bool) {
	if v.empty() {
		return time.Time{}, true
	}
	at, err := ocpi.ParseDateTime(v.str())
	return at, err == nil
}

func (f TariffFacts) regular() bool { return f.Type == "" || f.Type == "REGULAR" }

// validAt says whether the tariff holds at a moment. At an unknown moment only
// one without first and last day does.
func (f TariffFacts) validAt(now time.Time) bool {
	if now.IsZero() {
		return f.Start.IsZero() && f.End.IsZero()
	}
	return !now.Before(f.Start) && (f.End.IsZero() || now.Before(f.End))
}

// elementsThatMay takes away the elements with a restriction that the target
// version does not have: without the restriction they would hold for more.
func elementsThatMay(why Reason, restrictions ...string) step {
	return func(t *walk, n *node) {
		list := n.get("elements")
		if list.empty() || !list.isArray() {
			return
		}
		t.keep(list, why, func(element *node) bool {
			return !slices.ContainsFunc(restrictions, func(name string) bool {
				return !element.get("restrictions").get(name).empty()
			})
		})
		if list.empty() {
			t.withhold(NoElements)
		}
	}
}

// wholeElements tells that elements are read another way: in 2.1.1 the first
// that fits holds with all it has, later for each dimension the first that fits
// and has it. It is the same where no element adds to what those before it have.
func wholeElements(t *walk, n *node) {
	elements := n.get("elements")
	var before map[string]bool
	for i, e := range elements.elements() {
		now := map[string]bool{}
		for _, c := range e.get("price_components").elements() {
			now[c.get("type").str()] = true
		}
		for dimension := range now {
			if i > 0 && !before[dimension] {
				t.note(elements, ElementOrder)
				return
			}
		}
		before = now
	}
}

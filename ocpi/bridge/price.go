package bridge

// Prices. The digits of an amount that is only renamed stay.

// priceTo230 turns Price{excl_vat, incl_vat} into {before_taxes, taxes}.
func priceTo230(names ...string) step {
	return eachNamed(names, func(t *walk, price *node) {
		t.rename(price, "excl_vat", "before_taxes")
		incl := price.get("incl_vat")
		if incl == nil {
			return
		}
		total, ok := incl.number()
		net, netOK := price.get("before_taxes").number()
		if !ok || !netOK {
			t.drop(price, "incl_vat", NoAmount)
			return
		}
		exact := total.minus(net)
		if exact.scale > moneyScale && !exact.round(moneyScale).equal(exact) {
			t.note(incl, TaxRounded)
		}
		name := made(quoted(VAT))
		tax := madeObject()
		t.add(tax, "name", name)
		t.add(tax, "amount", incl.as(exact.round(moneyScale).String()))
		t.note(name, TaxName)
		t.rename(price, "incl_vat", "taxes")
		taxes := madeArray(tax)
		taxes.source = incl.source
		t.replace(price, "taxes", taxes)
	})
}

// VAT names the tax that incl_vat of 2.2.1 holds.
const VAT = "VAT"

// priceTo221 turns Price{before_taxes, taxes} into {excl_vat, incl_vat}.
func priceTo221(names ...string) step {
	return eachNamed(names, func(t *walk, price *node) {
		t.rename(price, "before_taxes", "excl_vat")
		taxes := price.get("taxes")
		if taxes == nil {
			return
		}
		sum, ok := price.get("excl_vat").number()
		if !ok || taxes.empty() || !taxes.isArray() {
			t.drop(price, "taxes", NoAmount)
			return
		}
		for _, tax := range taxes.elements() {
			amount, isNumber := tax.get("amount").number()
			if !isNumber {
				t.drop(price, "taxes", NoAmount)
				return
			}
			sum = sum.plus(amount)
		}
		if len(taxes.members) > 1 || !isPlainVAT(taxes.element()) {
			t.note(taxes, TaxSplit)
		}
		t.rename(price, "taxes", "incl_vat")
		t.replace(price, "incl_vat", taxes.as(sum.String()))
	})
}

// isPlainVAT says whether a tax says no more than incl_vat does.
func isPlainVAT(tax *node) bool {
	for _, m := range tax.fields() {
		if !m.called("name") && !m.called("amount") && !m.value.empty() {
			return false
		}
	}
	return tax.get("name").str() == VAT
}

// priceTo211 leaves the amount without taxes of a Price.
func priceTo211(name string) step {
	return func(t *walk, n *node) {
		price := n.get(name)
		if !price.isObject() {
			return
		}
		amount := price.get("excl_vat")
		if amount.empty() {
			t.drop(n, name, NoAmount)
			return
		}
		for _, m := range price.fields() {
			if m.value != amount {
				t.lose(m.value, InclVAT)
			}
		}
		t.replace(n, name, amount)
	}
}

// priceFrom211 makes a Price of an amount without taxes.
func priceFrom211(name string) step {
	return func(t *walk, n *node) {
		amount := n.get(name)
		if _, ok := amount.number(); !ok {
			return
		}
		price := madeObject()
		t.add(price, "excl_vat", amount)
		t.replace(n, name, price)
	}
}

// limits of a tariff: Price of 2.2.1 and PriceLimit of 2.3.0 differ in names.
func limitTo230(names ...string) step {
	return eachNamed(names, func(t *walk, price *node) {
		t.rename(price, "excl_vat", "before_taxes")
		t.rename(price, "incl_vat", "after_taxes")
	})
}

func limitTo221(names ...string) step {
	return eachNamed(names, func(t *walk, price *node) {
		t.rename(price, "before_taxes", "excl_vat")
		t.rename(price, "after_taxes", "incl_vat")
	})
}

// eachNamed does the same to several parts of an object.
func eachNamed(names []string, do step) step {
	return func(t *walk, n *node) {
		for _, name := range names {
			t.into(n.get(name), []step{do})
		}
	}
}

// The costs of a CDR beside its total.
var partCosts = []string{"total_fixed_cost", "total_energy_cost", "total_time_cost", "total_parking_cost", "total_reservation_cost"}

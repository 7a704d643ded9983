package bridge_test

import (
	"time"

	"github.com/ocpihub/ocpihub/ocpi/bridge"
)

var tariffCrossings = []crossing{
	{
		says: "prices from 2.2.1 are without taxes", class: bridge.Tariff, from: "2.2.1", to: "2.3.0",
		body:     `{"id":"T","min_price":{"excl_vat":1.00,"incl_vat":1.2},"elements":[{"price_components":[{"type":"ENERGY","price":0.250,"vat":20}]}]}`,
		want:     `{"id":"T","min_price":{"before_taxes":1.00,"after_taxes":1.2},"elements":[{"price_components":[{"type":"ENERGY","price":0.250,"vat":20}]}],"tax_included":"NO"}`,
		findings: []string{"tax_included /tax_included"},
	},
	{
		says: "prices without taxes are those of 2.2.1", class: bridge.Tariff, from: "2.3.0", to: "2.2.1",
		body:     `{"id":"T","tax_included":"NO","max_price":{"before_taxes":1.00,"after_taxes":1.2},"preauthorize_amount":20,"elements":[{"price_components":[{"price":0.250}]}]}`,
		want:     `{"id":"T","max_price":{"excl_vat":1.00,"incl_vat":1.2},"elements":[{"price_components":[{"price":0.250}]}]}`,
		findings: []string{"preauthorize_amount /preauthorize_amount"},
	},
	{
		says: "prices with taxes are computed where the taxes are said", class: bridge.Tariff, from: "2.3.0", to: "2.2.1",
		body:     `{"id":"T","elements":[{"price_components":[{"price":0.30,"vat":20},{"price":1.00,"vat":21.0},{"price":1.50,"vat":0}]}],"tax_included":"YES"}`,
		want:     `{"id":"T","elements":[{"price_components":[{"price":0.25,"vat":20},{"price":0.8264,"vat":21.0},{"price":1.50,"vat":0}]}]}`,
		findings: []string{"price_without_tax /elements/0/price_components/0/price", "price_without_tax /elements/0/price_components/1/price", "price_with_tax /tax_included"},
	},
	{
		says: "prices with taxes that are not said stay", class: bridge.Tariff, from: "2.3.0", to: "2.2.1",
		body: `{"id":"T","elements":[{"price_components":[{"price":0.30,"vat":20},{"price":1.00}]}],"tax_included":"YES"}`, withheld: bridge.TaxUnknown,
	},
	{
		says: "prices of which taxes are not said stay", class: bridge.Tariff, from: "2.3.0", to: "2.2.1",
		body: `{"id":"T","elements":[{"price_components":[{"price":0.30}]}]}`, withheld: bridge.TaxUnknown,
	},
	{
		says: "where no taxes apply none are said", class: bridge.Tariff, from: "2.3.0", to: "2.2.1",
		body:     `{"id":"T","elements":[{"price_components":[{"price":0.30,"vat":20}]},{"restrictions":{"booking":"BOOKING"}}],"tax_included":"N/A"}`,
		want:     `{"id":"T","elements":[{"price_components":[{"price":0.30}]}]}`,
		findings: []string{"vat_not_applicable /elements/0/price_components/0/vat", "tax_not_applicable /tax_included", "bookings /elements/1"},
	},
	{
		says: "a restriction that 2.1.1 lacks takes its element with it", class: bridge.Tariff, from: "2.2.1", to: "2.1.1",
		body:     `{"country_code":"NL","party_id":"ABC","id":"T","type":"REGULAR","start_date_time":"2026-01-01T00:00:00Z","max_price":{"excl_vat":1},"elements":[{"price_components":[{"type":"ENERGY","price":1,"vat":20}]},{"price_components":[{"type":"TIME","price":1}],"restrictions":{"min_current":5}},{"price_components":[{"type":"TIME","price":2}]}]}`,
		want:     `{"id":"T","elements":[{"price_components":[{"type":"ENERGY","price":1}]},{"price_components":[{"type":"TIME","price":2}]}]}`,
		findings: []string{"tariff_type_gone /type", "tariff_validity_gone /start_date_time", "price_limits /max_price", "restrictions /elements/1", "vat /elements/0/price_components/0/vat", "element_order /elements"},
	},
	{
		says: "a tariff of which no element is left stays", class: bridge.Tariff, from: "2.2.1", to: "2.1.1",
		body: `{"id":"T","elements":[{"price_components":[],"restrictions":{"reservation":"RESERVATION"}}]}`, withheld: bridge.NoElements,
	},
	{
		says: "a tariff that is not the regular one stays", class: bridge.Tariff, from: "2.2.1", to: "2.1.1",
		body: `{"id":"T","type":"AD_HOC_PAYMENT","elements":[]}`, withheld: bridge.TariffType,
	},
	{
		says: "a tariff of tomorrow stays", class: bridge.Tariff, from: "2.2.1", to: "2.1.1",
		body: `{"id":"T","start_date_time":"2026-06-02T00:00:00Z","elements":[]}`, withheld: bridge.TariffValidity,
	},
	{
		says: "where it is not known what time it is a tariff with a last day stays", class: bridge.Tariff, from: "2.2.1", to: "2.1.1",
		body: `{"id":"T","end_date_time":"2026-06-02T00:00:00Z"}`, where: func(s *bridge.Surroundings) { s.Now = time.Time{} }, withheld: bridge.TariffValidity,
	},
	{
		says: "elements from 2.1.1 that all have the same dimensions mean the same", class: bridge.Tariff, from: "2.1.1", to: "2.2.1",
		body: `{"id":"T","elements":[{"price_components":[{"type":"ENERGY"},{"type":"TIME"}]},{"price_components":[{"type":"TIME"}]}]}`,
		want: `{"country_code":"NL","party_id":"ABC","id":"T","elements":[{"price_components":[{"type":"ENERGY"},{"type":"TIME"}]},{"price_components":[{"type":"TIME"}]}]}`,
	},
	{
		says: "elements from 2.1.1 with other dimensions are read another way", class: bridge.Tariff, from: "2.1.1", to: "2.2.1",
		body:     `{"id":"T","elements":[{"price_components":[{"type":"FLAT"}]},{"price_components":[{"type":"TIME"}]}]}`,
		want:     `{"country_code":"NL","party_id":"ABC","id":"T","elements":[{"price_components":[{"type":"FLAT"}]},{"price_components":[{"type":"TIME"}]}]}`,
		findings: []string{"element_order /elements"},
	},
}

var priceCrossings = []crossing{
	{
		says: "the tax is what is between the amounts", class: bridge.Session, from: "2.2.1", to: "2.3.0",
		body:     `{"total_cost":{"excl_vat":8.50,"incl_vat":10}}`,
		want:     `{"total_cost":{"before_taxes":8.50,"taxes":[{"name":"VAT","amount":1.50}]}}`,
		findings: []string{"tax_name /total_cost/taxes/0/name"},
	},
	{
		says: "more than four decimals of a tax are rounded", class: bridge.Session, from: "2.2.1", to: "2.3.0",
		body:     `{"total_cost":{"excl_vat":1,"incl_vat":1.21005}}`,
		want:     `{"total_cost":{"before_taxes":1,"taxes":[{"name":"VAT","amount":0.2101}]}}`,
		findings: []string{"tax_rounded /total_cost/incl_vat", "tax_name /total_cost/taxes/0/name"},
	},
	{
		says: "one VAT says no more than an amount with it", class: bridge.Session, from: "2.3.0", to: "2.2.1",
		body: `{"total_cost":{"before_taxes":8.50,"taxes":[{"name":"VAT","amount":1.50}]}}`,
		want: `{"total_cost":{"excl_vat":8.50,"incl_vat":10.00}}`,
	},
	{
		says: "several taxes become one amount", class: bridge.CDR, from: "2.3.0", to: "2.2.1",
		body:     `{"total_cost":{"before_taxes":10,"taxes":[{"name":"GST","percentage":5,"amount":0.5},{"name":"PST","amount":"0.7"}]},"total_time_cost":{"before_taxes":1,"taxes":[]}}`,
		want:     `{"total_cost":{"excl_vat":10,"incl_vat":11.2},"total_time_cost":{"excl_vat":1}}`,
		findings: []string{"tax_split /total_cost/taxes"},
	},
	{
		says: "what is no amount is not computed with", class: bridge.Session, from: "2.3.0", to: "2.2.1",
		body:     `{"total_cost":{"before_taxes":1,"taxes":[{"name":"VAT","amount":"much"}]}}`,
		want:     `{"total_cost":{"excl_vat":1}}`,
		findings: []string{"no_amount /total_cost/taxes"},
	},
	{
		says: "an amount beyond all money is none", class: bridge.Session, from: "2.2.1", to: "2.3.0",
		body:     `{"total_cost":{"excl_vat":1,"incl_vat":1e999999999}}`,
		want:     `{"total_cost":{"before_taxes":1}}`,
		findings: []string{"no_amount /total_cost/incl_vat"},
	},
}

package interpret_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ocpihub/ocpihub/internal/fault"
	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/bridge"
	"github.com/ocpihub/ocpihub/routing/catalog"
	"github.com/ocpihub/ocpihub/routing/interpret"
)

func (h *hub) reports(q interpret.Question) interpret.Report {
	h.Helper()
	got, err := h.Report(h.Context(), q)
	if err != nil {
		h.Fatal(err)
	}
	return got
}

func TestAReportCountsWhatAVersionMakesOfTheObjectsOfAParty(t *testing.T) {
	h := newHub(t)
	tariff := func(id, rest string) {
		h.holds(ocpi.Tariffs, cpo, id, ocpi.V221, `{"country_code":"NL","party_id":"CPO","id":"`+id+`"`+rest+`}`)
	}
	tariff("T1", "")
	tariff("T2", `,"min_price":{"excl_vat":1},"max_price":{"excl_vat":9}`)
	tariff("T3", `,"min_price":{"excl_vat":1}`)
	tariff("T4", `,"type":"AD_HOC_PAYMENT"`)
	h.holds(ocpi.Tariffs, cpo, "T5", ocpi.V211, `{"id":"T5"}`)
	h.holds(ocpi.Tariffs, old, "T6", ocpi.V221, `{"id":"T6","min_price":{"excl_vat":1}}`)
	h.holds(ocpi.Tokens, cpo, catalog.TokenID("U1", ""), ocpi.V221, `{"country_code":"NL","party_id":"CPO","uid":"U1","group_id":"G"}`)
	h.holds(ocpi.Bookings, cpo, "B1", ocpi.V230, `{"id":"B1"}`)
	h.holds(ocpi.Tariffs, cpo, "T7", ocpi.V230, `{"country_code":"NL","party_id":"CPO","id":"T7","tax_included":"NO","min_price":{"before_taxes":1}}`)
	session := catalog.Key{Module: ocpi.Sessions, Owner: cpo, Audience: aged, ID: "S1"}
	if _, err := h.catalog.Apply(t.Context(), catalog.Change{Key: session, Op: catalog.Put, Version: ocpi.V221, Body: []byte(`{"id":"S1","location_id":"L"}`), At: noon}); err != nil {
		t.Fatal(err)
	}
	got := h.reports(interpret.Question{Party: cpo, To: ocpi.V211, Sample: 100})
	want := interpret.Report{
		Modules: []interpret.ModuleReport{
			{Module: ocpi.Sessions, Held: 1, Looked: 1, Withheld: 1, Stored: map[ocpi.Version]int{ocpi.V221: 1}},
			{Module: ocpi.Tariffs, Held: 6, Looked: 6, Same: 2, Withheld: 1, Stored: map[ocpi.Version]int{ocpi.V211: 1, ocpi.V221: 4, ocpi.V230: 1}},
			{Module: ocpi.Tokens, Held: 1, Looked: 1, Stored: map[ocpi.Version]int{ocpi.V221: 1}},
			{Module: ocpi.Bookings, Held: 1, Looked: 1, Withheld: 1, Stored: map[ocpi.Version]int{ocpi.V230: 1}},
		},
		Rows: []interpret.Row{
			{Class: bridge.Session, Reason: bridge.NoLocation, Stored: ocpi.V221, Objects: 1, Times: 1, ObjectID: "S1"},
			{Class: bridge.Tariff, Reason: bridge.TariffType, Stored: ocpi.V221, Objects: 1, Times: 1, ObjectID: "T4"},
			{Class: "bookings", Reason: bridge.NotInVersion, Stored: ocpi.V230, Objects: 1, Times: 1, ObjectID: "B1"},
			{Class: bridge.Tariff, Reason: bridge.PriceLimits, Stored: ocpi.V221, Objects: 2, Times: 3, ObjectID: "T2", Pointer: "/min_price"},
			{Class: bridge.Tariff, Reason: bridge.PriceLimits, Stored: ocpi.V230, Objects: 1, Times: 1, ObjectID: "T7", Pointer: "/min_price"},
			{Class: bridge.Token, Reason: bridge.TokenExtras, Stored: ocpi.V221, Objects: 1, Times: 1, ObjectID: ocpi.Masked, Pointer: "/group_id"},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if len(h.heard) > 0 {
		t.Errorf("an observer heard of %v", h.heard)
	}
}

func TestAReportLooksAtTheNewestObjects(t *testing.T) {
	h := newHub(t)
	for i := range 10 {
		body := `{"country_code":"NL","party_id":"CPO","id":"T"}`
		if i < 7 {
			body = `{"country_code":"NL","party_id":"CPO","id":"T","min_price":{"excl_vat":1}}`
		}
		h.holds(ocpi.Tariffs, cpo, fmt.Sprint("T", i), ocpi.V221, body)
	}
	for sample, lossy := range map[int]int{1: 0, 3: 0, 4: 1, 10: 7, 11: 7} {
		got := h.reports(interpret.Question{Party: cpo, To: ocpi.V211, Sample: sample})
		if m := got.Modules[0]; m.Held != 10 || m.Looked != min(sample, 10) || m.Looked-m.Same != lossy {
			t.Errorf("of %d: %+v", sample, m)
		}
	}
	if got := h.reports(interpret.Question{Party: emsp, To: ocpi.V211, Sample: 1}); len(got.Modules)+len(got.Rows) > 0 {
		t.Errorf("of a party without objects: %+v", got)
	}
}

func TestAReportThatCannotReadSaysSo(t *testing.T) {
	i := interpret.New(interpret.Options{Catalog: failing{}})
	if _, err := i.Report(t.Context(), interpret.Question{Party: cpo, To: ocpi.V211, Sample: 1}); !fault.Is(err, fault.Unavailable) {
		t.Error(err)
	}
}

package e2e

import (
	"fmt"
	"strings"
	"testing"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/ocpitest"
)

func tariffOf(owner ocpi.PartyID, name string) string {
	return fmt.Sprintf(`{"country_code":%q,"party_id":%q,"id":%q,"currency":"EUR",`+
		`"elements":[{"price_components":[{"type":"ENERGY","price":0.25,"vat":21.0,"step_size":1}]}],"last_updated":%q}`,
		owner.Country, owner.ID, name, sometime)
}

// with replaces text of an object, each of which must be there.
func with(t *testing.T, body string, replacements ...string) string {
	t.Helper()
	for i := 0; i < len(replacements); i += 2 {
		if !strings.Contains(body, replacements[i]) {
			t.Fatalf("%s has no %s", body, replacements[i])
		}
		body = strings.Replace(body, replacements[i], replacements[i+1], 1)
	}
	return body
}

// plus adds members to an object.
func plus(body, members string) string { return strings.TrimSuffix(body, "}") + "," + members + "}" }

func TestQ19_AbsentFieldsMayBeNullOrEmpty(t *testing.T) {
	f := inTheField(t)
	cpo, emsp := f.cpo(), f.emsp()
	c, e := id(cpo), id(emsp)
	f.passes(cpo, emsp, ocpi.Locations, at(c, "L1"), plus(with(t, locationWith(c, "L1", 1), `"uid":`,
		`"evse_id":null,"status_schedule":[],"capabilities":null,"floor_level":null,"coordinates":null,"physical_reference":null,"directions":[],"parking_restrictions":null,"images":[],"uid":`,
		`"standard":`, `"max_electric_power":null,"tariff_ids":[],"terms_and_conditions":null,"standard":`),
		`"publish_allowed_to":[],"name":null,"postal_code":null,"state":null,"related_locations":null,"parking_type":null,"directions":[],"operator":null,`+
			`"suboperator":null,"owner":null,"facilities":[],"opening_times":null,"charging_when_closed":null,"images":null,"energy_mix":null`))
	f.passes(cpo, emsp, ocpi.Tariffs, at(c, "T1"), plus(with(t, tariffOf(c, "T1"), `"price_components":`, `"restrictions":null,"price_components":`, `"vat":21.0`, `"vat":null`),
		`"type":null,"tariff_alt_text":[],"tariff_alt_url":null,"min_price":null,"max_price":null,"start_date_time":null,"end_date_time":null,"energy_mix":null`))
	f.passes(emsp, cpo, ocpi.Tokens, at(e, "U1"), plus(tokenOf(e, "U1"),
		`"visual_number":null,"group_id":null,"language":null,"default_profile_type":null,"energy_contract":null`))
	session := plus(sessionOf(c, "S1", e), `"end_date_time":null,"authorization_reference":null,"meter_id":null,"charging_periods":[],"total_cost":null`)
	f.ok(cpo, pushed(ocpi.Sessions, "PUT", at(c, "S1"), ocpi.PartyID{}, session))
	cdr := plus(with(t, cdrOf(c, "C1", e), `"evse_uid"`, `"name":null,"postal_code":null,"state":null,"evse_uid"`, `{"excl_vat":4.00}`, `{"excl_vat":4.00,"incl_vat":null}`),
		`"session_id":null,"authorization_reference":null,"meter_id":null,"tariffs":[],"signed_data":null,"total_fixed_cost":null,"total_energy_cost":null,`+
			`"total_time_cost":null,"total_parking_time":null,"total_parking_cost":null,"total_reservation_cost":null,"remark":null,"invoice_reference_id":null,"credit":null,"credit_reference_id":null,"home_charging_compensation":null`)
	f.ok(cpo, pushed(ocpi.CDRs, "POST", "", ocpi.PartyID{}, cdr))
	for m, body := range map[ocpi.ModuleID]string{ocpi.Sessions: session, ocpi.CDRs: cdr} {
		if kept := emsp.Objects(m, nil); len(kept) != 1 || string(kept[0].Raw) != body {
			t.Errorf("%s arrived as %v", m, kept)
		}
	}
	t.Run("in a command", func(t *testing.T) {
		f := f.in(t)
		req := command(emsp, "START_SESSION", `"evse_uid":null,"connector_id":null,"authorization_reference":null,"location_id":"L1","token":`+tokenOf(e, "U1"))
		req.To = c
		f.ok(emsp, req)
	})
	t.Run("in a PATCH, where it is a value like others", func(t *testing.T) {
		f := f.in(t)
		f.ok(cpo, pushed(ocpi.Locations, "PATCH", at(c, "L1"), hubParty, `{"name":null,"last_updated":"2026-01-01T01:00:00Z"}`))
		if call := f.arrives(emsp, ocpi.Locations, "PATCH", at(id(cpo), "L1")); !strings.Contains(string(call.Body), `"name":null`) {
			t.Errorf("it arrived as %s", call.Body)
		}
	})
}

func TestQ24_ACdrTokenWithoutItsOwnerIsNamed(t *testing.T) {
	broken := func(f *field, cpo, emsp *ocpitest.Platform) (session, cdr string) {
		owner := fmt.Sprintf(`"country_code":"DE","party_id":%q,"uid"`, id(emsp).ID)
		return with(f.T, sessionOf(id(cpo), "S1", id(emsp)), owner, `"uid"`), with(f.T, cdrOf(id(cpo), "C1", id(emsp)), owner, `"uid"`)
	}
	t.Run("and refused where the hub enforces the specification", func(t *testing.T) {
		f := inTheField(t)
		cpo, emsp := f.cpo(), f.emsp()
		session, cdr := broken(f, cpo, emsp)
		for _, req := range []ocpitest.Request{
			pushed(ocpi.Sessions, "PUT", at(id(cpo), "S1"), id(emsp), session), pushed(ocpi.CDRs, "POST", "", id(emsp), cdr),
		} {
			reply := f.answered(cpo, req, 200, 2001)
			for _, field := range []string{"/cdr_token/country_code", "/cdr_token/party_id"} {
				if !strings.Contains(reply.Envelope.StatusMessage, field) {
					t.Errorf("%q does not name %s", reply.Envelope.StatusMessage, field)
				}
			}
		}
	})
	t.Run("or passed on where it reports, to the party that is named", func(t *testing.T) {
		f := inTheFieldOf(t, lenientHub)
		cpo, emsp := f.cpo(), f.emsp()
		session, cdr := broken(f, cpo, emsp)
		f.ok(cpo, pushed(ocpi.Sessions, "PUT", at(id(cpo), "S1"), id(emsp), session))
		f.ok(cpo, pushed(ocpi.CDRs, "POST", "", id(emsp), cdr))
		f.answered(cpo, pushed(ocpi.CDRs, "POST", "", ocpi.PartyID{}, cdr), 200, 4001)
	})
}

// Objects of these kinds are odd, or wrong, but whole: they pass byte for byte.
func TestOddObjectsPass(t *testing.T) {
	connector := func(c ocpi.PartyID) string { return locationWith(c, "L1", 1) }
	for name, odd := range map[string]func(t *testing.T, c ocpi.PartyID) string{
		"Q26 connectors of later versions": func(t *testing.T, c ocpi.PartyID) string {
			return with(t, connector(c), `"IEC_62196_T2"`, `"MCS"`, `"AC_3_PHASE"`, `"AC_2_PHASE_SPLIT"`, `"AVAILABLE"`, `"RESTING"`)
		},
		"Q26 GBT connectors": func(t *testing.T, c ocpi.PartyID) string { return with(t, connector(c), `"IEC_62196_T2"`, `"GBT_AC"`) },
		"Q27 coordinates of four decimals": func(t *testing.T, c ocpi.PartyID) string {
			return with(t, connector(c), "52.370216", "37.7749", "4.895168", "-122.4194")
		},
		"Q38 power 1000 times too high": func(t *testing.T, c ocpi.PartyID) string {
			return with(t, connector(c), `"max_voltage"`, `"max_electric_power":7590000,"max_voltage"`)
		},
		"Q38 350 kW of AC": func(t *testing.T, c ocpi.PartyID) string {
			return with(t, connector(c), `"max_voltage"`, `"max_electric_power":350000,"max_voltage"`)
		},
		"Q39 coordinates 0,0": func(t *testing.T, c ocpi.PartyID) string {
			return with(t, connector(c), "52.370216", "0", "4.895168", "0")
		},
		"Q39 swapped coordinates": func(t *testing.T, c ocpi.PartyID) string {
			return with(t, connector(c), "52.370216", "4.280000", "4.895168", "52.090000")
		},
		"Q39 the north pole": func(t *testing.T, c ocpi.PartyID) string { return with(t, connector(c), "52.370216", "90.000000") },
		"Q36 an EVSE that is REMOVED and has no connectors": func(t *testing.T, c ocpi.PartyID) string {
			return with(t, locationWith(c, "L1", 0), `"evses":[]`, `"evses":[{"uid":"1","evse_id":null,"status":"REMOVED","last_updated":"2026-01-01T00:00:00Z"},`+
				`{"uid":"2","status":"REMOVED","connectors":[],"last_updated":"2026-01-01T00:00:00Z"},{"uid":"3","status":"REMOVED","connectors":null,"last_updated":"2026-01-01T00:00:00Z"}]`)
		},
		"Q40 an EVSE id that is there twice": func(t *testing.T, c ocpi.PartyID) string {
			return with(t, locationWith(c, "L1", 2), `"uid":"L1-0"`, `"evse_id":"DE*ABC*E1","uid":"L1-0"`, `"uid":"L1-1"`, `"evse_id":"DE*ABC*E1","uid":"L1-1"`)
		},
		"Q42 fields that are not part of OCPI": func(t *testing.T, c ocpi.PartyID) string {
			return plus(with(t, connector(c), `"uid"`, `"kwhLimit":{"a":1.10,"b":[null]},"uid"`), `"operator":{"name":"O","inn":"7700"},"x":"é\u00e9"`)
		},
		"Q50 connectors as EVSEs of their own": func(t *testing.T, c ocpi.PartyID) string {
			return with(t, locationWith(c, "L1", 2), `"uid":"L1-0"`, `"physical_reference":"1","evse_id":"DE*ABC*E1*1","uid":"L1-0"`,
				`"uid":"L1-1"`, `"physical_reference":"1","evse_id":"DE*ABC*E1*2","uid":"L1-1"`)
		},
		"Q54 an EVSE id in place of the uid, and CABLE for SOCKET": func(t *testing.T, c ocpi.PartyID) string {
			return with(t, connector(c), `"uid":"L1-0"`, `"uid":"DE*ABC*E1"`, `"SOCKET"`, `"CABLE"`, `"max_voltage":230`, `"max_voltage":400`)
		},
		"Q54 a uid of digits": func(t *testing.T, c ocpi.PartyID) string {
			return with(t, connector(c), `"uid":"L1-0"`, `"uid":"00123"`)
		},
	} {
		t.Run(name, func(t *testing.T) {
			f := inTheField(t)
			cpo, emsp := f.cpo(), f.emsp()
			f.passes(cpo, emsp, ocpi.Locations, at(id(cpo), "L1"), odd(t, id(cpo)))
		})
	}
	for name, odd := range map[string][]string{
		"Q26 a dimension of later versions":        {`"ENERGY"`, `"BOOKING"`},
		"Q40 several ENERGY components":            {`"price_components":[`, `"price_components":[{"type":"ENERGY","price":7.50,"step_size":1},{"type":"TIME","price":360,"step_size":1},`},
		"Q40 FLAT 0.00 as the only price":          {`"ENERGY","price":0.25,"vat":21.0`, `"FLAT","price":0.00`},
		"Q40 a price of eight digits":              {`0.25`, `0.66386555`},
		"Q40 a tax rate as a fraction":             {`21.0`, `0.21`},
		"Q52 a misspelled field":                   {`"step_size":1`, `"step_size":1,"stepsize":300`},
		"Q52 a misspelled field of the tariff":     {`"currency"`, `"tarrif_alt_text":[],"currency"`},
		"Q42 fields that are not part of a tariff": {`"currency"`, `"taxIncluded":"YES","currency"`},
	} {
		t.Run(name, func(t *testing.T) {
			f := inTheField(t)
			cpo, emsp := f.cpo(), f.emsp()
			f.passes(cpo, emsp, ocpi.Tariffs, at(id(cpo), "T1"), with(t, tariffOf(id(cpo), "T1"), odd...))
		})
	}
	t.Run("Q51 charging periods that start before their session", func(t *testing.T) {
		f := inTheField(t)
		cpo, emsp := f.cpo(), f.emsp()
		body := with(t, cdrOf(id(cpo), "C1", id(emsp)), `"charging_periods":[{"start_date_time":"2026-01-01T10:00:00Z"`, `"charging_periods":[{"start_date_time":"2026-01-01T09:40:00Z"`)
		f.ok(cpo, pushed(ocpi.CDRs, "POST", "", ocpi.PartyID{}, body))
		if kept := emsp.Objects(ocpi.CDRs, nil); len(kept) != 1 || string(kept[0].Raw) != body {
			t.Errorf("it arrived as %v", kept)
		}
	})
	t.Run("Q42 fields of a command that are not part of OCPI", func(t *testing.T) {
		f := inTheField(t)
		cpo, emsp := f.cpo(), f.emsp()
		req := command(emsp, "START_SESSION", `"kwhLimit":12.50,"location_id":"L1","token":`+tokenOf(id(emsp), "U1"))
		req.To = id(cpo)
		f.ok(emsp, req)
		if call := f.arrives(cpo, ocpi.Commands, "POST", "/START_SESSION"); !strings.Contains(string(call.Body), `,"kwhLimit":12.50,"location_id":"L1",`) {
			t.Errorf("it arrived as %s", call.Body)
		}
	})
}

func TestQ28_WhoSendsAnObjectMustBeItsOwnerInURLAndBody(t *testing.T) {
	f := inTheField(t)
	cpo, emsp, other := f.cpo(), f.emsp(), ownParty()
	mine, theirs := locationWith(id(cpo), "L1", 1), locationWith(other, "L1", 1)
	f.answered(cpo, pushed(ocpi.Locations, "PUT", at(other, "L1"), hubParty, mine), 404, 2001)
	f.answered(cpo, pushed(ocpi.Locations, "PUT", at(id(cpo), "L1"), hubParty, theirs), 404, 2001)
	f.answered(cpo, pushed(ocpi.Locations, "PUT", at(id(cpo), "L2"), hubParty, mine), 200, 2001)
	f.passes(cpo, emsp, ocpi.Locations, at(id(cpo), "L1"), mine)
	if calls := emsp.Calls(ocpitest.Is(ocpi.Locations, "PUT"), func(c ocpitest.Call) bool {
		return strings.Contains(c.Path, other.ID) || strings.HasSuffix(c.Path, "/L2")
	}); len(calls) > 0 {
		t.Errorf("what was refused went on: %v", calls)
	}
}

func TestQ29_PatchesOfLocationsPassAsTheyAre(t *testing.T) {
	f := inTheField(t)
	cpo, emsp := f.cpo(), f.emsp()
	f.passes(cpo, emsp, ocpi.Locations, at(id(cpo), "L1"), locationWith(id(cpo), "L1", 2))
	t.Run("with a list of EVSEs, which replaces the list that the hub holds", func(t *testing.T) {
		f := f.in(t)
		list, _ := ocpi.Find([]byte(locationWith(id(cpo), "L1", 1)), "evses")
		patch := `{"evses":` + string(list.Value) + `,"last_updated":"2026-01-01T01:00:00Z"}`
		f.ok(cpo, pushed(ocpi.Locations, "PATCH", at(id(cpo), "L1"), hubParty, patch))
		if call := f.arrives(emsp, ocpi.Locations, "PATCH", at(id(cpo), "L1")); string(call.Body) != patch {
			t.Errorf("it arrived as %s", call.Body)
		}
		reply := f.ok(emsp, ocpitest.Request{Module: ocpi.Locations, Interface: ocpi.Sender, Method: "GET", To: hubParty, Query: map[string][]string{"limit": {"1000"}, "date_from": {"2026-01-01T01:00:00Z"}}})
		for raw := range ocpi.Elements(reply.Envelope.Data) {
			if ocpi.FindString(raw, "party_id") == id(cpo).ID && strings.Contains(string(raw), "L1-1") {
				t.Errorf("the hub holds %s", raw)
			}
		}
	})
	t.Run("with the uid again", func(t *testing.T) {
		f := f.in(t)
		patch := `{"uid":"L1-0","status":"CHARGING","last_updated":"2026-01-01T02:00:00Z"}`
		f.ok(cpo, pushed(ocpi.Locations, "PATCH", at(id(cpo), "L1", "L1-0"), hubParty, patch))
		if call := f.arrives(emsp, ocpi.Locations, "PATCH", at(id(cpo), "L1", "L1-0")); string(call.Body) != patch {
			t.Errorf("it arrived as %s", call.Body)
		}
	})
	t.Run("but not without last_updated", func(t *testing.T) {
		f := f.in(t)
		reply := f.answered(cpo, pushed(ocpi.Locations, "PATCH", at(id(cpo), "L1", "L1-0"), hubParty, `{"status":"BLOCKED"}`), 200, 2001)
		if !strings.Contains(reply.Envelope.StatusMessage, "/last_updated") {
			t.Errorf("the message is %q", reply.Envelope.StatusMessage)
		}
	})
}

func TestQ30_APatchThatOvertakesItsPutIsNotFannedOut(t *testing.T) {
	f := inTheField(t)
	cpo, emsp := f.cpo(), f.emsp()
	c, e := id(cpo), id(emsp)
	patch := `{"status":"CHARGING","last_updated":"2026-01-01T02:00:00Z"}`
	reply := f.answered(cpo, pushed(ocpi.Locations, "PATCH", at(c, "L1", "L1-0"), hubParty, patch), 200, 2003)
	if !strings.Contains(reply.Envelope.StatusMessage, "PUT") {
		t.Errorf("the message is %q", reply.Envelope.StatusMessage)
	}
	f.answered(emsp, pushed(ocpi.Tokens, "PATCH", at(e, "U1"), hubParty, `{"valid":false,"last_updated":"2026-01-01T02:00:00Z"}`), 200, 2001)
	f.passes(cpo, emsp, ocpi.Locations, at(c, "L1"), locationWith(c, "L1", 1))
	f.ok(cpo, pushed(ocpi.Locations, "PATCH", at(c, "L1", "L1-0"), hubParty, patch))
	f.arrives(emsp, ocpi.Locations, "PATCH", at(id(cpo), "L1", "L1-0"))
	var order []string
	for _, call := range emsp.Calls(ocpitest.Is(ocpi.Locations, ""), func(call ocpitest.Call) bool { return strings.Contains(call.Path, c.ID) && call.Method != "GET" }) {
		order = append(order, call.Method)
	}
	if strings.Join(order, " ") != "PUT PATCH" {
		t.Errorf("the receiver got %v", order)
	}
}

func TestQ36_TheWordNullInAURLIsNotTakenForAnID(t *testing.T) {
	f := inTheField(t)
	cpo, emsp := f.cpo(), f.emsp()
	body := locationWith(id(cpo), "L1", 1)
	f.passes(cpo, emsp, ocpi.Locations, at(id(cpo), "L1"), body)
	evses, _ := ocpi.Find([]byte(body), "evses")
	for evse := range ocpi.Elements(evses.Value) {
		f.answered(cpo, pushed(ocpi.Locations, "PUT", at(id(cpo), "L1", "null"), hubParty, string(evse)), 200, 2001)
	}
	f.answered(cpo, pushed(ocpi.Locations, "PUT", at(id(cpo), "null"), hubParty, body), 200, 2001)
	f.answered(cpo, pushed(ocpi.Locations, "PUT", at(id(cpo), "undefined"), hubParty, body), 200, 2001)
	if !f.lists(emsp, ocpi.Locations, body) {
		t.Error("the location is not as it was")
	}
}

func TestQ37_TheSpellingOf211IsNamedFieldByField(t *testing.T) {
	old := func(t *testing.T, c ocpi.PartyID) string {
		return with(t, locationWith(c, "L1", 1), `"max_voltage":230,"max_amperage":32`, `"voltage":230,"amperage":32,"max_power":7400,"tariff_id":"T1"`,
			`"publish":true,`, `"type":"ON_STREET",`, fmt.Sprintf(`"country_code":"DE","party_id":%q,`, c.ID), "")
	}
	t.Run("and refused where the hub enforces the specification", func(t *testing.T) {
		f := inTheField(t)
		cpo := f.cpo()
		reply := f.answered(cpo, pushed(ocpi.Locations, "PUT", at(id(cpo), "L1"), hubParty, old(t, id(cpo))), 200, 2001)
		for _, field := range []string{"/evses/0/connectors/0/max_voltage", "/evses/0/connectors/0/max_amperage", "/publish", "/country_code", "/party_id"} {
			if !strings.Contains(reply.Envelope.StatusMessage, field) {
				t.Errorf("%q does not name %s", reply.Envelope.StatusMessage, field)
			}
		}
	})
	t.Run("or passed on where it reports", func(t *testing.T) {
		f := inTheFieldOf(t, lenientHub)
		cpo, emsp := f.cpo(), f.emsp()
		f.passes(cpo, emsp, ocpi.Locations, at(id(cpo), "L1"), old(t, id(cpo)))
	})
}

func TestQ47_TheSameIDsOfDifferentPartiesAreDifferentObjects(t *testing.T) {
	f := inTheField(t)
	one, two, emsp := f.cpo(), f.cpo(), f.emsp()
	first, second := locationWith(id(one), "L1", 1), locationWith(id(two), "L1", 1)
	f.passes(one, emsp, ocpi.Locations, at(id(one), "L1"), first)
	f.passes(two, emsp, ocpi.Locations, at(id(two), "L1"), second)
	f.ok(one, pushed(ocpi.Locations, "PATCH", at(id(one), "L1", "L1-0"), hubParty, `{"status":"REMOVED","last_updated":"2026-01-01T02:00:00Z"}`))
	f.arrives(emsp, ocpi.Locations, "PATCH", at(id(one), "L1", "L1-0"))
	if !f.lists(emsp, ocpi.Locations, second) || f.lists(emsp, ocpi.Locations, first) {
		t.Error("the change of one party's EVSE is not that of one party")
	}
	t.Run("and one object that breaks the specification does not keep the others of a page back", func(t *testing.T) {
		f := inTheField(t)
		cpo, emsp := f.cpo(), f.emsp()
		for _, body := range []string{locationWith(id(cpo), "L1", 1), fmt.Sprintf(`{"country_code":"DE","party_id":%q,"id":7}`, id(cpo).ID)} {
			cpo.Offer(ocpi.Locations, []byte(body))
		}
		if reply := f.ok(emsp, listed(ocpi.Locations, id(cpo))); strings.Count(string(reply.Envelope.Data), `"id":`) < 2 {
			t.Errorf("the page is %s", reply.Envelope.Data)
		}
	})
}

func TestQ54_AnEVSEThatIsNamedByItsEVSEIdIsUnknown(t *testing.T) {
	f := inTheField(t)
	cpo, emsp := f.cpo(), f.emsp()
	f.passes(cpo, emsp, ocpi.Locations, at(id(cpo), "L1"), with(t, locationWith(id(cpo), "L1", 1), `"uid":"L1-0"`, `"evse_id":"DE*ABC*E1","uid":"1001"`))
	f.answered(cpo, pushed(ocpi.Locations, "PATCH", at(id(cpo), "L1", "DE*ABC*E1"), hubParty, `{"status":"CHARGING","last_updated":"2026-01-01T02:00:00Z"}`), 200, 2003)
	f.ok(cpo, pushed(ocpi.Locations, "PATCH", at(id(cpo), "L1", "1001"), hubParty, `{"status":"CHARGING","last_updated":"2026-01-01T02:00:00Z"}`))
}

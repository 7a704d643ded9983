package conformance

import (
	"strings"
	"testing"

	adminv1 "github.com/ocpihub/ocpihub/proto/ocpihub/admin/v1"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/ocpitest"
)

// passes sends a body to one party and compares what arrives.
func (s *stage) passes(cpo, emsp *ocpitest.Platform, m ocpi.ModuleID, body string) {
	s.Helper()
	reply := s.ok(cpo, put(m, id(emsp), body))
	call := s.came(emsp, reply)
	s.check(string(call.Body) == carried(m, body) && len(emsp.Calls(of(reply))) == 1, "it arrived as %s, want %s", call.Body, carried(m, body))
}

// found is how often the hub has found something wrong with the objects of a
// party.
func (s *stage) found(party ocpi.PartyID, kind, fieldName string) int64 {
	s.Helper()
	resp, err := adminv1.NewQualityClient(s.operator().Conn).List(s.soon(), &adminv1.QualityListRequest{Party: party.String(), Kind: kind})
	if err != nil {
		s.Fatal(err)
	}
	for _, f := range resp.GetFindings() {
		if f.GetField() == fieldName {
			return f.GetCount()
		}
	}
	return 0
}

func TestH079_AnUnknownValueOfAnEnumIsForwardedAndCounted(t *testing.T) {
	s := newStage(t)
	cpo, emsp := s.pair()
	s.operator()
	body := strings.Replace(location(id(cpo), s.id("L1"), s.at(0)), `"AVAILABLE"`, `"FOO"`, 1)
	s.passes(cpo, emsp, ocpi.Locations, body)
	s.eventually("it is counted", func() bool { return s.found(id(cpo), "unknown_value", "evses.status") == 1 })
}

func TestH201_DateTimesOfAllFormsOfTheSpecificationAreRead(t *testing.T) {
	s := newStage(t)
	cpo, emsp := s.shelf(3)
	bare := func(minute int) string { return strings.TrimSuffix(s.at(minute), "Z") }
	for _, from := range []string{s.at(1), bare(1), bare(1) + ".000Z", bare(1) + ".0"} {
		reply := s.ok(emsp, get(ocpi.Tariffs, emsp.Hub(), "", "date_from="+from, "date_to="+s.at(60)))
		s.check(ids(reply) == s.names(1, 2), "from %s it gives %s", from, ids(reply))
	}
	s.want(emsp, get(ocpi.Tariffs, emsp.Hub(), "", "date_from=24-12-2025"), 200, 2001)
	// Fractions count: the second of these is older.
	for _, at := range []string{bare(9) + ".500Z", bare(9) + ".499"} {
		s.want(cpo, put(ocpi.Tariffs, cpo.Hub(), tariff(id(cpo), s.id("T9"), at)), 200, 1000)
	}
	got := s.all(emsp, ocpi.Tariffs)
	s.check(len(got) == 4 && field(got[3], "last_updated") == bare(9)+".500Z", "the hub lists %v", got)
}

func TestH202_SloppyDateTimesPassUnchanged(t *testing.T) {
	s := newStage(t)
	cpo, emsp := s.pair()
	body := location(id(cpo), s.id("L1"), strings.TrimSuffix(s.at(0), "Z")+"+00:00")
	s.passes(cpo, emsp, ocpi.Locations, body)
	old := with(cdr(id(cpo), s.id("C"), id(emsp), s.at(0)), "start_date_time", `"1970-1-1T00:00:00Z"`)
	s.passes(cpo, emsp, ocpi.CDRs, old)
}

func TestH203_IdsAreComparedWithoutRegardToCaseAndKeepTheirs(t *testing.T) {
	s := newStage(t)
	cpo, emsp := s.pair()
	name := s.id("Loc")
	upper, lower := strings.ToUpper(name), strings.ToLower(name)
	s.ok(cpo, put(ocpi.Locations, cpo.Hub(), location(id(cpo), name, s.at(0))))
	s.ok(cpo, patch(ocpi.Locations, cpo.Hub(), id(cpo), `{"name":"x","last_updated":"`+s.at(1)+`"}`, lower))
	got := s.all(emsp, ocpi.Locations)
	s.check(len(got) == 1 && field(got[0], "id") == name && field(got[0], "name") == "x", "the hub lists %v", got)
	s.ok(cpo, put(ocpi.Locations, cpo.Hub(), location(id(cpo), upper, s.at(2))))
	got = s.all(emsp, ocpi.Locations)
	s.check(len(got) == 1 && field(got[0], "id") == upper, "the hub lists %v", got)
	push := put(ocpi.Locations, id(emsp), with(location(id(cpo), name, s.at(3)), "party_id", `"`+strings.ToLower(id(cpo).ID)+`"`))
	push.Path = strings.ToLower(path(id(cpo), name))
	reply := s.ok(cpo, push)
	s.check(string(s.came(emsp, reply).Body) == string(push.Body) && strings.HasSuffix(s.came(emsp, reply).Path, push.Path), "it arrived as %v", emsp.Calls(of(reply)))
}

func TestH204_AnyUTF8Passes(t *testing.T) {
	s := newStage(t)
	cpo, emsp := s.pair()
	s.passes(cpo, emsp, ocpi.Locations, with(location(id(cpo), s.id("L1"), s.at(0)), "name", `"Café 🚗 Łódź x"`))
}

func TestH205_NullEmptyAndAbsentAreTheSameWhereAFieldIsOptional(t *testing.T) {
	s := newStage(t)
	cpo, emsp := s.pair()
	whole := location(id(cpo), s.id("L1"), s.at(0))
	for _, member := range []string{"images", "operator", "facilities", "name", either("suboperator", "parking_type")} {
		s.passes(cpo, emsp, ocpi.Locations, with(whole, member, "null"))
	}
	s.passes(cpo, emsp, ocpi.Locations, with(whole, "images", "[]"))
	price := tariff(id(cpo), s.id("T"), s.at(0))
	for _, none := range []string{"[]", "null"} { // at least one is needed
		s.refused(cpo, put(ocpi.Tariffs, id(emsp), with(price, "elements", none)), 200, 2001, emsp)
	}
	s.passes(cpo, emsp, ocpi.Tariffs, price)
}

func TestH206_TheLongestOfTheLengthsInPrintPasses(t *testing.T) {
	s := newStage(t)
	cpo, emsp := s.pair()
	s.passes(cpo, emsp, ocpi.Locations, with(with(location(id(cpo), s.id("L1"), s.at(0)), "address", `"`+strings.Repeat("a", 200)+`"`), "state", `"`+strings.Repeat("s", 45)+`"`))
}

func TestH207_WhatIsTooLongIsForwardedAndCounted(t *testing.T) {
	s := newStage(t)
	cpo, emsp := s.pair()
	s.operator()
	s.passes(cpo, emsp, ocpi.Locations, with(location(id(cpo), s.id("L1"), s.at(0)), "name", `"`+strings.Repeat("n", 300)+`"`))
	s.eventually("it is counted", func() bool { return s.found(id(cpo), "too_long", "name") == 1 })
}

func TestH208_NumbersPassAsTheyAreSpelled(t *testing.T) {
	s := newStage(t)
	cpo, emsp := s.pair()
	body := strings.Replace(location(id(cpo), s.id("L1"), s.at(0)), `voltage":230`, `voltage":"230"`, 1)
	s.passes(cpo, emsp, ocpi.Locations, strings.Replace(body, `amperage":32`, `amperage":32.00`, 1))
	s.passes(cpo, emsp, ocpi.Sessions, with(session(id(cpo), s.id("S"), id(emsp), s.at(0)), "kwh", "1.23456789"))
}

func TestH209_SessionsAndCDRsReachNobodyButTheirEMSP(t *testing.T) {
	s := newStage(t)
	cpo, emsp := s.pair()
	others := s.join(s.options(ocpi.EMSP, ocpi.NSP, ocpi.OTHER, ocpi.SCSP))
	for _, to := range []ocpi.PartyID{nobody, cpo.Hub(), id(emsp)} {
		s.ok(cpo, put(ocpi.Sessions, to, session(id(cpo), s.id("S"), id(emsp), s.at(0))))
		s.ok(cpo, put(ocpi.CDRs, to, cdr(id(cpo), s.id("C"), id(emsp), s.at(0))))
	}
	for _, p := range others.Parties() {
		for _, m := range []ocpi.ModuleID{ocpi.Sessions, ocpi.CDRs} {
			req := get(m, others.Hub(), "", s.today())
			req.From = p.ID
			s.check(ids(s.ok(others, req)) == "", "%s lists %s", p, m)
		}
		ask := preferences(nobody, s.id("S"))
		ask.From = p.ID
		s.refused(others, ask, 200, 4001, cpo)
	}
	s.wait(others, "a marker", of(s.ok(cpo, put(ocpi.Locations, cpo.Hub(), location(id(cpo), s.id("L1"), s.at(0))))))
	for _, m := range []ocpi.ModuleID{ocpi.Sessions, ocpi.CDRs} {
		s.check(len(others.Calls(ocpitest.Is(m, ""))) == 0, "others got %v", others.Calls(ocpitest.Is(m, "")))
	}
}

func TestH210_TheLogHoldsNoTokensUIDsOrContracts(t *testing.T) {
	s := special(t, watchful, "its log at hand")
	cpo, emsp := s.pair()
	uid, contract := s.id("SECRETUID"), s.id("SECRETCONTRACT")
	raw := with(token(id(emsp), uid, s.at(0)), "contract_id", `"`+contract+`"`)
	for _, to := range []ocpi.PartyID{emsp.Hub(), id(cpo), s.party()} {
		s.send(emsp, put(ocpi.Tokens, to, raw))
	}
	for _, known := range []string{uid, s.id("SECRETUID-unknown")} {
		s.send(cpo, authorize(known, nobody))
	}
	s.send(emsp, put(ocpi.Tokens, id(cpo), with(raw, "valid", `"yes"`)))
	cpo.Fail(ocpitest.Fault{Module: ocpi.Tokens, Garbage: true})
	s.send(emsp, put(ocpi.Tokens, id(cpo), raw))
	correlation := s.send(emsp, put(ocpi.Tokens, s.party(), raw)).CorrelationID
	s.eventually("the log has the last of it", func() bool { return strings.Contains(s.site.process.Log(), correlation) })
	log := s.site.process.Log()
	secrets := []string{uid, contract, s.partner(cpo).Token, s.partner(emsp).Token}
	for _, c := range append(cpo.Calls(), emsp.Calls()...) {
		secrets = append(secrets, c.Token)
	}
	for _, secret := range secrets {
		if at := strings.Index(log, secret); secret != "" && at >= 0 {
			t.Errorf("the log holds a secret: …%s…", log[max(0, at-200):at])
		}
	}
}

func TestH211_CDRsAreRemovedAfterTheirRetention(t *testing.T) {
	s := special(t, watchful, "a short retention.cdrs")
	cpo, emsp := s.pair()
	s.ok(cpo, put(ocpi.CDRs, id(emsp), cdr(id(cpo), s.id("C"), id(emsp), s.at(0))))
	s.ok(cpo, put(ocpi.Sessions, id(emsp), session(id(cpo), s.id("S"), id(emsp), s.at(0))))
	s.check(len(s.all(emsp, ocpi.CDRs)) == 1, "it is not kept at all")
	s.eventually("it is removed", func() bool { return len(s.all(emsp, ocpi.CDRs)) == 0 })
	s.check(len(s.all(emsp, ocpi.Sessions)) == 1, "the session, which has a retention of its own, is gone too")
}

func TestH216_APATCHReplacesAMemberOfTheTopLevelAsAWhole(t *testing.T) {
	s := newStage(t)
	cpo, emsp := s.pair()
	hours := `{"twentyfourseven":false,"regular_hours":[{"weekday":1,"period_begin":"08:00","period_end":"20:00"}]}`
	s.wait(emsp, "it", of(s.ok(cpo, put(ocpi.Locations, cpo.Hub(), with(location(id(cpo), s.id("L1"), s.at(0)), "opening_times", hours)))))
	change := `{"opening_times":{"twentyfourseven":true},"last_updated":"` + s.at(1) + `"}`
	call := s.wait(emsp, "the change", of(s.ok(cpo, patch(ocpi.Locations, cpo.Hub(), id(cpo), change, s.id("L1")))))
	s.check(string(call.Body) == change, "it arrived as %s", call.Body)
	got := s.one(emsp, ocpi.Locations)
	s.check(string(ocpi.FindObject([]byte(got), "opening_times")) == `{"twentyfourseven":true}`, "the hub holds %s", got)
}

func TestH218_AnOlderStateIsForwardedToOneAndNotTakenForAll(t *testing.T) {
	s := newStage(t)
	cpo, emsp := s.pair()
	newer, older := location(id(cpo), s.id("L1"), s.at(5)), location(id(cpo), s.id("L1"), s.at(0))
	s.wait(emsp, "the newer", of(s.ok(cpo, put(ocpi.Locations, cpo.Hub(), newer))))
	stale := s.want(cpo, put(ocpi.Locations, cpo.Hub(), older), 200, 1000)
	s.wait(emsp, "a marker", of(s.ok(cpo, put(ocpi.Locations, cpo.Hub(), location(id(cpo), s.id("L1"), s.at(6))))))
	s.check(len(emsp.Calls(of(stale))) == 0, "the older state went to all: %v", emsp.Calls(of(stale)))
	got := s.all(emsp, ocpi.Locations)
	s.check(len(got) == 1 && field(got[0], "last_updated") == s.at(6), "the hub holds %v", got)
	reply := s.ok(cpo, put(ocpi.Locations, id(emsp), older))
	s.check(len(emsp.Calls(of(reply))) == 1, "to one party it was not forwarded")
}

func TestH220_AListHoldsOnlyWhatIsMeantForTheReader(t *testing.T) {
	s := newStage(t)
	cpo, emsp, other := s.cpo(), s.emsp(), s.emsp()
	s.ok(cpo, put(ocpi.CDRs, nobody, cdr(id(cpo), s.id("C1"), id(emsp), s.at(0))))
	s.ok(cpo, put(ocpi.CDRs, nobody, cdr(id(cpo), s.id("C2"), id(other), s.at(0))))
	s.ok(cpo, put(ocpi.Tariffs, id(emsp), tariff(id(cpo), s.id("T1"), s.at(0)))) // for one party, where a version can say that
	for p, want := range map[*ocpitest.Platform][2]string{emsp: {s.id("C1"), s.id("T1")}, other: {s.id("C2"), either(s.id("T1"), "")}} {
		for i, m := range []ocpi.ModuleID{ocpi.CDRs, ocpi.Tariffs} {
			reply := s.ok(p, get(m, p.Hub(), "", s.today()))
			s.check(ids(reply) == want[i], "%s lists %q, want %q", id(p), ids(reply), want[i])
		}
	}
}

func TestH221_TariffsHaveNoPATCHButIn211(t *testing.T) {
	s := newStage(t)
	if spoken() == ocpi.V211 {
		s.patchOfATariff()
		return
	}
	cpo, emsp := s.pair()
	for _, to := range []ocpi.PartyID{id(emsp), cpo.Hub()} {
		reply := s.refused(cpo, patch(ocpi.Tariffs, to, id(cpo), `{"currency":"EUR","last_updated":"`+s.at(0)+`"}`, s.id("T")), 405, 2000, emsp)
		s.check(reply.Header.Get("Allow") == "GET, PUT, DELETE", "Allow is %q", reply.Header.Get("Allow"))
	}
}

func TestH222_AnEmptyListInAPATCHIsAChange(t *testing.T) {
	s := newStage(t)
	cpo, emsp := s.pair()
	images := `[{"url":"http://example.com/x.png","category":"CHARGER","type":"png"}]`
	s.wait(emsp, "it", of(s.ok(cpo, put(ocpi.Locations, cpo.Hub(), with(location(id(cpo), s.id("L1"), s.at(0)), "images", images)))))
	change := `{"images":[],"last_updated":"` + s.at(1) + `"}`
	call := s.wait(emsp, "the change", of(s.ok(cpo, patch(ocpi.Locations, cpo.Hub(), id(cpo), change, s.id("L1")))))
	s.check(string(call.Body) == change, "it arrived as %s", call.Body)
	s.check(!strings.Contains(s.one(emsp, ocpi.Locations), "x.png"), "the hub holds %s", s.all(emsp, ocpi.Locations))
	period := `[{"start_date_time":"` + s.at(0) + `","dimensions":[]}]`
	s.ok(cpo, put(ocpi.Sessions, nobody, with(session(id(cpo), s.id("S"), id(emsp), s.at(0)), "charging_periods", strings.Replace(period, "[]", `[{"type":"TIME","volume":1}]`, 1))))
	s.ok(cpo, patch(ocpi.Sessions, nobody, id(cpo), `{"charging_periods":[],"last_updated":"`+s.at(1)+`"}`, s.id("S")))
	got := s.one(emsp, ocpi.Sessions)
	s.check(strings.Contains(got, `"TIME"`) && field(got, "last_updated") == s.at(1), "the hub holds %s", got)
}

package conformance

import (
	"strings"
	"testing"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/ocpitest"
)

// held is an object as a party has it.
func held(p *ocpitest.Platform, m ocpi.ModuleID, owner ocpi.PartyID, name string) string {
	if m != ocpi.Tokens {
		name = seen(p, owner, name)
	}
	o, _ := p.Object(ocpitest.Key{Module: m, Owner: owner, ID: name}, id(p))
	return string(o.Raw)
}

func TestH136_AClientOwnedObjectHasAURLOfItsOwnAndNoPOST(t *testing.T) {
	s := newStage(t)
	cpo, emsp := s.pair()
	s.want(cpo, put(ocpi.Sessions, id(emsp), session(id(cpo), s.id("S"), id(emsp), s.at(0))), 201, 1000) // creates
	s.want(cpo, put(ocpi.Sessions, id(emsp), session(id(cpo), s.id("S"), id(emsp), s.at(1))), 200, 1000) // replaces
	for _, m := range []ocpi.ModuleID{ocpi.Locations, ocpi.Sessions, ocpi.Tariffs} {
		post := receiver(m, "POST", id(emsp), id(cpo), s.id("L1"))
		post.Body = []byte(location(id(cpo), s.id("L1"), s.at(0)))
		s.refused(cpo, post, 405, 2000, emsp)
	}
}

func TestH137_TheOwnerInTheBodyIsThatOfTheURL(t *testing.T) {
	s := newStage(t)
	cpo, emsp := s.pair()
	other := s.party()
	for _, push := range []ocpitest.Request{
		put(ocpi.Locations, id(emsp), location(id(cpo), s.id("L1"), s.at(0))), put(ocpi.Tariffs, id(emsp), tariff(id(cpo), s.id("T"), s.at(0))),
		put(ocpi.Sessions, id(emsp), session(id(cpo), s.id("S"), id(emsp), s.at(0))),
	} {
		push.Body = []byte(with(with(string(push.Body), "country_code", `"`+other.Country+`"`), "party_id", `"`+other.ID+`"`))
		s.refused(cpo, push, 404, 2001, emsp)
	}
}

func TestH138_TheIdInTheBodyIsThatOfTheURL(t *testing.T) {
	s := newStage(t)
	cpo, emsp := s.pair()
	push := put(ocpi.Locations, id(emsp), location(id(cpo), s.id("L2"), s.at(0)))
	push.Path = path(id(cpo), s.id("L1"))
	for _, receiver := range []ocpi.PartyID{id(emsp), cpo.Hub()} {
		push.To = receiver
		s.refused(cpo, push, 200, 2001, emsp)
	}
	part := receiver(ocpi.Locations, "PUT", id(emsp), id(cpo), s.id("L1"), "E1")
	part.Body = []byte(evse("E2", s.at(0)))
	s.refused(cpo, part, 200, 2001, emsp)
}

func TestH139_ObjectsOfSomebodyElseAre404(t *testing.T) {
	s := newStage(t)
	cpo, emsp := s.pair()
	other := s.cpo()
	for _, owner := range []ocpi.PartyID{id(other), s.party()} {
		push := put(ocpi.Locations, id(emsp), location(owner, s.id("L1"), s.at(0)))
		push.From = id(cpo)
		s.refused(cpo, push, 404, 2001, emsp)
		// Only the URL tells whose they are.
		change := patch(ocpi.Locations, id(emsp), owner, `{"name":"x","last_updated":"`+s.at(1)+`"}`, s.id("L1"))
		change.From = id(cpo)
		s.refused(cpo, change, 404, 2001, emsp)
		change.To = cpo.Hub()
		s.refused(cpo, change, 404, 2001, emsp)
	}
}

func TestH140_APUTReplacesTheWholeObject(t *testing.T) {
	s := newStage(t)
	cpo, emsp := s.pair()
	named := with(location(id(cpo), s.id("L1"), s.at(0)), "name", `"x"`)
	s.ok(cpo, put(ocpi.Locations, cpo.Hub(), named))
	s.check(strings.Contains(s.one(emsp, ocpi.Locations), `"name":"x"`), "the hub has not taken the first")
	plain := location(id(cpo), s.id("L1"), s.at(1))
	s.ok(cpo, put(ocpi.Locations, cpo.Hub(), plain))
	s.check(s.one(emsp, ocpi.Locations) == carried(ocpi.Locations, plain), "the hub holds %s", s.all(emsp, ocpi.Locations))
	s.refused(cpo, put(ocpi.Locations, cpo.Hub(), strings.Replace(plain, `"address":"Dam 1",`, "", 1)), 200, 2001, emsp)
}

func TestH141_APATCHChangesTheGivenFieldsAndNeedsLastUpdated(t *testing.T) {
	s := newStage(t)
	cpo, emsp := s.pair()
	s.ok(cpo, put(ocpi.Locations, cpo.Hub(), location(id(cpo), s.id("L1"), s.at(0))))
	for m, by := range map[ocpi.ModuleID]*ocpitest.Platform{ocpi.Locations: cpo, ocpi.Sessions: cpo, ocpi.Tokens: emsp} {
		at := map[*ocpitest.Platform]*ocpitest.Platform{cpo: emsp, emsp: cpo}[by]
		reply := s.refused(by, patch(m, id(at), id(by), `{"name":"x"}`, s.id("L1")), 200, 2001, at)
		s.check(strings.Contains(reply.Envelope.StatusMessage, "/last_updated"), "the message is %q", reply.Envelope.StatusMessage)
	}
	s.ok(cpo, patch(ocpi.Locations, cpo.Hub(), id(cpo), `{"name":"x","last_updated":"`+s.at(1)+`"}`, s.id("L1")))
	want := with(with(location(id(cpo), s.id("L1"), s.at(0)), "name", `"x"`), "last_updated", `"`+s.at(1)+`"`)
	got := s.one(emsp, ocpi.Locations)
	for _, name := range []string{"name", "city", "last_updated"} {
		s.check(field(got, name) == field(want, name), "%s is %q", name, field(got, name))
	}
}

func TestH143_AChangeOfAnEVSELiftsLastUpdatedOfTheLocation(t *testing.T) {
	s := newStage(t)
	cpo, emsp := s.pair()
	name := s.id("L1")
	s.wait(emsp, "the location", of(s.ok(cpo, put(ocpi.Locations, cpo.Hub(), location(id(cpo), name, s.at(0))))))
	body := `{"status":"CHARGING","last_updated":"` + s.at(5) + `"}`
	call := s.wait(emsp, "the change", of(s.ok(cpo, patch(ocpi.Locations, cpo.Hub(), id(cpo), body, name, name+"-1"))))
	s.check(string(call.Body) == body && call.Method == "PATCH", "it arrived as %v %s", call, call.Body)
	got := s.one(emsp, ocpi.Locations)
	s.check(field(got, "last_updated") == s.at(5) && strings.Contains(got, `"CHARGING"`), "the hub holds %s", got)
	part := receiver(ocpi.Locations, "PUT", cpo.Hub(), id(cpo), name, name+"-1", "1")
	part.Body = []byte(connector("1", s.at(9)))
	s.ok(cpo, part)
	got = s.one(emsp, ocpi.Locations)
	s.check(field(got, "last_updated") == s.at(9) && strings.Count(got, s.at(9)) == 3, "the hub holds %s", got)
}

func TestH144_APATCHAppendsChargingPeriodsAndAPUTReplacesThem(t *testing.T) {
	s := newStage(t)
	cpo, emsp := s.pair()
	period := func(minute int) string {
		return `{"start_date_time":"` + s.at(minute) + `","dimensions":[{"type":"ENERGY","volume":1.10}]}`
	}
	whole := with(session(id(cpo), s.id("S"), id(emsp), s.at(0)), "charging_periods", "["+period(0)+"]")
	s.ok(cpo, put(ocpi.Sessions, nobody, whole))
	s.ok(cpo, patch(ocpi.Sessions, nobody, id(cpo), `{"charging_periods":[`+period(1)+`],"last_updated":"`+s.at(1)+`"}`, s.id("S")))
	got := s.one(emsp, ocpi.Sessions)
	s.check(strings.Contains(got, period(0)) && strings.Contains(got, period(1)) && strings.Count(got, "dimensions") == 2, "after PATCH the hub holds %s", got)
	s.ok(cpo, put(ocpi.Sessions, nobody, with(with(whole, "charging_periods", "["+period(2)+"]"), "last_updated", `"`+s.at(2)+`"`)))
	got = s.one(emsp, ocpi.Sessions)
	s.check(strings.Contains(got, period(2)) && strings.Count(got, "dimensions") == 1, "after PUT the hub holds %s", got)
	sub := receiver(ocpi.Sessions, "PATCH", nobody, id(cpo), s.id("S"), "charging_periods")
	sub.Body = []byte(`{}`)
	s.refused(cpo, sub, 404, 2000, emsp)
}

func TestH145_AFailedPATCHIsTold(t *testing.T) {
	s := newStage(t)
	cpo, emsp := s.pair()
	s.ok(cpo, put(ocpi.Sessions, id(emsp), session(id(cpo), s.id("S"), id(emsp), s.at(0))))
	emsp.ForgetObjects()
	s.want(cpo, patch(ocpi.Sessions, id(emsp), id(cpo), `{"kwh":2,"last_updated":"`+s.at(1)+`"}`, s.id("S")), 404, 2001) // as the receiver says
	s.check(len(emsp.Calls(ocpitest.Is(ocpi.Sessions, "PATCH"))) > 0, "the receiver was not asked")
	change := patch(ocpi.Locations, cpo.Hub(), id(cpo), `{"name":"x","last_updated":"`+s.at(1)+`"}`, s.id("NONE"))
	s.refused(cpo, change, 200, 2003, emsp) // as the hub says
	s.refused(emsp, patch(ocpi.Tokens, emsp.Hub(), id(emsp), `{"valid":false,"last_updated":"`+s.at(1)+`"}`, s.id("NONE")), 200, 2001, cpo)
}

func TestH146_OnlyTariffsCanBeDeleted(t *testing.T) {
	s := newStage(t)
	cpo, emsp := s.pair()
	for m, by := range map[ocpi.ModuleID]*ocpitest.Platform{ocpi.Locations: cpo, ocpi.Sessions: cpo, ocpi.Tokens: emsp} {
		at := map[*ocpitest.Platform]*ocpitest.Platform{cpo: emsp, emsp: cpo}[by]
		for _, receiverParty := range []ocpi.PartyID{id(at), by.Hub()} {
			reply := s.refused(by, receiver(m, "DELETE", receiverParty, id(by), s.id("X")), 405, 2000, at)
			s.check(reply.Header.Get("Allow") == "GET, PUT, PATCH", "Allow of %s is %q", m, reply.Header.Get("Allow"))
		}
	}
	s.refused(cpo, receiver(ocpi.Locations, "DELETE", id(emsp), id(cpo), s.id("X"), "E1"), 405, 2000, emsp)
}

func TestH147_TheDeletionOfATariffIsForwarded(t *testing.T) {
	s := newStage(t)
	cpo, emsp := s.pair()
	s.came(emsp, s.ok(cpo, put(ocpi.Tariffs, id(emsp), tariff(id(cpo), s.id("T"), s.at(0)))))
	reply := s.ok(cpo, receiver(ocpi.Tariffs, "DELETE", id(emsp), id(cpo), s.id("T")))
	s.came(emsp, reply)
	s.check(len(emsp.Calls(of(reply))) == 1 && held(emsp, ocpi.Tariffs, id(cpo), s.id("T")) == "", "the receiver got %v", emsp.Calls(of(reply)))
	s.check(len(s.all(emsp, ocpi.Tariffs)) == 0, "the hub still lists %v", s.all(emsp, ocpi.Tariffs))
}

func TestH148_ACDRIsForwardedAsOftenAsItComesAndNeverMerged(t *testing.T) {
	s := newStage(t)
	cpo, emsp := s.pair()
	first := cdr(id(cpo), s.id("C"), id(emsp), s.at(0))
	credit := with(with(with(first, "id", `"`+s.id("C-credit")+`"`), "credit", "true"), "credit_reference_id", `"`+s.id("C")+`"`)
	for _, body := range []string{first, first, credit} {
		calls := emsp.Calls(of(s.ok(cpo, put(ocpi.CDRs, id(emsp), body))))
		s.check(len(calls) == 1 && string(calls[0].Body) == body, "the eMSP got %v", calls)
	}
	got := s.all(emsp, ocpi.CDRs)
	s.check(len(got) == 2 && got[0] == first && got[1] == credit, "the hub lists %v", got)
	for _, method := range []string{"PUT", "PATCH", "DELETE"} {
		req := put(ocpi.CDRs, id(emsp), first)
		req.Method = method
		s.refused(cpo, req, 405, 2000, emsp)
	}
}

func TestH149_TheAnswerToACDRHasALocation(t *testing.T) {
	s := newStage(t)
	cpo, emsp := s.pair()
	for n, to := range []ocpi.PartyID{id(emsp), nobody, cpo.Hub()} {
		body := cdr(id(cpo), s.id("C"+string(rune('0'+n))), id(emsp), s.at(0))
		reply := s.ok(cpo, put(ocpi.CDRs, to, body))
		at := reply.Header.Get("Location")
		got := s.want(cpo, ocpitest.Request{Module: ocpi.CDRs, Interface: ocpi.Receiver, Method: "GET", URL: at}, 200, 1000)
		s.check(string(got.Envelope.Data) == bare(body), "GET of %q gives %s", at, got.Body)
	}
}

func TestH150_TheLocationOfACDRLeadsThroughTheHub(t *testing.T) {
	s := newStage(t)
	cpo, emsp := s.pair()
	stranger := s.cpo()
	reply := s.ok(cpo, put(ocpi.CDRs, id(emsp), cdr(id(cpo), s.id("C"), id(emsp), s.at(0))))
	at := reply.Header.Get("Location")
	s.check(strings.Contains(at, "://"+s.hubHost()+"/"), "Location is %q", at)
	ask := ocpitest.Request{Module: ocpi.CDRs, Interface: ocpi.Receiver, Method: "GET", URL: at}
	got := s.ok(cpo, ask)
	calls := emsp.Calls(of(got))
	s.check(len(calls) == 1 && calls[0].Method == "GET" && s.from(calls[0], cpo, emsp), "the eMSP was asked %v", calls)
	s.refused(stranger, ask, 404, 2000, emsp)
}

func TestH151_NADoesNotStopAnObject(t *testing.T) {
	s := newStage(t)
	cpo, emsp := s.pair()
	body := with(with(session(id(cpo), s.id("S"), id(emsp), s.at(0)), "evse_uid", `"#NA"`), "connector_id", `"#NA"`)
	call := s.came(emsp, s.ok(cpo, put(ocpi.Sessions, id(emsp), body)))
	s.check(string(call.Body) == body, "it arrived as %s", call.Body)
}

func TestH152_ALocationThatIsNotForPublicationReachesReceivers(t *testing.T) {
	s := newStage(t)
	cpo, emsp := s.pair()
	body := with(location(id(cpo), s.id("L1"), s.at(0)), "publish", "false")
	call := s.wait(emsp, "the copy", of(s.ok(cpo, put(ocpi.Locations, cpo.Hub(), body))))
	s.check(string(call.Body) == body, "it arrived as %s", call.Body)
}

func TestH153_GETOnAReceiverGoesToTheNamedParty(t *testing.T) {
	s := newStage(t)
	cpo, emsp := s.pair()
	body := location(id(cpo), s.id("L1"), s.at(0))
	s.ok(cpo, put(ocpi.Locations, id(emsp), body))
	reply := s.ok(cpo, receiver(ocpi.Locations, "GET", id(emsp), id(cpo), s.id("L1")))
	s.check(string(reply.Envelope.Data) == body && len(emsp.Calls(of(reply))) == 1 && reply.Routing().From == id(emsp), "it gave %s", reply.Body)
	reply = s.ok(cpo, receiver(ocpi.Locations, "GET", id(emsp), id(cpo), s.id("L1"), s.id("L1")+"-1", "1"))
	s.check(string(reply.Envelope.Data) == connector("1", s.at(0)), "a connector is %s", reply.Body)
}

package conformance

import (
	"fmt"
	"strings"
	"testing"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/ocpitest"
)

func TestH093_APushToTheHubReachesEveryOppositeRole(t *testing.T) {
	s := newStage(t)
	cpo, emsp, mixed := s.cpo(), s.join(s.options(ocpi.EMSP, ocpi.NSP)), s.join(s.options(ocpi.OTHER))
	body := location(id(cpo), s.id("L1"), s.at(0))
	change := `{"name":"x","last_updated":"` + s.at(1) + `"}`
	for _, req := range []ocpitest.Request{put(ocpi.Locations, cpo.Hub(), body), patch(ocpi.Locations, cpo.Hub(), id(cpo), change, s.id("L1"))} {
		reply := s.want(cpo, req, 200, 1000)
		for at, parties := range map[*ocpitest.Platform][]ocpitest.Party{emsp: emsp.Parties(), mixed: mixed.Parties()} {
			for _, p := range parties {
				call := s.wait(at, "a copy for "+p.String(), of(reply), to(p.ID))
				s.check(call.Method == req.Method && string(call.Body) == string(req.Body), "it arrived as %s %s", call.Method, call.Body)
			}
		}
	}
}

func TestH094_TheHubAnswersAPushToAllItself(t *testing.T) {
	s := newStage(t)
	cpo, emsp := s.pair()
	emsp.Fail(ocpitest.Fault{Module: ocpi.Locations, Hang: true}) // the answer does not wait for it
	reply := s.want(cpo, put(ocpi.Locations, cpo.Hub(), location(id(cpo), s.id("L1"), s.at(0))), 200, 1000)
	s.check(reply.Routing() == routing(id(cpo), cpo.Hub()), "its headers are %+v", reply.Routing())
	s.wait(emsp, "the copy", of(reply))
	emsp.Heal()
}

func TestH095_TheAnswerToABroadcastNamesTheHubAsItsSender(t *testing.T) {
	s := newStage(t)
	cpo, emsp := s.pair()
	for by, push := range map[*ocpitest.Platform]ocpitest.Request{
		cpo: put(ocpi.Tariffs, cpo.Hub(), tariff(id(cpo), s.id("T"), s.at(0))), emsp: put(ocpi.Tokens, emsp.Hub(), token(id(emsp), s.id("U"), s.at(0))),
	} {
		reply := s.want(by, push, 200, 1000)
		s.check(reply.Header.Get(ocpi.HeaderFromParty) == by.Hub().ID && reply.Header.Get(ocpi.HeaderFromCountry) == by.Hub().Country, "its headers are %v", reply.Header)
	}
}

func TestH096_ACopyIsFromTheHubToItsReceiver(t *testing.T) {
	s := newStage(t)
	cpo, emsp := s.pair()
	heard := listenTo(emsp)
	reply := s.ok(cpo, put(ocpi.Locations, cpo.Hub(), location(id(cpo), s.id("L1"), s.at(0))))
	call := s.wait(emsp, "the copy", of(reply))
	s.check(call.Routing == routing(id(emsp), cpo.Hub()), "it came with %+v", call.Routing)
	s.check(heard.of(reply) == routing(cpo.Hub(), id(emsp)), "it was answered with %+v", heard.of(reply))
}

func TestH097_ThePathOfACopyNamesTheOwner(t *testing.T) {
	s := newStage(t)
	cpo, emsp := s.pair()
	for by, push := range map[*ocpitest.Platform]ocpitest.Request{
		cpo: put(ocpi.Locations, cpo.Hub(), location(id(cpo), s.id("L1"), s.at(0))), emsp: put(ocpi.Tokens, emsp.Hub(), token(id(emsp), s.id("U"), s.at(0))),
	} {
		at := map[*ocpitest.Platform]*ocpitest.Platform{cpo: emsp, emsp: cpo}[by]
		call := s.wait(at, "the copy", of(s.ok(by, push)))
		s.check(strings.Trim(call.Below, "/") == push.Path && strings.HasPrefix(push.Path, id(by).Country+"/"+id(by).ID+"/"), "it came to %s", call.Path)
	}
}

func TestH098_GETCannotBeBroadcast(t *testing.T) {
	s := newStage(t)
	cpo, emsp := s.pair()
	s.ok(cpo, put(ocpi.Locations, id(emsp), location(id(cpo), s.id("L1"), s.at(0))))
	for _, m := range []ocpi.ModuleID{ocpi.Locations, ocpi.Tariffs, ocpi.Sessions} {
		ask := ocpitest.Request{Module: m, Interface: ocpi.Receiver, Method: "GET", From: id(cpo), To: cpo.Hub(), Path: path(id(cpo), s.id("L1"))}
		s.refused(cpo, ask, 200, 2001, emsp)
	}
}

func TestH099_SessionsAndCDRsAreNeverBroadcast(t *testing.T) {
	s := newStage(t)
	cpo, emsp := s.pair()
	other, nobody := s.emsp(), s.party()
	for _, push := range []ocpitest.Request{
		put(ocpi.CDRs, cpo.Hub(), cdr(id(cpo), s.id("C"), id(emsp), s.at(0))), put(ocpi.Sessions, cpo.Hub(), session(id(cpo), s.id("S"), id(emsp), s.at(0))),
	} {
		reply := s.ok(cpo, push) // it goes to the eMSP of its token
		s.check(len(emsp.Calls(of(reply))) == 1, "the eMSP of the token got %v", emsp.Calls(of(reply)))
	}
	s.refused(cpo, put(ocpi.CDRs, cpo.Hub(), cdr(id(cpo), s.id("C2"), nobody, s.at(0))), 200, 4001, emsp)
	marker := s.ok(cpo, put(ocpi.Locations, cpo.Hub(), location(id(cpo), s.id("L1"), s.at(0))))
	s.wait(other, "what comes after", of(marker))
	for _, m := range []ocpi.ModuleID{ocpi.CDRs, ocpi.Sessions} {
		calls := other.Calls(ocpitest.Is(m, ""))
		s.check(len(calls) == 0, "another eMSP got %v", calls)
	}
}

func TestH100_TheDeletionOfATariffIsBroadcast(t *testing.T) {
	s := newStage(t)
	cpo, emsp := s.pair()
	s.wait(emsp, "the tariff", of(s.ok(cpo, put(ocpi.Tariffs, cpo.Hub(), tariff(id(cpo), s.id("T"), s.at(0))))))
	reply := s.want(cpo, ocpitest.Request{
		Module: ocpi.Tariffs, Interface: ocpi.Receiver, Method: "DELETE", From: id(cpo), To: cpo.Hub(), Path: path(id(cpo), s.id("T")),
	}, 200, 1000)
	call := s.wait(emsp, "the deletion", of(reply))
	s.check(call.Method == "DELETE" && call.Status == 200, "it came as %v", call)
}

func TestH101_ABroadcastGoesToTheOppositeRoles(t *testing.T) {
	s := newStage(t)
	roles := []ocpi.Role{ocpi.CPO, ocpi.EMSP, ocpi.NSP, ocpi.OTHER}
	location := func(owner, hub ocpi.PartyID) ocpitest.Request {
		return put(ocpi.Locations, hub, location(owner, s.id("L1"), s.at(0)))
	}
	token := func(owner, hub ocpi.PartyID) ocpitest.Request {
		return put(ocpi.Tokens, hub, token(owner, s.id("U"), s.at(0)))
	}
	for _, row := range []struct {
		from ocpi.Role
		push func(owner, hub ocpi.PartyID) ocpitest.Request
		to   []ocpi.Role
	}{
		{ocpi.CPO, location, []ocpi.Role{ocpi.EMSP, ocpi.NSP, ocpi.OTHER}},
		{ocpi.EMSP, token, []ocpi.Role{ocpi.CPO}},
		{ocpi.OTHER, token, []ocpi.Role{ocpi.CPO}},
	} {
		s.wantRoles(row.from, row.push, roles, row.to)
	}
}

// wantRoles compares which parties of a platform get a broadcast.
func (s *stage) wantRoles(from ocpi.Role, push func(owner, hub ocpi.PartyID) ocpitest.Request, roles, want []ocpi.Role) {
	s.Helper()
	receivers, sender := s.join(s.options(roles...)), s.join(s.options(from))
	reply := s.want(sender, push(id(sender), sender.Hub()), 200, 1000)
	var named []string
	for _, p := range receivers.Parties() {
		for _, role := range want {
			if p.Role == role {
				s.wait(receivers, string(role), of(reply), to(p.ID))
				named = append(named, string(role))
			}
		}
	}
	s.next(sender, receivers, push)
	var got []string
	for _, p := range receivers.Parties() {
		if len(receivers.Calls(of(reply), to(p.ID))) > 0 {
			got = append(got, string(p.Role))
		}
	}
	s.check(strings.Join(got, " ") == strings.Join(named, " "), "a broadcast of %s reached %v of %v, want %v", from, got, roles, want)
}

// next broadcasts the same once more, newer, and waits for a copy of it: what
// the first one became is all there then.
func (s *stage) next(sender, receivers *ocpitest.Platform, push func(owner, hub ocpi.PartyID) ocpitest.Request) {
	s.Helper()
	again := push(id(sender), sender.Hub())
	again.Body = []byte(with(string(again.Body), "last_updated", `"`+s.at(1)+`"`))
	s.wait(receivers, "the next one", of(s.want(sender, again, 200, 1000)))
}

func TestH102_RolesThatTheTextDoesNotNameFollowTheTableOfRoles(t *testing.T) {
	s := newStage(t)
	location := func(owner, hub ocpi.PartyID) ocpitest.Request {
		return put(ocpi.Locations, hub, location(owner, s.id("L1"), s.at(0)))
	}
	tariff := func(owner, hub ocpi.PartyID) ocpitest.Request {
		return put(ocpi.Tariffs, hub, tariff(owner, s.id("T"), s.at(0)))
	}
	roles := []ocpi.Role{ocpi.EMSP, ocpi.NAP, ocpi.SCSP, ocpi.NSP, ocpi.PTP}
	for _, push := range []func(owner, hub ocpi.PartyID) ocpitest.Request{location, tariff} {
		s.wantRoles(ocpi.CPO, push, roles, []ocpi.Role{ocpi.EMSP, ocpi.NAP, ocpi.NSP, ocpi.PTP})
		s.wantRoles(ocpi.NAP, push, roles, []ocpi.Role{ocpi.EMSP, ocpi.NSP})
	}
	cpo := s.cpo()
	for _, role := range []ocpi.Role{ocpi.NSP, ocpi.SCSP} {
		p := s.join(s.options(role))
		s.refused(p, put(ocpi.Tokens, p.Hub(), token(id(p), s.id("U"), s.at(0))), 200, 2001, cpo)
	}
}

func TestH103_ABroadcastDoesNotComeBackToItsSender(t *testing.T) {
	s := newStage(t)
	both, emsp := s.join(s.options(ocpi.CPO, ocpi.EMSP)), s.emsp()
	double := s.options(ocpi.CPO)
	double.Parties = append(double.Parties, ocpitest.Party{Role: ocpi.EMSP, ID: double.Parties[0].ID})
	self := s.join(double)
	reply := s.ok(both, put(ocpi.Locations, both.Hub(), location(id(both), s.id("L1"), s.at(0))))
	s.wait(both, "the copy for the other party of the platform", of(reply), to(both.Parties()[1].ID))
	own := s.ok(self, put(ocpi.Locations, self.Hub(), location(id(self), s.id("L2"), s.at(0))))
	s.wait(emsp, "the copies of others", of(own))
	marker := s.ok(both, put(ocpi.Locations, both.Hub(), location(id(both), s.id("L3"), s.at(0))))
	s.wait(self, "what came later", of(marker))
	s.wait(both, "what came later", of(marker))
	s.check(len(both.Calls(of(reply))) == 1, "the platform got %v", both.Calls(of(reply)))
	s.check(len(self.Calls(of(own))) == 0, "it came back: %v", self.Calls(of(own)))
}

func TestH104_EachPartyOfAPlatformGetsACopy(t *testing.T) {
	s := newStage(t)
	cpo, three := s.cpo(), s.join(s.options(ocpi.EMSP, ocpi.EMSP, ocpi.EMSP))
	reply := s.ok(cpo, put(ocpi.Locations, cpo.Hub(), location(id(cpo), s.id("L1"), s.at(0))))
	for _, p := range three.Parties() {
		s.wait(three, "the copy of "+p.String(), of(reply), to(p.ID))
	}
	marker := s.ok(cpo, put(ocpi.Locations, cpo.Hub(), location(id(cpo), s.id("L1"), s.at(1))))
	for _, p := range three.Parties() {
		s.wait(three, "the next copy", of(marker), to(p.ID))
	}
	s.check(len(three.Calls(of(reply))) == 3, "the platform got %v", three.Calls(of(reply)))
}

func TestH105_TheFailuresOfReceiversAreNotToldToTheSender(t *testing.T) {
	s := newStage(t)
	cpo, emsp := s.pair()
	for _, fault := range []ocpitest.Fault{{HTTPStatus: 401}, {Code: 2001}, {Garbage: true}, {HTTPStatus: 404}} {
		fault.Module = ocpi.Locations
		refail(emsp, fault)
		reply := s.want(cpo, put(ocpi.Locations, cpo.Hub(), location(id(cpo), s.id(fmt.Sprint("L", fault.HTTPStatus, fault.Code)), s.at(0))), 200, 1000)
		call := s.wait(emsp, "the copy", of(reply))
		s.check(reply.Envelope.StatusMessage == "", "the answer says %q of %v", reply.Envelope.StatusMessage, call)
		emsp.Heal()
	}
}

func TestH106_ABroadcastIsAnsweredHTTP200With1000(t *testing.T) {
	s := newStage(t)
	cpo, emsp := s.pair()
	push := put(ocpi.Locations, cpo.Hub(), location(id(cpo), s.id("L1"), s.at(0)))
	call := s.wait(emsp, "the copy", of(s.want(cpo, push, 200, 1000)))
	s.check(call.Status == 201, "the receiver itself answered %d", call.Status)
	s.want(cpo, push, 200, 1000)
}

func TestH107_WithoutCatchUpAReceiverThatWasAwayGetsNothingLater(t *testing.T) {
	s := special(t, watchful, "delivery.catch_up none")
	cpo, emsp, other := s.cpo(), s.emsp(), s.emsp()
	s.away(emsp)
	missed := s.ok(cpo, put(ocpi.Locations, cpo.Hub(), location(id(cpo), s.id("L1"), s.at(0))))
	s.wait(other, "the copy of another", of(missed))
	s.back(emsp)
	s.wait(emsp, "what comes now", of(s.ok(cpo, put(ocpi.Locations, cpo.Hub(), location(id(cpo), s.id("L2"), s.at(0))))))
	_, found := emsp.Object(ocpitest.Key{Module: ocpi.Locations, Owner: id(cpo), ID: s.id("L1")}, id(emsp))
	s.check(!found, "what came meanwhile was sent later")
	reply := s.ok(emsp, get(ocpi.Locations, emsp.Hub(), "", s.today()))
	s.check(ids(reply) == s.id("L1")+" "+s.id("L2"), "GET gives %s", ids(reply))
}

func TestH109_ClientInfoComesBeforeTheFirstObjectOfAParty(t *testing.T) {
	s := newStage(t).informed()
	emsp := s.emsp()
	for range 5 {
		cpo := s.cpo()
		reply := s.ok(cpo, put(ocpi.Locations, cpo.Hub(), location(id(cpo), s.id("L1"), s.at(0))))
		object := s.wait(emsp, "the object", of(reply))
		calls := emsp.Calls(func(c ocpitest.Call) bool {
			return c.Module == ocpi.HubClientInfo && strings.Contains(string(c.Body), `"`+id(cpo).ID+`"`) && field(string(c.Body), "status") == "CONNECTED"
		})
		s.check(len(calls) > 0 && calls[0].At.Before(object.At), "client info: %v; the object came at %s", calls, object.At)
	}
}

package conformance

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/ocpitest"
)

// What 2.1.1 has otherwise: one party for each connection, no routing headers, and
// PATCH that needs no last_updated.

// headless says whether a message or an answer has no headers of routing.
func headless(h http.Header) bool {
	for name := range h {
		if strings.HasPrefix(strings.ToLower(name), "ocpi-") {
			return false
		}
	}
	return true
}

// older is a registered platform of one party that speaks OCPI 2.1.1.
func (s *stage) older(role ocpi.Role) *ocpitest.Platform {
	s.Helper()
	return s.join(s.in(ocpi.V211, role))
}

// later is one that speaks OCPI 2.2.1, whatever the round does.
func (s *stage) later(role ocpi.Role) *ocpitest.Platform {
	s.Helper()
	return s.join(s.in(ocpi.V221, role))
}

// about finds the calls about objects of a platform: others push to all as well.
func about(owner *ocpitest.Platform) func(ocpitest.Call) bool {
	return func(c ocpitest.Call) bool { return strings.Contains(c.Path, id(owner).Country+"/"+id(owner).ID+"/") }
}

func TestH003_APlatformOf211GetsItsTokenAsItIs(t *testing.T) {
	s := newStage(t)
	emsp, cpo := s.older(ocpi.EMSP), s.later(ocpi.CPO)
	s.push(cpo, ocpi.Locations, s.sample(cpo, 0).Location(s.id("L1")))
	call := s.wait(emsp, "the location", ocpitest.Is(ocpi.Locations, "PUT"), about(cpo))
	got := call.Header.Get("Authorization")
	s.check(call.Token != "" && got == "Token "+call.Token, "the hub sent %q", got)
	token := s.partner(emsp).Token
	for _, value := range []string{token, encoded(token)} {
		reply := s.raw("GET", s.site.versionsURL, authorization(value), "")
		s.check(reply.status == 200, "the token as %q is answered HTTP %d", value, reply.status)
	}
}

func TestH020_APlatformGoesFrom211ToALaterVersionByPUT(t *testing.T) {
	s := newStage(t)
	emsp, cpo := s.older(ocpi.EMSP), s.later(ocpi.CPO)
	s.push(cpo, ocpi.Locations, s.sample(cpo, 0).Location(s.id("L1")))
	s.wait(emsp, "the location", ocpitest.Is(ocpi.Locations, "PUT"), about(cpo))
	if err := emsp.Upgrade(s.soon(), ocpi.V221); err != nil {
		t.Fatal(err)
	}
	changed := s.sample(cpo, 1).Location(s.id("L1"))
	s.push(cpo, ocpi.Locations, changed)
	s.wait(emsp, "the location in 2.2.1", ocpitest.Is(ocpi.Locations, "PUT"), about(cpo), func(c ocpitest.Call) bool { return string(c.Body) == string(changed) })
}

func TestH040_VersionDetailsOf211NameOneEndpointAModuleWithoutARole(t *testing.T) {
	s := newStage(t)
	for role, want := range map[ocpi.Role][]string{
		ocpi.EMSP: {"credentials", "locations", "sessions", "cdrs", "tariffs", "tokens", "commands"},
		ocpi.CPO:  {"credentials", "locations", "sessions", "cdrs", "tariffs", "tokens"},
	} {
		p := s.older(role)
		var list []struct{ Version, URL string }
		header := authorization(s.partner(p).Token)
		_ = json.Unmarshal(s.raw("GET", s.site.versionsURL, header, "").envelope().Data, &list)
		for _, v := range list {
			if v.Version != "2.1.1" {
				continue
			}
			var details struct{ Endpoints []map[string]string }
			_ = json.Unmarshal(s.raw("GET", v.URL, header, "").envelope().Data, &details)
			listed := map[string]int{}
			for _, e := range details.Endpoints {
				_, hasRole := e["role"]
				s.check(!hasRole && strings.HasPrefix(e["url"], "http"), "%v", e)
				listed[e["identifier"]]++
			}
			for _, m := range want {
				s.check(listed[m] == 1, "towards a %s %s is listed %d times", role, m, listed[m])
			}
			s.check(len(listed) == len(want), "towards a %s the hub lists %v", role, listed)
			want = nil
		}
		s.check(want == nil, "2.1.1 is not listed: %v", list)
	}
}

func TestH036_AConnectionHasOnePartyWithoutARole(t *testing.T) {
	s := newStage(t)
	n := s.newcomer(s.options(ocpi.EMSP))
	s.is(s.hand(n, "POST", n.tokenA, withRoles(n.Platform, n.Parties()...)), 200, 2001)
	s.register(n.Platform, n.at, n.tokenA)
	reply := s.ok(n.Platform, ocpitest.Request{Module: ocpi.Credentials, Method: "GET"})
	var got map[string]json.RawMessage
	if err := json.Unmarshal(reply.Envelope.Data, &got); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"token", "url", "business_details", "party_id", "country_code"} {
		s.check(got[name] != nil, "%s is missing in %s", name, reply.Envelope.Data)
	}
	s.check(got["roles"] == nil, "roles are in %s", reply.Envelope.Data)
	s.is(s.hand(n, "PUT", s.partner(n.Platform).Token, withRoles(n.Platform, n.Parties()...)), 200, 2001)
}

func TestH065_APartyThatIsAwayIsAnErrorOfTheServer(t *testing.T) {
	s := newStage(t)
	cpo, emsp := s.pair()
	away := s.later(ocpi.CPO)
	reply := s.send(cpo, authorize(s.id("NONE"), nobody)) // 2004
	s.is(reply, 404, 2000)
	s.check(strings.HasPrefix(reply.Envelope.StatusMessage, "2004: "), "the message is %q", reply.Envelope.StatusMessage)
	s.push(away, ocpi.Locations, s.sample(away, 0).Location(s.id("L1")))
	away.Stop()
	unlock := func(location string) ocpitest.Reply {
		cmd, _ := s.command(emsp, nobody, "UNLOCK_CONNECTOR", `"location_id":"`+location+`","evse_uid":"E1","connector_id":"1"`)
		return s.send(emsp, cmd)
	}
	reply = unlock(seen(emsp, id(away), s.id("L1"))) // 4003
	s.is(reply, 200, 3000)
	s.check(strings.HasPrefix(reply.Envelope.StatusMessage, "4003: "), "the message is %q", reply.Envelope.StatusMessage)
	reply = unlock("NL*QQQ*" + s.id("L1")) // 4001
	s.is(reply, 404, 2000)
	s.check(strings.HasPrefix(reply.Envelope.StatusMessage, "4001: "), "the message is %q", reply.Envelope.StatusMessage)
}

func TestH084_NoMessageHasRoutingHeaders(t *testing.T) {
	s := newStage(t)
	emsp := s.emsp()
	for _, cpo := range s.inAll(ocpi.CPO) {
		reply := s.push(cpo, ocpi.Locations, s.sample(cpo, 0).Location(s.id("L1")))
		call := s.wait(emsp, "the location of "+cpo.Name(), names(seen(emsp, id(cpo), s.id("L1"))))
		s.check(headless(call.Header), "it came with %v", call.Header)
		s.check(cpo.Version() != ocpi.V211 || headless(reply.Header), "it is answered with %v", reply.Header)
	}
	list := s.ok(emsp, get(ocpi.Locations, nobody, "", s.today()))
	s.check(headless(list.Header), "a list comes with %v", list.Header)
	stray := get(ocpi.Locations, nobody, "", s.today())
	stray.Header = http.Header{ocpi.HeaderToCountry: {"XX"}, ocpi.HeaderToParty: {"ZZZ"}, ocpi.HeaderFromCountry: {"XX"}, ocpi.HeaderFromParty: {"YYY"}}
	s.check(ids(s.ok(emsp, stray)) == ids(list), "headers that come are read")
}

func TestH108_CopiesForPartiesOf211AreTranslated(t *testing.T) {
	s := newStage(t)
	emsp := s.emsp()
	for _, v := range []ocpi.Version{ocpi.V221, ocpi.V230} {
		cpo := s.join(s.in(v, ocpi.CPO))
		for class, m := range map[string]ocpi.ModuleID{"Location": ocpi.Locations, "Tariff": ocpi.Tariffs} {
			body := s.sample(cpo, 0).Location(s.id("X"))
			if m == ocpi.Tariffs {
				body = s.sample(cpo, 0).Tariff(s.id("X"))
			}
			s.push(cpo, m, body)
			call := s.wait(emsp, "the copy", ocpitest.Is(m, "PUT"), names(seen(emsp, id(cpo), s.id("X"))))
			faults := ocpi.CheckObject(ocpi.V211, class, call.Body, false)
			s.check(len(faults) == 0 && headless(call.Header) && !strings.Contains(string(call.Body), `"publish"`), "from %s it came with %v: %v in %s", v, call.Header, faults, call.Body)
		}
	}
}

func TestH124_APlainListIsTheListOfAll(t *testing.T) {
	s := newStage(t)
	emsp, cpos := s.emsp(), s.inAll(ocpi.CPO)
	for _, cpo := range cpos {
		s.push(cpo, ocpi.Locations, s.sample(cpo, 0).Location(s.id("L1")))
	}
	reply := s.ok(emsp, get(ocpi.Locations, nobody, "", s.today()))
	found := string(reply.Envelope.Data)
	for _, cpo := range cpos {
		s.check(strings.Contains(found, `"`+seen(emsp, id(cpo), s.id("L1"))+`"`), "that of %s is not among %s", cpo.Name(), found)
	}
	for o := range ocpi.Elements(reply.Envelope.Data) {
		faults := ocpi.CheckObject(ocpi.V211, "Location", o, false)
		s.check(len(faults) == 0, "%v in %s", faults, o)
	}
	s.check(reply.Header.Get("X-Total-Count") == "3", "the total is %s", reply.Header.Get("X-Total-Count"))
}

func TestH142_APATCHNeedsNoLastUpdated(t *testing.T) {
	s := newStage(t)
	emsp, cpos := s.emsp(), s.inAll(ocpi.CPO)
	s.push(emsp, ocpi.Tokens, s.sample(emsp, 0).Token(s.id("U")))
	for _, cpo := range cpos {
		s.wait(cpo, "the token", names(s.id("U"))) // else it may get both at once
	}
	change := `{"valid":false}`
	s.ok(emsp, patch(ocpi.Tokens, nobody, id(emsp), change, s.id("U")))
	for _, cpo := range cpos {
		call := s.wait(cpo, "the change", ocpitest.Is(ocpi.Tokens, "PATCH"), names(s.id("U")))
		want := cpo.Version() == ocpi.V211
		s.check((string(call.Body) == change) == want && strings.Contains(string(call.Body), change[1:len(change)-1]), "to %s it came as %s", cpo.Name(), call.Body)
		s.check(want || field(string(call.Body), "last_updated") != "", "to %s it came without a time: %s", cpo.Name(), call.Body)
		s.until(cpo, "it has the token so", func() bool { return strings.Contains(held(cpo, ocpi.Tokens, id(emsp), s.id("U")), `"valid":false`) })
	}
}

// patchOfATariff is what H-221 says of 2.1.1: it goes on as the whole tariff where
// there is no PATCH.
func (s *stage) patchOfATariff() {
	s.Helper()
	cpo, emsps := s.cpo(), s.inAll(ocpi.EMSP)
	s.push(cpo, ocpi.Tariffs, s.sample(cpo, 0).Tariff(s.id("T")))
	for _, emsp := range emsps {
		s.wait(emsp, "the tariff", names(seen(emsp, id(cpo), s.id("T")))) // else it may get both at once
	}
	change := `{"currency":"CHF","last_updated":"` + s.at(1) + `"}`
	s.ok(cpo, patch(ocpi.Tariffs, nobody, id(cpo), change, s.id("T")))
	for _, emsp := range emsps {
		call := s.wait(emsp, "the change", names("CHF"), names(seen(emsp, id(cpo), s.id("T"))))
		if emsp.Version() == ocpi.V211 {
			s.check(call.Method == "PATCH" && string(call.Body) == change, "to %s it came as %v %s", emsp.Name(), call, call.Body)
			continue
		}
		faults := ocpi.CheckObject(emsp.Version(), "Tariff", call.Body, false)
		s.check(call.Method == "PUT" && len(faults) == 0, "to %s it came as %v %s: %v", emsp.Name(), call, call.Body, faults)
	}
}

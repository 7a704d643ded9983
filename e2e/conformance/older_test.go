package conformance

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/ocpitest"
)

// older is a registered platform of one party that speaks OCPI 2.1.1.
func (s *stage) older(role ocpi.Role) *ocpitest.Platform {
	s.Helper()
	o := s.options(role)
	o.Versions = []ocpi.Version{ocpi.V211}
	return s.join(o)
}

// later is one that speaks OCPI 2.2.1, whatever the round does.
func (s *stage) later(role ocpi.Role) *ocpitest.Platform {
	s.Helper()
	return s.join(s.in(ocpi.V221, role))
}

// at211 is an endpoint of the hub as a platform of 2.1.1 sees it.
func (s *stage) at211(p *ocpitest.Platform, m ocpi.ModuleID) string {
	s.Helper()
	for _, e := range s.partner(p).Endpoints {
		if e.Module == m {
			return e.URL
		}
	}
	s.Fatalf("the hub lists no %s", m)
	return ""
}

// about finds the calls about objects of a platform: others push to all as well.
func about(owner *ocpitest.Platform) func(ocpitest.Call) bool {
	return func(c ocpitest.Call) bool { return strings.Contains(c.Path, id(owner).Country+"/"+id(owner).ID+"/") }
}

// headless fails for headers that 2.1.1 does not have.
func (s *stage) headless(what string, h http.Header) {
	s.Helper()
	for name := range h {
		s.check(!strings.HasPrefix(strings.ToLower(name), "ocpi-"), "%s has %s: %s", what, name, h.Get(name))
	}
}

func TestH003_APlatformOf211GetsItsTokenAsItIs(t *testing.T) {
	s := newStage(t)
	emsp, cpo := s.older(ocpi.EMSP), s.later(ocpi.CPO)
	s.ok(cpo, put(ocpi.Locations, cpo.Hub(), location(id(cpo), s.id("L1"), s.at(0))))
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
	hub := cpo.Hub()
	s.ok(cpo, put(ocpi.Locations, hub, location(id(cpo), s.id("L1"), s.at(0))))
	s.wait(emsp, "the location", ocpitest.Is(ocpi.Locations, "PUT"), about(cpo))
	if err := emsp.Upgrade(s.soon(), ocpi.V221); err != nil {
		t.Fatal(err)
	}
	changed := location(id(cpo), s.id("L1"), s.at(1))
	s.ok(cpo, put(ocpi.Locations, hub, changed))
	s.wait(emsp, "the location in 2.2.1", ocpitest.Is(ocpi.Locations, "PUT"), about(cpo), func(c ocpitest.Call) bool { return string(c.Body) == changed })
}

func TestH036_APlatformOf211IsOnePartyAndTheHubOneForIt(t *testing.T) {
	s := newStage(t)
	for _, role := range []ocpi.Role{ocpi.CPO, ocpi.EMSP} {
		p := s.older(role)
		at := s.at211(p, ocpi.Credentials)
		header := authorization(s.partner(p).Token)
		got := s.raw("GET", at, header, "").envelope().Data
		s.check(ocpi.FindString(got, "party_id") != "" && ocpi.FindString(got, "country_code") != "" && !strings.Contains(string(got), `"roles"`),
			"the hub's credentials are %s", got)
		theirs := `{"token":"t","url":"` + p.VersionsURL() + `","roles":[{"role":"` + string(role) + `","country_code":"` + id(p).Country +
			`","party_id":"` + id(p).ID + `","business_details":{"name":"x"}}]}`
		reply := s.raw("PUT", at, header, theirs)
		s.check(reply.status == 200 && reply.envelope().StatusCode == 2001 && strings.Contains(reply.envelope().StatusMessage, "roles"),
			"credentials of 2.2.1 are answered HTTP %d %s", reply.status, reply.body)
	}
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

func TestH065_CodesThat211DoesNotHaveAreMapped(t *testing.T) {
	s := newStage(t)
	cpo, emsp := s.older(ocpi.CPO), s.older(ocpi.EMSP)
	reply := s.want(cpo, ocpitest.Request{
		Module: ocpi.Tokens, Interface: ocpi.Sender, Method: "POST", Path: s.id("unknown") + "/authorize", Body: []byte(`{}`),
	}, 404, 2000)
	s.check(strings.HasPrefix(reply.Envelope.StatusMessage, "2004: "), "an unknown token: %q", reply.Envelope.StatusMessage)
	stop := `{"response_url":"` + strings.TrimSuffix(emsp.VersionsURL(), "versions") + `cb","session_id":"` + s.id("nobody's") + `"}`
	reply = s.want(emsp, ocpitest.Request{
		Module: ocpi.Commands, Interface: ocpi.Receiver, Method: "POST", Path: "STOP_SESSION", Body: []byte(stop),
	}, 404, 2000)
	s.check(strings.HasPrefix(reply.Envelope.StatusMessage, "4001: "), "a session of nobody: %q", reply.Envelope.StatusMessage)
}

func TestH084_H108_MessagesOf211HaveNoHeadersOfOCPIAndItsOwnForm(t *testing.T) {
	s := newStage(t)
	emsp, cpo := s.older(ocpi.EMSP), s.later(ocpi.CPO)
	s.ok(cpo, put(ocpi.Locations, cpo.Hub(), location(id(cpo), s.id("L1"), s.at(0))))
	call := s.wait(emsp, "the location", ocpitest.Is(ocpi.Locations, "PUT"), about(cpo))
	s.headless("the push", call.Header)
	s.check(len(ocpi.CheckObject(ocpi.V211, "Location", call.Body, false)) == 0 && !strings.Contains(string(call.Body), `"publish"`),
		"the location is %s", call.Body)
	reply := s.ok(emsp, ocpitest.Request{Module: ocpi.Locations, Interface: ocpi.Sender, Method: "GET", Query: url.Values{"limit": {"1"}}})
	s.headless("the answer", reply.Header)
	s.check(reply.Header.Get("X-Request-ID") != "", "H-091 an answer to who sent no id has none")
}

func TestH084_HeadersOfOCPIMeanNothingIn211(t *testing.T) {
	s := newStage(t)
	emsp, cpo := s.older(ocpi.EMSP), s.later(ocpi.CPO)
	other := s.party()
	push := put(ocpi.Tokens, ocpi.PartyID{}, token(id(emsp), s.id("T1"), s.at(0)))
	push.Body = s.token211(emsp, s.id("T1"))
	push.Header = http.Header{
		ocpi.HeaderToCountry: {other.Country}, ocpi.HeaderToParty: {other.ID}, ocpi.HeaderFromCountry: {other.Country}, ocpi.HeaderFromParty: {other.ID},
	}
	s.headless("the answer", s.ok(emsp, push).Header)
	s.wait(cpo, "the token", ocpitest.Is(ocpi.Tokens, "PUT"), about(emsp))
}

// token211 is a token as 2.1.1 writes it.
func (s *stage) token211(emsp *ocpitest.Platform, uid string) []byte {
	return emsp.SampleOf(id(emsp)).Token(uid)
}

func TestH124_AListOf211HoldsTheObjectsOfAll(t *testing.T) {
	s := newStage(t)
	emsp, cpo, cpo2 := s.older(ocpi.EMSP), s.later(ocpi.CPO), s.older(ocpi.CPO)
	s.ok(cpo, put(ocpi.Locations, cpo.Hub(), location(id(cpo), s.id("L1"), s.at(0))))
	of211 := cpo2.SampleOf(id(cpo2))
	of211.At = s.day
	if reply, err := cpo2.Push(s.soon(), ocpi.Locations, ocpi.PartyID{}, of211.Location(s.id("L2"))); err != nil || !reply.OK() {
		t.Fatal(err, reply.Err())
	}
	found := map[string]bool{}
	_, err := emsp.GetAll(s.soon(), ocpitest.List{Module: ocpi.Locations, Limit: 100}, func(raw []byte) error {
		found[ocpi.FindString(raw, "id")] = true
		s.check(len(ocpi.CheckObject(ocpi.V211, "Location", raw, false)) == 0, "%s", raw)
		return nil
	})
	for _, want := range []string{id(cpo).String() + "*" + s.id("L1"), id(cpo2).String() + "*" + s.id("L2")} {
		s.check(err == nil && found[want], "%s is not in the list: %v", want, err)
	}
}

func TestH142_APatchOf211NeedsNoLastUpdated(t *testing.T) {
	s := newStage(t)
	emsp := s.older(ocpi.EMSP)
	push := put(ocpi.Tokens, ocpi.PartyID{}, token(id(emsp), s.id("T1"), s.at(0)))
	push.Body = s.token211(emsp, s.id("T1"))
	s.ok(emsp, push)
	push.Method, push.Body = "PATCH", []byte(`{"valid":false}`)
	s.want(emsp, push, 200, 1000)
}

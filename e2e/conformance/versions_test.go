package conformance

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/ocpitest"
)

// functional are the functional modules of OCPI 2.2.1.
var functional = []ocpi.ModuleID{
	ocpi.Locations, ocpi.Sessions, ocpi.CDRs, ocpi.Tariffs, ocpi.Tokens, ocpi.Commands, ocpi.ChargingProfiles,
}

type endpoint struct{ Identifier, Role, URL string }

// details reads the version details of the hub.
func (s *stage) details(p *ocpitest.Platform) []endpoint {
	s.Helper()
	var out struct {
		Version   string
		Endpoints []endpoint
	}
	at := s.versions(p, s.partner(p).Token)[string(spoken())]
	reply := s.send(p, ocpitest.Request{Module: ocpi.Versions, Method: "GET", URL: at})
	if err := json.Unmarshal(reply.Envelope.Data, &out); err != nil || out.Version != string(spoken()) {
		s.Fatalf("the version details are %s, %v", reply.Body, err)
	}
	return out.Endpoints
}

// versions reads the version list of the hub.
func (s *stage) versions(p *ocpitest.Platform, token string) map[string]string {
	s.Helper()
	var list []struct{ Version, URL string }
	reply := s.send(p, ocpitest.Request{Module: ocpi.Versions, Method: "GET", URL: s.site.versionsURL, Token: token})
	if err := json.Unmarshal(reply.Envelope.Data, &list); err != nil || reply.Status != 200 || reply.Code() != 1000 {
		s.Fatalf("the version list is HTTP %d %s, %v", reply.Status, reply.Body, err)
	}
	out := map[string]string{}
	for _, v := range list {
		out[v.Version] = v.URL
	}
	return out
}

func TestH039_TheVersionListHasAbsoluteURLsAndOpensToTokensAAndC(t *testing.T) {
	s := newStage(t)
	n := s.newcomer(s.options(ocpi.CPO))
	for _, who := range []string{"A", "C"} {
		token := n.tokenA
		if who == "C" {
			s.register(n.Platform, n.at, n.tokenA)
			token = s.partner(n.Platform).Token
		}
		list := s.versions(n.Platform, token)
		for _, v := range ocpi.KnownVersions() {
			s.check(strings.HasPrefix(list[string(v)], "http") && strings.Contains(list[string(v)], "://"+s.hubHost()+"/"), "with token %s it is %v", who, list)
		}
	}
}

func TestH040_VersionDetailsNameIdentifierRoleAndURL(t *testing.T) {
	s := newStage(t)
	for _, e := range s.details(s.cpo()) {
		role := e.Role == "SENDER" || e.Role == "RECEIVER"
		if spoken() == ocpi.V211 {
			role = e.Role == ""
		}
		s.check(e.Identifier != "" && role && strings.HasPrefix(e.URL, "http"), "%+v", e)
	}
}

func TestH041_CredentialsAreListedOnceAndTheRoleOfAPlatformsDoesNotMatter(t *testing.T) {
	s := newStage(t)
	var found []endpoint
	for _, e := range s.details(s.cpo()) {
		if e.Identifier == "credentials" {
			found = append(found, e)
		}
	}
	s.check(len(found) == 1 && found[0].Role == "SENDER", "%v", found)
	o := s.options(ocpi.EMSP)
	o.Endpoints = func(all []ocpi.Endpoint) []ocpi.Endpoint {
		out := slices.Clone(all)
		for i := range out {
			if out[i].Module == ocpi.Credentials {
				out[i].Interface = ocpi.Receiver
			}
		}
		return out
	}
	s.join(o)
}

func TestH042_TheHubIsSenderAndReceiverOfEveryFunctionalModule(t *testing.T) {
	s := newStage(t)
	listed := map[string]int{}
	for _, e := range s.details(s.cpo()) {
		listed[e.Identifier+" "+e.Role]++
	}
	for _, m := range functional {
		s.check(listed[string(m)+" SENDER"] == 1 && listed[string(m)+" RECEIVER"] == 1, "%s is listed as %v", m, listed)
	}
	s.check(listed["hubclientinfo SENDER"] == 1, "hubclientinfo is not listed: %v", listed)
}

func TestH043_UnknownVersionsAndModulesOfAPlatformDoNotMatter(t *testing.T) {
	s := newStage(t)
	o := s.options(ocpi.EMSP)
	o.Versions = []ocpi.Version{"3.0", spoken(), "x"}
	o.Endpoints = func(all []ocpi.Endpoint) []ocpi.Endpoint {
		return append(slices.Clone(all), ocpi.Endpoint{Module: "nltnm-tokens", Interface: ocpi.Receiver, URL: "http://127.0.0.1:1/x"})
	}
	emsp, cpo := s.join(o), s.cpo()
	s.ok(cpo, put(ocpi.Locations, id(emsp), location(id(cpo), s.id("L1"), s.at(0))))
}

func TestH046_AChangeOfEndpointsIsSeenAtPUTCredentials(t *testing.T) {
	s := newStage(t)
	o := s.options(ocpi.EMSP)
	o.Endpoints = without(ocpi.Sessions)
	emsp, cpo := s.driving(s.join(o)), s.cpo()
	push := put(ocpi.Sessions, id(emsp), session(id(cpo), s.id("S"), id(emsp), s.at(0)))
	s.want(cpo, push, 200, 4000)
	emsp.SetEndpoints(nil)
	if err := emsp.UpdateCredentials(s.soon()); err != nil {
		t.Fatal(err)
	}
	s.want(cpo, push, 201, 1000)
}

func TestH047_EndpointAndPathAreJoinedByOneSlash(t *testing.T) {
	s := newStage(t)
	var emsps, cpos []*ocpitest.Platform
	for _, slash := range []bool{false, true} {
		for _, role := range []ocpi.Role{ocpi.EMSP, ocpi.CPO} {
			o := s.options(role)
			o.TrailingSlash = slash
			p := s.join(o)
			if role == ocpi.EMSP {
				emsps = append(emsps, p)
			} else {
				cpos = append(cpos, p)
			}
		}
	}
	cpo, emsp := cpos[0], emsps[0]
	for i := range 2 {
		cmd, _ := s.command(emsp, id(cpos[i]), "UNLOCK_CONNECTOR", s.unlocking(cpos[i]))
		uid := s.id(fmt.Sprint("U", i))
		s.ok(emsps[i], put(ocpi.Tokens, emsp.Hub(), token(id(emsps[i]), uid, s.at(0))))
		for name, call := range map[string]ocpitest.Call{
			"locations/" + path(id(cpo)) + "/" + seen(emsp, id(cpo), s.id("L1")): s.came(emsps[i], s.ok(cpo, put(ocpi.Locations, id(emsps[i]), location(id(cpo), s.id("L1"), s.at(i))))),
			"commands/UNLOCK_CONNECTOR":    s.came(cpos[i], s.ok(emsp, cmd)),
			"tokens/" + uid + "/authorize": s.came(emsps[i], s.send(cpo, authorize(uid, id(emsps[i])))),
		} {
			want := "/" + string(spoken()) + either("", "/"+strings.ToLower(string(call.Interface))) + "/" + name
			s.check(strings.HasSuffix(call.Path, want), "it was called at %s, want …%s", call.Path, want)
		}
	}
}

func TestH048_WhatWasPushedInOneVersionIsThereInAll(t *testing.T) {
	s := newStage(t)
	cpo, emsps := s.cpo(), s.inAll(ocpi.EMSP)
	s.push(cpo, ocpi.Locations, s.sample(cpo, 0).Location(s.id("L1")))
	for _, emsp := range emsps {
		got := s.one(emsp, ocpi.Locations)
		s.check(field(got, "id") == seen(emsp, id(cpo), s.id("L1")), "%s lists %s", emsp.Name(), got)
		faults := ocpi.CheckObject(emsp.Version(), "Location", []byte(got), false)
		s.check(len(faults) == 0, "to %s it is unsound: %v", emsp.Name(), faults)
	}
	at := strings.TrimSuffix(s.site.versionsURL, "versions") + "2.0/cpo/locations"
	reply := s.raw("GET", at, authorization(encoded(s.partner(cpo).Token)), "")
	s.check(reply.status == 404 && reply.envelope().StatusCode == 2000, "a version that is not listed is answered HTTP %d", reply.status)
}

// TestEveryPathOfTheModulesIsThereAndNoOther asks for every path shape with
// every method: a row of the module table reaches routing, all else is 405 with
// the methods that are there, or 404.
func TestEveryPathOfTheModulesIsThereAndNoOther(t *testing.T) {
	s := newStage(t)
	p := s.join(s.options(ocpi.CPO, ocpi.EMSP))
	nobody := s.party()
	header := func() http.Header {
		h := authorization(encoded(s.partner(p).Token))
		h.Set(ocpi.HeaderToCountry, nobody.Country)
		h.Set(ocpi.HeaderToParty, nobody.ID)
		return h
	}
	asked := 0
	for _, m := range functional {
		for _, i := range []ocpi.Interface{ocpi.Sender, ocpi.Receiver} {
			allowed := allowedMethods(ocpi.Rules(ocpi.Address{Version: spoken(), Module: m, Interface: i}))
			base := s.partner(p).Endpoint(m, i)
			for shape, methods := range allowed {
				for _, method := range []string{"GET", "POST", "PUT", "PATCH", "DELETE"} {
					asked++
					reply := s.raw(method, ocpi.JoinURL(base, sample(shape, p)), header(), bodyOf(method))
					code := reply.envelope().StatusCode
					switch {
					case slices.Contains(methods, method):
						s.check(reply.status != 405 && (reply.status != 404 || code == 2001 || shape == "{cdr}"), "%s %s %s %q is not there: HTTP %d %s", method, i, m, shape, reply.status, reply.body)
					default:
						allow := strings.Split(reply.header.Get("Allow"), ", ")
						slices.Sort(allow)
						s.check(reply.status == 405 && code == 2000 && slices.Equal(allow, methods), "%s %s %s %q is HTTP %d with Allow %v, want %v", method, i, m, shape, reply.status, allow, methods)
					}
				}
			}
			unknown := s.raw("GET", ocpi.JoinURL(base, "a/b/c/d/e/f/g"), header(), "")
			s.check(unknown.status == 404, "a path that is too long is HTTP %d at %s %s", unknown.status, i, m)
		}
	}
	s.check(asked > 100, "only %d were asked for", asked)
	base := strings.TrimSuffix(s.partner(p).Endpoint(ocpi.Locations, ocpi.Sender), "locations")
	for _, unknown := range []string{"vehicles", "nothing", "", "locations/../tokens"} {
		s.check(s.raw("GET", base+unknown, header(), "").status == 404, "%q is there", unknown)
	}
}

func bodyOf(method string) string {
	if method == "GET" || method == "DELETE" {
		return ""
	}
	return "{}"
}

// allowedMethods are the sorted methods of each path shape. Constant paths of
// the commands are those of the open shape.
func allowedMethods(rules []*ocpi.Rule) map[string][]string {
	out := map[string][]string{}
	for _, r := range rules {
		for _, shape := range shapes(r.Path) {
			if !slices.Contains(out[shape], r.Method) {
				out[shape] = append(out[shape], r.Method)
				slices.Sort(out[shape])
			}
		}
	}
	return out
}

// shapes writes out the optional tails of a path.
func shapes(path string) []string {
	parts := strings.Split(strings.ReplaceAll(path, "]", ""), "[")
	var out []string
	for n := range parts {
		out = append(out, strings.Join(parts[:n+1], ""))
	}
	return out
}

// sample fills in a path shape.
func sample(shape string, p *ocpitest.Platform) string {
	out := strings.NewReplacer("{country_code}", id(p).Country, "{party_id}", id(p).ID).Replace(shape)
	for strings.Contains(out, "{") {
		before, rest, _ := strings.Cut(out, "{")
		_, after, _ := strings.Cut(rest, "}")
		out = before + "X1" + after
	}
	return out
}

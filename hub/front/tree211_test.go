package front_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ocpihub/ocpihub/internal/fault"
	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/parties"
	"github.com/ocpihub/ocpihub/routing"
)

// The platforms of the two sides of 2.1.1: token-c is of a CPO, token-e of an
// eMSP, token-n of nobody in particular, token-b of both.
const (
	tokenE = "Token token-e"
	tokenN = "Token token-n"
	tokenB = "Token token-b"
)

// links are the versions that a platform is told of.
func links(t *testing.T, url, token string) (out []string) {
	t.Helper()
	var list []parties.VersionLink
	if err := json.Unmarshal(do(t, "GET", url+"/ocpi/versions", token, "").env.Data, &list); err != nil {
		t.Fatal(err)
	}
	for _, l := range list {
		out = append(out, string(l.Version)+" "+strings.TrimPrefix(l.URL, "https://hub.example/ocpi/"))
	}
	return out
}

func TestH039_TheListNamesTheEndpointOf211ThatIsForTheRoleOfThePlatform(t *testing.T) {
	url := offer(t, &router{}, ocpi.V221, ocpi.V211)
	for token, want := range map[string][]string{
		tokenC: {"2.2.1 2.2.1", "2.1.1 2.1.1/emsp"}, tokenE: {"2.2.1 2.2.1", "2.1.1 2.1.1/cpo"},
		tokenN: {"2.2.1 2.2.1"}, tokenB: {"2.2.1 2.2.1"},
	} {
		if diff := cmp.Diff(want, links(t, url, token)); diff != "" {
			t.Errorf("%s is told (-want +got)\n%s", token, diff)
		}
	}
}

func TestH040_DetailsOf211NameOneEndpointAModuleAndNoRole(t *testing.T) {
	url := offer(t, &router{}, ocpi.V211)
	for side, c := range map[string]struct {
		token string
		want  []string
	}{
		"cpo":  {tokenE, []string{"credentials", "cdrs", "commands", "locations", "sessions", "tariffs", "tokens"}},
		"emsp": {tokenC, []string{"credentials", "cdrs", "locations", "sessions", "tariffs", "tokens"}},
	} {
		got := do(t, "GET", url+"/ocpi/2.1.1/"+side, c.token, "")
		got.want(t, 200, ocpi.StatusOK)
		if strings.Contains(string(got.env.Data), "role") {
			t.Errorf("%s tells a role: %s", side, got.env.Data)
		}
		var details struct {
			Version   ocpi.Version
			Endpoints []struct{ Identifier, URL string }
		}
		if err := json.Unmarshal(got.env.Data, &details); err != nil || details.Version != ocpi.V211 {
			t.Fatalf("%s, %v", got.env.Data, err)
		}
		var names []string
		for _, e := range details.Endpoints {
			names = append(names, e.Identifier)
			if e.URL != "https://hub.example/ocpi/2.1.1/"+side+"/"+e.Identifier {
				t.Errorf("%s is at %s", e.Identifier, e.URL)
			}
		}
		slices.Sort(names[1:])
		if diff := cmp.Diff(c.want, names); diff != "" {
			t.Errorf("%s (-want +got)\n%s", side, diff)
		}
	}
}

func TestTheSideOf211ThatIsNotForAPlatformIsNotThere(t *testing.T) {
	url := offer(t, &router{}, ocpi.V211)
	for _, c := range []struct{ method, path, token string }{
		{"GET", "cpo", tokenC},
		{"POST", "cpo/credentials", tokenC},
		{"GET", "cpo/locations", tokenC},
		{"GET", "emsp", tokenE},
		{"PUT", "emsp/locations/DE/ABC/L1", tokenE},
		{"GET", "cpo", tokenN},
		{"GET", "cpo/locations", tokenB},
	} {
		do(t, c.method, url+"/ocpi/2.1.1/"+c.path, c.token, "{}").want(t, 404, ocpi.StatusClientError)
	}
}

func TestH084_AMessageOf211GoesByItsContentWhateverItsHeadersSay(t *testing.T) {
	hub := ocpi.NewPartyID("NL", "HUB")
	for _, c := range []struct {
		method, path, token string
		module              ocpi.ModuleID
		side                ocpi.Interface
		to                  ocpi.PartyID
	}{
		{"GET", "cpo/locations", tokenE, ocpi.Locations, ocpi.Sender, hub},
		{"GET", "emsp/tokens?limit=1", tokenC, ocpi.Tokens, ocpi.Sender, hub},
		{"PUT", "emsp/locations/DE/ABC/L1", tokenC, ocpi.Locations, ocpi.Receiver, ocpi.PartyID{}},
		{"PUT", "cpo/tokens/NL/TNM/012", tokenE, ocpi.Tokens, ocpi.Receiver, ocpi.PartyID{}},
		{"POST", "emsp/tokens/012/authorize", tokenC, ocpi.Tokens, ocpi.Sender, ocpi.PartyID{}},
		{"POST", "cpo/commands/STOP_SESSION", tokenE, ocpi.Commands, ocpi.Receiver, ocpi.PartyID{}},
		{"PATCH", "emsp/sessions/DE/ABC/S1", tokenC, ocpi.Sessions, ocpi.Receiver, ocpi.PartyID{}},
	} {
		rt := &router{answer: routing.Answer{
			HTTPStatus: 200, Status: ocpi.StatusOK, Body: []byte(`{"status_code":1000,"timestamp":"2026-01-01T00:00:00Z"}`),
			Routing: ocpi.Routing{To: ocpi.NewPartyID("DE", "ABC"), From: hub},
		}}
		got := do(t, c.method, offer(t, rt, ocpi.V211)+"/ocpi/2.1.1/"+c.path, c.token, `{"a":1}`,
			"OCPI-to-country-code", "NL", "OCPI-to-party-id", "toolong", "OCPI-from-country-code", "DE", "OCPI-from-party-id", "ABC")
		got.want(t, 200, ocpi.StatusOK)
		m := rt.message
		if m == nil || m.Rule.Version != ocpi.V211 || m.Rule.Module != c.module || m.Rule.Interface != c.side || m.Routing != (ocpi.Routing{To: c.to}) {
			t.Errorf("%s %s: %+v", c.method, c.path, m)
		}
		withoutHeaders(t, got)
	}
}

func withoutHeaders(t *testing.T, a answer) {
	t.Helper()
	for name := range a.header {
		if strings.HasPrefix(strings.ToLower(name), "ocpi-") {
			t.Errorf("the answer has %s: %s", name, a.header.Get(name))
		}
	}
	if a.header.Get(ocpi.HeaderRequestID) == "" { // H-091: ids do no harm
		t.Error("the answer has no id")
	}
}

func TestH065_RefusalsOf211HaveTheCodesThatItKnows(t *testing.T) {
	for kind, want := range map[fault.Kind]struct {
		status int
		code   ocpi.StatusCode
	}{
		fault.Malformed: {400, 2001}, fault.TooLarge: {413, 2000}, fault.TooMany: {429, 2000}, fault.Suspended: {403, 2000},
		fault.Invalid: {200, 2001}, fault.ForeignOwner: {404, 2001}, fault.NotFound: {404, 2000}, fault.NoMethod: {405, 2000},
		fault.UnknownLocation: {200, 2003}, fault.UnknownToken: {404, 2000}, fault.UnknownReceiver: {404, 2000},
		fault.NoInterface: {200, 3000}, fault.NotConnected: {200, 3000}, fault.Timeout: {200, 3000}, fault.BadAnswer: {200, 3000},
		fault.Internal: {200, 3000}, fault.ClientUnusable: {200, 3001}, fault.Unavailable: {503, 3000},
	} {
		url := offer(t, &router{err: fault.New(kind, "mend this")}, ocpi.V211)
		got := do(t, "PUT", url+"/ocpi/2.1.1/emsp/locations/DE/ABC/L1", tokenC, "{}", "OCPI-from-country-code", "DE", "OCPI-from-party-id", "ABC")
		got.want(t, want.status, want.code)
		withoutHeaders(t, got)
	}
	url := offer(t, &router{}, ocpi.V211)
	do(t, "GET", url+"/ocpi/2.1.1/emsp/locations/DE/ABC/L1", "Token nobody", "").want(t, 401, ocpi.StatusClientError)
	do(t, "DELETE", url+"/ocpi/2.1.1/emsp/locations/DE/ABC/L1", tokenC, "").want(t, 405, ocpi.StatusClientError)
}

func TestH065_AnswersOf211HaveTheCodesThatItKnows(t *testing.T) {
	for _, c := range []struct {
		name       string
		http       int
		code       ocpi.StatusCode
		message    string
		wantHTTP   int
		wantCode   ocpi.StatusCode
		wantString string
	}{
		{"a success", 200, 1000, "", 200, 1000, ""},
		{"another code of clients", 200, 2003, "no", 200, 2003, "no"},
		{"a code of one's own", 200, 2950, "mine", 200, 2950, "mine"},
		{"an unknown token", 404, 2004, "no such token", 404, 2000, "2004: no such token"},
		{"an unknown token, told in 200", 200, 2004, "no such token", 404, 2000, "2004: no such token"},
		{"an unknown receiver", 200, 4001, "who?", 404, 2000, "4001: who?"},
		{"a time-out", 200, 4002, "late", 200, 3000, "4002: late"},
		{"not connected", 200, 4003, "away", 200, 3000, "4003: away"},
		{"a fault of the hub", 200, 4000, "oh", 200, 3000, "4000: oh"},
	} {
		body := ocpi.NewEnvelope(c.code, c.message, now).Bytes()
		rt := &router{answer: routing.Answer{HTTPStatus: c.http, Status: c.code, Body: body}}
		got := do(t, "GET", offer(t, rt, ocpi.V211)+"/ocpi/2.1.1/cpo/locations/L1", tokenE, "")
		withoutHeaders(t, got)
		if got.status != c.wantHTTP || got.env.StatusCode != c.wantCode || got.env.StatusMessage != c.wantString {
			t.Errorf("%s: HTTP %d with %d %q", c.name, got.status, got.env.StatusCode, got.env.StatusMessage)
		}
	}
}

func TestAResultIsOfTheVersionOfTheURLThatItCameTo(t *testing.T) {
	rt := &router{answer: routing.Answer{HTTPStatus: 200, Status: ocpi.StatusOK, Body: []byte(`{"status_code":1000,"timestamp":"2026-01-01T00:00:00Z"}`)}}
	url := offer(t, rt, ocpi.V221, ocpi.V211)
	for _, v := range []ocpi.Version{ocpi.V211, ocpi.V221} {
		do(t, "POST", url+"/ocpi/"+string(v)+"/callbacks/k1", tokenC, `{"result":"ACCEPTED"}`).want(t, 200, ocpi.StatusOK)
		if rt.result.Version != v || rt.result.Key != "k1" {
			t.Errorf("at that of %s: %+v", v, rt.result)
		}
	}
}

package front_test

import (
	"context"
	"encoding/base64"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/ocpihub/ocpihub/hub/front"
	"github.com/ocpihub/ocpihub/internal/fault"
	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/parties"
	"github.com/ocpihub/ocpihub/routing"
)

var now = time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)

// registry is a directory with some platforms: token-c of a registered CPO,
// token-a of one that is invited, token-s of one that is suspended; token-e of an
// eMSP, token-n of one that is invited as nobody in particular, token-b of one
// that is both.
type registry struct{ dir *parties.Directory }

func newRegistry() *registry {
	platform := func(id string, status parties.Status, use parties.KeyUse, roles ...ocpi.Role) *parties.Platform {
		p := &parties.Platform{ID: id, Status: status, Version: ocpi.V221, SealedToken: []byte("x"), Keys: []parties.Key{{Hash: parties.HashToken("token-" + id), Use: use}}}
		for _, role := range roles {
			p.Parties = append(p.Parties, parties.Party{Claim: parties.Claim{Role: role, Party: ocpi.NewPartyID("DE", "ABC")}})
		}
		return p
	}
	return &registry{parties.NewDirectory([]*parties.Platform{
		platform("c", parties.Connected, parties.ForAll, ocpi.CPO), platform("a", parties.Planned, parties.ForRegistration, ocpi.CPO),
		platform("s", parties.Suspended, parties.ForAll, ocpi.CPO),
		platform("e", parties.Connected, parties.ForAll, ocpi.EMSP), platform("n", parties.Planned, parties.ForAll),
		platform("b", parties.Connected, parties.ForAll, ocpi.CPO, ocpi.EMSP),
	}, 1)}
}

func (r *registry) Directory() *parties.Directory { return r.dir }
func (r *registry) Authenticate(_ context.Context, tokens []string, now time.Time) (parties.Login, bool) {
	return r.dir.Authenticate(tokens, now)
}
func (r *registry) Seen(parties.Login) {}
func (r *registry) Register(_ context.Context, _ parties.Login, _ ocpi.Version, c parties.Credentials) (parties.Credentials, error) {
	return c, nil
}

func (r *registry) Update(_ context.Context, _ parties.Login, _ ocpi.Version, c parties.Credentials) (parties.Credentials, error) {
	return c, nil
}
func (r *registry) SignOff(context.Context, parties.Login) error { return nil }
func (r *registry) Stray([]string) (parties.Stray, bool)         { return parties.Stray{}, false }

func (r *registry) Credentials(l parties.Login, _ ocpi.Version) parties.Credentials {
	return parties.Credentials{Token: l.Token}
}

// router answers what the test says.
type router struct {
	message *routing.Message
	result  routing.Result
	answer  routing.Answer
	err     error
	panics  bool
}

func (r *router) Route(_ context.Context, m *routing.Message) (routing.Answer, error) {
	if r.panics {
		panic("a bug")
	}
	r.message = m
	return r.answer, r.err
}

func (r *router) Deliver(_ context.Context, result routing.Result) (routing.Answer, error) {
	r.result = result
	return r.answer, r.err
}

func serve(t *testing.T, rt *router) string {
	t.Helper()
	return offer(t, rt, ocpi.V221)
}

// offer serves a door with these versions.
func offer(t *testing.T, rt *router, versions ...ocpi.Version) string {
	t.Helper()
	s := httptest.NewServer(front.New(front.Options{
		Self:     routing.Self{Party: ocpi.NewPartyID("NL", "HUB"), PublicURL: "https://hub.example"},
		Versions: versions, Registry: newRegistry(), Router: rt,
		Now: func() time.Time { return now }, Log: slog.New(slog.DiscardHandler),
		BodyBytes: 1000, Rates: front.NewOwnRates(1, 5),
	}))
	t.Cleanup(s.Close)
	return s.URL
}

type answer struct {
	status int
	header http.Header
	env    ocpi.Envelope
}

func do(t *testing.T, method, url, token, body string, headers ...string) answer {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if token != "" {
		req.Header.Set("Authorization", token)
	}
	for i := 0; i < len(headers); i += 2 {
		req.Header.Add(headers[i], headers[i+1])
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	raw, _ := io.ReadAll(resp.Body)
	env, err := ocpi.ParseEnvelope(raw)
	if err != nil {
		t.Fatalf("%s %s: HTTP %d without an envelope: %s", method, url, resp.StatusCode, raw)
	}
	return answer{resp.StatusCode, resp.Header, env}
}

func (a answer) want(t *testing.T, status int, code ocpi.StatusCode) {
	t.Helper()
	if a.status != status || a.env.StatusCode != code || a.env.Timestamp == "" {
		t.Errorf("got HTTP %d with %d %q, want HTTP %d with %d", a.status, a.env.StatusCode, a.env.StatusMessage, status, code)
	}
	if code != ocpi.StatusOK && a.env.StatusMessage == "" {
		t.Error("the message does not say what to mend")
	}
}

const (
	tokenC = "Token token-c"
	put    = "/ocpi/2.2.1/receiver/locations/DE/ABC/L1"
)

func TestWhoHasNoGoodTokenStaysOutside(t *testing.T) {
	url := serve(t, &router{})
	b64 := func(s string) string { return "Token " + base64.StdEncoding.EncodeToString([]byte(s)) }
	for _, c := range []struct {
		name, path, token string
		status            int
		code              ocpi.StatusCode
	}{
		{"H-006 no token", "/ocpi/versions", "", 401, 2000},
		{"H-006 an unknown token", "/ocpi/versions", "Token nobody", 401, 2000},
		{"H-006 another scheme", "/ocpi/versions", "Bearer token-c", 401, 2000},
		{"H-007 an error has an envelope too", "/ocpi/nowhere", "", 401, 2000},
		{"H-003 a raw token", "/ocpi/versions", tokenC, 200, 1000},
		{"H-003 a token in Base64", "/ocpi/versions", b64("token-c"), 200, 1000},
		{"H-004 a token in Base64 with a line feed", "/ocpi/versions", b64("token-c\n"), 200, 1000},
		{"H-009 token A on versions", "/ocpi/versions", "Token token-a", 200, 1000},
		{"H-009 token A on version details", "/ocpi/2.2.1", "Token token-a", 200, 1000},
		{"H-009 token A on another module", "/ocpi/2.2.1/sender/locations", "Token token-a", 401, 2000},
		{"H-009 token A on client info", "/ocpi/2.2.1/hubclientinfo", "Token token-a", 401, 2000},
		{"a suspended platform", "/ocpi/versions", "Token token-s", 403, 2000},
	} {
		t.Run(c.name, func(t *testing.T) {
			do(t, "GET", url+c.path, c.token, "").want(t, c.status, c.code)
		})
	}
}

func TestPathsAndMethodsThatAreNotThere(t *testing.T) {
	for _, c := range []struct {
		name, method, path string
		status             int
		allow              string
	}{
		{"an unknown path", "GET", "/ocpi/2.2.1/nothing", 404, ""},
		{"an unknown module", "GET", "/ocpi/2.2.1/sender/nothing", 404, ""},
		{"an unknown interface", "GET", "/ocpi/2.2.1/both/locations", 404, ""},
		{"a version that is not offered", "GET", "/ocpi/2.1.1", 404, ""},
		{"a path that is too deep", "PUT", put + "/E/C/X", 404, ""},
		{"H-146 DELETE of a location", "DELETE", put, 405, "GET, PUT, PATCH"},
		{"H-136 POST of a location", "POST", put, 405, "GET, PUT, PATCH"},
		{"H-221 PATCH of a tariff", "PATCH", "/ocpi/2.2.1/receiver/tariffs/DE/ABC/T1", 405, "GET, PUT, DELETE"},
		{"H-038 PATCH of credentials", "PATCH", "/ocpi/2.2.1/credentials", 405, "GET, POST, PUT, DELETE"},
		{"POST of versions", "POST", "/ocpi/versions", 405, "GET"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := do(t, c.method, serve(t, &router{})+c.path, tokenC, "{}")
			got.want(t, c.status, 2000)
			if got.header.Get("Allow") != c.allow {
				t.Errorf("Allow is %q, want %q", got.header.Get("Allow"), c.allow)
			}
		})
	}
}

func TestBodiesThatCannotBeRead(t *testing.T) {
	for _, c := range []struct {
		name, body string
		status     int
		code       ocpi.StatusCode
	}{
		{"H-051 no JSON", "{,}", 400, 2001},
		{"empty", "", 400, 2001},
		{"not UTF-8", "{\"a\":\"\xff\"}", 400, 2001},
		{"duplicate names", `{"id":1,"i\u0064":2}`, 400, 2001},
		{"duplicate names deep down", `{"a":[{"b":1,"b":1}]}`, 400, 2001},
		{"too large", `{"a":"` + strings.Repeat("x", 1000) + `"}`, 413, 2000},
	} {
		t.Run(c.name, func(t *testing.T) {
			do(t, "PUT", serve(t, &router{})+put, tokenC, c.body).want(t, c.status, c.code)
		})
	}
}

func TestTooManyRequestsAreToldWhenToComeBack(t *testing.T) {
	url := serve(t, &router{})
	for range 5 {
		do(t, "GET", url+"/ocpi/versions", tokenC, "").want(t, 200, 1000)
	}
	got := do(t, "GET", url+"/ocpi/versions", tokenC, "")
	got.want(t, 429, 2000)
	if got.header.Get("Retry-After") != "1" {
		t.Errorf("Retry-After is %q", got.header.Get("Retry-After"))
	}
	do(t, "GET", url+"/ocpi/versions", "Token token-a", "").want(t, 200, 1000)
}

func TestRoutingHeadersThatCannotBeRead(t *testing.T) {
	for name, headers := range map[string][]string{
		"H-075 only one OCPI-to header":       {"OCPI-to-party-id", "TNM"},
		"a header twice with other values":    {"OCPI-from-party-id", "A", "OCPI-from-party-id", "B", "OCPI-from-country-code", "DE"},
		"H-075 only one of two OCPI-from too": {"OCPI-from-country-code", "DE"},
	} {
		t.Run(name, func(t *testing.T) {
			do(t, "PUT", serve(t, &router{})+put, tokenC, "{}", headers...).want(t, 200, 2001)
		})
	}
}

func TestEveryKindOfFailureHasItsCodes(t *testing.T) {
	for kind, want := range map[fault.Kind]struct {
		status int
		code   ocpi.StatusCode
	}{
		fault.Internal: {200, 4000}, fault.Unauthorized: {401, 2000}, fault.Malformed: {400, 2001},
		fault.TooLarge: {413, 2000}, fault.TooMany: {429, 2000}, fault.Suspended: {403, 2000}, fault.Forbidden: {403, 2000},
		fault.Invalid: {200, 2001}, fault.ForeignOwner: {404, 2001}, fault.NotFound: {404, 2000},
		fault.NoMethod: {405, 2000}, fault.UnknownLocation: {200, 2003}, fault.UnknownToken: {404, 2004},
		fault.UnknownReceiver: {200, 4001}, fault.NoInterface: {200, 4000}, fault.NotConnected: {200, 4003},
		fault.Timeout: {200, 4002}, fault.BadAnswer: {200, 4000}, fault.ClientUnusable: {200, 3001},
		fault.Unsupported: {200, 3002}, fault.NoMatching: {200, 3003}, fault.Conflict: {200, 2001},
		fault.Unavailable: {503, 3000},
	} {
		got := do(t, "PUT", serve(t, &router{err: fault.New(kind, "mend this")})+put, tokenC, "{}")
		got.want(t, want.status, want.code)
		if retry := got.header.Get("Retry-After"); (retry != "") != (want.status == 429 || want.status == 503) {
			t.Errorf("kind %d: Retry-After is %q", kind, retry)
		}
	}
}

func TestH061_WhatIsNotForeseenIs4000AndStaysInside(t *testing.T) {
	for name, rt := range map[string]*router{"an error": {err: errors.New("secret path")}, "a panic": {panics: true}} {
		got := do(t, "PUT", serve(t, rt)+put, tokenC, "{}")
		got.want(t, 200, 4000)
		if strings.Contains(got.env.StatusMessage, "secret") || strings.Contains(got.env.StatusMessage, "bug") {
			t.Errorf("%s: the message tells %q", name, got.env.StatusMessage)
		}
	}
}

func TestH085_H086_TheAnswerCarriesTheIdsOfTheRequest(t *testing.T) {
	rt := &router{answer: routing.Answer{HTTPStatus: 200, Body: []byte(`{"status_code":1000,"timestamp":"x"}`)}}
	got := do(t, "PUT", serve(t, rt)+put, tokenC, "{}", "X-Request-ID", "r1", "X-Correlation-ID", "c1")
	if got.header.Get("X-Request-ID") != "r1" || got.header.Get("X-Correlation-ID") != "c1" {
		t.Errorf("headers are %v", got.header)
	}
	got = do(t, "PUT", serve(t, rt)+put, tokenC, "{}")
	if len(got.header.Get("X-Request-ID")) != 36 || rt.message.CorrelationID != got.header.Get("X-Correlation-ID") {
		t.Errorf("H-091 missing ids are not made: %v", got.header)
	}
}

func TestH067_AFunctionalAnswerCarriesRoutingHeadersAndAConfigurationAnswerNone(t *testing.T) {
	url := serve(t, &router{err: fault.New(fault.UnknownReceiver, "unknown")})
	got := do(t, "PUT", url+put, tokenC, "{}", "OCPI-from-country-code", "DE", "OCPI-from-party-id", "ABC")
	if got.header.Get("OCPI-to-party-id") != "ABC" || got.header.Get("OCPI-from-party-id") != "HUB" {
		t.Errorf("functional: %v", got.header)
	}
	got = do(t, "GET", url+"/ocpi/versions", tokenC, "")
	if got.header.Get("OCPI-to-party-id") != "" || got.header.Get("OCPI-from-party-id") != "" {
		t.Errorf("H-068 configuration: %v", got.header)
	}
}

func TestH042_VersionDetailsListBothInterfacesOfEveryFunctionalModule(t *testing.T) {
	got := string(do(t, "GET", serve(t, &router{})+"/ocpi/2.2.1", tokenC, "").env.Data)
	for _, module := range []string{"locations", "sessions", "cdrs", "tariffs", "tokens", "commands", "chargingprofiles"} {
		for _, side := range []string{"SENDER", "RECEIVER"} {
			want := `{"identifier":"` + module + `","role":"` + side + `","url":"https://hub.example/ocpi/2.2.1/` + strings.ToLower(side) + "/" + module + `"}`
			if !strings.Contains(got, want) {
				t.Errorf("%s %s is missing in %s", module, side, got)
			}
		}
	}
	if strings.Count(got, `"credentials"`) != 1 || !strings.Contains(got, `{"identifier":"hubclientinfo","role":"SENDER"`) {
		t.Errorf("H-041 credentials once, hubclientinfo as sender: %s", got)
	}
}

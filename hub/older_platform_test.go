package hub_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ocpihub/ocpihub/hub"
	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/parties"
)

// older is a platform that speaks OCPI 2.1.1 as it is written: raw tokens, no
// roles, no headers of OCPI. It may learn 2.2.1.
type older struct {
	t     *testing.T
	hub   *hub.Hub
	claim parties.Claim
	url   string

	mu       sync.Mutex
	versions []ocpi.Version
	own      string // the token by which the hub calls it
	theirs   string // the token by which it calls the hub
	calls    []olderCall
}

type olderCall struct {
	method, path string
	header       http.Header
	body         []byte
}

// both211 offers 2.2.1 and 2.1.1.
func both211(c *hub.Config) { c.Versions = []ocpi.Version{ocpi.V221, ocpi.V211} }

func newOlder(t *testing.T, h *hub.Hub, role ocpi.Role, id ocpi.PartyID) *older {
	t.Helper()
	o := &older{t: t, hub: h, claim: parties.Claim{Role: role, Party: id}, versions: []ocpi.Version{ocpi.V211}}
	s := httptest.NewServer(o)
	t.Cleanup(s.Close)
	o.url = s.URL
	return o
}

// olderAt registers one.
func olderAt(t *testing.T, h *hub.Hub, role ocpi.Role, id ocpi.PartyID) *older {
	t.Helper()
	o := newOlder(t, h, role, id)
	_, tokenA, err := h.Registry().Invite(t.Context(), id.String(), []parties.Claim{o.claim})
	if err != nil {
		t.Fatal(err)
	}
	o.theirs = tokenA
	if got := o.register(http.MethodPost, ocpi.V211, "own-1-"+id.ID); got.code != ocpi.StatusOK {
		t.Fatalf("POST credentials: HTTP %d with %d %q", got.status, got.code, got.message)
	}
	return o
}

// ServeHTTP answers the hub: what is no configuration is taken.
func (o *older) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	o.mu.Lock()
	defer o.mu.Unlock()
	if r.Header.Get("Authorization") != "Token "+o.own {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	o.calls = append(o.calls, olderCall{r.Method, r.URL.Path, r.Header.Clone(), body})
	data := "null"
	switch path := r.URL.Path; {
	case path == "/versions":
		var list []string
		for _, v := range o.versions {
			list = append(list, fmt.Sprintf(`{"version":%q,"url":"%s/%s"}`, v, o.url, v))
		}
		data = "[" + strings.Join(list, ",") + "]"
	case strings.Count(path, "/") == 1:
		data = o.details(ocpi.Version(path[1:]))
	case strings.HasSuffix(path, "/credentials") && len(body) > 0:
		o.theirs, o.own = ocpi.FindString(body, "token"), o.own+"-renewed"
		data = o.credentials(ocpi.V211)
	}
	_, _ = fmt.Fprintf(w, `{"status_code":1000,"timestamp":"2026-01-01T00:00:00Z","data":%s}`, data)
}

func (o *older) details(v ocpi.Version) string {
	var list []string
	for _, m := range append(ocpi.FunctionalModules(v), ocpi.Credentials) {
		role := ""
		if v != ocpi.V211 {
			role = fmt.Sprintf(`"role":%q,`, o.claim.Role.Faced().Faced().Side(m))
		}
		list = append(list, fmt.Sprintf(`{"identifier":%q,%s"url":"%s/%s/%s"}`, m, role, o.url, v, m))
	}
	return fmt.Sprintf(`{"version":%q,"endpoints":[%s]}`, v, strings.Join(list, ","))
}

func (o *older) credentials(v ocpi.Version) string {
	party := fmt.Sprintf(`"party_id":%q,"country_code":%q,"business_details":{"name":"old"}`, o.claim.Party.ID, o.claim.Party.Country)
	if v != ocpi.V211 {
		party = fmt.Sprintf(`"roles":[{"role":%q,%s}]`, o.claim.Role, party)
	}
	return fmt.Sprintf(`{"token":%q,"url":"%s/versions",%s}`, o.own, o.url, party)
}

// olderAnswer is an answer of the hub.
type olderAnswer struct {
	status  int
	code    ocpi.StatusCode
	message string
	data    []byte
	header  http.Header
}

// send calls the hub with a token as it is.
func (o *older) send(method, url, body string, headers ...string) olderAnswer {
	o.t.Helper()
	req, err := http.NewRequestWithContext(o.t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		o.t.Fatal(err)
	}
	o.mu.Lock()
	req.Header.Set("Authorization", "Token "+o.theirs)
	o.mu.Unlock()
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		o.t.Fatal(err)
	}
	defer resp.Body.Close()
	raw, _ := io.ReadAll(resp.Body)
	env, err := ocpi.ParseEnvelope(raw)
	if err != nil {
		o.t.Fatalf("%s %s: HTTP %d without an envelope: %s", method, url, resp.StatusCode, raw)
	}
	return olderAnswer{resp.StatusCode, env.StatusCode, env.StatusMessage, env.Data, resp.Header}
}

// endpoint finds an endpoint of the hub in a version by list and details; empty
// when it is not offered.
func (o *older) endpoint(v ocpi.Version, m ocpi.ModuleID) string {
	o.t.Helper()
	var links []parties.VersionLink
	_ = json.Unmarshal(o.send(http.MethodGet, o.hub.VersionsURL(), "").data, &links)
	at := slices.IndexFunc(links, func(l parties.VersionLink) bool { return l.Version == v })
	if at < 0 {
		return ""
	}
	var details struct {
		Endpoints []struct{ Identifier, URL string }
	}
	_ = json.Unmarshal(o.send(http.MethodGet, links[at].URL, "").data, &details)
	for _, e := range details.Endpoints {
		if e.Identifier == string(m) {
			return e.URL
		}
	}
	return ""
}

// register sends its credentials; own is the token by which the hub shall call it
// from now on.
func (o *older) register(method string, v ocpi.Version, own string) olderAnswer {
	o.t.Helper()
	url := o.endpoint(v, ocpi.Credentials)
	if url == "" {
		o.t.Fatalf("the hub does not offer %s", v)
	}
	o.mu.Lock()
	o.own = own
	body := o.credentials(v)
	o.mu.Unlock()
	got := o.send(method, url, body)
	if got.code == ocpi.StatusOK {
		o.mu.Lock()
		o.theirs = ocpi.FindString(got.data, "token")
		o.mu.Unlock()
	}
	return got
}

// took waits for a call.
func (o *older) took(method, path string) olderCall {
	o.t.Helper()
	ctx, cancel := context.WithTimeout(o.t.Context(), 20*time.Second)
	defer cancel()
	for {
		o.mu.Lock()
		at := slices.IndexFunc(o.calls, func(c olderCall) bool { return c.method == method && c.path == path })
		if at >= 0 {
			defer o.mu.Unlock()
			return o.calls[at]
		}
		o.mu.Unlock()
		select {
		case <-ctx.Done():
			o.t.Fatalf("no %s %s came", method, path)
		case <-time.After(5 * time.Millisecond):
		}
	}
}

func (o *older) platform() *parties.Platform {
	o.t.Helper()
	for _, p := range o.hub.Registry().Directory().Platforms() {
		if p.Name == o.claim.Party.String() {
			return p
		}
	}
	o.t.Fatalf("%s is not there", o.claim)
	return nil
}

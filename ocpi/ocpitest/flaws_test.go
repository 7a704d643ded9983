package ocpitest_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/ocpitest"
)

// flawed registers a client with a CPO of three locations that has a flaw.
func flawed(t *testing.T, name string) (client, cpo *ocpitest.Platform) {
	t.Helper()
	flaw, err := ocpitest.ParseFlaw(name)
	if err != nil {
		t.Fatal(err)
	}
	o := ocpitest.Options{Name: "CPO", Parties: []ocpitest.Party{{Role: ocpi.CPO, ID: ocpi.NewPartyID("DE", "CPO")}}}
	o.Configure(flaw)
	cpo = ocpitest.Run(t, o)
	client = ocpitest.Run(t, ocpitest.Options{
		Name: "Client", TokenEncoding: o.TokenEncoding,
		Parties: []ocpitest.Party{{Role: ocpi.EMSP, ID: ocpi.NewPartyID("NL", "CLI")}},
	})
	for _, id := range []string{"L1", "L2", "L3"} {
		cpo.Offer(ocpi.Locations, []byte(`{"country_code":"DE","party_id":"CPO","id":"`+id+`","address":"A","last_updated":"2025-01-01T00:00:00Z"}`))
	}
	if err := client.Register(t.Context(), cpo.VersionsURL(), cpo.Invite()); err != nil {
		t.Fatal(err)
	}
	cpo.Suffer(flaw)
	return client, cpo
}

// list asks for locations.
func list(t *testing.T, client *ocpitest.Platform, query string) ocpitest.Reply {
	t.Helper()
	values, err := url.ParseQuery(query)
	if err != nil {
		t.Fatal(err)
	}
	reply, _ := client.Do(t.Context(), ocpitest.Request{ // some flaws leave no envelope
		Module: ocpi.Locations, Interface: ocpi.Sender, Method: "GET", To: ocpi.NewPartyID("DE", "CPO"), Query: values,
	})
	return reply
}

func TestAFlawIsSeenInAnswers(t *testing.T) {
	text := func(r ocpitest.Reply) string { return string(r.Body) }
	header := func(name string) func(ocpitest.Reply) string {
		return func(r ocpitest.Reply) string { return r.Header.Get(name) }
	}
	tests := []struct {
		flaw, query string
		look        func(ocpitest.Reply) string
		good        func(string) bool
	}{
		{"wrong-total-count", "limit=1", header("X-Total-Count"), is("10")},
		{"no-counts", "limit=1", header("X-Total-Count"), is("")},
		{"ignores-limit", "limit=1", text, holds(`"L3"`)},
		{"repeats-page", "limit=1&offset=1", text, holds(`"L1"`)},
		{"relative-link", "limit=1", header("Link"), holds("</ocpi/")},
		{"foreign-link", "limit=1", header("Link"), holds("//backend.internal.example/")},
		{"no-link", "limit=1", header("Link"), is("")},
		{"ignores-filter", "date_from=2026-01-01T00:00:00Z", text, holds(`"L1"`)},
		{"no-envelope", "", text, func(s string) bool { return s[0] == '[' }},
		{"status-missing", "", text, func(s string) bool { return !strings.Contains(s, "status_code") && strings.Contains(s, `"data"`) }},
		{"clock-skew", "", header("Date"), func(s string) bool { at, err := http.ParseTime(s); return err == nil && time.Until(at) > 9*time.Minute }},
		{"local-time", "", text, func(s string) bool { return !strings.HasSuffix(s, `Z"}`) }},
		{"no-request-id-echo", "", header("X-Request-ID"), is("")},
		{"routing-headers-not-turned", "", header("OCPI-to-party-id"), is("CPO")},
		{"wrong-content-type", "", header("Content-Type"), is("text/plain; charset=utf-8")},
		{"invalid-objects", "", text, holds(`"address":null`)},
		{"wrong-party-in-objects", "", text, holds(`"party_id":"NIL"`)},
		{"future-last-updated", "", text, func(s string) bool { return !strings.Contains(s, "2025-01-01") }},
	}
	for _, tt := range tests {
		t.Run(tt.flaw, func(t *testing.T) {
			client, _ := flawed(t, tt.flaw)
			if got := tt.look(list(t, client, tt.query)); !tt.good(got) {
				t.Errorf("the flaw is not seen in %q", got)
			}
		})
	}
}

func is(want string) func(string) bool { return func(s string) bool { return s == want } }

func holds(part string) func(string) bool {
	return func(s string) bool { return strings.Contains(s, part) }
}

func TestAFlawOfTheConnectionIsThereFromTheStart(t *testing.T) {
	client, cpo := flawed(t, "module-missing")
	if partner, err := client.Partner(); err != nil || partner.Endpoint(ocpi.Locations, ocpi.Sender) != "" {
		t.Error("module-missing: the CPO still lists its locations")
	}
	cpo.Close()
	client, _ = flawed(t, "duplicate-endpoint")
	partner, _ := client.Partner()
	counts := map[string]int{}
	for _, e := range partner.Endpoints {
		counts[string(e.Module)+string(e.Interface)]++
	}
	if !slices.Contains(slices.Collect(valuesOf(counts)), 2) {
		t.Errorf("duplicate-endpoint: none is listed twice: %v", counts)
	}
	client, _ = flawed(t, "accepts-any-token")
	reply, err := client.Do(t.Context(), ocpitest.Request{Module: ocpi.Locations, Interface: ocpi.Sender, Method: "GET", Token: "made-up"})
	if err != nil || !reply.OK() {
		t.Errorf("accepts-any-token: a made-up token is answered HTTP %d", reply.Status)
	}
	client, _ = flawed(t, "plain-token-only")
	client.SpellToken(ocpi.TokenBase64)
	if reply := list(t, client, ""); reply.Status != http.StatusUnauthorized {
		t.Errorf("plain-token-only: a token in Base64 is answered HTTP %d", reply.Status)
	}
	client, _ = flawed(t, "html-404")
	reply, _ = client.Do(t.Context(), ocpitest.Request{Module: ocpi.Sessions, Interface: ocpi.Sender, Method: "GET", Path: "none"})
	if reply.Status != 404 || !strings.HasPrefix(string(reply.Body), "<!DOCTYPE html>") {
		t.Errorf("html-404: an unknown path is answered %d %q", reply.Status, reply.Body)
	}
	client, _ = flawed(t, "slow-answers")
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := client.Do(ctx, ocpitest.Request{Module: ocpi.Locations, Interface: ocpi.Sender, Method: "GET"}); err == nil {
		t.Error("slow-answers: the answer comes at once")
	}
}

func valuesOf(m map[string]int) func(func(int) bool) {
	return func(yield func(int) bool) {
		for _, v := range m {
			if !yield(v) {
				return
			}
		}
	}
}

func TestAPlatformMakesItsOwnCertificate(t *testing.T) {
	flaw, err := ocpitest.ParseFlaw("expires-soon")
	if err != nil {
		t.Fatal(err)
	}
	o := ocpitest.Options{Name: "CPO", Parties: []ocpitest.Party{{Role: ocpi.CPO, ID: ocpi.NewPartyID("DE", "CPO")}}}
	o.Configure(flaw)
	p := ocpitest.Run(t, o)
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(p.CertificatePEM()) || !strings.HasPrefix(p.VersionsURL(), "https://") {
		t.Fatalf("no TLS at %s", p.VersionsURL())
	}
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}}}
	defer client.CloseIdleConnections()
	for range 2 { // it keeps its certificate when it comes back
		response, err := client.Get(p.VersionsURL())
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
		if left := time.Until(response.TLS.PeerCertificates[0].NotAfter); left < 2*24*time.Hour || left > 4*24*time.Hour {
			t.Errorf("the certificate is good for another %s", left)
		}
		p.Stop()
		if err := p.Start(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestFlawsHaveNamesOfTheirOwn(t *testing.T) {
	seen := map[string]bool{}
	for _, f := range ocpitest.Flaws() {
		if seen[f.Name] || f.Does == "" {
			t.Errorf("%s is there twice, or does nothing", f.Name)
		}
		seen[f.Name] = true
	}
	if _, err := ocpitest.ParseFlaw("none-such"); err == nil {
		t.Error("a flaw that there is not was found")
	}
}

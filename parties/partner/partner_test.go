package partner

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ocpihub/ocpihub/internal/fault"
	"github.com/ocpihub/ocpihub/internal/peer"
	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/parties"
)

// newPartner returns a Partner and the URL of a platform that answers so.
func newPartner(t *testing.T, answer http.HandlerFunc) (Partner, string) {
	t.Helper()
	s := httptest.NewServer(answer)
	t.Cleanup(s.Close)
	client := peer.New(peer.Options{Guard: peer.NewGuard([]netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}), MaxBody: 1 << 20})
	t.Cleanup(client.Close)
	return Partner{Client: client, Timeout: 2 * time.Second}, s.URL
}

func says(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

func TestVersionsAreReadHoweverTheyAreWrapped(t *testing.T) {
	list := `[{"version":"2.2.1","url":"https://x/2.2.1"},{"version":"3.0","url":"https://x/3"}]`
	want := []parties.VersionLink{{Version: "2.2.1", URL: "https://x/2.2.1"}, {Version: "3.0", URL: "https://x/3"}}
	for name, body := range map[string]string{
		"as specified": `{"status_code":1000,"timestamp":"2026-01-01T00:00:00Z","data":` + list + `}`,
		"bare":         list,
	} {
		p, url := newPartner(t, says(200, body))
		got, err := p.Versions(t.Context(), url, "token")
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%s: %v %s", name, err, diff)
		}
	}
}

func TestDetailsAreReadHoweverTheyAreWrapped(t *testing.T) {
	list := `[{"identifier":"credentials","role":"SENDER","url":"https://x/c"},{"identifier":"Locations","role":"receiver","url":"https://x/l"},{"identifier":"tokens","url":"https://x/t"}]`
	want := []ocpi.Endpoint{
		{Module: "credentials", Interface: "SENDER", URL: "https://x/c"},
		{Module: "locations", Interface: "RECEIVER", URL: "https://x/l"},
		{Module: "tokens", Interface: "SENDER", URL: "https://x/t"},
		{Module: "tokens", Interface: "RECEIVER", URL: "https://x/t"},
	}
	for name, data := range map[string]string{"as specified": `{"version":"2.2.1","endpoints":` + list + `}`, "a bare list, no roles": list} {
		p, url := newPartner(t, says(200, `{"status_code":1000,"data":`+data+`}`))
		got, err := p.Details(t.Context(), parties.VersionLink{Version: ocpi.V221, URL: url}, "token")
		if diff := cmp.Diff(want, got.Endpoints); err != nil || diff != "" || got.Encoding != ocpi.TokenBase64 {
			t.Errorf("%s: %v %s %s", name, err, got.Encoding, diff)
		}
	}
}

func TestH049_ModulesOf230AreReadHoweverTheirIdentifiersAreWritten(t *testing.T) {
	p, url := newPartner(t, says(200, `{"status_code":1000,"data":{"version":"2.3.0","endpoints":[`+
		`{"identifier":"Booking","role":"SENDER","url":"https://x/b"},{"identifier":"bookings","role":"RECEIVER","url":"https://x/c"},`+
		`{"identifier":"Payments","role":"SENDER","url":"https://x/p"},{"identifier":"InvoiceReconciliation","role":"RECEIVER","url":"https://x/i"}]}}`))
	got, err := p.Details(t.Context(), parties.VersionLink{Version: ocpi.V230, URL: url}, "token")
	want := []ocpi.Endpoint{
		{Module: ocpi.Bookings, Interface: ocpi.Sender, URL: "https://x/b"},
		{Module: ocpi.Bookings, Interface: ocpi.Receiver, URL: "https://x/c"},
		{Module: ocpi.Payments, Interface: ocpi.Sender, URL: "https://x/p"},
		{Module: ocpi.InvoiceReconciliation, Interface: ocpi.Receiver, URL: "https://x/i"},
	}
	if diff := cmp.Diff(want, got.Endpoints); err != nil || diff != "" {
		t.Errorf("%v %s", err, diff)
	}
}

func TestH003_ARawTokenIsTriedWhereBase64IsRefused(t *testing.T) {
	p, url := newPartner(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Token plain" {
			w.WriteHeader(http.StatusInternalServerError)
			return
		}
		_, _ = io.WriteString(w, `{"status_code":1000,"data":{"endpoints":[]}}`)
	})
	got, err := p.Details(t.Context(), parties.VersionLink{Version: ocpi.V221, URL: url}, "plain")
	if err != nil || got.Encoding != ocpi.TokenRaw {
		t.Errorf("got %s, %v", got.Encoding, err)
	}
}

func TestH024_AnAPIThatCannotBeUsedIsToldWithItsURL(t *testing.T) {
	for name, answer := range map[string]http.HandlerFunc{
		"500": says(500, "oops"), "401": says(401, `{"status_code":2000}`), "HTML": says(200, "<html>"),
		"an OCPI error": says(200, `{"status_code":2001,"status_message":"no"}`), "no list": says(200, `{"status_code":1000,"data":7}`),
	} {
		p, url := newPartner(t, answer)
		_, err := p.Versions(t.Context(), url, "token")
		if !fault.Is(err, fault.ClientUnusable) || !strings.Contains(err.Error(), url) || strings.Contains(err.Error(), "token ") {
			t.Errorf("%s: %v", name, err)
		}
	}
	p, _ := newPartner(t, nil)
	if _, err := p.Versions(t.Context(), "http://127.0.0.1:1/", "token"); !fault.Is(err, fault.ClientUnusable) {
		t.Errorf("nobody there: %v", err)
	}
}

func TestRegisterSendsAndReadsCredentials(t *testing.T) {
	p, url := newPartner(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if r.Method != "POST" || !strings.Contains(string(body), `"token":"ours"`) {
			t.Errorf("got %s %s", r.Method, body)
		}
		_, _ = io.WriteString(w, `{"status_code":1000,"data":{"token":"theirs","url":"https://x","roles":[{"role":"CPO","party_id":"ABC","country_code":"DE","business_details":{"name":"n"}}],"more":1}}`)
	})
	got, err := p.Register(t.Context(), parties.RegisterCall{Method: "POST", URL: url, Token: "a", Send: parties.Credentials{Token: "ours"}})
	if err != nil || got.Token != "theirs" || len(got.Roles) != 1 || string(got.Roles[0].BusinessDetails) != `{"name":"n"}` {
		t.Errorf("got %+v, %v", got, err)
	}
	p, url = newPartner(t, says(405, `{"detail":"already registered"}`))
	if _, err := p.Register(t.Context(), parties.RegisterCall{Method: "POST", URL: url}); !fault.Is(err, fault.NoMethod) {
		t.Errorf("a partner that knows the hub: %v", err)
	}
}

func FuzzEndpoints(f *testing.F) {
	f.Add([]byte(`[{"identifier":"locations","role":"SENDER","url":"u"}]`))
	f.Add([]byte(`{"endpoints":[{"identifier":1}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		lines, err := endpoints(data)
		for _, l := range lines {
			if n := len(l.both()); err == nil && n != 1 && n != 2 {
				t.Errorf("%d endpoints of %+v", n, l)
			}
		}
	})
}

// platform serves versions to everybody, and the rest to those whose token is
// written as it likes.
func platform(authorization string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/credentials" && r.Header.Get("Authorization") != authorization {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		_, _ = io.WriteString(w, `{"status_code":1000,"data":{"endpoints":[{"identifier":"credentials","role":"SENDER","url":"http://`+r.Host+`/credentials"}]}}`)
	}
}

func TestQ03_TheCredentialsEndpointTellsHowTokensAreRead(t *testing.T) {
	for authorization, want := range map[string]ocpi.TokenEncoding{
		"Token plain": ocpi.TokenRaw, "Token cGxhaW4=": ocpi.TokenBase64, "Token of somebody else": ocpi.TokenBase64,
	} {
		p, url := newPartner(t, platform(authorization))
		got, err := p.Details(t.Context(), parties.VersionLink{Version: ocpi.V221, URL: url}, "plain")
		if err != nil || got.Encoding != want {
			t.Errorf("where %q opens: %s, %v; want %s", authorization, got.Encoding, err, want)
		}
	}
}

func TestQ01_APingFindsTheSpellingThatIsUnderstoodNow(t *testing.T) {
	for authorization, want := range map[string]ocpi.TokenEncoding{"Token plain": ocpi.TokenRaw, "Token cGxhaW4=": ocpi.TokenBase64} {
		for _, before := range []ocpi.TokenEncoding{ocpi.TokenRaw, ocpi.TokenBase64} {
			p, url := newPartner(t, platform(authorization))
			if got, err := p.Ping(t.Context(), url+"/credentials", "plain", before); err != nil || got != want {
				t.Errorf("from %s: %s, %v; want %s", before, got, err, want)
			}
		}
	}
	p, url := newPartner(t, says(401, `{"detail":"no"}`))
	if got, err := p.Ping(t.Context(), url, "plain", ocpi.TokenRaw); err == nil || got != ocpi.TokenRaw {
		t.Errorf("a platform that knows no token at all: %s, %v", got, err)
	}
}

func TestTheTokenOfAnAnswerIsReadThoughItsPartyIsWrittenAsInAnotherVersion(t *testing.T) {
	for v, body := range map[ocpi.Version]string{
		ocpi.V221: `{"token":"fresh","url":"https://x/versions","party_id":"ABC","country_code":"DE","business_details":{"name":"A"}}`,
		ocpi.V211: `{"token":"fresh","url":"https://x/versions","roles":[{"role":"CPO","party_id":"ABC","country_code":"DE","business_details":{"name":"A"}}]}`,
	} {
		p, url := newPartner(t, says(200, `{"status_code":1000,"data":`+body+`}`))
		got, err := p.Register(t.Context(), parties.RegisterCall{Version: v, Method: http.MethodPut, URL: url, Token: "old", Encoding: ocpi.TokenRaw})
		if err != nil || got.Token != "fresh" || len(got.Roles) > 0 { // the platform goes by it from now on
			t.Errorf("%s: %+v, %v", v, got, err)
		}
	}
}

func TestH003_ATokenOf211IsSentAsItIsUnlessThePlatformWantsBase64(t *testing.T) {
	for authorization, want := range map[string]ocpi.TokenEncoding{"Token plain": ocpi.TokenRaw, "Token cGxhaW4=": ocpi.TokenBase64} {
		var first string
		p, url := newPartner(t, func(w http.ResponseWriter, r *http.Request) {
			if first == "" {
				first = r.Header.Get("Authorization")
			}
			if r.Header.Get("Authorization") != authorization {
				w.WriteHeader(http.StatusUnauthorized)
				return
			}
			_, _ = io.WriteString(w, `{"status_code":1000,"data":{"endpoints":[]}}`)
		})
		got, err := p.Details(t.Context(), parties.VersionLink{Version: ocpi.V211, URL: url}, "plain")
		if err != nil || got.Encoding != want || first != "Token plain" {
			t.Errorf("%q: %s, %v, first %q", authorization, got.Encoding, err, first)
		}
	}
}

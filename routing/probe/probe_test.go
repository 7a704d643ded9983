package probe_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ocpihub/ocpihub/internal/fault"
	"github.com/ocpihub/ocpihub/internal/peer"
	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/ocpitest"
	"github.com/ocpihub/ocpihub/parties"
	"github.com/ocpihub/ocpihub/routing/probe"
)

var (
	hub = ocpi.NewPartyID("NL", "HUB")
	cpo = ocpi.NewPartyID("DE", "CPO")
)

// stage is a prober before a platform that it is registered with.
type stage struct {
	prober   *probe.Prober
	platform *parties.Platform
	token    string
	encoding ocpi.TokenEncoding
}

func (s *stage) Directory() *parties.Directory {
	return parties.NewDirectory([]*parties.Platform{s.platform}, 1)
}

func (s *stage) Token(*parties.Platform) (string, ocpi.TokenEncoding, error) {
	return s.token, s.encoding, nil
}

// before puts a prober before a CPO of the sample's locations that has these
// flaws.
func before(t *testing.T, names ...string) *stage {
	t.Helper()
	var flaws []ocpitest.Flaw
	for _, name := range names {
		flaw, err := ocpitest.ParseFlaw(name)
		if err != nil {
			t.Fatal(err)
		}
		flaws = append(flaws, flaw)
	}
	o := ocpitest.Options{Name: "CPO", Parties: []ocpitest.Party{{Role: ocpi.CPO, ID: cpo}}, TokenEncoding: ocpi.TokenBase64}
	o.Configure(flaws...)
	p := ocpitest.Run(t, o)
	for location, err := range ocpitest.ReadLocations("") {
		if err != nil {
			t.Fatal(err)
		}
		raw := ocpi.SetMember(location.Raw, "country_code", ocpi.Quote(cpo.Country))
		p.Offer(ocpi.Locations, ocpi.SetMember(raw, "party_id", ocpi.Quote(cpo.ID)))
	}
	s := meet(t, p, o.TokenEncoding)
	p.Suffer(flaws...)
	return s
}

// meet writes down what a registration with a platform brings.
func meet(t *testing.T, p *ocpitest.Platform, encoding ocpi.TokenEncoding) *stage {
	t.Helper()
	s := &stage{token: p.Invite(), encoding: encoding}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(p.CertificatePEM())
	client := peer.New(peer.Options{
		Guard:   peer.NewGuard([]netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}),
		MaxBody: 1 << 20, TLS: &tls.Config{RootCAs: pool},
	})
	t.Cleanup(client.Close)
	s.prober = &probe.Prober{Self: hub, Registry: s, Caller: client, Timeout: 20 * time.Second}
	s.platform = &parties.Platform{
		ID: "c", Status: parties.Connected, SealedToken: []byte("sealed"), Version: ocpi.V221, VersionsURL: p.VersionsURL(),
	}
	for _, party := range p.Parties() {
		s.platform.Parties = append(s.platform.Parties, parties.Party{Claim: parties.Claim{Role: party.Role, Party: party.ID}})
	}
	if p.CertificatePEM() == nil { // the client of ocpitest trusts nobody
		hub := ocpitest.Run(t, ocpitest.Options{Name: "Hub", Parties: []ocpitest.Party{{Role: ocpi.HUB, ID: hub}}, TokenEncoding: encoding})
		if err := hub.Register(t.Context(), p.VersionsURL(), s.token); err != nil {
			t.Fatal(err)
		}
		partner, err := hub.Partner()
		if err != nil {
			t.Fatal(err)
		}
		s.token, s.platform.Endpoints = partner.Token, partner.Endpoints
	}
	return s
}

// check examines the platform.
func (s *stage) check(t *testing.T, req probe.Request) []probe.Line {
	t.Helper()
	var lines []probe.Line
	if err := s.prober.Check(t.Context(), "c", req, func(l probe.Line) { lines = append(lines, l) }); err != nil {
		t.Fatal(err)
	}
	for _, l := range lines {
		if (l.Outcome == probe.OK) != (l.Mend == "") || l.Found == "" || strings.Contains(l.Found+l.Mend, s.token) {
			t.Errorf("a line without its words: %+v", l)
		}
	}
	return lines
}

// troubles are the checks that did not go well.
func troubles(lines []probe.Line) []string {
	var out []string
	for _, l := range lines {
		if l.Outcome != probe.OK && !slices.Contains(out, l.Check) {
			out = append(out, l.Check)
		}
	}
	slices.Sort(out)
	return out
}

func TestAHealthyPlatformHasNoTroubles(t *testing.T) {
	lines := before(t).check(t, probe.Request{})
	for _, l := range lines {
		if l.Outcome != probe.OK {
			t.Errorf("%+v", l)
		}
	}
	if len(lines) < 30 {
		t.Errorf("only %d checks were made", len(lines))
	}
}

func TestEachFlawIsNamedByItsLineAlone(t *testing.T) {
	for flaw, want := range map[string]string{
		"wrong-total-count": "total_count", "no-counts": "limit total_count", "ignores-limit": "limit", "repeats-page": "next_page",
		"relative-link": "link", "foreign-link": "link", "no-link": "link", "ignores-filter": "date_filter",
		"no-envelope": "envelope", "status-missing": "status_code", "clock-skew": "clock", "local-time": "timestamp",
		"no-request-id-echo": "message_ids", "routing-headers-not-turned": "routing_headers", "wrong-content-type": "content_type",
		"html-404": "unknown_path", "invalid-objects": "objects", "future-last-updated": "last_updated", "wrong-party-in-objects": "owner",
		"plain-token-only": "token_encoding", "accepts-any-token": "token_refused", "module-missing": "modules", "duplicate-endpoint": "endpoints",
	} {
		t.Run(flaw, func(t *testing.T) {
			lines := before(t, flaw).check(t, probe.Request{})
			if diff := cmp.Diff(strings.Fields(want), troubles(lines)); diff != "" {
				t.Errorf("(-want +got)\n%s\n%s", diff, tell(lines))
			}
		})
	}
}

func tell(lines []probe.Line) string {
	var out strings.Builder
	for _, l := range lines {
		if l.Outcome != probe.OK {
			fmt.Fprintf(&out, "%s %s %s: %s\n", l.Outcome, l.Check, l.Module, l.Found)
		}
	}
	return out.String()
}

func TestFlawsThatComeTogetherAreAllNamed(t *testing.T) {
	lines := before(t, "wrong-total-count", "relative-link", "ignores-filter", "clock-skew", "no-request-id-echo", "routing-headers-not-turned",
		"wrong-content-type", "html-404", "invalid-objects", "wrong-party-in-objects", "plain-token-only", "module-missing", "duplicate-endpoint").
		check(t, probe.Request{})
	want := strings.Fields("clock content_type endpoints message_ids modules token_encoding unknown_path")
	// module-missing takes the locations away, and with them what only objects show.
	want = append(want, "routing_headers", "total_count")
	slices.Sort(want)
	if diff := cmp.Diff(want, troubles(lines)); diff != "" {
		t.Errorf("(-want +got)\n%s\n%s", diff, tell(lines))
	}
}

func TestACertificateThatEndsSoonIsTold(t *testing.T) {
	s := before(t, "expires-soon")
	s.encoding = ocpi.TokenBase64
	lines := s.check(t, probe.Request{VersionOnly: true})
	i := slices.IndexFunc(lines, func(l probe.Line) bool { return l.Check == "certificate" })
	if i < 0 || lines[i].Outcome != probe.Warn || !strings.Contains(lines[i].Found, "ends in 2 days") {
		t.Errorf("the lines are %+v", lines)
	}
}

func TestACertificateThatNobodyTrustsIsTold(t *testing.T) {
	s := before(t, "expires-soon")
	client := peer.New(peer.Options{Guard: peer.NewGuard([]netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}), MaxBody: 1 << 20})
	t.Cleanup(client.Close)
	s.prober.Caller = client
	lines := s.check(t, probe.Request{VersionOnly: true})
	if diff := cmp.Diff([]string{"certificate", "versions"}, troubles(lines)); diff != "" {
		t.Errorf("(-want +got)\n%s\n%s", diff, tell(lines))
	}
}

func TestWhoHasNotRegisteredIsNotCalled(t *testing.T) {
	s := before(t)
	s.platform.SealedToken, s.platform.Status = nil, parties.Planned
	s.prober.Caller = nil
	lines := s.check(t, probe.Request{})
	if len(lines) != 1 || lines[0].Check != "platform" || lines[0].Outcome != probe.Warn {
		t.Errorf("the lines are %+v", lines)
	}
}

func TestAPlatformThatIsAwayIsCheckedAllTheSame(t *testing.T) {
	for _, status := range []parties.Status{parties.Offline, parties.Suspended} {
		s := before(t)
		s.platform.Status = status
		lines := s.check(t, probe.Request{})
		if diff := cmp.Diff([]string{"platform"}, troubles(lines)); diff != "" || !strings.Contains(lines[0].Found, string(status)) {
			t.Errorf("%s: %s", status, tell(lines))
		}
	}
}

func TestACheckCanBeNarrowed(t *testing.T) {
	s := before(t)
	for _, l := range s.check(t, probe.Request{VersionOnly: true}) {
		if l.Module != "" || l.Check == "token_refused" {
			t.Errorf("version only: %+v", l)
		}
	}
	modules := map[ocpi.ModuleID]bool{}
	for _, l := range s.check(t, probe.Request{Module: ocpi.Sessions}) {
		modules[l.Module] = true
	}
	if len(modules) != 2 || !modules[ocpi.Sessions] {
		t.Errorf("one module: %v", modules)
	}
	if got := troubles(s.check(t, probe.Request{Module: ocpi.Tokens})); !slices.Equal(got, []string{"list"}) {
		t.Errorf("a module that it does not offer: %v", got)
	}
	for _, req := range []probe.Request{{Module: "commands"}, {Module: ocpi.Tokens, VersionOnly: true}} {
		if err := s.prober.Check(t.Context(), "c", req, func(probe.Line) {}); !fault.Is(err, fault.Invalid) {
			t.Errorf("%+v: %v", req, err)
		}
	}
	if err := s.prober.Check(t.Context(), "d", probe.Request{}, func(probe.Line) {}); !fault.Is(err, fault.NotFound) {
		t.Errorf("an unknown platform: %v", err)
	}
}

// wire answers every call the same.
type wire func(peer.Call) (peer.Reply, error)

func (w wire) Do(_ context.Context, c peer.Call) (peer.Reply, error) { return w(c) }

func (wire) Guard() peer.Guard { return peer.Guard{} }

func TestTheTokenGoesToNoHostThatThePlatformDidNotRegister(t *testing.T) {
	s := &stage{token: "secret-token", encoding: ocpi.TokenBase64, platform: &parties.Platform{
		ID: "c", Status: parties.Connected, SealedToken: []byte("x"), Version: ocpi.V221, VersionsURL: "https://cpo.example/versions",
		Parties: []parties.Party{{Claim: parties.Claim{Role: ocpi.CPO, Party: cpo}}},
	}}
	s.prober = &probe.Prober{Self: hub, Registry: s, Caller: wire(func(c peer.Call) (peer.Reply, error) {
		if !strings.HasPrefix(c.URL, "https://cpo.example/") {
			t.Errorf("%s was called", c.URL)
		}
		data := `[]`
		switch {
		case strings.HasSuffix(c.URL, "/versions"):
			data = `[{"version":"2.2.1","url":"https://cpo.example/2.2.1"}]`
		case strings.HasSuffix(c.URL, "/2.2.1"):
			data = `{"version":"2.2.1","endpoints":[{"identifier":"credentials","role":"SENDER","url":"https://cpo.example/c"},` +
				`{"identifier":"locations","role":"SENDER","url":"https://other.example/l"},{"identifier":"tariffs","role":"SENDER","url":"https://cpo.example/t"}]}`
		case strings.Contains(c.URL, "limit=2"):
			data = `[{"id":"1"},{"id":"2"}]`
		case strings.Contains(c.URL, "limit=50"):
			data = `[{"id":"1"},{"id":"2"},{"id":"3"}]`
		}
		return peer.Reply{
			Status: 200, Body: []byte(`{"status_code":1000,"timestamp":"2026-01-01T00:00:00Z","data":` + data + `}`),
			Link: []string{`<https://third.example/t?offset=2>; rel="next"`},
		}, nil
	})}
	if got := troubles(s.check(t, probe.Request{})); !slices.Contains(got, "list") || !slices.Contains(got, "link") || !slices.Contains(got, "endpoint_hosts") {
		t.Errorf("not named: %v", got)
	}
}

func TestACheckEndsWithItsContext(t *testing.T) {
	s := before(t)
	ctx, cancel := context.WithCancel(t.Context())
	told := 0
	err := s.prober.Check(ctx, "c", probe.Request{}, func(probe.Line) { told++; cancel() })
	if !fault.Is(err, fault.NotConnected) || told > 3 {
		t.Errorf("after %d lines: %v", told, err)
	}
}

func FuzzCheck(f *testing.F) {
	f.Add([]byte(`{"status_code":1000,"timestamp":"2026-01-01T00:00:00Z","data":[{"id":"1"},{"id":"2"}]}`), 200, `</x?offset=2>; rel="next"`, "7")
	f.Add([]byte(`{"status_code":1000,"data":{"version":"2.2.1","endpoints":[{"identifier":"x"}]}}`), 200, "", "")
	f.Add([]byte(`<html>`), 404, "<", "-1")
	f.Add([]byte(`[{"version":"2.2.1","url":"https://cpo.example/2.2.1"}]`), 200, `<https://cpo.example/t?offset=1>;rel=next`, "1")
	f.Fuzz(func(t *testing.T, body []byte, status int, link, total string) {
		const secret = "s3cr3t-t0k3n-0f-th3-hub"
		if bytes.Contains(body, []byte(secret)) {
			return
		}
		s := &stage{token: secret, encoding: ocpi.TokenRaw, platform: &parties.Platform{
			ID: "c", Status: parties.Connected, SealedToken: []byte("x"), Version: ocpi.V221, VersionsURL: "https://cpo.example/versions",
			Parties:   []parties.Party{{Claim: parties.Claim{Role: ocpi.CPO, Party: cpo}}},
			Endpoints: []ocpi.Endpoint{{Module: ocpi.Tariffs, Interface: ocpi.Sender, URL: "https://cpo.example/t"}},
		}}
		calls := 0
		s.prober = &probe.Prober{Self: hub, Registry: s, Caller: wire(func(c peer.Call) (peer.Reply, error) {
			if calls++; calls > 200 || !strings.HasPrefix(c.URL, "https://cpo.example/") {
				t.Fatalf("call %d goes to %s", calls, c.URL)
			}
			return peer.Reply{Status: status, Body: body, Link: []string{link}, TotalCount: total}, nil
		})}
		s.check(t, probe.Request{})
	})
}

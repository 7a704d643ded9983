package hub_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/ocpihub/ocpihub/hub"
	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/ocpitest"
	"github.com/ocpihub/ocpihub/routing/journal"
)

// refusal waits for the one record of a message that came no further than the
// door.
func refusal(t *testing.T, h *hub.Hub, reply ocpitest.Reply) journal.Entry {
	t.Helper()
	for ctx := patient(t); ; time.Sleep(10 * time.Millisecond) {
		entries, err := h.Messages(t.Context(), reply.CorrelationID)
		if err != nil || len(entries) > 1 {
			t.Fatal(entries, err)
		}
		if len(entries) == 1 {
			return entries[0]
		}
		if ctx.Err() != nil {
			t.Fatal("there is no record")
		}
	}
}

func TestWhatIsRefusedAtTheDoorIsRecordedWithTheReason(t *testing.T) {
	h := startHub(t, func(c *hub.Config) { c.Limits.BodyBytes = 4096 })
	c, e := join(t, h, of(ocpi.CPO, cpo)), join(t, h, of(ocpi.EMSP, emsp))
	base := strings.TrimSuffix(h.VersionsURL(), "/versions")
	push := func(edit func(*ocpitest.Request)) ocpitest.Request {
		req := putLocation(emsp, cpo, "L1", location(cpo, "L1", t0))
		edit(&req)
		return req
	}
	tokenA := invite(t, h, "later", ocpitest.Party{Role: ocpi.CPO, ID: other})
	for _, s := range []struct {
		name string
		from *ocpitest.Platform
		req  ocpitest.Request
		want string // sender > receiver, platform, what, statuses, reason
	}{
		{"an unknown token", c, push(func(r *ocpitest.Request) { r.Token = "SECRET-1" }), ">  PUT locations DE/ABC/L1 401/2000 unauthorized"},
		{"no token", c, push(func(r *ocpitest.Request) { r.Header = http.Header{"Authorization": nil} }), ">  PUT locations DE/ABC/L1 401/2000 unauthorized"},
		{"a token of registration", c, push(func(r *ocpitest.Request) { r.Token = tokenA }), ">NL*TNM later PUT locations DE/ABC/L1 401/2000 unauthorized"},
		{"a driver's token", e, ocpitest.Request{
			Module: ocpi.Tokens, Interface: ocpi.Receiver, Method: "PUT", Path: "NL/TNM/0123456789", Token: "SECRET-2", Body: []byte(`{}`),
		}, ">  PUT tokens NL/TNM/*** 401/2000 unauthorized"},
		{"no JSON", c, push(func(r *ocpitest.Request) { r.Body = []byte("<xml/>") }), "DE*ABC>NL*TNM CPO:DE*ABC PUT locations DE/ABC/L1 400/2001 malformed"},
		{"too large", c, push(func(r *ocpitest.Request) { r.Body = []byte(`"` + strings.Repeat("x", 5000) + `"`) }), "DE*ABC>NL*TNM CPO:DE*ABC PUT locations DE/ABC/L1 413/2000 too_large"},
		{"no such path", c, push(func(r *ocpitest.Request) { r.URL = base + "/2.2.1/receiver/Location/DE/ABC/L1" }), "DE*ABC>NL*TNM CPO:DE*ABC PUT  /ocpi/2.2.1/receiver/Location/*** 404/2000 not_found"},
		{"no such version", c, push(func(r *ocpitest.Request) { r.URL = base + "/2.9/receiver/tokens/DE/ABC/0123456789" }), "DE*ABC>NL*TNM CPO:DE*ABC PUT tokens DE/ABC/*** 404/2000 not_found"},
		{"no such method", c, push(func(r *ocpitest.Request) { r.Method = "POST" }), "DE*ABC>NL*TNM CPO:DE*ABC POST locations DE/ABC/L1 405/2000 no_method"},
		{"half a routing header", c, push(func(r *ocpitest.Request) { r.Header = http.Header{"Ocpi-To-Country-Code": nil} }), "DE*ABC> CPO:DE*ABC PUT locations DE/ABC/L1 200/2001 invalid"},
		{"a party of another platform", c, push(func(r *ocpitest.Request) { r.From = emsp }), ">NL*TNM CPO:DE*ABC PUT locations DE/ABC/L1 200/2001 invalid"},
		{"a callback that is not known", c, push(func(r *ocpitest.Request) { r.Method, r.URL = "POST", base+"/2.2.1/callbacks/abcdefghi" }), "DE*ABC>NL*TNM CPO:DE*ABC POST  /ocpi/2.2.1/callbacks/*** 404/2000 not_found"},
		{"a registration that cannot be", c, ocpitest.Request{Method: "POST", URL: base + "/2.2.1/credentials", Body: []byte(`{}`)}, "DE*ABC> CPO:DE*ABC POST credentials  405/2000 no_method"},
	} {
		t.Run(s.name, func(t *testing.T) {
			got := refusal(t, h, send(t, s.from, s.req))
			line := fmt.Sprintf("%s>%s %s %s %s %s %d/%d %s", orNobody(got.From), orNobody(got.To), named(t, h, got.FromPlatform),
				got.Method, got.Module, got.Object, got.HTTPStatus, got.OCPIStatus, got.Reason)
			if line != s.want {
				t.Errorf("got  %s\nwant %s", line, s.want)
			}
			raw, err := json.Marshal(got)
			if err != nil || strings.Contains(string(raw), "SECRET") || strings.Contains(string(raw), "0123456789") || got.Route != "" || got.Attempt != 0 {
				t.Errorf("the record is %s, %v", raw, err)
			}
		})
	}
}

func orNobody(p ocpi.PartyID) string {
	if p.IsZero() {
		return ""
	}
	return p.String()
}

func named(t *testing.T, h *hub.Hub, platform string) string {
	t.Helper()
	if platform == "" {
		return ""
	}
	p, ok := h.Registry().Directory().Platform(platform)
	if !ok {
		t.Fatalf("there is no platform %s", platform)
	}
	return p.Name
}

func platformOf(t *testing.T, h *hub.Hub, party ocpi.PartyID) string {
	t.Helper()
	for _, p := range h.Registry().Directory().Platforms() {
		for i := range p.Parties {
			if p.Parties[i].Party == party {
				return p.ID
			}
		}
	}
	t.Fatalf("nobody has %s", party)
	return ""
}

func TestWhatASuspendedPlatformSendsIsRecorded(t *testing.T) {
	h := startHub(t)
	c := join(t, h, of(ocpi.CPO, cpo))
	if _, err := h.Registry().Suspend(t.Context(), platformOf(t, h, cpo)); err != nil {
		t.Fatal(err)
	}
	got := refusal(t, h, send(t, c, putLocation(emsp, cpo, "L1", location(cpo, "L1", t0))))
	if got.Reason != "suspended" || got.HTTPStatus != 403 || got.From != cpo || got.To != emsp || got.FromPlatform == "" {
		t.Errorf("the record is %+v", got)
	}
}

func TestATokenThatIsSpentTellsWhoseItWas(t *testing.T) {
	h := startHub(t)
	tokenA := invite(t, h, "again", ocpitest.Party{Role: ocpi.CPO, ID: cpo})
	c, err := ocpitest.New(ocpitest.Options{Name: "again", Parties: of(ocpi.CPO, cpo).Parties})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	if err := c.Register(t.Context(), h.VersionsURL(), tokenA); err != nil {
		t.Fatal(err)
	}
	got := refusal(t, h, send(t, c, ocpitest.Request{Method: "GET", URL: h.VersionsURL(), Token: tokenA}))
	if got.Reason != "unauthorized" || named(t, h, got.FromPlatform) != "again" || got.Module != ocpi.Versions || !got.From.IsZero() {
		t.Errorf("the record is %+v", got)
	}
}

func TestAFloodOfRefusalsDoesNotWashOutTheLog(t *testing.T) {
	h := startHub(t, func(c *hub.Config) { c.Limits.RequestsPerSecond, c.Limits.Burst = 0.001, 50 })
	c, e := join(t, h, of(ocpi.CPO, cpo)), join(t, h, of(ocpi.EMSP, emsp))
	for range 300 { // over its rate soon
		send(t, c, putLocation(emsp, cpo, "L1", location(cpo, "L1", t0)))
	}
	for n := range 300 {
		send(t, e, ocpitest.Request{Method: "GET", URL: h.VersionsURL(), Token: fmt.Sprint("guess-", n)})
	}
	metric := func(name string) (value float64) {
		_, rest, _ := strings.Cut(metrics(t, h), name+" ")
		if _, err := fmt.Sscan(rest, &value); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		return value
	}
	if unknown := metric(`ocpi_hub_requests_refused_total{reason="unauthorized"}`); unknown != 300 {
		t.Errorf("%v were counted", unknown)
	}
	over := metric(`ocpi_hub_requests_refused_total{reason="too_many"}`)
	if over < 200 {
		t.Errorf("%v were counted", over)
	}
	entries, err := h.AllMessages(t.Context())
	for ctx := patient(t); err == nil && count(entries, "unauthorized") < 20 && ctx.Err() == nil; time.Sleep(10 * time.Millisecond) {
		entries, err = h.AllMessages(t.Context())
	}
	for reason, of := range map[string]float64{"unauthorized": 300, "too_many": over} {
		if n := count(entries, reason); n < 20 || n > int(of)/2 || err != nil {
			t.Errorf("%d records of %v %s, %v", n, of, reason, err)
		}
	}
}

func count(entries []journal.Entry, reason string) (n int) {
	for _, e := range entries {
		if e.Reason == reason {
			n++
		}
	}
	return n
}

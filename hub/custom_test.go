package hub_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ocpihub/ocpihub/hub"
	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/ocpitest"
	"github.com/ocpihub/ocpihub/parties"
)

// workshop serves a custom module of which nobody else knows anything. It notes
// what comes.
type workshop struct {
	*httptest.Server
	mu      sync.Mutex
	got     []string
	headers http.Header
}

const said = `{"data" :[{"n":1.10}],"status_code":1000,"timestamp":"2026-01-01T00:00:00Z"}`

func newWorkshop(t *testing.T) *workshop {
	w := &workshop{}
	w.Server = httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.mu.Lock()
		defer w.mu.Unlock()
		w.got, w.headers = append(w.got, r.Method+" "+r.RequestURI+" "+string(body)), r.Header
		if r.Method == http.MethodGet && r.URL.Query().Get("offset") == "" {
			rw.Header().Set("Link", "<"+w.URL+"/x/in/list?offset=1>; rel=\"next\"")
		}
		_, _ = io.WriteString(rw, said)
	}))
	t.Cleanup(w.Close)
	return w
}

func (w *workshop) took() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	defer func() { w.got = nil }()
	return w.got
}

// tailors are a CPO and an eMSP that have agreed on a custom module, which the
// eMSP serves, and a stranger who offers it as well.
func tailors(t *testing.T, edit ...func(*hub.Config)) (h *hub.Hub, c, stranger *ocpitest.Platform, w *workshop, a *parties.Agreement) {
	t.Helper()
	h, w = startHub(t, edit...), newWorkshop(t)
	expected := []parties.Claim{{Role: ocpi.CPO, Party: cpo}, {Role: ocpi.EMSP, Party: emsp}}
	if _, _, err := h.Registry().Invite(t.Context(), "both sides", expected); err != nil {
		t.Fatal(err)
	}
	a = agree(t, h, cpo, emsp, func(p *parties.Proposal) { p.Custom = []ocpi.ModuleID{"nltnm-x"} })
	offers := func(o ocpitest.Options) ocpitest.Options {
		o.Endpoints = func(list []ocpi.Endpoint) []ocpi.Endpoint {
			return append(list,
				ocpi.Endpoint{Module: "nltnm-x", Interface: ocpi.Receiver, URL: w.URL + "/x/in"},
				ocpi.Endpoint{Module: "nltnm-x", Interface: ocpi.Sender, URL: w.URL + "/x/out/"},
			)
		}
		return o
	}
	c, stranger = join(t, h, of(ocpi.CPO, cpo)), join(t, h, offers(of(ocpi.EMSP, emsp2)))
	join(t, h, offers(of(ocpi.EMSP, emsp)))
	return h, c, stranger, w, a
}

// custom is a call on the custom module, by the URL that the hub gives it.
func custom(h *hub.Hub, method string, side ocpi.Interface, below, body string) ocpitest.Request {
	return ocpitest.Request{
		Module: "nltnm-x", Interface: side, Method: method, From: cpo, To: emsp, Body: []byte(body),
		URL: strings.TrimSuffix(h.VersionsURL(), "versions") + "2.2.1/" + strings.ToLower(string(side)) + "/nltnm-x" + below,
	}
}

func TestH044_CustomModulesAreShownOnlyToThoseWhoAgreedOnThem(t *testing.T) {
	h, c, stranger, _, a := tailors(t)
	shown := func(p *ocpitest.Platform) (roles []string) {
		reply := send(t, p, ocpitest.Request{Module: ocpi.Versions, Method: "GET", URL: strings.TrimSuffix(h.VersionsURL(), "versions") + "2.2.1"})
		want(t, reply, 200, 1000)
		for _, side := range []string{"SENDER", "RECEIVER"} {
			if strings.Contains(string(reply.Envelope.Data), fmt.Sprintf(`{"identifier":"nltnm-x","role":%q,"url":`, side)) {
				roles = append(roles, side)
			}
		}
		return roles
	}
	if diff := cmp.Diff([]string{"SENDER", "RECEIVER"}, shown(c)); diff != "" {
		t.Errorf("one who agreed: -want +got:\n%s", diff)
	}
	if got := shown(stranger); got != nil {
		t.Errorf("a stranger is shown %v", got)
	}
	if partner, err := c.Partner(); err != nil || partner.Endpoint("nltnm-x", ocpi.Receiver) == "" {
		t.Errorf("it was not there when the platform registered: %v", err)
	}
	if _, _, err := h.Registry().SuspendAgreement(t.Context(), parties.Order{}, a.ID); err != nil {
		t.Fatal(err)
	}
	if got := shown(c); got != nil {
		t.Errorf("after the suspension %v is shown", got)
	}
	want(t, send(t, c, custom(h, "PUT", ocpi.Receiver, "/a", "{}")), 404, 2000)
}

func TestH045_ACustomModuleIsCarriedUnchangedBetweenThoseWhoAgreedOnIt(t *testing.T) {
	for name, policy := range map[string]string{"open": hub.PolicyOpen, "agreement": hub.PolicyByAgreement} {
		t.Run(name, func(t *testing.T) {
			h, c, _, w, _ := tailors(t, func(cfg *hub.Config) { cfg.Policy.Default = policy })
			const body = "[ 1.10,\r\n \"é\", {\"b\":1, \"a\":null} ]"
			for _, call := range []struct{ method, below, body, want string }{
				{"PUT", "/a%2Fb/c%20d/?q=%7e", body, "PUT /x/in/a%2Fb/c%20d/?q=%7e " + body},
				{"POST", "", body, "POST /x/in " + body},
				{"POST", "/empty", "", "POST /x/in/empty "},
				{"PATCH", "/1/2/3/4/5/6/7/8/9", "{}", "PATCH /x/in/1/2/3/4/5/6/7/8/9 {}"},
				{"DELETE", "/a", "", "DELETE /x/in/a "},
				{"DELETE", "/a", body, "DELETE /x/in/a " + body},
				{"GET", "/a?date_from=x", "", "GET /x/in/a?date_from=x "},
			} {
				reply := send(t, c, custom(h, call.method, ocpi.Receiver, call.below, call.body))
				if reply.Status != 200 || string(reply.Body) != said {
					t.Errorf("%s %s: HTTP %d %s", call.method, call.below, reply.Status, reply.Body)
				}
				if got := reply.Routing(); got.From != emsp || got.To != cpo {
					t.Errorf("the answer is from %s to %s", got.From, got.To)
				}
				if diff := cmp.Diff([]string{call.want}, w.took()); diff != "" {
					t.Errorf("%s %s: -want +got:\n%s", call.method, call.below, diff)
				}
			}
			if got := w.headers; got.Get(ocpi.HeaderToParty) != "TNM" || got.Get(ocpi.HeaderFromParty) != "ABC" || got.Get("Authorization") == "" {
				t.Errorf("the receiver gets %v", got)
			}
			want(t, send(t, c, custom(h, "PUT", ocpi.Sender, "/a", "{}")), 200, 1000)
			if diff := cmp.Diff([]string{"PUT /x/out/a {}"}, w.took()); diff != "" {
				t.Errorf("the other interface: -want +got:\n%s", diff)
			}
		})
	}
}

func TestTheNextPageOfAListOfACustomModuleLeadsThroughTheHub(t *testing.T) {
	h, c, _, w, _ := tailors(t)
	reply := send(t, c, custom(h, "GET", ocpi.Receiver, "/list", ""))
	next, ok := ocpi.ParseLinkNext(reply.Header["Link"])
	hubURL, _ := url.Parse(h.VersionsURL())
	if u, err := url.Parse(next); !ok || err != nil || u.Host != hubURL.Host {
		t.Fatalf("the Link is %v", reply.Header["Link"])
	}
	w.took()
	follow := custom(h, "GET", ocpi.Receiver, "", "")
	follow.URL = next
	want(t, send(t, c, follow), 200, 1000)
	if got := w.took(); !slices.Equal(got, []string{"GET /x/in/list?offset=1 "}) {
		t.Errorf("following it leads to %v", got)
	}
}

func TestACustomModuleIsNotThereForOthers(t *testing.T) {
	h, c, stranger, w, _ := tailors(t)
	to := func(to ocpi.PartyID) ocpitest.Request {
		req := custom(h, "PUT", ocpi.Receiver, "/a", "{}")
		req.To = to
		return req
	}
	for name, call := range map[string]struct {
		from   *ocpitest.Platform
		req    ocpitest.Request
		status int
		code   ocpi.StatusCode
	}{
		"without OCPI-to":       {c, to(ocpi.PartyID{}), 200, 2001},
		"to the hub":            {c, to(hubParty), 200, 2001},
		"to nobody":             {c, to(ocpi.NewPartyID("XX", "ZZZ")), 200, 4001},
		"to one without it":     {c, to(emsp2), 200, 4001},
		"a method of no OCPI":   {c, custom(h, "OPTIONS", ocpi.Receiver, "/a", ""), 405, 2000},
		"an interface of none":  {c, custom(h, "PUT", "both", "/a", "{}"), 404, 2000},
		"a path that leads out": {c, custom(h, "PUT", ocpi.Receiver, "/%2e%2e/a", "{}"), 404, 2000},
		"what is not JSON":      {c, custom(h, "PUT", ocpi.Receiver, "/a", "x"), 400, 2001},
	} {
		t.Run(name, func(t *testing.T) { want(t, send(t, call.from, call.req), call.status, call.code) })
	}
	mine := custom(h, "PUT", ocpi.Receiver, "/a", "{}")
	mine.From = emsp2
	unknown := mine
	unknown.URL = strings.ReplaceAll(mine.URL, "nltnm-x", "nltnm-y")
	known, other := send(t, stranger, mine), send(t, stranger, unknown)
	want(t, known, 404, 2000)
	if known.Envelope.StatusMessage != other.Envelope.StatusMessage {
		t.Errorf("a stranger learns that it is there: %q and %q", known.Envelope.StatusMessage, other.Envelope.StatusMessage)
	}
	if got := w.took(); len(got) > 0 {
		t.Errorf("this went out: %v", got)
	}
}

func TestACustomModuleKnowsNoRoles(t *testing.T) {
	h, _, _, w, _ := tailors(t)
	both := join(t, h, ocpitest.Options{Parties: []ocpitest.Party{{Role: ocpi.EMSP, ID: cpo2}, {Role: ocpi.CPO, ID: cpo2}}})
	agree(t, h, cpo2, emsp, func(p *parties.Proposal) { p.Custom = []ocpi.ModuleID{"nltnm-x"} })
	req := custom(h, "PUT", ocpi.Receiver, "/a", "{}")
	req.From = cpo2
	want(t, send(t, both, req), 200, 1000)
	if got := w.took(); len(got) != 1 {
		t.Errorf("the receiver got %v", got)
	}
}

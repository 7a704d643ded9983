package routing

import (
	"bytes"
	"context"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/ocpihub/ocpihub/internal/peer"
	"github.com/ocpihub/ocpihub/internal/strictjson"
	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/parties"
	"github.com/ocpihub/ocpihub/routing/trail"
)

// guarded is a Caller that only guards.
type guarded struct{}

func (guarded) Do(context.Context, peer.Call) (peer.Reply, error) { panic("nothing is called") }

func (guarded) Guard() peer.Guard {
	return peer.NewGuard([]netip.Prefix{netip.MustParsePrefix("192.0.2.1/32")})
}

// A response_url is kept only when it leads to a host that its platform
// registered; the receiver is given a URL of the hub, and no other byte of the
// command changes.
func FuzzAResponseURLLeadsToItsOwnPlatformOrNowhere(f *testing.F) {
	for _, given := range []string{
		"https://192.0.2.1/cb?id=1", "http://192.0.2.1:81/", "https://192.0.2.1@evil.example/", "https://evil.example/#192.0.2.1",
		"//192.0.2.1/x", "https:192.0.2.1", "https://192.0.2.1\\@evil.example/", "https://192.0.2.1%00.evil.example/", "",
	} {
		f.Add([]byte(`{"response_url":`+string(ocpi.Quote(given))+`,"location_id":"L1"}`), given)
	}
	f.Add([]byte(`{"response\u005furl":"https://192.0.2.1/"}`), "https://192.0.2.1/?a=b&c=d")
	target := listTarget()
	target.Platform.Version = ocpi.V221
	f.Fuzz(func(t *testing.T, body []byte, inQuery string) {
		r := New(Options{Self: Self{Party: hub, PublicURL: "https://hub.example"}, Trails: trail.NewMemory(), Caller: guarded{}, Now: time.Now})
		if strictjson.Check(body) == nil {
			m := command(t, "POST", ocpi.Commands, "START_SESSION")
			m.Body = body
			forwarded, _, err := r.takeCallback(t.Context(), m, Plan{}, target)
			if err == nil {
				leadsHome(t, r, ocpi.FindString(body, "response_url"), ocpi.FindString(forwarded, "response_url"))
				onlyDiffersIn(t, body, forwarded)
			}
		}
		m := command(t, "GET", ocpi.ChargingProfiles, "S1")
		m.Query = "duration=900&response_url=" + url.QueryEscape(inQuery)
		_, query, err := r.takeCallback(t.Context(), m, Plan{}, target)
		if err == nil {
			sent, err := url.ParseQuery(query)
			if err != nil || sent.Get("duration") != "900" {
				t.Errorf("%q became %q", m.Query, query)
			}
			leadsHome(t, r, inQuery, sent.Get("response_url"))
		}
	})
}

func command(t *testing.T, method string, module ocpi.ModuleID, path string) *Message {
	m := message(t, []parties.Party{party(ocpi.EMSP, emsp)}, method, ocpi.Receiver, module, path, ocpi.Routing{To: cpo, From: emsp})
	m.Sender.VersionsURL = "https://192.0.2.1/ocpi/versions"
	return m
}

func leadsHome(t *testing.T, r *Router, given, forwarded string) {
	t.Helper()
	u, err := url.Parse(given)
	if err != nil || u.Hostname() != "192.0.2.1" || u.User != nil {
		t.Errorf("%q was taken", given)
	}
	key, ours := strings.CutPrefix(forwarded, r.Self.CallbackURL(ocpi.V221, ""))
	if !ours {
		t.Fatalf("%q became %q", given, forwarded)
	}
	kept, err := r.Trails.Recall(t.Context(), trail.Callback, key, r.Now())
	if err != nil || kept.URL != given {
		t.Errorf("%q is kept as %q, %v", given, kept.URL, err)
	}
}

func onlyDiffersIn(t *testing.T, was, now []byte) {
	t.Helper()
	before, _ := ocpi.Find(was, "response_url")
	after, _ := ocpi.Find(now, "response_url")
	if !bytes.Equal(was[:before.Start], now[:after.Start]) || !bytes.Equal(was[before.End:], now[after.End:]) || strictjson.Check(now) != nil {
		t.Errorf("%s became %s", was, now)
	}
}

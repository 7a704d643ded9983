package routing

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/ocpihub/ocpihub/internal/fault"
	"github.com/ocpihub/ocpihub/internal/peer"
	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/parties"
)

func TestSetParamChangesOneParameterAndNoOtherByte(t *testing.T) {
	for _, c := range [][3]string{
		{"", "v", "response_url=v"},
		{"duration=900&response_url=http%3A%2F%2Fx%2F%3Fa%3D1", "http://hub/c?b=2", "duration=900&response_url=http%3A%2F%2Fhub%2Fc%3Fb%3D2"},
		{"a=%20&b=+", "v", "a=%20&b=+&response_url=v"},
		{"response%5Furl=x", "v", "response_url=v"},
	} {
		if got := setParam(c[0], "response_url", c[1]); got != c[2] {
			t.Errorf("setParam(%q) = %q, want %q", c[0], got, c[2])
		}
	}
}

func listTarget() Target {
	p := &parties.Platform{ID: "c", VersionsURL: "https://cpo.example/ocpi/versions"}
	return Target{Platform: p, Party: cpo, Endpoint: "https://cpo.example/ocpi/2.2.1/locations"}
}

func listMessage(t *testing.T, query string) *Message {
	m := message(t, []parties.Party{party(ocpi.EMSP, emsp)}, http.MethodGet, ocpi.Sender, ocpi.Locations, "", ocpi.Routing{To: cpo, From: emsp})
	m.Query = query
	return m
}

func TestH129_TheLinkOfAForwardedPageLeadsThroughTheHubToTheReceiversOwnLink(t *testing.T) {
	r := New(Options{Self: Self{Party: hub, PublicURL: "https://hub.example"}})
	for _, theirs := range []string{
		`<https://cpo.example/ocpi/2.2.1/locations?offset=50&limit=50>; rel="next"`,
		`<https://cpo.example/other/path?cursor=abc>; rel="next"`,
		`</ocpi/2.2.1/locations?offset=50>; rel=next`,
	} {
		want, _ := ocpi.ParseLinkNext([]string{theirs})
		want = absolute(listTarget().Endpoint, want)
		ours, ok := ocpi.ParseLinkNext([]string{r.leadLink(listMessage(t, ""), listTarget(), peer.Reply{Link: []string{theirs}}, 50)})
		if !ok || !strings.HasPrefix(ours, "https://hub.example/ocpi/2.2.1/sender/locations?") {
			t.Fatalf("%s became %s", theirs, ours)
		}
		u, _ := url.Parse(ours)
		got, err := nextURL(listMessage(t, u.RawQuery), listTarget(), "", u.RawQuery)
		if err != nil || got != want {
			t.Errorf("following %s leads to %s, %v; want %s", ours, got, err, want)
		}
	}
}

func TestALinkThatSomebodyMadeUpIsNotFollowed(t *testing.T) {
	for _, evil := range evilLinks {
		query := nextParam + "=" + base64.RawURLEncoding.EncodeToString([]byte(evil))
		if got, err := nextURL(listMessage(t, query), listTarget(), "", query); !fault.Is(err, fault.Invalid) {
			t.Errorf("%s would be called as %s, %v", evil, got, err)
		}
	}
}

var evilLinks = []string{"https://evil.example/x?offset=5", "https://cpo.example:8443/x?offset=5", "file:///etc/passwd?offset=5", "https://user@cpo.example/x?offset=5"}

func TestQ20_ALinkToAnotherHostLeadsToTheReceiversEndpoint(t *testing.T) {
	r := New(Options{Self: Self{Party: hub, PublicURL: "https://hub.example"}})
	for _, theirs := range evilLinks {
		page := peer.Reply{Link: []string{ocpi.FormatLinkNext(theirs)}}
		ours, _ := ocpi.ParseLinkNext([]string{r.leadLink(listMessage(t, ""), listTarget(), page, 5)})
		u, _ := url.Parse(ours)
		got, err := nextURL(listMessage(t, u.RawQuery), listTarget(), "", u.RawQuery)
		if want := listTarget().Endpoint + "?offset=5"; got != want || err != nil {
			t.Errorf("%s leads to %s, %v; want %s", theirs, got, err, want)
		}
	}
}

func TestH080_ThePathGoesOnEscapedAsItCame(t *testing.T) {
	m := message(t, []parties.Party{party(ocpi.CPO, cpo)}, http.MethodPut, ocpi.Receiver, ocpi.Locations, "DE/ABC/a%2Fb%20%23%25*+", ocpi.Routing{To: emsp, From: cpo})
	got, err := nextURL(m, listTarget(), m.Path, "x=1")
	if want := listTarget().Endpoint + "/DE/ABC/a%2Fb%20%23%25*+?x=1"; err != nil || got != want {
		t.Errorf("got %s, %v; want %s", got, err, want)
	}
	if m.id() != "a/b #%*+" {
		t.Errorf("the id reads %q", m.id())
	}
}

func FuzzSetParam(f *testing.F) {
	f.Add("a=1&response_url=x&b=2", "http://h/?q=1")
	f.Fuzz(func(t *testing.T, query, value string) {
		before, errBefore := url.ParseQuery(query)
		after, err := url.ParseQuery(setParam(query, "response_url", value))
		if errBefore != nil || err != nil {
			return
		}
		if after.Get("response_url") != value {
			t.Errorf("%q: the value is %q, want %q", query, after.Get("response_url"), value)
		}
		for name := range before {
			if name != "response_url" && before.Get(name) != after.Get(name) {
				t.Errorf("%q: %q changed", query, name)
			}
		}
	})
}

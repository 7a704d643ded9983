package peer_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ocpihub/ocpihub/internal/fault"
	"github.com/ocpihub/ocpihub/internal/peer"
	"github.com/ocpihub/ocpihub/ocpi"
)

var loopback = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}

func newClient(t *testing.T) *peer.Client {
	t.Helper()
	c := peer.New(peer.Options{Guard: peer.NewGuard(loopback), MaxBody: 1 << 20})
	t.Cleanup(c.Close)
	return c
}

func call(method, url string) peer.Call {
	return peer.Call{Method: method, URL: url, Authorization: "Token x", RequestID: "r", CorrelationID: "c", Timeout: 5 * time.Second}
}

func serve(t *testing.T, h http.HandlerFunc) string {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s.URL
}

func wantKind(t *testing.T, err error, want fault.Kind) {
	t.Helper()
	if err == nil || fault.KindOf(err) != want {
		t.Fatalf("got error %v (kind %d), want kind %d", err, fault.KindOf(err), want)
	}
}

func TestACallCarriesMethodPathBodyAndHeadersUnchanged(t *testing.T) {
	var got *http.Request
	var body []byte
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		got = r
		body, _ = io.ReadAll(r.Body)
		w.Header().Set("Link", `<http://x/?offset=1>; rel="next"`)
		w.Header().Set("X-Total-Count", "7")
		w.Header().Set("OCPI-from-country-code", "nl")
		w.Header().Set("OCPI-from-party-id", "tnm")
		w.WriteHeader(http.StatusCreated)
		_, _ = io.WriteString(w, `{"status_code":1000}`)
	})
	c := call("PATCH", url+"/a%2Fb/DE*ABC/%20x?q=1%202&r=a+b")
	c.Body = []byte(`{"a":1.10}`)
	c.Routing = ocpi.Routing{To: ocpi.NewPartyID("NL", "TNM"), From: ocpi.NewPartyID("DE", "ABC")}
	reply, err := newClient(t).Do(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	if got.Method != "PATCH" || got.RequestURI != "/a%2Fb/DE*ABC/%20x?q=1%202&r=a+b" || string(body) != `{"a":1.10}` {
		t.Errorf("arrived as %s %s %s", got.Method, got.RequestURI, body)
	}
	for name, want := range map[string]string{
		"Authorization": "Token x", "Content-Type": "application/json", "X-Request-Id": "r", "X-Correlation-Id": "c",
		"Ocpi-To-Party-Id": "TNM", "Ocpi-To-Country-Code": "NL", "Ocpi-From-Party-Id": "ABC", "Ocpi-From-Country-Code": "DE",
	} {
		if got.Header.Get(name) != want {
			t.Errorf("header %s is %q, want %q", name, got.Header.Get(name), want)
		}
	}
	if reply.Status != 201 || reply.TotalCount != "7" || len(reply.Link) != 1 || reply.Routing.From.String() != "NL*TNM" {
		t.Errorf("reply is %+v", reply)
	}
}

func TestARefusedConnectionIsNotConnected(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	_ = l.Close()
	_, err = newClient(t).Do(t.Context(), call("GET", "http://"+addr+"/"))
	wantKind(t, err, fault.NotConnected)
}

func TestAnUnresolvableHostIsNotConnected(t *testing.T) {
	_, err := newClient(t).Do(t.Context(), call("GET", "http://no-such-host.invalid/"))
	wantKind(t, err, fault.NotConnected)
}

func TestAConnectionDroppedBeforeTheAnswerIsNotConnected(t *testing.T) {
	url := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		conn, _, _ := w.(http.Hijacker).Hijack()
		_ = conn.Close()
	})
	for _, method := range []string{"GET", "POST", "PATCH"} {
		_, err := newClient(t).Do(t.Context(), call(method, url))
		wantKind(t, err, fault.NotConnected)
	}
}

func TestALateAnswerIsATimeout(t *testing.T) {
	release := make(chan struct{})
	url := serve(t, func(http.ResponseWriter, *http.Request) { <-release })
	defer close(release)
	c := call("POST", url)
	c.Timeout = 50 * time.Millisecond
	_, err := newClient(t).Do(t.Context(), c)
	wantKind(t, err, fault.Timeout)
}

func TestAnAnswerThatIsNoHTTPIsABadAnswer(t *testing.T) {
	url := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		conn, _, _ := w.(http.Hijacker).Hijack()
		_, _ = io.WriteString(conn, "SSH-2.0-what\r\n\r\n")
		_ = conn.Close()
	})
	_, err := newClient(t).Do(t.Context(), call("GET", url))
	wantKind(t, err, fault.BadAnswer)
}

func TestAnAnswerOverTheLimitIsABadAnswer(t *testing.T) {
	url := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, strings.Repeat("x", 2<<20))
	})
	_, err := newClient(t).Do(t.Context(), call("GET", url))
	wantKind(t, err, fault.BadAnswer)
}

func TestTLSThatFailsIsNotConnected(t *testing.T) {
	s := httptest.NewTLSServer(http.NotFoundHandler())
	t.Cleanup(s.Close)
	_, err := newClient(t).Do(t.Context(), call("GET", s.URL))
	wantKind(t, err, fault.NotConnected)
}

func TestARedirectIsFollowedOnlyToTheSameHostWithMethodAndBody(t *testing.T) {
	var seen []string
	elsewhere := serve(t, func(http.ResponseWriter, *http.Request) { seen = append(seen, "elsewhere") })
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		seen = append(seen, r.Method+" "+r.URL.Path+" "+string(body)+" "+r.Header.Get("Authorization"))
		switch r.URL.Path {
		case "/cdrs":
			w.Header().Set("Location", "/cdrs/")
			w.WriteHeader(http.StatusTemporaryRedirect)
		case "/away":
			w.Header().Set("Location", elsewhere)
			w.WriteHeader(http.StatusPermanentRedirect)
		case "/see":
			w.Header().Set("Location", "/other")
			w.WriteHeader(http.StatusFound)
		}
	})
	for path, want := range map[string]int{"/cdrs": 200, "/away": 308, "/see": 302} {
		c := call("POST", url+path)
		c.Body = []byte("{}")
		reply, err := newClient(t).Do(t.Context(), c)
		if err != nil || reply.Status != want {
			t.Errorf("%s gave %d, %v; want %d", path, reply.Status, err, want)
		}
	}
	joined := strings.Join(seen, "|")
	if !strings.Contains(joined, "POST /cdrs/ {} Token x") || strings.Contains(joined, "elsewhere") || strings.Contains(joined, "/other") {
		t.Errorf("calls were %s", joined)
	}
}

func TestAPostSurvivesAKeptConnectionThatTheServerClosed(t *testing.T) {
	var served atomic.Int32
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { served.Add(1) }))
	closed := make(chan struct{}, 8)
	s.Config.IdleTimeout = 20 * time.Millisecond
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateClosed {
			closed <- struct{}{}
		}
	}
	s.Start()
	t.Cleanup(s.Close)
	client := newClient(t)
	for range 2 {
		if _, err := client.Do(t.Context(), call("POST", s.URL)); err != nil {
			t.Fatalf("POST after the server closed the idle connection: %v", err)
		}
		<-closed
	}
	if served.Load() != 2 {
		t.Errorf("the server saw %d calls, want 2", served.Load())
	}
}

func TestTheGuardPermitsPublicAddressesOnlyUnlessListed(t *testing.T) {
	strict, listed := peer.NewGuard(nil), peer.NewGuard([]netip.Prefix{netip.MustParsePrefix("10.1.0.0/16")})
	for addr, want := range map[string]bool{
		"8.8.8.8": true, "2a00:1450::1": true, "127.0.0.1": false, "10.1.2.3": false, "192.168.1.1": false,
		"169.254.169.254": false, "::1": false, "fe80::1": false, "fc00::1": false, "0.0.0.0": false,
		"100.64.0.1": false, "224.0.0.1": false, "::ffff:127.0.0.1": false, "::ffff:8.8.8.8": true, "255.255.255.255": false,
		"64:ff9b::7f00:1": false,
	} {
		if got := strict.Permits(netip.MustParseAddr(addr)); got != want {
			t.Errorf("permits %s: %v, want %v", addr, got, want)
		}
	}
	if !listed.Permits(netip.MustParseAddr("10.1.2.3")) || listed.Permits(netip.MustParseAddr("10.2.2.3")) {
		t.Error("the list does not decide over private addresses")
	}
}

func TestACallToAnAddressThatIsNotPermittedIsNotMade(t *testing.T) {
	url := serve(t, func(http.ResponseWriter, *http.Request) { t.Error("the call was made") })
	c := peer.New(peer.Options{Guard: peer.NewGuard(nil), MaxBody: 1 << 20})
	defer c.Close()
	_, err := c.Do(context.Background(), call("GET", url))
	wantKind(t, err, fault.NotConnected)
	if !strings.Contains(err.Error(), "egress.allow") {
		t.Errorf("the error %q does not say what to mend", err)
	}
}

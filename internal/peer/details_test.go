package peer_test

import (
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ocpihub/ocpihub/internal/fault"
	"github.com/ocpihub/ocpihub/internal/peer"
)

// overTLS serves with a certificate that only the returned pool trusts.
func overTLS(t *testing.T, h http.HandlerFunc) (url string, pool *x509.CertPool) {
	t.Helper()
	s := httptest.NewTLSServer(h)
	t.Cleanup(s.Close)
	pool = x509.NewCertPool()
	pool.AddCert(s.Certificate())
	return s.URL, pool
}

func TestDetailsTellHeadersConnectionAndRedirects(t *testing.T) {
	url, pool := overTLS(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/old" {
			http.Redirect(w, r, "/new", http.StatusPermanentRedirect)
			return
		}
		w.Header().Add("X-Odd", "1")
		w.Header().Add("X-Odd", "2")
	})
	client := peer.New(peer.Options{Guard: peer.NewGuard(loopback), MaxBody: 1 << 20, TLS: &tls.Config{RootCAs: pool}})
	t.Cleanup(client.Close)
	for range 2 { // on a new connection, and on a kept one
		c := call("GET", url+"/old")
		c.Details = true
		reply, err := client.Do(t.Context(), c)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]string{"1", "2"}, reply.Details.Header["X-Odd"]); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff([]string{url + "/new"}, reply.Details.Redirects); diff != "" {
			t.Error(diff)
		}
		if state := reply.Details.TLS; state == nil || len(state.PeerCertificates) == 0 || state.Version < tls.VersionTLS12 {
			t.Errorf("the connection is %+v", state)
		}
	}
}

func TestWithoutDetailsNothingIsCollected(t *testing.T) {
	url := serve(t, func(http.ResponseWriter, *http.Request) {})
	reply, err := newClient(t).Do(t.Context(), call("GET", url))
	if err != nil || reply.Details != nil {
		t.Errorf("got %+v, %v", reply.Details, err)
	}
	c := call("GET", url)
	c.Details = true
	if reply, err = newClient(t).Do(t.Context(), c); err != nil || reply.Details.TLS != nil || reply.Details.Header.Get("Date") == "" {
		t.Errorf("without TLS: %+v, %v", reply.Details, err)
	}
}

func TestACertificateThatNobodyTrustsEndsTheCall(t *testing.T) {
	url, _ := overTLS(t, func(http.ResponseWriter, *http.Request) { t.Error("the call came through") })
	_, err := newClient(t).Do(t.Context(), call("GET", url))
	wantKind(t, err, fault.NotConnected)
}

package conformance

// How the platforms of a test differ from what ocpitest makes of them.

import (
	"bytes"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync/atomic"
	"time"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/ocpitest"
)

// partner is what a platform knows of the hub.
func (s *stage) partner(p *ocpitest.Platform) ocpitest.Partner {
	s.Helper()
	partner, err := p.Partner()
	if err != nil {
		s.Fatal(err)
	}
	return partner
}

// hubHost is the host of the hub's URLs.
func (s *stage) hubHost() string {
	u, err := url.Parse(s.site.versionsURL)
	if err != nil {
		s.Fatal(err)
	}
	return u.Host
}

// stub answers the calls to one endpoint of a platform in place of it; got are
// the calls. It makes the edit of endpoints for Options.
func (s *stage) stub(m ocpi.ModuleID, i ocpi.Interface, answer func(r *http.Request, body []byte) (int, http.Header, string)) (func([]ocpi.Endpoint) []ocpi.Endpoint, *atomic.Int64) {
	s.Helper()
	var calls atomic.Int64
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		calls.Add(1)
		body, _ := io.ReadAll(r.Body)
		status, header, out := answer(r, body)
		maps.Copy(w.Header(), header)
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = io.Copy(w, bytes.NewReader([]byte(out)))
	}))
	l, err := net.Listen("tcp", net.JoinHostPort(*listen, "0"))
	if err != nil {
		s.Fatal(err)
	}
	_ = server.Listener.Close()
	server.Listener = l
	server.Start()
	s.Cleanup(server.Close)
	at := server.URL
	if *public != "" {
		_, port, _ := net.SplitHostPort(l.Addr().String())
		at = "http://" + net.JoinHostPort(*public, port)
	}
	return func(all []ocpi.Endpoint) []ocpi.Endpoint {
		out := append([]ocpi.Endpoint{}, all...)
		for n := range out {
			if out[n].Module == m && out[n].Interface == i {
				out[n].URL = at + "/stub"
			}
		}
		return out
	}, &calls
}

// without leaves modules out of the endpoints of a platform.
func without(modules ...ocpi.ModuleID) func([]ocpi.Endpoint) []ocpi.Endpoint {
	return func(all []ocpi.Endpoint) (out []ocpi.Endpoint) {
		for _, e := range all {
			left := false
			for _, m := range modules {
				left = left || e.Module == m
			}
			if !left {
				out = append(out, e)
			}
		}
		return out
	}
}

// refail makes a platform do this wrong, and nothing else. Faults that count
// down are not for these tests: the broadcasts of others would use them up.
func refail(p *ocpitest.Platform, f ocpitest.Fault) {
	p.Heal()
	p.Fail(f)
}

// since says whether the second that a CPO gave for the result of a command is
// over.
func (s *stage) since(c ocpitest.Call) bool { return time.Since(c.At) > time.Second }

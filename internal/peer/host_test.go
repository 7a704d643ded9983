package peer

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/valyala/fasthttp"

	"github.com/ocpihub/ocpihub/internal/fault"
)

// Whether a URL may be called, and may be sent a token, is decided on what
// net/url reads in it: the client must not read another host there.
func FuzzTheHostThatIsCheckedIsTheHostThatIsCalled(f *testing.F) {
	for _, seed := range []string{
		"https://emsp.example/ocpi/cb?id=1", "http://emsp.example:8080", "http://[::1]:8080/x", "HTTP://EMSP.example/",
		"http://user@emsp.example/", "http://emsp.example#@evil.example/", "http://emsp.example\\@evil.example/",
		"http://emsp.example/../x", "http://emsp.example?q=/../", "http://evil.example@emsp.example/", "//emsp.example/x",
		"http:/emsp.example", "http:emsp.example", "http://%65msp.example/", "http://emsp.example:/", "http://emsp.example;x/",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		req := fasthttp.AcquireRequest()
		defer fasthttp.ReleaseRequest(req)
		if write(req, Call{Method: "GET", URL: raw}) != nil {
			return
		}
		u, err := url.Parse(raw)
		if err != nil || u.User != nil || !strings.EqualFold(string(req.URI().Host()), u.Host) {
			t.Errorf("%q: checked %v, called %q", raw, u, req.URI().Host())
		}
	})
}

func TestAURLWithUserInformationIsNotCalled(t *testing.T) {
	for _, raw := range []string{"http://emsp.example@evil.example/", "http://@@emsp.example/", "http://a:b@emsp.example/"} {
		_, err := New(Options{}).Do(t.Context(), Call{Method: "GET", URL: raw, Timeout: time.Second})
		if !fault.Is(err, fault.NotConnected) || !strings.Contains(err.Error(), "user information") {
			t.Errorf("%s: %v", raw, err)
		}
	}
}

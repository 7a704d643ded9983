package peer

import (
	"net/url"
	"testing"

	"github.com/valyala/fasthttp"
)

var urls = []string{
	"http://a.example/ocpi/2.2.1/receiver/tokens/NL/TNM/012?type=RFID", "https://A-1.example:8443/x;y=(1)", "http://a.example?x=/y", "http://127.0.0.1:80/",
	"http://a.example", "http://a.example:/x", "http://a.example:8x/", "http://user@a.example/", "http://a.example\\@b.example/", "http://[::1]/x", "http:///x",
	"HTTP://a.example/", "ftp://a.example/", "http://a.example/%zz", "http://a.example/a%2Fb", "http://a.example/#f", "http://a.example/\x00", "http://a_b.example/", "",
}

func TestAPlainURLIsReadAlikeByAll(t *testing.T) {
	for _, raw := range urls {
		alike(t, raw)
	}
	if !plain(urls[0]) || !plain(urls[1]) || plain("http://user@a.example/") {
		t.Error("what parties use is not taken for plain, or what nobody uses is")
	}
}

// alike fails when a URL counts as plain and yet its host could be another one to
// somebody.
func alike(t *testing.T, raw string) {
	t.Helper()
	if !plain(raw) {
		return
	}
	u, err := callable(raw)
	if err != nil {
		t.Fatalf("%q: %v", raw, err)
	}
	var read fasthttp.URI
	if err := read.Parse(nil, []byte(raw)); err != nil {
		t.Fatalf("%q: %v", raw, err)
	}
	lower, _ := url.Parse(string(read.FullURI()))
	if string(read.Host()) != lower.Host || len(read.Host()) != len(u.Host) || string(read.Scheme()) != u.Scheme {
		t.Errorf("%q goes to %q and is checked as %q", raw, read.Host(), u.Host)
	}
}

func FuzzPlain(f *testing.F) {
	for _, raw := range urls {
		f.Add(raw)
	}
	f.Fuzz(alike)
}

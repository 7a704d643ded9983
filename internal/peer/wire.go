package peer

import (
	"bytes"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/valyala/fasthttp"

	"github.com/ocpihub/ocpihub/internal/fault"
	"github.com/ocpihub/ocpihub/ocpi"
)

// write puts a call on the wire's request. A URL that cannot be called is a
// fault of kind NotConnected.
func write(req *fasthttp.Request, call Call) error {
	if err := address(req, call.URL); err != nil {
		return err
	}
	req.Header.SetMethod(call.Method)
	req.Header.SetUserAgent(userAgent)
	if call.Authorization != "" {
		req.Header.Set("Authorization", call.Authorization)
	}
	req.Header.Set("Accept", "application/json")
	if call.Traceparent != "" {
		req.Header.Set("traceparent", call.Traceparent)
	}
	if !call.Bare {
		req.Header.Set(ocpi.HeaderRequestID, call.RequestID)
		req.Header.Set(ocpi.HeaderCorrelationID, call.CorrelationID)
		writeParty(req, call.Routing.To, ocpi.HeaderToCountry, ocpi.HeaderToParty)
		writeParty(req, call.Routing.From, ocpi.HeaderFromCountry, ocpi.HeaderFromParty)
	}
	if call.Body != nil {
		req.Header.SetContentType("application/json")
		req.SetBodyRaw(call.Body)
	}
	return nil
}

// address sets where the request goes. What a URL may be used for was decided
// on the host that net/url reads in it, so the client must read the same one.
func address(req *fasthttp.Request, rawURL string) error {
	if plain(rawURL) {
		req.SetRequestURI(rawURL)
		return nil
	}
	u, err := callable(rawURL)
	if err != nil {
		return err
	}
	req.SetRequestURI(rawURL)
	if !strings.EqualFold(string(req.URI().Host()), u.Host) {
		return fault.New(fault.NotConnected, "the URL cannot be called: its host cannot be read without doubt")
	}
	return nil
}

// plain says whether a URL is one that can be read in one way only, as nearly all
// are: http or https, a host of letters, digits, dots and hyphens, perhaps a port,
// then a path or query without escapes.
func plain(rawURL string) bool {
	rest, secure := strings.CutPrefix(rawURL, "https://")
	if !secure {
		var is bool
		if rest, is = strings.CutPrefix(rawURL, "http://"); !is {
			return false
		}
	}
	end := strings.IndexAny(rest, "/?")
	if end < 0 {
		return false
	}
	host, port, named := strings.Cut(rest[:end], ":")
	if host == "" || named && (port == "" || !only(port, &digits)) || !only(host, &hostSigns) {
		return false
	}
	return only(rest[end:], &pathSigns)
}

// The signs of a plain URL.
var (
	digits    = signs("0123456789")
	hostSigns = signs("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-")
	pathSigns = signs("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-_~!$&'()*+,;=:@/?")
)

func signs(which string) (set [256]bool) {
	for _, sign := range []byte(which) {
		set[sign] = true
	}
	return set
}

func only(text string, set *[256]bool) bool {
	for i := range len(text) {
		if !set[text[i]] {
			return false
		}
	}
	return true
}

func writeParty(req *fasthttp.Request, p ocpi.PartyID, country, id string) {
	if !p.IsZero() {
		req.Header.Set(country, p.Country)
		req.Header.Set(id, p.ID)
	}
}

// read copies what the hub needs out of the response, which is reused.
func read(resp *fasthttp.Response) Reply {
	h := &resp.Header
	reply := Reply{
		Status:     resp.StatusCode(),
		Body:       bytes.Clone(resp.Body()),
		TotalCount: string(h.Peek(ocpi.HeaderTotalCount)),
		Limit:      string(h.Peek(ocpi.HeaderLimit)),
		Location:   string(h.Peek("Location")),
		RetryAfter: retryAfter(string(h.Peek("Retry-After"))),
		Routing: ocpi.Routing{
			To:   readParty(h, ocpi.HeaderToCountry, ocpi.HeaderToParty),
			From: readParty(h, ocpi.HeaderFromCountry, ocpi.HeaderFromParty),
		},
	}
	for _, link := range h.PeekAll("Link") {
		reply.Link = append(reply.Link, string(link))
	}
	return reply
}

// headers copies all headers of an answer.
func headers(resp *fasthttp.Response) http.Header {
	out := http.Header{}
	resp.Header.VisitAll(func(name, value []byte) { out.Add(string(name), string(value)) })
	return out
}

func readParty(h *fasthttp.ResponseHeader, country, id string) ocpi.PartyID {
	p := ocpi.NewPartyID(string(h.Peek(country)), string(h.Peek(id)))
	if !p.Valid() {
		return ocpi.PartyID{}
	}
	return p
}

// retryAfter reads the seconds of a Retry-After; its date form is rare and
// counts as not given.
func retryAfter(value string) time.Duration {
	if value == "" {
		return 0
	}
	seconds, err := strconv.Atoi(value)
	if err != nil || seconds < 0 {
		return 0
	}
	return time.Duration(seconds) * time.Second
}

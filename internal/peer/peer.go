// Package peer makes the calls of the hub to the platforms of parties: one
// safe outbound OCPI request. It is the only HTTP client of the hub. It calls
// only addresses that the Guard permits, follows a redirect only when that is
// harmless, bounds time and size, and tells failures apart as faults:
// NotConnected (no connection, or dropped before an answer), Timeout (no answer
// in time) and BadAnswer (an answer that is too large or no HTTP).
package peer

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/valyala/fasthttp"

	"github.com/ocpihub/ocpihub/internal/fault"
	"github.com/ocpihub/ocpihub/ocpi"
)

// Call is one request to a platform.
type Call struct {
	Method string
	URL    string
	// Authorization is the whole header value (ocpi.FormatAuthorization).
	Authorization string
	// Routing is left out where its parties are zero (configuration modules).
	Routing       ocpi.Routing
	RequestID     string
	CorrelationID string
	Body          []byte
	Timeout       time.Duration
	// Traceparent goes out as the header of that name (W3C Trace Context);
	// empty: none does.
	Traceparent string
	// Platform and Module tell whom the call is to and about what, for those
	// who look on: neither goes out. Empty where it is about no module.
	Platform string
	Module   ocpi.ModuleID
	// Details asks for Reply.Details.
	Details bool
	// Bare calls go to platforms whose version has neither routing headers nor
	// message ids (ocpi.Version.Headers): these then tell who looks on, and stay
	// here.
	Bare bool
}

// Reply is the answer of a platform, whatever its HTTP status.
type Reply struct {
	Status     int
	Body       []byte
	Routing    ocpi.Routing // zero where absent or malformed
	Link       []string
	TotalCount string
	Limit      string
	Location   string
	RetryAfter time.Duration
	// Details are what only who examines a platform wants to know; nil unless
	// the call asks for them.
	Details *Details
}

// Details tell how an answer came.
type Details struct {
	// Header holds all headers of the answer.
	Header http.Header
	// TLS is the state of the connection; nil without TLS.
	TLS *tls.ConnectionState
	// Redirects are the URLs that were followed, the first one first.
	Redirects []string
}

// Options configure a Client.
type Options struct {
	Guard Guard
	// MaxBody is the largest answer that is read, in bytes.
	MaxBody int
	// MaxConns bounds the connections to one host, so that one that hangs does not
	// take up all; 0: DefaultConns.
	MaxConns int
	// TLS may hold additional roots; nil uses the system's.
	TLS *tls.Config
}

// DefaultConns is how many connections there are to one host at most, where
// nothing else is said.
const DefaultConns = 512

// Client makes calls. It is safe for concurrent use.
type Client struct {
	guard Guard
	http  *fasthttp.Client
}

const (
	userAgent = "ocpi-hub"
	// maxRedirects bounds how often one call is sent elsewhere.
	maxRedirects = 3
	// idleTimeout stays below the five seconds after which common servers close
	// idle connections.
	idleTimeout = 4 * time.Second
)

// New returns a Client.
func New(o Options) *Client {
	if o.MaxConns == 0 {
		o.MaxConns = DefaultConns
	}
	return &Client{guard: o.Guard, http: &fasthttp.Client{
		DialTimeout:              o.Guard.dial,
		Transport:                transport{},
		TLSConfig:                o.TLS,
		NoDefaultUserAgentHeader: true,
		DisablePathNormalizing:   true, // ids may hold escaped slashes and dots
		MaxConnsPerHost:          o.MaxConns,
		MaxConnWaitTimeout:       time.Second,
		MaxIdleConnDuration:      idleTimeout,
		MaxResponseBodySize:      o.MaxBody,
		RetryIfErr:               retry,
		// Every kept connection may be stale at once.
		MaxIdemponentCallAttempts: o.MaxConns,
	}}
}

// Guard returns the guard that the client calls by.
func (c *Client) Guard() Guard { return c.guard }

// Close drops the idle connections.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// retry repeats a request whose kept connection turned out to be closed: any
// request when nothing of it was written, and once those that may arrive twice.
// A POST or PATCH that was written is not repeated: it may have been taken.
func retry(req *fasthttp.Request, attempts int, err error) (resetTimeout, again bool) {
	if errors.Is(err, errStale) {
		return false, true
	}
	twice := req.Header.IsGet() || req.Header.IsPut() || req.Header.IsDelete()
	return false, twice && attempts == 1 && isBroken(err)
}

// Do makes one call. It ends at the earlier of Timeout and the context's
// deadline, and at once when the context is cancelled: the connection is then
// dropped, so that the receiver notices.
func (c *Client) Do(ctx context.Context, call Call) (Reply, error) {
	deadline := time.Now().Add(call.Timeout)
	if d, ok := ctx.Deadline(); ok && d.Before(deadline) {
		deadline = d
	}
	var followed []string
	for range maxRedirects {
		if err := ctx.Err(); err != nil {
			return Reply{}, fault.Wrap(fault.Timeout, err, "the call was given up")
		}
		reply, target, err := c.once(ctx, call, deadline)
		if reply.Details != nil {
			reply.Details.Redirects = followed
		}
		if err != nil || target == "" {
			return reply, err
		}
		call.URL = target
		followed = append(followed, target)
	}
	return Reply{}, fault.New(fault.BadAnswer, "the receiver redirects without end")
}

// once makes the call and returns where it is redirected to, if so.
func (c *Client) once(ctx context.Context, call Call, deadline time.Time) (reply Reply, redirect string, err error) {
	req, resp := fasthttp.AcquireRequest(), fasthttp.AcquireResponse()
	defer fasthttp.ReleaseRequest(req)
	defer fasthttp.ReleaseResponse(resp)
	if err := write(req, call); err != nil {
		return Reply{}, "", err
	}
	by := &limits{ctx: ctx, deadline: deadline, details: call.Details}
	req.SetUserValue(limitsKey{}, by)
	if err := c.http.DoDeadline(req, resp, deadline); err != nil {
		return Reply{}, "", explain(err)
	}
	reply = read(resp)
	if call.Details {
		reply.Details = &Details{Header: headers(resp), TLS: by.state}
	}
	if reply.Status == http.StatusTemporaryRedirect || reply.Status == http.StatusPermanentRedirect {
		return reply, sameHost(call.URL, reply.Location), nil
	}
	return reply, "", nil
}

// sameHost resolves a redirect and returns it when it stays on the host, with
// the scheme unchanged or made safe; else "".
func sameHost(from, to string) string {
	base, err := url.Parse(from)
	if err != nil {
		return ""
	}
	target, err := base.Parse(to)
	if err != nil || to == "" || target.Host != base.Host || target.Scheme != base.Scheme {
		return ""
	}
	return target.String()
}

// explain turns an error of the client into a fault.
func explain(err error) error {
	if f, ok := errors.AsType[*fault.Error](err); ok {
		return f
	}
	var timeout net.Error
	switch {
	case errors.Is(err, context.Canceled):
		return fault.Wrap(fault.Timeout, err, "the call was given up")
	case errors.Is(err, fasthttp.ErrDialTimeout), isDial(err), isTLS(err):
		return fault.Wrap(fault.NotConnected, err, "the receiver cannot be reached")
	case errors.Is(err, fasthttp.ErrTimeout), errors.As(err, &timeout) && timeout.Timeout():
		return fault.Wrap(fault.Timeout, err, "the receiver did not answer in time")
	case errors.Is(err, fasthttp.ErrBodyTooLarge):
		return fault.Wrap(fault.BadAnswer, err, "the receiver's answer is too large")
	case isBroken(err), errors.Is(err, fasthttp.ErrNoFreeConns):
		return fault.Wrap(fault.NotConnected, err, "the connection to the receiver broke")
	}
	return fault.Wrap(fault.BadAnswer, err, "the receiver's answer is no HTTP")
}

func isDial(err error) bool {
	op, ok := errors.AsType[*net.OpError](err)
	return ok && op.Op == "dial"
}

// isTLS recognises handshakes that failed.
func isTLS(err error) bool {
	_, certificate := errors.AsType[*tls.CertificateVerificationError](err)
	_, record := errors.AsType[tls.RecordHeaderError](err)
	_, alert := errors.AsType[tls.AlertError](err)
	return certificate || record || alert
}

// isBroken recognises connections that ended before an answer.
func isBroken(err error) bool {
	_, network := errors.AsType[*net.OpError](err)
	return network || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.Is(err, fasthttp.ErrConnectionClosed)
}

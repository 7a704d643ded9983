package ocpitest

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/google/uuid"

	"github.com/ocpihub/ocpihub/ocpi"
)

// Request is a call that the platform makes.
type Request struct {
	// Version is spoken; empty is the one of the registration.
	Version ocpi.Version
	// Module and Interface are called; the partner's version details say
	// where they are.
	Module    ocpi.ModuleID
	Interface ocpi.Interface
	Method    string
	// Path is what comes after the endpoint, escaped; Query what comes after
	// that.
	Path  string
	Query url.Values
	// URL is called instead, as it is: one that the partner gave.
	URL string
	// From and To are the routing headers of functional modules. A zero From
	// is the only fitting party of the platform, if there is one; a zero To
	// is left out. In 2.1.1 both are.
	From, To ocpi.PartyID
	// Body is sent as it is.
	Body []byte
	// RequestID and CorrelationID are new ones if empty; in 2.1.1, which has
	// none, they are left out.
	RequestID, CorrelationID string
	// Token is the one of the registration if empty.
	Token string
	// Header is set last: it replaces what else would be sent, and an empty
	// list of values takes a header away.
	Header http.Header
}

// Reply is the answer to a call.
type Reply struct {
	Status   int
	Header   http.Header
	Body     []byte
	Envelope ocpi.Envelope
	// Request is what was asked, with all that it left open filled in, and Sent
	// when that was.
	Request Request
	Sent    time.Time
	// RequestID and CorrelationID are those of the request.
	RequestID, CorrelationID string

	asked string // what was asked, for errors
}

// Code returns the status_code of the answer.
func (r Reply) Code() ocpi.StatusCode { return r.Envelope.StatusCode }

// Routing returns the routing headers of the answer; zero if they are wrong.
func (r Reply) Routing() ocpi.Routing {
	out, _ := ocpi.ParseRouting(r.Header) // wrong ones are zero
	return out
}

// OK says whether the answer is a success in HTTP and in OCPI.
func (r Reply) OK() bool { return r.Status >= 200 && r.Status < 300 && r.Code().Success() }

// Err returns a *RefusedError unless the answer is OK.
func (r Reply) Err() error {
	if r.OK() {
		return nil
	}
	return &RefusedError{r}
}

// RefusedError is an answer that is no success.
type RefusedError struct{ Reply Reply }

// Error tells what was refused, and how.
func (e *RefusedError) Error() string {
	r := e.Reply
	return fmt.Sprintf("%s was answered HTTP %d, status_code %d: %s", r.asked, r.Status, r.Code(), r.Envelope.StatusMessage)
}

// Do makes a call. An answer of any status is a reply, not an error; one that
// is no OCPI envelope is given with ocpi.ErrNoEnvelope.
func (p *Platform) Do(ctx context.Context, req Request) (Reply, error) {
	if err := p.complete(&req); err != nil {
		return Reply{}, fmt.Errorf("%s %s %s: %w", req.Method, req.Module, req.Path, err)
	}
	for attempt := 1; ; attempt++ {
		reply, err := p.roundTrip(ctx, &req)
		again := p.opts.HonourRetryAfter && reply.Status == http.StatusTooManyRequests && attempt < maxAttempts
		if !again || !pause(ctx, retryAfter(reply.Header)) {
			return reply, err
		}
	}
}

// maxAttempts bounds how often a call is repeated after 429.
const maxAttempts = 20

// complete fills in what a request leaves open.
func (p *Platform) complete(req *Request) error {
	if req.URL == "" || req.Token == "" {
		partner, _ := p.link.get()
		if partner == nil {
			return ErrNotRegistered
		}
		if req.URL == "" {
			endpoint := partner.Endpoint(req.Module, req.Interface)
			if endpoint == "" {
				return fmt.Errorf("the partner does not list %s %s", req.Module, req.Interface)
			}
			req.URL = ocpi.JoinURL(endpoint, req.Path)
		}
		setDefault(&req.Token, partner.Token)
	}
	if len(req.Query) > 0 {
		req.URL += "?" + req.Query.Encode()
	}
	setDefault(&req.Version, p.Version())
	if req.Version == ocpi.V211 {
		return nil
	}
	if req.From.IsZero() && req.Module.Functional() {
		req.From, _ = p.Sole(req.Module, req.Interface.Other()) // else it is left out
	}
	setDefault(&req.RequestID, uuid.NewString())
	setDefault(&req.CorrelationID, uuid.NewString())
	return nil
}

// roundTrip sends a request once.
func (p *Platform) roundTrip(ctx context.Context, req *Request) (Reply, error) {
	r, err := http.NewRequestWithContext(ctx, req.Method, req.URL, bytes.NewReader(req.Body))
	if err != nil {
		return Reply{}, err
	}
	p.fill(r.Header, req)
	out := Reply{Request: *req, Sent: p.opts.Now(), RequestID: req.RequestID, CorrelationID: req.CorrelationID, asked: req.Method + " " + req.URL}
	response, err := p.client.Do(r)
	if err != nil {
		return out, err
	}
	defer func() { _ = response.Body.Close() }()
	out.Status, out.Header = response.StatusCode, response.Header
	if out.Body, err = io.ReadAll(response.Body); err != nil {
		return out, fmt.Errorf("%s: the answer broke off: %w", out.asked, err)
	}
	if out.Envelope, err = ocpi.ParseEnvelope(out.Body); err != nil {
		return out, fmt.Errorf("%s: HTTP %d: %w", out.asked, out.Status, err)
	}
	return out, nil
}

// fill sets the headers of a request.
func (p *Platform) fill(h http.Header, req *Request) {
	h.Set("Authorization", ocpi.FormatAuthorization(req.Token, p.spelling(req.Version)))
	set(h, ocpi.HeaderRequestID, req.RequestID)
	set(h, ocpi.HeaderCorrelationID, req.CorrelationID)
	if len(req.Body) > 0 {
		h.Set("Content-Type", "application/json")
	}
	if req.Module.Functional() && req.Version != ocpi.V211 {
		setRouting(h, ocpi.Routing{To: req.To, From: req.From})
	}
	for name, values := range req.Header {
		if len(values) == 0 {
			h.Del(name)
			continue
		}
		h[http.CanonicalHeaderKey(name)] = values
	}
}

// retryAfter reads how long to wait.
func retryAfter(h http.Header) time.Duration {
	if n, err := strconv.Atoi(h.Get("Retry-After")); err == nil {
		return time.Duration(n) * time.Second
	}
	return time.Second
}

// pause waits; it is false when ctx ends before.
func pause(ctx context.Context, d time.Duration) bool {
	select {
	case <-time.After(d):
		return true
	case <-ctx.Done():
		return false
	}
}

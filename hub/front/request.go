package front

import (
	"bytes"
	"context"
	"errors"
	"io"
	"maps"
	"net/http"
	"runtime/debug"
	"strconv"

	"github.com/google/uuid"

	"github.com/ocpihub/ocpihub/internal/fault"
	"github.com/ocpihub/ocpihub/internal/strictjson"
	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/parties"
)

// request is one HTTP request on its way through the door, and what the steps
// found out about it.
type request struct {
	http          *http.Request
	ctx           context.Context //nolint:containedctx // that of http, with its trace: a copy of http costs more
	login         parties.Login
	at            *route     // nil: no such path
	params        params     // the parts of the path that the route names
	rule          *ocpi.Rule // the row of the module table; nil: none, or not known yet
	routed        bool       // the router has it
	body          []byte
	requestID     string
	correlationID string
	route         string // the way of the message, where the sender asked for it
	stray         string // the platform whose wrong token came with it
	seat          seat   // what it takes up of the room
}

// reply is what goes back.
type reply struct {
	status  int
	body    []byte
	routing ocpi.Routing
	header  http.Header // further headers; may be nil
}

// newRequest takes the message ids of a request, or makes those that are
// missing (H-091).
func newRequest(ctx context.Context, r *http.Request) *request {
	return &request{
		http: r, ctx: ctx,
		requestID:     idOrNew(r.Header.Get(ocpi.HeaderRequestID)),
		correlationID: idOrNew(r.Header.Get(ocpi.HeaderCorrelationID)),
	}
}

// end tells how the request ended.
func (q *request) end(answer reply, err error) End {
	e := End{Route: q.pattern(), HTTPStatus: answer.status, RequestID: q.requestID, CorrelationID: q.correlationID}
	if q.login.Platform != nil {
		e.Platform = q.login.Platform.ID
	}
	if err != nil && !q.routed {
		e.Refused, e.Fault = true, fault.KindOf(err)
	}
	return e
}

// maxID bounds message ids: they are echoed, forwarded and logged.
const maxID = 128

func idOrNew(id string) string {
	if id == "" || len(id) > maxID {
		return uuid.NewString()
	}
	return id
}

func (q *request) context() context.Context { return q.ctx }

func (q *request) version() ocpi.Version { return q.at.version }

// bare says whether the request came to an endpoint of a version without OCPI
// headers: those that it has mean nothing, and its answer gets none.
func (q *request) bare() bool { return q.at != nil && q.at.bare }

// write sends the answer with the message ids of the request (H-085, H-086).
func (q *request) write(w http.ResponseWriter, a reply) {
	h := headers{w.Header(), make([]string, 0, mostHeaders)}
	maps.Copy(h.Header, a.header)
	h.set("Content-Type", "application/json")
	h.set("Content-Length", strconv.Itoa(len(a.body))) // else a long one goes out in chunks
	h.set(ocpi.HeaderRequestID, q.requestID)
	h.set(ocpi.HeaderCorrelationID, q.correlationID)
	if q.route != "" {
		h.set(headerRoute, q.route)
	}
	h.party(a.routing.To, ocpi.HeaderToCountry, ocpi.HeaderToParty)
	h.party(a.routing.From, ocpi.HeaderFromCountry, ocpi.HeaderFromParty)
	w.WriteHeader(a.status)
	_, _ = w.Write(a.body) // the requester has gone: nobody is left to tell
}

// headers are those of an answer. Names must be as net/http keeps them; the
// values share one piece of memory, for every answer has the same few.
type headers struct {
	http.Header
	values []string
}

// mostHeaders is how many an answer has beside those of a page.
const mostHeaders = 9

func (h *headers) set(name, value string) {
	h.values = append(h.values, value)
	last := len(h.values)
	h.Header[name] = h.values[last-1 : last : last]
}

func (h *headers) party(p ocpi.PartyID, country, id string) {
	if !p.IsZero() {
		h.set(country, p.Country)
		h.set(id, p.ID)
	}
}

// authenticate finds the platform by its credentials token.
func (f *Front) authenticate(req *request) error {
	tokens := ocpi.ParseAuthorization(req.http.Header.Get("Authorization"))
	if len(tokens) == 0 {
		return fault.New(fault.Unauthorized, "send the header Authorization: Token, a blank, and your credentials token in Base64")
	}
	login, ok := f.Registry.Authenticate(req.context(), tokens, f.Now())
	if !ok {
		f.noteStray(req, tokens)
		return fault.New(fault.Unauthorized, "the credentials token is not known")
	}
	req.login = login
	return nil
}

// noteStray logs a token that is a wrong one of a platform: its operator looks
// for the reason here, since the answer tells nobody.
func (f *Front) noteStray(req *request, tokens []string) {
	if stray, known := f.Registry.Stray(tokens); known {
		req.stray = stray.Platform.ID
		f.Log.WarnContext(req.context(), "a platform uses a token that opens nothing", "platform_id", stray.Platform.ID, "name", stray.Platform.Name,
			"which", stray.Token, "correlation_id", req.correlationID)
	}
}

// admit lets the platform in: not suspended, within its rate, and with a token
// that opens this path.
func (f *Front) admit(req *request, rt *route) error {
	p := req.login.Platform
	if req.login.Key.Use == parties.ForRegistration && !rt.opens {
		return fault.New(fault.Unauthorized, "this token opens versions and credentials only: register first")
	}
	if p.Status == parties.Suspended {
		return fault.New(fault.Suspended, "the operator of the hub has suspended this platform")
	}
	if err := f.crowd.join(req, p.ID); err != nil {
		return err
	}
	if wait, ok := f.Rates.Take(req.context(), p.ID, f.Now()); !ok {
		return &fault.Error{Kind: fault.TooMany, Message: "too many requests: slow down", RetryAfter: wait}
	}
	f.Registry.Seen(req.login)
	return nil
}

// read takes the body, refusing what is too large or no strict JSON: a name
// given twice, which two readers understand differently, could get a message
// past a check.
func (f *Front) read(w http.ResponseWriter, req *request) error {
	if !carriesBody(req) {
		return nil
	}
	whole := http.MaxBytesReader(w, req.http.Body, f.BodyBytes)
	body, err := readAll(holder{whole, f.crowd, req}, req.http.ContentLength)
	if full, no := errors.AsType[*fault.Error](err); no {
		_, _ = io.Copy(io.Discard, whole) // else who still sends would not hear why
		return full
	}
	if _, large := errors.AsType[*http.MaxBytesError](err); large {
		return fault.New(fault.TooLarge, "the body is larger than %d bytes", f.BodyBytes)
	}
	if err != nil {
		return fault.Wrap(fault.Malformed, err, "the body could not be read to its end")
	}
	if len(body) == 0 {
		return nil
	}
	if err := strictjson.Check(body); err != nil {
		return fault.New(fault.Malformed, "the body is not valid JSON: %s", err)
	}
	req.body = body
	return nil
}

// readAhead bounds the room that is made for a body before it comes: anybody can
// say that it will be a long one.
const readAhead = 16 << 10

// readAll reads a body that is said to have a length; -1 when it is not said.
func readAll(r io.Reader, length int64) ([]byte, error) {
	room := min(max(length, 0), readAhead) + bytes.MinRead // which is what ReadFrom needs to find the end
	body := bytes.NewBuffer(make([]byte, 0, room))
	_, err := body.ReadFrom(r)
	return body.Bytes(), err
}

// carriesBody says whether the body of a request counts. Of a DELETE it does only
// in a custom module, which may mean anything by it.
func carriesBody(req *request) bool {
	switch req.http.Method {
	case http.MethodPost, http.MethodPut, http.MethodPatch:
		return true
	case http.MethodDelete:
		return req.params.module != "" && req.params.module.Custom()
	}
	return false
}

// recovered turns a panic into an answer: one bad request may not end the hub.
func (f *Front) recovered(req *request, err *error) {
	if p := recover(); p != nil {
		f.Log.ErrorContext(req.context(), "a request failed inside the hub", "panic", p, "stack", string(debug.Stack()), "correlation_id", req.correlationID)
		*err = fault.New(fault.Internal, "the hub failed on this request: tell its operator the correlation id")
	}
}

package front

import (
	"errors"
	"math"
	"net/http"
	"strconv"
	"strings"

	"github.com/ocpihub/ocpihub/internal/fault"
	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/bridge"
	"github.com/ocpihub/ocpihub/routing"
)

// answerCode is how a kind of failure reads outside.
type answerCode struct {
	http int
	ocpi ocpi.StatusCode
}

// codeOf maps kinds of failure to HTTP and OCPI status codes. A valid request
// of an authenticated platform gets HTTP 200 and an OCPI code (H-052).
func codeOf(kind fault.Kind) answerCode { //nolint:cyclop // one case a kind: this is a table
	switch kind {
	case fault.Unauthorized:
		return answerCode{http.StatusUnauthorized, ocpi.StatusClientError}
	case fault.Malformed:
		return answerCode{http.StatusBadRequest, ocpi.StatusInvalidParameters}
	case fault.TooLarge:
		return answerCode{http.StatusRequestEntityTooLarge, ocpi.StatusClientError}
	case fault.TooMany:
		return answerCode{http.StatusTooManyRequests, ocpi.StatusClientError}
	case fault.Suspended, fault.Forbidden:
		return answerCode{http.StatusForbidden, ocpi.StatusClientError}
	case fault.Invalid, fault.Conflict:
		return answerCode{http.StatusOK, ocpi.StatusInvalidParameters}
	case fault.ForeignOwner:
		return answerCode{http.StatusNotFound, ocpi.StatusInvalidParameters}
	case fault.NotFound:
		return answerCode{http.StatusNotFound, ocpi.StatusClientError}
	case fault.NoMethod:
		return answerCode{http.StatusMethodNotAllowed, ocpi.StatusClientError}
	case fault.UnknownLocation:
		return answerCode{http.StatusOK, ocpi.StatusUnknownLocation}
	case fault.UnknownToken:
		return answerCode{http.StatusNotFound, ocpi.StatusUnknownToken}
	case fault.UnknownReceiver:
		return answerCode{http.StatusOK, ocpi.StatusUnknownReceiver}
	case fault.NoInterface, fault.BadAnswer:
		return answerCode{http.StatusOK, ocpi.StatusHubError}
	case fault.NotConnected:
		return answerCode{http.StatusOK, ocpi.StatusNotConnected}
	case fault.Timeout:
		return answerCode{http.StatusOK, ocpi.StatusTimeout}
	case fault.ClientUnusable:
		return answerCode{http.StatusOK, ocpi.StatusUnableToUseClient}
	case fault.Unsupported:
		return answerCode{http.StatusOK, ocpi.StatusUnsupported}
	case fault.NoMatching:
		return answerCode{http.StatusOK, ocpi.StatusNoMatching}
	case fault.Busy, fault.Unavailable:
		return answerCode{http.StatusServiceUnavailable, ocpi.StatusServerError}
	case fault.Internal:
	}
	return answerCode{http.StatusOK, ocpi.StatusHubError}
}

// Codes are the HTTP and OCPI status codes with which a kind of failure is
// answered on an endpoint of a version; empty: of none.
func Codes(v ocpi.Version, kind fault.Kind) (int, ocpi.StatusCode) {
	code := codeOf(kind)
	return Told(v, code.http, code.ocpi)
}

// Told are status codes as an endpoint of a version answers with them (H-065).
func Told(v ocpi.Version, http int, code ocpi.StatusCode) (int, ocpi.StatusCode) {
	told := bridge.StatusFor(v, bridge.Status{HTTP: http, Code: code})
	return told.HTTP, told.Code
}

// retryLater is the Retry-After of a failure that names none, in seconds.
const retryLater = 1

// refusal makes the answer to a request that failed. Only the message of a
// fault goes out; causes and unforeseen errors stay in the log.
func (f *Front) refusal(req *request, err error) reply {
	failure := asFault(err)
	status := statusOf(req, failure)
	f.logRefusal(req, failure, err)
	answer := reply{
		status:  status.HTTP,
		body:    ocpi.NewEnvelope(status.Code, status.Message, f.Now()).Bytes(),
		header:  http.Header{},
		routing: f.refusalRouting(req),
	}
	switch failure.Kind {
	case fault.NoMethod:
		answer.header.Set("Allow", strings.Join(failure.Allow, ", "))
	case fault.TooMany, fault.Busy, fault.Unavailable:
		seconds := max(retryLater, int(math.Ceil(failure.RetryAfter.Seconds())))
		answer.header.Set("Retry-After", strconv.Itoa(seconds))
	default:
	}
	return answer
}

// statusOf is how a failure is told in the version of the endpoint.
func statusOf(req *request, failure *fault.Error) bridge.Status {
	code := codeOf(failure.Kind)
	status := bridge.Status{HTTP: code.http, Code: code.ocpi, Message: failure.Message}
	if req.bare() {
		return bridge.StatusFor(req.version(), status)
	}
	return status
}

// inManner is an answer of routing in a version whose messages have no OCPI
// headers, and which knows fewer codes (H-065). Its body is changed only where
// the code is.
func inManner(v ocpi.Version, a routing.Answer) reply {
	was := bridge.Status{HTTP: a.HTTPStatus, Code: a.Status}
	now := bridge.StatusFor(v, was)
	if now == was {
		return reply{status: a.HTTPStatus, body: a.Body}
	}
	now = bridge.StatusFor(v, bridge.Status{HTTP: a.HTTPStatus, Code: a.Status, Message: ocpi.FindString(a.Body, "status_message")})
	body := ocpi.SetMember(a.Body, "status_code", strconv.AppendInt(nil, int64(now.Code), 10))
	return reply{status: now.HTTP, body: ocpi.SetMember(body, "status_message", ocpi.Quote(now.Message))}
}

func (f *Front) logRefusal(req *request, failure *fault.Error, err error) {
	switch failure.Kind {
	case fault.Internal, fault.Unavailable:
		f.Log.ErrorContext(req.context(), "a request failed inside the hub", "error", err, "correlation_id", req.correlationID)
	default:
	}
}

// refusalRouting turns the routing headers of a functional request round: the
// hub answers the one who sent it.
func (f *Front) refusalRouting(req *request) ocpi.Routing {
	if req.params.module == "" || req.bare() {
		return ocpi.Routing{}
	}
	asked, _ := ocpi.ParseRouting(req.http.Header)
	if asked.From.IsZero() && req.login.Platform != nil && len(req.login.Platform.Parties) == 1 {
		asked.From = req.login.Platform.Parties[0].Party
	}
	return ocpi.Routing{To: asked.From, From: f.Self.Party}
}

func asFault(err error) *fault.Error {
	if failure, ok := errors.AsType[*fault.Error](err); ok {
		return failure
	}
	return fault.Wrap(fault.Internal, err, "the hub failed on this request: tell its operator the correlation id")
}

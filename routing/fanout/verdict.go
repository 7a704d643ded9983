package fanout

import (
	"net/http"
	"time"

	"github.com/ocpihub/ocpihub/internal/fault"
	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/bridge"
)

// Outcome is what becomes of a delivery after an attempt.
type Outcome string

// The outcomes of an attempt.
const (
	Delivered Outcome = "delivered"
	Again     Outcome = "again"    // try again later
	Rejected  Outcome = "rejected" // the receiver does not want it
	Lacking   Outcome = "lacking"  // the receiver lacks what the change is about: PUT all of it
)

// Reason says why: a closed set for log, metric and operator.
type Reason string

// The reasons of a verdict.
const (
	ReasonAccepted     Reason = "accepted"
	ReasonUnknownHere  Reason = "object_unknown_to_receiver"
	ReasonRefused      Reason = "refused_by_receiver"
	ReasonServerError  Reason = "receiver_server_error"
	ReasonTooMany      Reason = "receiver_busy"
	ReasonHubRefused   Reason = "hub_credentials_refused"
	ReasonGarbage      Reason = "no_ocpi_answer"
	ReasonTimeout      Reason = "timeout"
	ReasonNotConnected Reason = "not_connected"
	ReasonNoState      Reason = "state_not_readable"
	// What the receiver's version does.
	ReasonWithheld Reason = "withheld_from_version"
	ReasonWhole    Reason = "whole_needed_by_version"
)

// Verdict is the decision over an attempt.
type Verdict struct {
	Outcome Outcome
	Reason  Reason
	// After is the least wait before anything more goes to the platform; 0
	// leaves it to the backoff.
	After time.Duration
}

// maxServerErrors bounds how often an OCPI server error (3xxx), which may be
// about this one object, is tried again.
const maxServerErrors = 8

// longestPause bounds how long a receiver may ask to be left in peace.
const longestPause = 10 * time.Minute

// Judge decides over an attempt to send c from the answer, or the error, and
// the number of attempts so far. It is a pure function.
func Judge(c Change, answer Answer, err error, attempt int) Verdict {
	switch {
	case err != nil:
		return Verdict{Outcome: Again, Reason: reasonOf(err)}
	case answer.withheld() != "":
		return Verdict{Outcome: Rejected, Reason: ReasonWithheld}
	case answer.Whole:
		return Verdict{Outcome: Lacking, Reason: ReasonWhole}
	}
	if v, decided := judgeTrouble(answer); decided {
		return v
	}
	switch status := answer.HTTPStatus; {
	case status == http.StatusNotFound && c.Method == http.MethodDelete:
		return Verdict{Outcome: Delivered, Reason: ReasonUnknownHere} // gone is gone
	case partial(c) && (status == http.StatusNotFound || lacks(answer.Status)):
		return Verdict{Outcome: Lacking, Reason: ReasonUnknownHere}
	case answer.Status == 0 && (status < http.StatusBadRequest || status == http.StatusNotFound):
		return Verdict{Outcome: Again, Reason: ReasonGarbage}
	case status >= http.StatusMultipleChoices:
		return Verdict{Outcome: Rejected, Reason: ReasonRefused}
	}
	return judgeCode(answer, attempt)
}

// withheld says why a delivery may not go to its receiver; empty when it may.
func (a Answer) withheld() bridge.Reason {
	if len(a.Bridged) == 0 {
		return ""
	}
	return a.Bridged[0].Withheld
}

// judgeTrouble decides over HTTP statuses that speak of the platform, not of
// what was sent.
func judgeTrouble(answer Answer) (v Verdict, decided bool) {
	switch status := answer.HTTPStatus; {
	case status == http.StatusTooManyRequests || status == http.StatusServiceUnavailable && answer.RetryAfter > 0:
		return Verdict{Again, ReasonTooMany, min(answer.RetryAfter, longestPause)}, true
	case status == http.StatusUnauthorized || status == http.StatusForbidden:
		return Verdict{Outcome: Again, Reason: ReasonHubRefused}, true
	case status >= http.StatusInternalServerError:
		return Verdict{Outcome: Again, Reason: ReasonServerError}, true
	}
	return Verdict{}, false
}

// lacks says whether a status_code may mean that the receiver lacks the object.
func lacks(code ocpi.StatusCode) bool {
	return code == ocpi.StatusUnknownLocation || code == ocpi.StatusInvalidParameters
}

// judgeCode decides from the status_code of an OCPI answer.
func judgeCode(answer Answer, attempt int) Verdict {
	switch {
	case answer.Status.Success():
		return Verdict{Outcome: Delivered, Reason: ReasonAccepted}
	case answer.Status.ClientFault():
		return Verdict{Outcome: Rejected, Reason: ReasonRefused}
	case attempt >= maxServerErrors:
		return Verdict{Outcome: Rejected, Reason: ReasonServerError}
	}
	return Verdict{Outcome: Again, Reason: ReasonServerError}
}

func reasonOf(err error) Reason {
	switch fault.KindOf(err) {
	case fault.Timeout:
		return ReasonTimeout
	case fault.BadAnswer:
		return ReasonGarbage
	case fault.Unavailable:
		return ReasonNoState
	default:
		return ReasonNotConnected
	}
}

// Doubtful says whether a reason raises the doubt that the platform is there
// at all, or answers sensibly.
func (r Reason) Doubtful() bool {
	switch r {
	case ReasonServerError, ReasonHubRefused, ReasonGarbage, ReasonTimeout, ReasonNotConnected:
		return true
	case ReasonAccepted, ReasonUnknownHere, ReasonRefused, ReasonTooMany, ReasonNoState, ReasonWithheld, ReasonWhole:
	}
	return false
}

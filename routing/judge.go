package routing

import (
	"net/http"

	"github.com/ocpihub/ocpihub/internal/fault"
	"github.com/ocpihub/ocpihub/internal/peer"
	"github.com/ocpihub/ocpihub/ocpi"
)

// Judge tells an OCPI answer, which the requester gets unchanged whatever it
// says (H-057), from a failure of the receiver (H-063), a fault of kind
// BadAnswer. It is a pure function.
func Judge(reply peer.Reply) (Answer, ocpi.Envelope, error) {
	switch {
	case reply.Status == http.StatusUnauthorized, reply.Status == http.StatusForbidden:
		// Passed on, it would read as if the requester's own token were bad.
		return Answer{}, ocpi.Envelope{}, fault.New(fault.BadAnswer, "the receiver refused the hub's own credentials (HTTP %d)", reply.Status)
	case !passable(reply.Status):
		return Answer{}, ocpi.Envelope{}, fault.New(fault.BadAnswer, "the receiver failed with HTTP %d", reply.Status)
	}
	env, err := ocpi.ParseEnvelope(reply.Body)
	if err != nil {
		return Answer{}, ocpi.Envelope{}, fault.Wrap(fault.BadAnswer, err, "the receiver's answer is not OCPI (HTTP %d)", reply.Status)
	}
	return Answer{HTTPStatus: reply.Status, Status: env.StatusCode, Body: reply.Body, TotalCount: reply.TotalCount, Limit: reply.Limit}, env, nil
}

// passable says whether an HTTP status belongs to an OCPI answer.
func passable(status int) bool {
	switch status {
	case http.StatusBadRequest, http.StatusNotFound, http.StatusMethodNotAllowed:
		return true
	}
	return status >= 200 && status < 300
}

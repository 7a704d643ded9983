package bridge

import (
	"net/http"
	"strconv"

	"github.com/ocpihub/ocpihub/ocpi"
)

// Status is the answer to a call as the HTTP status and the OCPI status code.
type Status struct {
	HTTP int
	Code ocpi.StatusCode
	// Message is the status_message: it tells the code that 2.1.1 does not know.
	Message string
}

// StatusFor writes an answer with the codes of a version. 2.1.1
// knows neither 2004 nor those of hubs: a token or a receiver that is not known
// is a fault of the client there, with HTTP 404 where one object was asked for;
// what a hub suffers is a fault of the server.
func StatusFor(version ocpi.Version, s Status) Status {
	if version != ocpi.V211 {
		return s
	}
	was := s.Code
	switch {
	case was == ocpi.StatusUnknownToken || was == ocpi.StatusUnknownReceiver:
		s.Code, s.HTTP = ocpi.StatusClientError, http.StatusNotFound
	case was >= ocpi.StatusHubError && was < 5000:
		s.Code = ocpi.StatusServerError
	default:
		return s
	}
	s.Message = strconv.Itoa(int(was)) + ": " + s.Message
	return s
}

package ocpi

// StatusCode is the status_code of an OCPI answer (status codes chapter).
type StatusCode int

// The status codes of the specification.
const (
	StatusOK                StatusCode = 1000
	StatusClientError       StatusCode = 2000
	StatusInvalidParameters StatusCode = 2001
	StatusNotEnough         StatusCode = 2002
	StatusUnknownLocation   StatusCode = 2003
	StatusUnknownToken      StatusCode = 2004
	StatusServerError       StatusCode = 3000
	StatusUnableToUseClient StatusCode = 3001
	StatusUnsupported       StatusCode = 3002
	StatusNoMatching        StatusCode = 3003
	StatusHubError          StatusCode = 4000
	StatusUnknownReceiver   StatusCode = 4001
	StatusTimeout           StatusCode = 4002
	StatusNotConnected      StatusCode = 4003
)

// Success says whether s is in the range 1000 to 1999.
func (s StatusCode) Success() bool { return s >= 1000 && s < 2000 }

// ClientFault says whether s is in the range 2000 to 2999: the receiver
// rejects what was sent.
func (s StatusCode) ClientFault() bool { return s >= 2000 && s < 3000 }

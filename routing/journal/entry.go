package journal

import (
	"iter"
	"time"

	"github.com/ocpihub/ocpihub/ocpi"
)

// Entry is one record of the message log.
type Entry struct {
	// Time is when the message came, or the attempt began.
	Time          time.Time
	CorrelationID string
	// RequestID is that of this hop: what the sender gave, or the hub.
	RequestID string
	// TraceID is that of the trace that the record is part of, in hexadecimal;
	// empty when there is none.
	TraceID string
	// From is the party whose message it is, To the one that it goes to: zero
	// when it names none.
	From, To ocpi.PartyID
	// FromPlatform sent the message, ToPlatform was called; empty where there is
	// none.
	FromPlatform, ToPlatform string
	Module                   ocpi.ModuleID
	Method                   string
	// Object is the path below the endpoint, masked (ocpi.MaskPath).
	Object string
	// Route is the way through the hub: direct, broadcast, open, get_all,
	// callback; empty when none was found.
	Route string
	// HTTPStatus and OCPIStatus are those of the answer: the hub's to the
	// message, the receiver's to an attempt. 0 without one.
	HTTPStatus int
	OCPIStatus ocpi.StatusCode
	Duration   time.Duration
	// Attempt is 0 for the message itself; else it counts the attempts to bring
	// this copy to To.
	Attempt int
	// Reason is from a closed set: by what the message was routed, or why it or
	// the attempt failed.
	Reason string
	// Command is the correlation id of the command whose result this is.
	Command string
	// Reference is the authorization_reference that the hub gave where it stood
	// in for the eMSP To.
	Reference string
	// Covers are the correlation ids of further pushes that the attempt brought:
	// where several met on their way to a receiver, the newest state goes out once.
	Covers []string
	// LeftOut is how many requests that were refused at the door for the same
	// reason were not recorded since the last one that was: of a flood only a
	// sample is.
	LeftOut int
	// Bridged are the translations between versions that the call took, of what
	// was sent and of what was answered.
	Bridged []Bridged
	// Request and Answer are the bodies of this hop; zero unless bodies are kept
	// and were asked for (Query.Bodies).
	Request, Answer Body
}

// IDs are the correlation ids and the trace id by which the record is found.
func (e *Entry) IDs() iter.Seq[string] {
	return func(yield func(string) bool) {
		for _, id := range []string{e.CorrelationID, e.Command, e.TraceID} {
			if id != "" && !yield(id) {
				return
			}
		}
		for _, id := range e.Covers {
			if !yield(id) {
				return
			}
		}
	}
}

// maxObject bounds what a record keeps of a path, in bytes.
const maxObject = 200

// trimmed bounds what a party can make a record hold.
func trimmed(e Entry) Entry {
	if len(e.Object) > maxObject {
		e.Object = e.Object[:maxObject]
	}
	return e
}

// Package fault is the one kind of error that travels through the hub. Inside,
// errors are told apart by Kind; each edge (the OCPI front-end, the admin API,
// the verdict over a delivery) maps kinds to its own words in one exhaustive
// switch. An error that is no fault counts as Internal, and its text stays
// inside.
package fault

import (
	"errors"
	"fmt"
	"time"
)

// Kind says what sort of failure it is.
type Kind int

// The kinds of failure.
const (
	Internal        Kind = iota // a bug or an unforeseen state of the hub
	Unauthorized                // no, malformed or unknown token
	Malformed                   // the body is not JSON
	TooLarge                    // the body is over the limit
	TooMany                     // over the rate limit
	Suspended                   // the platform is suspended
	Invalid                     // a parameter, header or field is wrong
	ForeignOwner                // the object belongs to somebody else
	NotFound                    // no such object, module or path
	NoMethod                    // the path has no such method; see Allow
	UnknownLocation             // PATCH of a location that the hub does not hold
	UnknownToken                // nobody knows this token
	UnknownReceiver             // not known, or not allowed to talk
	NoInterface                 // the receiver does not offer module or interface
	NotConnected                // the receiver cannot be reached now
	Timeout                     // the receiver did not answer in time
	BadAnswer                   // the receiver answered something that is not OCPI
	ClientUnusable              // registration: the partner's API cannot be used (3001)
	Unsupported                 // registration: no mutual version (3002)
	NoMatching                  // registration: needed endpoints are missing (3003)
	Forbidden                   // admin: the role of the caller does not reach so far
	Conflict                    // admin: changed or claimed meanwhile
	Busy                        // the hub has no room for more just now
	Unavailable                 // a store or the stream is down
)

// Error is a failure with its kind and a message for the one who asked: it
// says what to mend. Cause stays inside.
type Error struct {
	Kind       Kind
	Message    string
	Allow      []string      // with NoMethod: the methods that are there
	RetryAfter time.Duration // with TooMany, Busy and Unavailable
	Cause      error
}

// Error gives the message and, for the log, the cause.
func (e *Error) Error() string {
	if e.Cause != nil {
		return e.Message + ": " + e.Cause.Error()
	}
	return e.Message
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Cause }

// New makes a fault with a message for the one who asked.
func New(kind Kind, format string, args ...any) *Error {
	return &Error{Kind: kind, Message: fmt.Sprintf(format, args...)}
}

// Wrap makes a fault that keeps its cause for the log.
func Wrap(kind Kind, cause error, format string, args ...any) *Error {
	return &Error{Kind: kind, Message: fmt.Sprintf(format, args...), Cause: cause}
}

// KindOf returns the kind of the first fault in err's chain, or Internal.
func KindOf(err error) Kind {
	if f, ok := errors.AsType[*Error](err); ok {
		return f.Kind
	}
	return Internal
}

// Is says whether err is a fault of this kind.
func Is(err error, kind Kind) bool {
	f, ok := errors.AsType[*Error](err)
	return ok && f.Kind == kind
}

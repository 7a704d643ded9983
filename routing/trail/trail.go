// Package trail keeps what the hub must remember to find the way back: where
// the result of a command goes, which CPO holds a reservation, whose CDR hides
// behind a Location, who set a charging profile. Trails expire.
package trail

import (
	"context"
	"errors"
	"time"

	"github.com/ocpihub/ocpihub/ocpi"
)

// Kind is the sort of a trail.
type Kind string

// The kinds of trails.
const (
	Callback    Kind = "callback"    // key: the unguessable id in the hub's response_url
	Reservation Kind = "reservation" // key: eMSP and reservation_id
	Profile     Kind = "profile"     // key: CPO and session id
	CDR         Kind = "cdr"         // key: the id in the hub's Location
	Booking     Kind = "booking"     // key: CPO and booking id
)

// Trail leads from a key back to the parties and the URL of a message.
type Trail struct {
	Kind Kind
	Key  string
	// Asked is the party that sent the message, with its platform; Answers is
	// the party that received it, with its platform.
	Asked, Answers End
	// URL is where the trail leads: a response_url or a Location.
	URL    string
	Module ocpi.ModuleID
	// Version is that in which URL was given; empty in trails of older programs.
	Version       ocpi.Version `json:",omitempty"`
	CorrelationID string
	Expires       time.Time
	// Traceparent is the place of the message in its trace (W3C Trace Context);
	// empty when it has none.
	Traceparent string `json:",omitempty"`
}

// End is one end of a trail.
type End struct {
	Party    ocpi.PartyID
	Platform string
}

// Store keeps trails. All methods are safe for concurrent use.
// Implementations: Memory, bolttrail; trailtest judges them.
type Store interface {
	// Remember writes a trail, replacing one of the same kind and key, in one
	// atomic and durable step.
	Remember(ctx context.Context, t Trail) error
	// Recall returns a trail that has not expired at now; else ErrUnknown.
	Recall(ctx context.Context, kind Kind, key string, now time.Time) (Trail, error)
	// Sweep removes the trails that have expired at now and says how many, in
	// small steps, between which others write; an error leaves the steps before
	// it done.
	Sweep(ctx context.Context, now time.Time) (removed int, err error)
}

// ErrUnknown reports that there is no such trail, or that it has expired.
var ErrUnknown = errors.New("nothing is remembered under this key")

package routing

import (
	"context"

	"github.com/ocpihub/ocpihub/internal/peer"
	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/parties"
	"github.com/ocpihub/ocpihub/routing/catalog"
	"github.com/ocpihub/ocpihub/routing/fanout"
)

// Registry tells who is there. Both methods are safe for concurrent use and do
// no input or output. Implementation: parties.Registry.
type Registry interface {
	// Directory returns the current snapshot, never nil.
	Directory() *parties.Directory
	// Token returns the credentials token by which the hub calls a platform;
	// an error when the platform has none.
	Token(p *parties.Platform) (string, ocpi.TokenEncoding, error)
}

// Caller makes one call to a platform. Errors are faults of kind NotConnected,
// Timeout or BadAnswer. Implementation: peer.Client.
type Caller interface {
	Do(ctx context.Context, call peer.Call) (peer.Reply, error)
	Guard() peer.Guard
}

// Herald sees to it that a receiver hears of a party before it gets anything of
// that party (hub client info, CONNECTED; H-109). Both methods wait, within a
// bound of their own, and cannot fail: what cannot be announced in time holds
// nothing up for good. They cost next to nothing when there is nothing to wait
// for, and are safe for concurrent use.
type Herald interface {
	// Announced waits until the feed has what the registry says of a party.
	Announced(ctx context.Context, party ocpi.PartyID)
	// Introduced waits until a platform has been told of a party, and had its
	// chance to take it.
	Introduced(ctx context.Context, platform string, party ocpi.PartyID)
}

// Tracer joins what belongs to one conversation though it comes in several
// requests. Both methods are quick and safe for concurrent use.
// Implementation: instrument.Instruments.
type Tracer interface {
	// Traceparent names the trace of ctx and the place in it (W3C Trace
	// Context); empty when there is none.
	Traceparent(ctx context.Context) string
	// Resume returns ctx within the trace that a traceparent names; unchanged
	// when it names none. end is called when that part of the work is over.
	Resume(ctx context.Context, traceparent string) (resumed context.Context, end func())
}

// Copies keeps what one party was sent and has taken, for its lists at the hub.
// Implementation: catalog.Aside.
type Copies interface {
	// Later writes a change soon, changes of one object in their order, and
	// then calls then with what it did. It waits while too many others wait; an
	// error says that ctx ended before, and that the change was not taken. It
	// is safe for concurrent use.
	Later(ctx context.Context, c catalog.Change, then func(catalog.Outcome)) error
}

// Pusher sends to one platform what it should have. Implementation:
// fanout.Engine.
type Pusher interface {
	// Resend puts the newest state of the object of a change into the queue of
	// a platform, whatever it got before; false when the platform is away or
	// gets no copy. It does not block, and does not outlive the process.
	Resend(platform string, c fanout.Change) bool
	// Introduced waits, within a bound of its own, until a platform had its
	// chance to take the client info of a party.
	Introduced(ctx context.Context, platform string, party ocpi.PartyID)
}

// Feed takes accepted pushes for all; when Accept returns, the change survives
// kill -9. Errors are faults of kind Unavailable. Implementation: fanout.Engine.
type Feed interface {
	Accept(ctx context.Context, c fanout.Change) error
}

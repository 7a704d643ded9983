package routing

import (
	"context"

	"github.com/ocpihub/ocpihub/internal/peer"
	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/parties"
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

// Feed takes accepted pushes for all; when Accept returns, the change survives
// kill -9. Errors are faults of kind Unavailable. Implementation: fanout.Engine.
type Feed interface {
	Accept(ctx context.Context, c fanout.Change) error
}

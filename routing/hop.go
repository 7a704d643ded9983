package routing

import (
	"context"
	"errors"
	"time"

	"github.com/ocpihub/ocpihub/internal/fault"
	"github.com/ocpihub/ocpihub/internal/peer"
	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/bridge"
	"github.com/ocpihub/ocpihub/parties"
)

// Hop is one call that the hub made for a message, and what came of it. Like
// Record it holds no token, and nothing that names a driver but in Bodies.
type Hop struct {
	Began time.Time
	// RequestID is that of this call, CorrelationID that of the message.
	RequestID     string
	CorrelationID string
	From, To      ocpi.PartyID
	Platform      string // the platform that was called
	Module        ocpi.ModuleID
	Method        string
	Object        string // as in Record
	Way           Way
	Attempt       int             // 2 where the receiver had no such path, and was called at another
	HTTPStatus    int             // 0 without an answer
	OCPIStatus    ocpi.StatusCode // 0 without an OCPI answer
	// Fault is the kind of the failure when Failed. GivenUp says that it failed
	// because nobody waited for it any more.
	Failed   bool
	Fault    fault.Kind
	GivenUp  bool
	Duration time.Duration
	Bodies   ocpi.Bodies // as in Record
	// Bridged are the translations between versions that the call took, of what
	// was sent and of what was answered; nil where both sides speak the same.
	Bridged []bridge.Crossing
}

// leg is what is known of a call beside the call itself.
type leg struct {
	platform *parties.Platform
	module   ocpi.ModuleID
	way      Way
	object   string
	attempt  int         // from 1
	bodies   ocpi.Bodies // those of the message; the hop's own are put in
	// bridged are the translations that the call took. hear looks at the data of
	// an answer, and carries them back, before anybody else sees them; may be nil.
	bridged []bridge.Crossing
	hear    func(*ocpi.Envelope) ([]bridge.Crossing, error)
}

// hopAnswer is what came of a call.
type hopAnswer struct {
	http int
	body []byte
	ocpi ocpi.StatusCode
	err  error
}

func (r *Router) hop(ctx context.Context, l leg, call peer.Call, began time.Time, a hopAnswer) Hop {
	h := Hop{
		Began: began, RequestID: call.RequestID, CorrelationID: call.CorrelationID,
		From: call.Routing.From, To: call.Routing.To, Platform: l.platform.ID,
		Module: l.module, Method: call.Method, Object: l.object, Way: l.way, Attempt: l.attempt,
		HTTPStatus: a.http, OCPIStatus: a.ocpi, Duration: r.Now().Sub(began),
	}
	h.Bodies, h.Bridged = l.bodies, l.bridged
	h.Bodies.Request, h.Bodies.Answer = call.Body, a.body
	if a.err != nil {
		h.Failed, h.Fault = true, fault.KindOf(a.err)
		h.GivenUp = errors.Is(ctx.Err(), context.Canceled)
	}
	return h
}

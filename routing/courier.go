package routing

import (
	"context"
	"time"

	"github.com/ocpihub/ocpihub/internal/fault"
	"github.com/ocpihub/ocpihub/internal/peer"
	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/parties"
	"github.com/ocpihub/ocpihub/routing/fanout"
)

// Courier brings the copies of a push to their receivers: from the hub to each
// party, a request id of its own for every copy, one correlation id for all
// (H-089, H-096).
type Courier struct {
	Registry Registry
	Caller   Caller
	Hub      ocpi.PartyID
	Timeouts Timeouts
	// Copier carries copies to receivers of other versions; nil: there are none.
	Copier *Copier
}

// infoTimeout bounds the delivery of client info: the objects of its party wait
// for it.
const infoTimeout = 5 * time.Second

var _ fanout.Courier = Courier{}

// Deliver makes one delivery.
func (c Courier) Deliver(ctx context.Context, d fanout.Delivery) (fanout.Answer, error) {
	p, err := c.receiver(d)
	if err != nil {
		return fanout.Answer{}, err
	}
	d, answer, err := c.Copier.inVersion(ctx, d, p)
	if err != nil || answer.settled() {
		return answer.Answer, err
	}
	call, err := c.call(d, p)
	if err != nil {
		return fanout.Answer{}, err
	}
	reply, err := c.Caller.Do(ctx, call)
	if err != nil {
		return fanout.Answer{RequestID: call.RequestID, Bridged: answer.Bridged}, err
	}
	answer.RequestID, answer.HTTPStatus, answer.RetryAfter, answer.Body = call.RequestID, reply.Status, reply.RetryAfter, reply.Body
	if env, err := ocpi.ParseEnvelope(reply.Body); err == nil {
		answer.Status, answer.Message = env.StatusCode, env.StatusMessage
	}
	return answer.Answer, nil
}

// receiver is the platform of a delivery, if it may be called now.
func (c Courier) receiver(d fanout.Delivery) (*parties.Platform, error) {
	p, ok := c.Registry.Directory().Platform(d.Platform)
	if !ok {
		return nil, fault.New(fault.NotConnected, "platform %s is not known any more", d.Platform)
	}
	if p.Status != parties.Connected { // at once, before the fan-out hears of it (H-191)
		return nil, fault.New(fault.NotConnected, "platform %s is %s now", d.Platform, p.Status)
	}
	return p, nil
}

func (c Courier) call(d fanout.Delivery, p *parties.Platform) (peer.Call, error) {
	endpoint, ok := p.Endpoint(d.Key.Module, ocpi.Receiver)
	token, encoding, err := c.Registry.Token(p)
	if !ok || err != nil {
		return peer.Call{}, fault.Wrap(fault.NotConnected, err, "platform %s cannot be called for %s", d.Platform, d.Key.Module)
	}
	call := peer.Call{
		Method: d.Method, URL: withQuery(ocpi.JoinURL(endpoint, d.Path), d.Query), Body: d.Body,
		Authorization: ocpi.FormatAuthorization(token, encoding), Bare: p.Bare(),
		RequestID: newRequestID(), CorrelationID: d.CorrelationID, Timeout: c.Timeouts.Of(d.Key.Module),
		Platform: p.ID, Module: d.Key.Module,
	}
	if d.Key.Module.Functional() {
		call.Routing = ocpi.Routing{To: d.To, From: c.Hub}
	} else {
		call.Timeout = min(call.Timeout, infoTimeout)
	}
	return call, nil
}

package routing

import (
	"context"
	"errors"
	"net/http"

	"github.com/ocpihub/ocpihub/internal/fault"
	"github.com/ocpihub/ocpihub/internal/peer"
	"github.com/ocpihub/ocpihub/ocpi"
)

// direct forwards a message to the party that was named or found, and its
// answer back, both as they are.
func (r *Router) direct(ctx context.Context, m *Message, plan Plan) (Answer, error) {
	target, err := Permit(r.Registry.Directory(), plan.From, plan.To, m.Rule, r.Now())
	if personal(m) && !fault.Is(err, fault.UnknownReceiver) {
		return r.carry(ctx, m, plan, target, err)
	}
	if err != nil {
		return Answer{}, err
	}
	p, err := r.forward(ctx, m, plan, target)
	if err != nil {
		return Answer{}, err
	}
	if err := r.keep(ctx, m, plan, p); err != nil {
		return Answer{}, err
	}
	if m.Rule.List {
		p.answer.Link = r.leadLink(m, target, p.reply, count(p.env.Data))
	}
	return p.answer, nil
}

// count is the number of objects on a page.
func count(page []byte) (n int) {
	for range ocpi.Elements(page) {
		n++
	}
	return n
}

// passage is what came of forwarding a message.
type passage struct {
	target Target
	reply  peer.Reply
	env    ocpi.Envelope
	answer Answer
}

// forward calls the receiver.
func (r *Router) forward(ctx context.Context, m *Message, plan Plan, target Target) (passage, error) {
	end, err := r.rounds.begin(m, plan)
	if err != nil {
		return passage{}, err
	}
	defer end()
	r.introduce(ctx, m, target, plan.From.Party)
	call, err := r.outgoing(ctx, m, plan, target)
	if err != nil {
		return passage{}, err
	}
	l := leg{target.Platform, m.Rule.Module, plan.Way, m.object(), 1, m.bodies(nil, nil)}
	p, err := r.call(ctx, target, l, call)
	if other, has := otherURL(m, target, p.reply); has {
		call.URL, call.RequestID, l.attempt = other, newRequestID(), 2
		if second, secondErr := r.call(ctx, target, l, call); !lacksPath(second.reply) {
			p, err = second, secondErr
		}
	}
	r.inspectAnswer(m, plan.To, p.env.Data)
	p.answer.Routing = ocpi.Routing{To: plan.From.Party, From: plan.To}
	return p, err
}

// introduce waits until the receiver has heard of the sender. Of the time that a
// driver at a charger has, a third is for that: the receiver needs the rest.
func (r *Router) introduce(ctx context.Context, m *Message, target Target, from ocpi.PartyID) {
	if m.Rule.Open == ocpi.OpenToken {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, r.Authorization.Timeout/3)
		defer cancel()
	}
	r.Herald.Introduced(ctx, target.Platform.ID, from)
}

func (r *Router) call(ctx context.Context, target Target, l leg, call peer.Call) (p passage, err error) {
	p.target = target
	p.reply, p.answer, p.env, err = r.exchange(ctx, l, call)
	return p, err
}

// otherURL is where a message goes once more when the receiver has no such
// path: some serve it under another one. What was answered so was not taken, so
// it may be sent again.
func otherURL(m *Message, target Target, reply peer.Reply) (string, bool) {
	if !lacksPath(reply) {
		return "", false
	}
	path, has := m.Rule.OtherPath(m.Path, m.Body)
	return withQuery(ocpi.JoinURL(target.Endpoint, path), m.Query), has
}

func lacksPath(reply peer.Reply) bool {
	return reply.Status == http.StatusNotFound || reply.Status == http.StatusMethodNotAllowed
}

// outgoing makes the call of the second hop: a request id of its own, the same
// correlation id (H-087), the parties unchanged (H-070, H-111). Only a
// response_url is replaced.
func (r *Router) outgoing(ctx context.Context, m *Message, plan Plan, target Target) (peer.Call, error) {
	body, query, err := r.takeCallback(ctx, m, plan, target)
	if err != nil {
		return peer.Call{}, err
	}
	url, err := nextURL(m, target, query)
	if err != nil {
		return peer.Call{}, err
	}
	return peer.Call{
		Method: m.Rule.Method, URL: url, Body: body,
		Routing:   ocpi.Routing{To: plan.To, From: plan.From.Party},
		RequestID: newRequestID(), CorrelationID: m.CorrelationID, Timeout: r.Timeouts.Of(m.Rule.Module),
		Platform: target.Platform.ID, Module: m.Rule.Module,
	}, nil
}

// exchange calls a platform with the hub's token for it and judges its answer.
// A failure raises the doubt whether the platform is there at all, unless the
// hub itself gave the call up.
func (r *Router) exchange(ctx context.Context, l leg, call peer.Call) (reply peer.Reply, answer Answer, env ocpi.Envelope, err error) {
	began := r.Now()
	defer func() {
		r.Hopped(ctx, r.hop(ctx, l, call, began, hopAnswer{reply.Status, reply.Body, env.StatusCode, err}))
	}()
	p := l.platform
	token, encoding, err := r.Registry.Token(p)
	if err != nil {
		return peer.Reply{}, Answer{}, ocpi.Envelope{}, fault.Wrap(fault.NotConnected, err, "the receiver is not registered at the hub")
	}
	call.Authorization, call.Bare = ocpi.FormatAuthorization(token, encoding), p.Bare()
	reply, err = r.Caller.Do(ctx, call)
	if err != nil {
		if !errors.Is(ctx.Err(), context.Canceled) {
			r.Doubt(p.ID)
		}
		return reply, Answer{}, ocpi.Envelope{}, err
	}
	answer, env, err = Judge(reply)
	if err != nil {
		r.Doubt(p.ID)
	}
	return reply, answer, env, err
}

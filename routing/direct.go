package routing

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"slices"

	"github.com/ocpihub/ocpihub/internal/fault"
	"github.com/ocpihub/ocpihub/internal/peer"
	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/bridge"
)

// direct forwards a message to the party that was named or found, and its
// answer back, both as they are.
func (r *Router) direct(ctx context.Context, m *Message, plan Plan) (Answer, error) {
	target, err := Permit(r.Registry.Directory(), plan.From, plan.To, m.Rule, r.Now())
	if personal(m) && !fault.Is(err, fault.UnknownReceiver) {
		return r.carry(ctx, m, plan, target, err)
	}
	if err != nil {
		return r.notSupported(m, plan, err)
	}
	p, err := r.forward(ctx, m, plan, target)
	if err != nil {
		answer, err := r.notSupported(m, plan, err)
		answer.Bridged = p.answer.Bridged
		return answer, err
	}
	if err := r.keep(ctx, m, plan, p); err != nil {
		return Answer{}, err
	}
	if m.Rule.List {
		p.answer.Link = r.leadLink(m, target, p.reply, p.listed)
	}
	if m.Rule.Open == ocpi.OpenToken && m.Rule.Version != target.Platform.Version && unknownIn211(p) {
		return Answer{}, fault.New(fault.UnknownToken, "%s does not know the token", plan.To)
	}
	return p.answer, nil
}

// unknownIn211 says whether an eMSP of 2.1.1 does not know a token: there is no
// code for it there.
func unknownIn211(p passage) bool {
	return p.target.Platform.Version == ocpi.V211 && p.reply.Status == http.StatusNotFound && p.env.StatusCode.ClientFault()
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
	listed int // how many objects the receiver listed
}

// forward calls the receiver.
func (r *Router) forward(ctx context.Context, m *Message, plan Plan, target Target) (passage, error) {
	end, err := r.rounds.begin(m, plan)
	if err != nil {
		return passage{}, err
	}
	defer end()
	r.introduce(ctx, m, target, plan.From.Party)
	call, letter, err := r.outgoing(ctx, m, plan, target)
	if err != nil {
		return passage{answer: Answer{Bridged: letter.bridged}}, err
	}
	listed := 0
	l := leg{
		platform: target.Platform, module: m.Rule.Module, way: plan.Way, object: m.object(), attempt: 1,
		bodies: m.bodies(nil, nil), bridged: letter.bridged,
	}
	l.hear = func(env *ocpi.Envelope) ([]bridge.Crossing, error) {
		r.inspectAnswer(m, target.Platform.Version, plan.To, env.Data)
		if m.Rule.List {
			listed = count(env.Data)
		}
		return r.read(ctx, m, plan, target, env)
	}
	p, err := r.call(ctx, target, l, call)
	if other, has := otherURL(letter, target, p.reply); has {
		call.URL, call.RequestID, l.attempt = other, newRequestID(), 2
		if second, secondErr := r.call(ctx, target, l, call); !lacksPath(second.reply) {
			p, err = second, secondErr
		}
	}
	if letter.told != "" && p.env.StatusCode.Success() {
		p.env.StatusMessage = letter.told
		p.answer.Body = p.env.Bytes()
	}
	p.listed, p.answer.Routing = listed, ocpi.Routing{To: plan.From.Party, From: plan.To}
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
func otherURL(sent letter, target Target, reply peer.Reply) (string, bool) {
	if !lacksPath(reply) {
		return "", false
	}
	path, has := sent.rule.OtherPath(sent.path, sent.body)
	return withQuery(ocpi.JoinURL(target.Endpoint, path), sent.query), has
}

func lacksPath(reply peer.Reply) bool {
	return reply.Status == http.StatusNotFound || reply.Status == http.StatusMethodNotAllowed
}

// outgoing makes the call of the second hop: a request id of its own, the same
// correlation id (H-087), the parties unchanged (H-070, H-111). Only a
// response_url is replaced, and what another version says otherwise.
func (r *Router) outgoing(ctx context.Context, m *Message, plan Plan, target Target) (peer.Call, letter, error) {
	body, query, err := r.takeCallback(ctx, m, plan, target)
	if err != nil {
		return peer.Call{}, letter{}, err
	}
	letter, err := r.write(ctx, m, plan, target, letter{rule: m.Rule, path: m.Path, query: query, body: body})
	if err != nil {
		return peer.Call{}, letter, err
	}
	url, err := nextURL(m, target, letter.path, letter.query)
	if err != nil {
		return peer.Call{}, letter, err
	}
	return peer.Call{
		Method: letter.rule.Method, URL: url, Body: letter.body,
		Routing:   ocpi.Routing{To: plan.To, From: plan.From.Party},
		RequestID: newRequestID(), CorrelationID: m.CorrelationID, Timeout: r.Timeouts.Of(m.Rule.Module),
		Platform: target.Platform.ID, Module: m.Rule.Module,
	}, letter, nil
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
	if err != nil || l.hear == nil {
		return reply, answer, env, err
	}
	came := env.Data
	did, err := l.hear(&env)
	l.bridged = slices.Concat(l.bridged, did)
	if !bytes.Equal(env.Data, came) {
		answer.Body = env.Bytes()
	}
	return reply, answer, env, err
}

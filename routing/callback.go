package routing

import (
	"context"
	"net/url"
	"strings"
	"time"

	"github.com/ocpihub/ocpihub/internal/fault"
	"github.com/ocpihub/ocpihub/internal/peer"
	"github.com/ocpihub/ocpihub/internal/strictjson"
	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/bridge"
	"github.com/ocpihub/ocpihub/parties"
	"github.com/ocpihub/ocpihub/routing/interpret"
	"github.com/ocpihub/ocpihub/routing/trail"
)

// callbackLife is how long a result may take. A reservation can be cancelled
// by the CPO until it ends, so its callback lives until then and a while longer.
const callbackLife = 24 * time.Hour

// takeCallback replaces the response_url of a command by one of the hub: the
// receiver has no credentials at the sender's platform (H-166). It returns the
// body and query to send; without a response_url both are as they came.
func (r *Router) takeCallback(ctx context.Context, m *Message, plan Plan, target Target) (body []byte, query string, err error) {
	given, err := responseURL(m)
	if err != nil || given == "" {
		return m.Body, m.Query, err
	}
	if err := r.mayAnswerTo(ctx, m.Sender, given); err != nil {
		return nil, "", err
	}
	key := newKey()
	err = r.Trails.Remember(ctx, trail.Trail{
		Kind: trail.Callback, Key: key, URL: given, Module: m.Rule.Module, Version: m.Rule.Version, CorrelationID: m.CorrelationID,
		Asked:   trail.End{Party: plan.From.Party, Platform: m.Sender.ID},
		Answers: trail.End{Party: plan.To, Platform: target.Platform.ID},
		Expires: r.callbackExpiry(m), Traceparent: r.Tracer.Traceparent(ctx),
	})
	if err != nil {
		return nil, "", unavailable(err)
	}
	own := r.Self.CallbackURL(target.Platform.Version, key) // the result comes in the receiver's version
	if m.Rule.Callback == ocpi.CallbackQuery {
		return m.Body, setParam(m.Query, "response_url", own), nil
	}
	return ocpi.SetMember(m.Body, "response_url", ocpi.Quote(own)), m.Query, nil
}

// responseURL finds the response_url where the rule says that it is.
func responseURL(m *Message) (string, error) {
	switch m.Rule.Callback {
	case ocpi.CallbackNone:
		return "", nil
	case ocpi.CallbackQuery:
		return required(m.param("response_url"), "the query parameter response_url is missing")
	case ocpi.CallbackBody:
	}
	if !strictjson.IsObject(m.Body) {
		return "", fault.New(fault.Invalid, "the body must be a JSON object")
	}
	return required(ocpi.FindString(m.Body, "response_url"), "/response_url is missing or no string")
}

func required(value, complaint string) (string, error) {
	if value == "" {
		return "", fault.New(fault.Invalid, "%s", complaint)
	}
	return value, nil
}

// mayAnswerTo refuses a response_url that does not lead to the sender's own
// platform: the hub will send the sender's credentials there.
func (r *Router) mayAnswerTo(ctx context.Context, sender *parties.Platform, target string) error {
	u, err := url.Parse(target)
	if err != nil || u.Host == "" {
		return fault.New(fault.Invalid, "response_url must be an absolute URL")
	}
	if !registeredHost(sender, u.Hostname()) {
		return fault.New(fault.Invalid, "response_url leads to %s, which is no host that this platform registered", u.Hostname())
	}
	if err := r.Caller.Guard().Check(ctx, target); err != nil {
		return fault.Wrap(fault.Invalid, err, "response_url leads to an address that the hub may not call")
	}
	return nil
}

// registeredHost says whether a host is one of those in the URLs that the
// platform registered.
func registeredHost(p *parties.Platform, host string) bool {
	same := func(registered string) bool {
		u, err := url.Parse(registered)
		return err == nil && strings.EqualFold(u.Hostname(), host)
	}
	if same(p.VersionsURL) {
		return true
	}
	for _, e := range p.Endpoints {
		if same(e.URL) {
			return true
		}
	}
	return false
}

// callbackExpiry keeps the way back as long as a reservation can live (H-168).
func (r *Router) callbackExpiry(m *Message) time.Time {
	expires := r.Now().Add(callbackLife)
	if end, err := ocpi.ParseDateTime(ocpi.FindString(m.Body, "expiry_date")); err == nil {
		if end = end.Add(callbackLife); end.After(expires) {
			return end
		}
	}
	return expires
}

// Result is an asynchronous result that a platform posted to a callback URL of
// the hub.
type Result struct {
	Key    string
	Sender *parties.Platform
	// Version is that of the callback URL, and so of Body.
	Version       ocpi.Version
	Body          []byte
	RequestID     string
	CorrelationID string
}

// Deliver takes a result to the response_url that the command came with. Only
// the platform that got the command may answer it; to others the URL does not
// exist (H-167). A result that cannot be delivered is not tried again (H-170).
func (r *Router) Deliver(ctx context.Context, res Result) (Answer, error) {
	began := r.Now()
	t, err := r.Trails.Recall(ctx, trail.Callback, res.Key, began)
	if err != nil || t.Answers.Platform != res.Sender.ID {
		return Answer{}, recallFault(err, "this callback URL is not known, or no longer")
	}
	ctx, end := r.Tracer.Resume(ctx, t.Traceparent)
	defer end()
	r.inspectResult(t, res)
	answer, err := r.deliver(ctx, t, res)
	rec := Record{
		RequestID: res.RequestID, CorrelationID: res.CorrelationID, Command: t.CorrelationID,
		FromPlatform: res.Sender.ID, Began: began, OCPIStatus: answer.Status,
		From: Speaker{Party: t.Answers.Party}, To: t.Asked.Party, Version: res.Version, Module: t.Module, Method: "POST",
		Way: Callback, Reason: ByResponse, HTTPStatus: answer.HTTPStatus,
		Failed: err != nil, Fault: fault.KindOf(err), Duration: r.Now().Sub(began),
		Bodies: ocpi.Bodies{Module: t.Module, Request: res.Body, Answer: answer.Body},
	}
	r.Observe(ctx, rec)
	answer.Way, answer.Reason = Callback, rec.Outcome()
	return answer, err
}

func (r *Router) deliver(ctx context.Context, t trail.Trail, res Result) (Answer, error) {
	p, err := r.connected(t.Asked)
	if err != nil {
		return Answer{}, err
	}
	p = asItSpoke(p, t.Version)
	body, did, err := r.result(ctx, t, res, p)
	if err != nil {
		return Answer{}, err
	}
	_, answer, env, err := r.exchange(ctx, leg{platform: p, module: t.Module, way: Callback, attempt: 1, bodies: ocpi.Bodies{Module: t.Module}, bridged: did}, peer.Call{
		Method: "POST", URL: t.URL, Body: body,
		Routing:   ocpi.Routing{To: t.Asked.Party, From: t.Answers.Party},
		RequestID: newRequestID(), CorrelationID: res.CorrelationID, Timeout: r.Timeouts.Of(t.Module),
		Platform: p.ID, Module: t.Module,
	})
	if err != nil {
		return Answer{}, err
	}
	env.Data = nil // the answer to a result has none (H-172)
	answer.Body = env.Bytes()
	answer.Routing = ocpi.Routing{To: t.Answers.Party, From: t.Asked.Party}
	return answer, nil
}

// asItSpoke is a platform in the version in which it gave a URL: that URL knows
// nothing of the version to which the platform went since.
func asItSpoke(p *parties.Platform, v ocpi.Version) *parties.Platform {
	if v == "" || v == p.Version {
		return p
	}
	then := *p
	then.Version = v
	return &then
}

// result carries a result into the version of the one who waits for it. Those of
// charging profiles are alike in every version that has them.
func (r *Router) result(ctx context.Context, t trail.Trail, res Result, to *parties.Platform) ([]byte, []bridge.Crossing, error) {
	if t.Module != ocpi.Commands || !r.Interpreter.Needed(res.Version, to.Version) {
		return res.Body, nil, nil
	}
	out, err := r.Interpreter.Carry(ctx, interpret.Talk{
		Class: bridge.CommandResult, From: res.Version, To: to.Version,
		Owner: t.Answers.Party, EMSP: t.Asked.Party, Reader: t.Asked.Party, Writer: t.Answers.Party,
	}, res.Body)
	if err != nil {
		return nil, nil, noObject(err, fault.Invalid, "the body", bridge.CommandResult)
	}
	return out.Body, []bridge.Crossing{out.Crossing(bridge.CommandResult, res.Version, to.Version)}, nil
}

// connected returns the platform at one end of a trail when it can be called.
func (r *Router) connected(end trail.End) (*parties.Platform, error) {
	p, ok := r.Registry.Directory().Platform(end.Platform)
	if !ok || p.Status != parties.Connected {
		return nil, fault.New(fault.NotConnected, "%s is not connected to the hub now", end.Party)
	}
	return p, nil
}

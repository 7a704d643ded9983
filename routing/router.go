// Package routing decides what happens to one message: address, permit, act.
// Route is the whole way on one screen. Decisions (Address, Permit, Judge) are
// pure functions; each way of a message has a file of its own.
package routing

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"time"

	"github.com/google/uuid"

	"github.com/ocpihub/ocpihub/internal/fault"
	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/routing/catalog"
	"github.com/ocpihub/ocpihub/routing/interpret"
	"github.com/ocpihub/ocpihub/routing/quality"
	"github.com/ocpihub/ocpihub/routing/trail"
)

// Options configure a Router.
type Options struct {
	Self     Self
	Registry Registry
	Catalog  catalog.Store
	// Copies keeps what one party was sent; nil: it is written to Catalog at
	// once. What it keeps must show in Catalog.
	Copies  Copies
	Transit catalog.Transit
	Trails  trail.Store
	Feed    Feed
	Caller  Caller
	// Guard holds mass removals; nil: nothing is held.
	Guard *MassGuard
	// Herald announces parties before their messages; nil: nobody does.
	Herald Herald
	Now    func() time.Time
	// Timeouts bound a forwarded request.
	Timeouts      Timeouts
	Authorization Authorization
	// Interpreter carries objects between versions; nil: one over Catalog with
	// its defaults.
	Interpreter *interpret.Interpreter
	// CDRLife is how long the Location of a CDR leads back to it; 0: for good.
	CDRLife time.Duration
	// Enforce refuses pushed objects with structural faults.
	Enforce bool
	// OwnTokens refuses commands with a token of another party than the sender.
	OwnTokens bool
	// Doubt is told of every platform that failed a call; may be nil.
	Doubt func(platform string)
	// Inspect takes every object that a party sends, to look at it beside the
	// way; it must return at once. May be nil.
	Inspect func(quality.Object)
	// Observe is told of every message when it is done, with the context of its
	// trace; may be nil.
	Observe func(context.Context, Record)
	// Pushed is told of every push that was taken, with the platform that sent
	// it; may be nil. It must be quick.
	Pushed func(platform string, module ocpi.ModuleID)
	// Hopped is told of every call to a receiver when it is done, with the
	// context of its trace; may be nil.
	Hopped func(context.Context, Hop)
	// Tracer joins results with the commands that they belong to; nil: nobody
	// does.
	Tracer Tracer
}

// Router routes messages. It is safe for concurrent use.
type Router struct {
	Options
	lanes  lanes
	rounds rounds
	turns  turns
}

// New returns a Router.
func New(o Options) *Router {
	if o.Observe == nil {
		o.Observe = func(context.Context, Record) {}
	}
	if o.Hopped == nil {
		o.Hopped = func(context.Context, Hop) {}
	}
	if o.Interpreter == nil {
		o.Interpreter = interpret.New(interpret.Options{Catalog: o.Catalog, Now: o.Now})
	}
	if o.Copies == nil {
		o.Copies = atOnce{o.Catalog}
	}
	if o.Herald == nil {
		o.Herald = noHerald{}
	}
	if o.Tracer == nil {
		o.Tracer = noTracer{}
	}
	if o.Inspect == nil {
		o.Inspect = func(quality.Object) {}
	}
	if o.Doubt == nil {
		o.Doubt = func(string) {}
	}
	if o.Pushed == nil {
		o.Pushed = func(string, ocpi.ModuleID) {}
	}
	return &Router{Options: o}
}

// noHerald announces nobody.
type noHerald struct{}

func (noHerald) Announced(context.Context, ocpi.PartyID) {}

func (noHerald) Introduced(context.Context, string, ocpi.PartyID) {}

// noTracer joins nothing.
type noTracer struct{}

func (noTracer) Traceparent(context.Context) string { return "" }

func (noTracer) Resume(ctx context.Context, _ string) (context.Context, func()) {
	return ctx, func() {}
}

// Route takes one message to where it belongs and returns the answer for the
// one who sent it. Errors are faults.
func (r *Router) Route(ctx context.Context, m *Message) (Answer, error) {
	began := r.Now()
	var c course
	var err error
	c.plan, err = Address(m, r.Self.Party)
	if err == nil {
		m, err = r.typed(ctx, m, c.plan)
	}
	if err == nil {
		err = r.admit(m, c.plan.From)
	}
	var answer Answer
	if err == nil {
		answer, err = r.act(ctx, m, &c)
	}
	if err == nil && pushes(m.Rule) {
		r.Pushed(m.Sender.ID, m.Rule.Module)
	}
	rec := r.record(m, &c, answer, err, began)
	r.Observe(ctx, rec)
	answer.Way, answer.Reason = rec.Way, rec.Outcome()
	return answer, err
}

// course is what becomes of a message on its way, for its record.
type course struct {
	plan     Plan
	attempts []Attempt // the calls that were made where several parties are asked
	// reference is the authorization_reference that the hub gave itself.
	reference string
}

// act goes the way that was planned. Open and Direct end alike: open routing
// only has to find the receiver first.
func (r *Router) act(ctx context.Context, m *Message, c *course) (Answer, error) {
	if m.Rule.Open == ocpi.OpenToken {
		return r.authorize(ctx, m, c)
	}
	switch c.plan.Way {
	case Broadcast:
		return r.broadcast(ctx, m, c)
	case GetAll:
		return r.gather(ctx, m, c.plan.From)
	case Open:
		return r.open(ctx, m, &c.plan)
	case Direct:
		return r.direct(ctx, m, c.plan)
	case Callback:
	}
	return Answer{}, fault.New(fault.Internal, "no way %q", c.plan.Way)
}

// own makes an answer of the hub itself: from the hub to the one who asked.
func (r *Router) own(to ocpi.PartyID, data []byte) Answer {
	env := ocpi.NewEnvelope(ocpi.StatusOK, "", r.Now())
	env.Data = data
	return Answer{HTTPStatus: 200, Status: ocpi.StatusOK, Body: env.Bytes(), Routing: ocpi.Routing{To: to, From: r.Self.Party}}
}

// newKey returns an unguessable key: 256 random bits, safe in a URL.
func newKey() string {
	var b [32]byte
	_, _ = rand.Read(b[:]) // never fails: crypto/rand ends the process instead
	return base64.RawURLEncoding.EncodeToString(b[:])
}

// newRequestID returns the X-Request-ID of one hop (H-090).
func newRequestID() string { return uuid.NewString() }

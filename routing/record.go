package routing

import (
	"cmp"
	"time"

	"github.com/ocpihub/ocpihub/internal/fault"
	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/bridge"
)

// Record tells of one message all that may be told: who, what, which way, what
// came of it. It holds no token and no ids of a path, for token uids are among them, but in Bodies,
// which hides itself.
type Record struct {
	RequestID     string
	CorrelationID string
	From          Speaker
	To            ocpi.PartyID
	Version       ocpi.Version // of the endpoint that it came to
	Module        ocpi.ModuleID
	Method        string
	// Path is the pattern of the path below the endpoint, without ids: the name
	// of a command, for one.
	Path string
	// Object is the path below the endpoint with its ids, what could name a
	// driver masked (ocpi.MaskPath).
	Object string
	// FromPlatform is the platform that sent it.
	FromPlatform string
	Began        time.Time
	Way          Way
	Reason       Reason
	// HTTPStatus and OCPIStatus are those of the answer unless Failed.
	HTTPStatus int
	OCPIStatus ocpi.StatusCode
	// Fault is the kind of the failure when Failed; else the answer came from
	// the receiver or from the hub's own store.
	Failed   bool
	Fault    fault.Kind
	Duration time.Duration
	// Attempts are the calls that were made where several parties were asked,
	// in the order in which they ended, or the one that failed before the hub
	// stood in.
	Attempts []Attempt
	// Reference is the authorization_reference of an authorisation that the hub
	// gave for the eMSP To, which does not know of it.
	Reference string
	// Bodies are what the message carried, and what was answered.
	Bodies ocpi.Bodies
	// Command is the correlation id of the command whose result this is: the
	// result may have another one of its own.
	Command string
	// Bridged are translations between versions that no Hop tells of: of answers
	// from the hub's own store, and of what was withheld, so that nobody was
	// called.
	Bridged []bridge.Crossing
}

// Outcome is why the message went the way it went, or why it failed.
func (rec *Record) Outcome() Reason {
	if rec.Failed {
		return ReasonOf(rec.Fault)
	}
	return rec.Reason
}

// Attempt is one call to one of several parties that a message went to.
type Attempt struct {
	To         ocpi.PartyID
	HTTPStatus int             // 0 without an answer
	OCPIStatus ocpi.StatusCode // 0 without an answer
	// Fault is the kind of the failure when Failed.
	Failed bool
	Fault  fault.Kind
	// GivenUp says that it failed because another one's answer was enough.
	GivenUp  bool
	Duration time.Duration
}

func (r *Router) record(m *Message, c *course, answer Answer, err error, began time.Time) Record {
	plan := c.plan
	rec := Record{
		RequestID: m.RequestID, CorrelationID: m.CorrelationID,
		From: plan.From, To: cmp.Or(plan.To, m.Routing.To), Version: m.Rule.Version, Module: m.Rule.Module, Method: m.Rule.Method, Path: m.Rule.Path,
		Object: m.object(), FromPlatform: m.Sender.ID, Began: began,
		Way: plan.Way, Reason: plan.Reason, HTTPStatus: answer.HTTPStatus, OCPIStatus: answer.Status, Duration: r.Now().Sub(began),
		Attempts: c.attempts, Reference: c.reference, Bodies: m.bodies(m.Body, answer.Body),
		Bridged: answer.Bridged,
	}
	if err != nil {
		rec.Failed, rec.Fault = true, fault.KindOf(err)
	}
	return rec
}

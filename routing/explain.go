package routing

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"github.com/ocpihub/ocpihub/internal/fault"
	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/parties"
	"github.com/ocpihub/ocpihub/routing/catalog"
	"github.com/ocpihub/ocpihub/routing/fanout"
)

// Question describes a message that is not sent. It is in the version of the
// platform of From.
type Question struct {
	// Offered is the version to suppose of a platform that has none yet.
	Offered ocpi.Version
	From    ocpi.PartyID
	To      ocpi.PartyID
	Module  ocpi.ModuleID
	Method  string
	Path    string // below the endpoint; empty: any path of the method
}

// Explanation says which way a message would go, why, and to whom.
type Explanation struct {
	Decision  string // a Way, or Refused
	Reason    string
	Receivers []ocpi.PartyID
	// Translations are for those of Receivers who speak another version.
	Translations []Translation
}

// Refused is the decision over a message that would go nowhere.
const Refused = "refused"

// Explain tells what Route would do with a message, by the same decisions.
// Where the content decides (open routing), it says so. A question about a
// party or a method that is not there is a fault of kind Invalid; Unavailable says
// that the object that it names could not be looked up.
func (r *Router) Explain(ctx context.Context, q Question) (Explanation, error) {
	dir := r.Registry.Directory()
	m, err := imagine(dir, q)
	if err != nil {
		return Explanation{}, err
	}
	plan, err := Address(m, r.Self.Party)
	if err != nil {
		return Explanation{Decision: Refused, Reason: err.Error()}, nil
	}
	out := Explanation{Decision: string(plan.Way), Reason: string(plan.Reason)}
	var to []Target
	switch plan.Way {
	case Direct:
		target, err := Permit(dir, plan.From, plan.To, m.Rule, r.Now())
		switch unsupported := r.unsupported(m, plan, err); {
		case unsupported:
			return Explanation{Decision: string(Direct), Reason: notSupportedReason}, nil
		case err != nil:
			return Explanation{Decision: Refused, Reason: refusal(err, plan, m.Rule)}, nil
		}
		to = []Target{target}
	case Broadcast:
		to = r.entitled(dir, m, plan)
	case Open, GetAll, Callback:
	}
	for _, t := range to {
		out.Receivers = append(out.Receivers, t.Party)
	}
	out.Translations, err = r.preview(ctx, m, plan, to)
	return out, err
}

// notSupportedReason explains a message that the receiver's version does not have,
// and that can be answered so.
const notSupportedReason = "the receiver's version of OCPI does not have it: the hub answers NOT_SUPPORTED"

// unsupported says whether the hub would answer for a receiver whose version does not
// have the message; failure is why it cannot be sent, if it cannot.
func (r *Router) unsupported(m *Message, plan Plan, failure error) bool {
	if m.Path == "" || failure != nil && !fault.Is(failure, fault.NoInterface) {
		return false
	}
	return supportable(m) && r.lacks(m, plan)
}

// refusal says why a message would not be let through. The operator may know
// what senders may not: that the receiver is there.
func refusal(err error, plan Plan, rule *ocpi.Rule) string {
	if errors.Is(err, errNoAgreement) {
		return fmt.Sprintf("no agreement in force lets %s send %s to %s", plan.From.Party, rule.Module, plan.To)
	}
	return err.Error()
}

// entitled lists who would get a copy of a broadcast.
func (r *Router) entitled(dir *parties.Directory, m *Message, plan Plan) (out []Target) {
	audience := Audience{Registry: r.Registry, Now: r.Now}
	change := fanout.Change{Key: catalog.Key{Module: m.Rule.Module, Owner: plan.From.Party}, Role: plan.From.Role}
	for _, p := range dir.Platforms() {
		for _, party := range audience.Receivers(p.ID, change) {
			out = append(out, Target{Platform: p, Party: party})
		}
	}
	return out
}

// imagine makes the message that a question describes.
func imagine(dir *parties.Directory, q Question) (*Message, error) {
	for _, home := range dir.Homes(q.From) {
		for _, i := range []ocpi.Interface{ocpi.Receiver, ocpi.Sender} {
			at := ocpi.Address{Version: cmp.Or(home.Platform.Version, q.Offered), Module: q.Module, Interface: i}
			rule, segments := row(at, q)
			if !q.To.IsZero() && !home.Platform.StandsFor(q.To) || rule == nil || !home.Role.Plays(q.Module, i.Other()) {
				continue
			}
			return &Message{
				Rule: rule, Sender: home.Platform, Path: q.Path, Segments: segments,
				Routing: ocpi.Routing{To: cmp.Or(q.To, home.Platform.As), From: q.From},
			}, nil
		}
	}
	if len(dir.Homes(q.From)) == 0 {
		return nil, fault.New(fault.Invalid, "party %s is not on this hub: hubctl parties list shows those that are", q.From)
	}
	return nil, fault.New(fault.Invalid, "%s has no role that may %s this path of %s", q.From, q.Method, q.Module)
}

// row finds the rule of a question; without a path, the first of the method.
func row(at ocpi.Address, q Question) (*ocpi.Rule, []string) {
	if q.Module.Custom() {
		rule, _, _ := ocpi.MatchCustom(at, q.Method, q.Path)
		return rule, nil
	}
	if q.Path != "" {
		rule, segments, _, _ := ocpi.Match(at, q.Method, q.Path)
		return rule, segments
	}
	for _, rule := range ocpi.Rules(at) {
		if rule.Method == q.Method {
			return rule, nil
		}
	}
	return nil, nil
}

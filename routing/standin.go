package routing

import (
	"bytes"
	"context"
	"crypto/rand"
	"slices"

	"github.com/ocpihub/ocpihub/internal/fault"
	"github.com/ocpihub/ocpihub/internal/strictjson"
	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/routing/catalog"
)

// standIn answers an authorisation for an eMSP that cannot be reached, where
// its agreement with the CPO says so, and the whitelist of the token allows to
// (tokens, WhitelistType). Otherwise the CPO hears of the failure, as ever. The
// answer comes from the hub, not from the eMSP, and its reference is marked as
// the hub's (docs/adr/0011).
func (r *Router) standIn(ctx context.Context, m *Message, c *course, failure error) (Answer, error) {
	if !r.standsIn(c.plan) {
		return Answer{}, failure
	}
	token, err := r.heldToken(ctx, m, c.plan)
	if err != nil {
		return Answer{}, failure // the store's trouble does not hide the eMSP's
	}
	allowed := offline(token.Body) // alike in every version
	if allowed == "" {
		return Answer{}, failure
	}
	c.attempts = append(c.attempts, Attempt{To: c.plan.To, Failed: true, Fault: fault.KindOf(failure)})
	c.plan.Reason = ByStandIn
	if allowed == "ALLOWED" {
		c.reference = r.Self.newReference()
	}
	bodies, _, err := r.inVersion(ctx, []catalog.Object{token}, m, c.plan.From.Party)
	if err != nil || len(bodies) == 0 {
		return Answer{}, failure
	}
	return r.own(c.plan.From.Party, authorizationInfo(m.Rule.Version, allowed, bodies[0], m.Body, c.reference)), nil
}

// authorizationInfo writes the answer to an authorisation (tokens,
// AuthorizationInfo), with token and location byte by byte as they came; that of
// 2.1.1 has neither token nor reference. The location is given back as the CPO
// asked: a whitelist knows no places, so that it allows all of them.
func authorizationInfo(v ocpi.Version, allowed string, token, location []byte, reference string) []byte {
	out := slices.Concat([]byte(`{"allowed":`), ocpi.Quote(allowed))
	if v != ocpi.V211 {
		out = slices.Concat(out, []byte(`,"token":`), token)
	}
	if reference != "" {
		if strictjson.IsObject(location) {
			out = slices.Concat(out, []byte(`,"location":`), location)
		}
		if v != ocpi.V211 {
			out = slices.Concat(out, []byte(`,"authorization_reference":`), ocpi.Quote(reference))
		}
	}
	return append(out, '}')
}

// unreachable says whether a failure means that the eMSP gave no answer of its
// own.
func unreachable(err error) bool {
	switch fault.KindOf(err) {
	case fault.NotConnected, fault.Timeout, fault.BadAnswer, fault.NoInterface:
		return true
	default:
		return false
	}
}

// standsIn says whether the two parties agreed that the hub answers for the
// eMSP.
func (r *Router) standsIn(plan Plan) bool {
	a, ok := r.Registry.Directory().InForce(plan.From.Party, plan.To, r.Now())
	return ok && a.StandIn && a.Covers(ocpi.Tokens, true)
}

// heldToken returns the token as its eMSP gave it to the hub, or to this CPO.
func (r *Router) heldToken(ctx context.Context, m *Message, plan Plan) (catalog.Object, error) {
	held, err := r.Catalog.Owners(ctx, ocpi.Tokens, catalog.TokenID(m.id(), m.tokenType()), plan.From.Party)
	if err != nil {
		return catalog.Object{}, err
	}
	for _, k := range held {
		if k.Owner == plan.To {
			return r.Catalog.Get(ctx, k, catalog.Part{})
		}
	}
	return catalog.Object{}, catalog.ErrUnknown
}

// offline is the AllowedType of a token while its eMSP cannot be asked; empty
// when only the eMSP may decide. ALWAYS, ALLOWED and ALLOWED_OFFLINE let the
// token be used without asking, if it is valid; NEVER, and what the
// specification does not list, does not. It is a pure function.
func offline(token []byte) string {
	switch ocpi.FindString(token, "whitelist") {
	case "ALWAYS", "ALLOWED", "ALLOWED_OFFLINE":
	default:
		return ""
	}
	switch valid, _ := ocpi.Find(token, "valid"); {
	case bytes.Equal(valid.Value, []byte("true")):
		return "ALLOWED"
	case bytes.Equal(valid.Value, []byte("false")):
		return "BLOCKED"
	}
	return ""
}

// newReference makes an authorization_reference of the hub's own: its party,
// then 26 random letters and digits, together 32 of the 36 characters allowed.
func (s Self) newReference() string { return s.Party.Country + s.Party.ID + "-" + rand.Text() }

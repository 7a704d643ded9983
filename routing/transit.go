package routing

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/routing/catalog"
)

// personal says whether a message carries a session or a CDR: what the hub
// keeps for one driver's eMSP, and must neither lose nor make up.
func personal(m *Message) bool {
	return pushes(m.Rule) && (m.Rule.Module == ocpi.Sessions || m.Rule.Module == ocpi.CDRs)
}

// carry forwards a session or a CDR. It is noted before it is sent, so that a
// store that fails is told before the receiver has the object, and settled by
// what became of it before the sender hears: what was acknowledged is kept, and
// what the receiver refused is in no list. What the receiver missed is kept for
// its GET after the outage (H-199), though the sender hears of the failure.
func (r *Router) carry(ctx context.Context, m *Message, plan Plan, target Target, unreachable error) (Answer, error) {
	leave := r.turns.beside(r.keepable(m, plan).Key)
	defer leave()
	p, err := r.convey(ctx, m, plan, target, unreachable)
	if m.Rule.Module == ocpi.CDRs && err == nil {
		p.answer.Location = r.leadCDR(ctx, m, plan, p)
	}
	return p.answer, err
}

// convey notes, sends and settles an object; unreachable says why its receiver
// cannot be called at all.
func (r *Router) convey(ctx context.Context, m *Message, plan Plan, target Target, unreachable error) (passage, error) {
	ticket, err := r.Transit.Announce(ctx, r.keepable(m, plan))
	if err != nil {
		return passage{}, unavailable(err)
	}
	var p passage
	if err = unreachable; err == nil {
		p, err = r.forward(ctx, m, plan, target)
	}
	outcome, failed := r.settle(ctx, ticket, fateOf(p, err))
	if failed != nil {
		return passage{}, failed
	}
	if outcome == catalog.Stale {
		r.inspectStale(m, plan.From.Party)
	}
	return p, err
}

// keepable is the change that a session or CDR makes for its receiver. A CDR
// that lacks its owner or its id, let through by validation.mode report, is the
// sender's, and known by its content.
func (r *Router) keepable(m *Message, plan Plan) catalog.Change {
	c := r.change(m, plan.To)
	if !c.Key.Owner.Valid() {
		c.Key.Owner = plan.From.Party
	}
	if c.Key.ID == "" {
		c.Key.ID = fmt.Sprintf("sha256:%x", sha256.Sum256(m.Body))
	}
	return c
}

// settle notes what became of a change, also when the sender has hung up
// meanwhile.
func (r *Router) settle(ctx context.Context, t catalog.Ticket, f catalog.Fate) (catalog.Outcome, error) {
	outcome, err := r.Transit.Settle(context.WithoutCancel(ctx), t, f)
	if err != nil && !errors.Is(err, catalog.ErrUnknown) { // a PATCH of what the hub has not seen
		return "", unavailable(err)
	}
	return outcome, nil
}

// fateOf tells what became of an object by how its receiver answered. It is a
// pure function.
func fateOf(p passage, err error) catalog.Fate {
	code := p.env.StatusCode
	switch {
	case err != nil:
		return catalog.Missed
	case code.Success() && p.reply.Status < http.StatusMultipleChoices:
		return catalog.Taken
	case code.Success(), code.ClientFault():
		return catalog.Refused
	}
	return catalog.Missed // 3xxx, 4xxx: it could not take it
}

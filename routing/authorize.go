package routing

import (
	"context"
	"time"

	"github.com/ocpihub/ocpihub/internal/fault"
	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/parties"
	"github.com/ocpihub/ocpihub/routing/catalog"
)

const (
	// authorizeTimeout bounds asking every eMSP: a driver stands at the charger.
	authorizeTimeout = 3 * time.Second
	// authorizeFanOut bounds how many eMSPs are asked at a time.
	authorizeFanOut = 16
)

// authorize finds the eMSP of a token for real-time authorisation: the one
// that gave the token to the hub; for an unknown token every eMSP that may be
// asked. The hub never answers for an eMSP (H-159).
func (r *Router) authorize(ctx context.Context, m *Message, plan *Plan) (Answer, error) {
	held, err := r.Catalog.Owners(ctx, ocpi.Tokens, catalog.TokenID(m.id(), m.tokenType()), plan.From.Party)
	if err != nil {
		return Answer{}, unavailable(err)
	}
	owner, err := only(held, func(k catalog.Key) (ocpi.PartyID, bool) { return k.Owner, true })
	if err == nil {
		plan.To, plan.Reason = owner, ByContent
		return r.direct(ctx, m, *plan)
	}
	plan.Reason = ByAskingAll
	return r.poll(ctx, m, plan)
}

// verdict is what one eMSP said about a token.
type verdict struct {
	to     ocpi.PartyID
	answer Answer
	known  bool // it answered with an AuthorizationInfo
	allows bool
}

// poll asks every eMSP at once. The first ALLOWED is passed on at once; when
// nobody allows, the answer of one who knows the token; else nobody knows it.
func (r *Router) poll(ctx context.Context, m *Message, plan *Plan) (Answer, error) {
	ctx, cancel := context.WithTimeout(ctx, authorizeTimeout)
	defer cancel()
	targets := askable(r.Registry.Directory(), plan.From, m.Rule)
	said := r.ask(ctx, m, *plan, targets)
	var best verdict
	for i := 0; i < len(targets) && !best.allows; i++ {
		select {
		case v := <-said:
			if v.known && (v.allows || !best.known) {
				best = v
			}
		case <-ctx.Done():
			return bestOf(best, plan)
		}
	}
	return bestOf(best, plan)
}

func bestOf(best verdict, plan *Plan) (Answer, error) {
	if !best.known {
		return Answer{}, fault.New(fault.UnknownToken, "no eMSP knows this token")
	}
	plan.To = best.to
	return best.answer, nil
}

// ask calls the targets, a bounded number at a time. The channel holds every
// answer, so that nobody waits for a reader that has gone.
func (r *Router) ask(ctx context.Context, m *Message, plan Plan, targets []ocpi.PartyID) <-chan verdict {
	said := make(chan verdict, len(targets))
	slots := make(chan struct{}, authorizeFanOut)
	for _, to := range targets {
		go func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			said <- r.askOne(ctx, m, plan, to)
		}()
	}
	return said
}

func (r *Router) askOne(ctx context.Context, m *Message, plan Plan, to ocpi.PartyID) verdict {
	plan.To = to
	answer, err := r.direct(ctx, m, plan)
	if err != nil {
		return verdict{}
	}
	env, err := ocpi.ParseEnvelope(answer.Body)
	if err != nil || !env.StatusCode.Success() {
		return verdict{}
	}
	allowed := ocpi.FindString(env.Data, "allowed")
	return verdict{to: to, answer: answer, known: allowed != "", allows: allowed == "ALLOWED"}
}

// askable lists the parties that may be asked about a token now.
func askable(dir *parties.Directory, from Speaker, rule *ocpi.Rule) []ocpi.PartyID {
	var out []ocpi.PartyID
	for _, p := range dir.Platforms() {
		for _, party := range p.Parties {
			target, err := Permit(dir, from, party.Party, rule)
			if err == nil && target.Platform == p && party.Role.Plays(rule.Module, rule.Interface) {
				out = append(out, party.Party)
			}
		}
	}
	return out
}

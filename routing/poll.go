package routing

import (
	"context"
	"errors"
	"strings"
	"sync"

	"github.com/ocpihub/ocpihub/internal/fault"
	"github.com/ocpihub/ocpihub/ocpi"
)

// poll asks several eMSPs about a token, a bounded number at a time. The first
// ALLOWED is passed on at once and the others are not waited for. When nobody
// allows, the best answer counts (see standing); when nobody knows the token it
// is unknown (H-155). An eMSP that fails says nothing about the token.
func (r *Router) poll(ctx context.Context, m *Message, c *course, targets []ocpi.PartyID) (Answer, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var best verdict
	for v := range r.ask(ctx, m, c.plan, targets) {
		c.attempts = append(c.attempts, v.Attempt)
		if v.beats(best) {
			best = v
		}
		if best.standing == allows {
			cancel()
		}
	}
	if best.standing > silent {
		c.plan.To = best.To
		return best.answer, nil
	}
	return Answer{}, nobodyKnows(c)
}

// nobodyKnows says why there is no answer. A token that is known to be
// somebody's is not unknown because its eMSPs are away.
func nobodyKnows(c *course) error {
	if c.plan.Reason == ByAskingOwners {
		for _, a := range c.attempts {
			if a.Failed {
				return fault.New(a.Fault, "the eMSPs of this token did not answer")
			}
		}
	}
	return fault.New(fault.UnknownToken, "no eMSP knows this token")
}

// ask calls the targets from a bounded number of workers. The channel is closed
// when every call has ended; when ctx is cancelled, that is at once.
func (r *Router) ask(ctx context.Context, m *Message, plan Plan, targets []ocpi.PartyID) <-chan verdict {
	said := make(chan verdict)
	todo := make(chan ocpi.PartyID, len(targets))
	for _, to := range targets {
		todo <- to
	}
	close(todo)
	var workers sync.WaitGroup
	for range min(r.Authorization.FanOut, len(targets)) {
		workers.Go(func() {
			for to := range todo {
				if ctx.Err() != nil {
					return
				}
				said <- r.askOne(ctx, m, plan, to)
			}
		})
	}
	go func() {
		workers.Wait()
		close(said)
	}()
	return said
}

// verdict is what one eMSP said about a token.
type verdict struct {
	Attempt
	answer   Answer
	standing standing
}

func (r *Router) askOne(ctx context.Context, m *Message, plan Plan, to ocpi.PartyID) verdict {
	began := r.Now()
	plan.To = to
	answer, err := r.direct(ctx, m, plan)
	v := verdict{answer: answer, Attempt: Attempt{To: to, HTTPStatus: answer.HTTPStatus, Duration: r.Now().Sub(began)}}
	if err != nil {
		v.Failed, v.Fault = true, fault.KindOf(err)
		v.GivenUp = errors.Is(ctx.Err(), context.Canceled)
		return v
	}
	env, err := ocpi.ParseEnvelope(answer.Body)
	if err != nil { // the answer was judged before
		return v
	}
	v.OCPIStatus = env.StatusCode
	v.standing = stand(env)
	return v
}

// standing ranks the answers about one token, so that one of several counts.
type standing int

// The standings, worst first. Several eMSPs can know one uid, as when a card
// changed hands, but one of them is whose card it is now: of several refusals
// the one counts that comes nearest to a good token. Nobody charges by any of
// them, so that no refusal needs to win for safety.
const (
	silent   standing = iota // failed, or does not know the token
	unclear                  // needs more to decide, as the location (2002, H-157)
	blocked                  // BLOCKED, or what the specification does not list
	expired                  // EXPIRED
	noCredit                 // NO_CREDIT: a good token
	notHere                  // NOT_ALLOWED: a good token, at another place
	allows                   // ALLOWED
)

func stand(env ocpi.Envelope) standing {
	if env.StatusCode == ocpi.StatusNotEnough {
		return unclear
	}
	if !env.StatusCode.Success() {
		return silent
	}
	switch ocpi.FindString(env.Data, "allowed") {
	case "":
		return silent
	case "ALLOWED":
		return allows
	case "NOT_ALLOWED":
		return notHere
	case "NO_CREDIT":
		return noCredit
	case "EXPIRED":
		return expired
	}
	return blocked
}

// beats says whether v counts rather than what was heard before. Which of two
// equal refusals counts does not hang on who was faster.
func (v verdict) beats(before verdict) bool {
	if v.standing != before.standing || v.standing == allows {
		return v.standing > before.standing
	}
	return v.standing > silent && strings.Compare(v.To.String(), before.To.String()) < 0
}

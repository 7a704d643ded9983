package routing

import (
	"sync"

	"github.com/ocpihub/ocpihub/internal/fault"
	"github.com/ocpihub/ocpihub/ocpi"
)

// rounds counts the messages that are being forwarded, by what stays the same
// over any number of hubs: parties, path and correlation id. Between hubs that
// each take the other for the home of a party a message would go round until
// somebody's time is up, holding a call on every hub for each round (H-083).
// The zero value is ready to use.
type rounds struct {
	mu    sync.Mutex
	under map[round]*circling
}

type round struct {
	routing                     ocpi.Routing
	module                      ocpi.ModuleID
	method, path, correlationID string
}

// mostRounds is how often the same message may come before one of them is
// answered. Some are no loop: clients repeat a message before it was answered,
// and some give one correlation id to all that they send.
const mostRounds = 16

// circling counts a message: how many of it are under way, and how many have
// come since one was answered. In a loop none ever is.
type circling struct{ under, unanswered int }

// begin counts a message in until end is called. It refuses one that has come
// round.
func (r *rounds) begin(m *Message, plan Plan) (end func(), err error) {
	key := round{
		routing: ocpi.Routing{To: plan.To, From: plan.From.Party}, module: m.Rule.Module,
		method: m.Rule.Method, path: m.Path, correlationID: m.CorrelationID,
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	c := r.under[key]
	if c == nil {
		c = &circling{}
		if r.under == nil {
			r.under = map[round]*circling{}
		}
		r.under[key] = c
	}
	if c.unanswered == mostRounds {
		return nil, fault.New(fault.UnknownReceiver, "the message has come back to the hub %d times: no hub on its way has %s", mostRounds, plan.To)
	}
	c.under++
	c.unanswered++
	return func() { r.end(key, c) }, nil
}

func (r *rounds) end(key round, c *circling) {
	r.mu.Lock()
	defer r.mu.Unlock()
	c.unanswered = 0
	if c.under--; c.under == 0 {
		delete(r.under, key)
	}
}

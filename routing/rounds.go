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
	under map[round]int
}

type round struct {
	routing                     ocpi.Routing
	module                      ocpi.ModuleID
	method, path, correlationID string
}

// mostRounds is how often the same message may be under way at a time. A few
// are no loop: clients that repeat a message before it was answered keep its
// correlation id.
const mostRounds = 8

// begin counts a message in until end is called. It refuses one that has come
// round.
func (r *rounds) begin(m *Message, plan Plan) (end func(), err error) {
	key := round{
		routing: ocpi.Routing{To: plan.To, From: plan.From.Party}, module: m.Rule.Module,
		method: m.Rule.Method, path: m.Path, correlationID: m.CorrelationID,
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.under[key] == mostRounds {
		return nil, fault.New(fault.UnknownReceiver, "the message has come back to the hub %d times: no hub on its way has %s", mostRounds, plan.To)
	}
	if r.under == nil {
		r.under = map[round]int{}
	}
	r.under[key]++
	return func() { r.end(key) }, nil
}

func (r *rounds) end(key round) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.under[key]--; r.under[key] == 0 {
		delete(r.under, key)
	}
}

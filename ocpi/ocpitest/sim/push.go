package sim

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/ocpitest"
)

// evse is a charging point whose status the platform changes.
type evse struct {
	location ocpitest.Key
	uid      string
	status   string
	at       time.Time
}

// push changes the status of one EVSE after the other, and tells the hub, at
// the rate that is set. Each EVSE belongs to one worker, so that its changes
// go out in order.
func (s *simulation) push(ctx context.Context, goods []good) {
	points := s.chargingPoints(goods)
	if len(points) == 0 {
		return
	}
	pace := rate.NewLimiter(rate.Limit(s.PushRate), max(1, int(s.PushRate/10)))
	var begun atomic.Int64
	var crew sync.WaitGroup
	for w := range min(s.Workers, len(points)) {
		crew.Go(func() {
			for i := w; pace.Wait(ctx) == nil; i += s.Workers {
				if s.PushCount > 0 && begun.Add(1) > int64(s.PushCount) {
					return
				}
				if i >= len(points) {
					i = w
				}
				s.flip(ctx, points[i])
			}
		})
	}
	crew.Wait()
	s.event("pushed", fields{"changes": s.tally.pushed.Load(), "refused": s.tally.refused.Load()})
}

// chargingPoints returns the EVSEs of some locations.
func (s *simulation) chargingPoints(goods []good) []*evse {
	var out []*evse
	for _, g := range goods {
		if g.module != ocpi.Locations {
			continue
		}
		key := s.platform.KeyOf(g.module, g.raw)
		list, _ := ocpi.Find(g.raw, "evses")
		for raw := range ocpi.Elements(list.Value) {
			out = append(out, &evse{location: key, uid: ocpi.FindString(raw, "uid"), status: ocpi.FindString(raw, "status")})
		}
	}
	return out
}

// flip changes the status of an EVSE, and repeats it until the hub has taken
// or refused it.
func (s *simulation) flip(ctx context.Context, e *evse) {
	if e.status == "CHARGING" {
		e.status = "AVAILABLE"
	} else {
		e.status = "CHARGING"
	}
	now := s.now().Truncate(time.Millisecond)
	if !now.After(e.at) {
		now = e.at.Add(time.Millisecond) // a state of its own: times have three digits
	}
	e.at = now
	change := ocpitest.Change{
		Key: e.location, Parts: []string{e.uid}, To: s.platform.Hub(),
		Body: fmt.Appendf(nil, `{"status":%q,"last_updated":%q}`, e.status, ocpi.FormatDateTime(now)),
	}
	reply, err := s.insist(ctx, func() (ocpitest.Reply, error) { return s.platform.Patch(ctx, change) })
	switch {
	case s.tally.count(reply, err):
		s.tally.pushed.Add(1)
	case err != nil:
		s.tally.doubt(e.location.Owner.String() + "/" + e.location.ID + "/" + e.uid)
	}
}

// insist repeats a call for as long as the hub cannot be reached or cannot do
// it now; the hub must lose nothing that it has acknowledged, and nobody
// anything that it has not.
func (s *simulation) insist(ctx context.Context, call func() (ocpitest.Reply, error)) (ocpitest.Reply, error) {
	for {
		reply, err := call()
		if err == nil && !later(reply) {
			return reply, nil
		}
		s.tally.repeated.Add(1)
		select {
		case <-time.After(pauseBetween):
		case <-ctx.Done():
			return reply, context.Cause(ctx)
		}
	}
}

// pauseBetween is waited before a call is repeated.
const pauseBetween = 200 * time.Millisecond

// later says whether an answer asks for another try.
func later(r ocpitest.Reply) bool {
	return r.Status == http.StatusTooManyRequests || r.Status >= http.StatusInternalServerError ||
		r.Code() >= ocpi.StatusServerError && r.Code() < ocpi.StatusHubError
}

package hub

import (
	"context"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/ocpihub/ocpihub/hub/front"
	"github.com/ocpihub/ocpihub/routing"
	"github.com/ocpihub/ocpihub/routing/journal"
)

// refused notes requests that came no further than the door: as many as do not
// wash out the rest of the message log. The metrics count all.
func (h *Hub) refused(ctx context.Context, r front.Refusal) {
	reason := routing.ReasonOf(r.Fault)
	platform, _ := h.registry.Directory().Platform(r.Platform)
	h.watching.refused(r, platform)
	if leftOut, ok := h.refusals.take(r.Platform, reason, r.Began); ok {
		h.journal.Note(inTrace(ctx, refusalEntry(r, leftOut)))
	}
}

func refusalEntry(r front.Refusal, leftOut int) journal.Entry {
	e := journal.Entry{
		Time: r.Began, CorrelationID: r.CorrelationID, RequestID: r.RequestID, From: r.From, To: r.To, FromPlatform: r.Platform,
		Module: r.Module, Method: r.Method, Object: r.Object, Duration: r.Duration,
		Reason: string(routing.ReasonOf(r.Fault)), LeftOut: leftOut,
	}
	e.HTTPStatus, e.OCPIStatus = front.Codes(r.Version, r.Fault)
	return e
}

// Of the refusals of one platform, or of all that are not known, for one reason
// so many are recorded in a row, and then so many a second.
const (
	refusalsInARow    = 20
	refusalsPerSecond = 1
)

// sampler lets through a bounded rate of refusals, and counts the others. The
// zero value is ready to use.
type sampler struct {
	mu   sync.Mutex
	kept map[sample]*tally
}

// sample is what is sampled by itself. Both are from closed sets, so there are
// few of them: platforms, and reasons.
type sample struct {
	platform string
	reason   routing.Reason
}

type tally struct {
	limit   *rate.Limiter
	leftOut int
}

// take says whether to record a refusal, and how many of its kind were left out
// since the last one that was.
func (s *sampler) take(platform string, reason routing.Reason, now time.Time) (leftOut int, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.kept[sample{platform, reason}]
	if t == nil {
		if s.kept == nil {
			s.kept = map[sample]*tally{}
		}
		t = &tally{limit: rate.NewLimiter(refusalsPerSecond, refusalsInARow)}
		s.kept[sample{platform, reason}] = t
	}
	if !t.limit.AllowN(now, 1) {
		t.leftOut++
		return 0, false
	}
	leftOut, t.leftOut = t.leftOut, 0
	return leftOut, true
}

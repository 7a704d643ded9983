package hub

import (
	"context"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/ocpihub/ocpihub/internal/fault"
	"github.com/ocpihub/ocpihub/internal/telemetry"
	"github.com/ocpihub/ocpihub/routing"
	"github.com/ocpihub/ocpihub/routing/fanout"
	"github.com/ocpihub/ocpihub/routing/pull"
)

// readiness says whether the hub takes requests.
type readiness struct{ atomic.Bool }

func (r *readiness) set(ready bool) { r.Store(ready) }

// routed notes what became of a message: one wide record for log and metrics.
func (h *Hub) routed(ctx context.Context, rec routing.Record) {
	outcome := "ok"
	if rec.Failed {
		outcome = string(routing.ReasonOf(rec.Fault))
	}
	if !rec.Failed && rec.Reason == routing.ByGuard {
		outcome = string(routing.ByGuard)
	}
	h.metrics.Request(telemetry.Request{
		Module: rec.Module, Role: rec.From.Role, Route: string(rec.Way), Outcome: outcome, Took: rec.Duration,
	})
	h.seen.Decided(ctx, rec)
	h.note(inTrace(ctx, messageEntry(rec)), rec.Bodies)
	h.metrics.Bridged(rec.Bridged)
	h.watching.message(rec)
	h.logRouted(ctx, rec, outcome)
	if rec.Reason == routing.ByStandIn {
		// What an operator has to tell the eMSP, which does not know of it.
		h.log.InfoContext(ctx, "the hub answered an authorisation for an eMSP that could not be reached",
			"from", rec.From.Party.String(), "for", rec.To.String(), "authorization_reference", rec.Reference,
			"why", routing.ReasonOf(rec.Attempts[0].Fault), "correlation_id", rec.CorrelationID)
	}
}

// logRouted writes a message and its calls to the log. What it would write costs
// more than to ask whether anybody wants it.
func (h *Hub) logRouted(ctx context.Context, rec routing.Record, outcome string) {
	if !h.log.Enabled(ctx, slog.LevelDebug) {
		return
	}
	h.log.DebugContext(ctx, "message", "correlation_id", rec.CorrelationID, "request_id", rec.RequestID,
		"from", rec.From.Party.String(), "to", rec.To.String(), "module", rec.Module, "method", rec.Method, "path", rec.Path,
		"route", rec.Way, "reason", rec.Reason, "outcome", outcome, "http_status", rec.HTTPStatus, "duration", rec.Duration)
	for _, a := range rec.Attempts {
		h.log.DebugContext(ctx, "asked about a token", "correlation_id", rec.CorrelationID, "to", a.To.String(),
			"outcome", attemptOutcome(a), "http_status", a.HTTPStatus, "ocpi_status", int(a.OCPIStatus), "duration", a.Duration)
	}
}

// attemptOutcome names what became of one call of several.
func attemptOutcome(a routing.Attempt) string {
	switch {
	case a.GivenUp:
		return "given_up"
	case a.Failed:
		return string(routing.ReasonOf(a.Fault))
	}
	return "ok"
}

// pulled notes a list that was read from a platform.
func (h *Hub) pulled(_ string, r pull.ListReport, took time.Duration) {
	outcome := "done"
	if r.Err != nil {
		outcome = string(routing.ReasonOf(fault.KindOf(r.Err)))
	}
	h.metrics.Pull(telemetry.Pull{
		Module: r.Module, Outcome: outcome, Took: took,
		Objects: map[string]int{"new": r.New, "updated": r.Updated, "unchanged": r.Unchanged, "rejected": r.Rejected},
	})
}

// attempted notes a delivery: for the metrics, and for the watchdog when the
// platform may be gone.
func (h *Hub) attempted(a fanout.Attempt) {
	h.metrics.Delivery(telemetry.Delivery{Module: a.Module, Outcome: string(a.Verdict.Outcome), Took: a.Took})
	h.note(deliveryEntry(a), a.Bodies)
	h.metrics.Bridged(a.Bridged)
	h.watching.attempt(a)
	if a.Verdict.Reason.Doubtful() {
		h.doubt(a.Platform)
	}
	if a.Verdict.Outcome == fanout.Delivered {
		return
	}
	h.log.Debug("delivery", "platform", a.Platform, "to", a.To.String(), "module", a.Module, "method", a.Method,
		"outcome", a.Verdict.Outcome, "reason", a.Verdict.Reason, "http_status", a.HTTPStatus, "ocpi_status", int(a.Status),
		"correlation_id", a.CorrelationID, "trace_id", a.TraceID, "duration", a.Took)
}

package hub

import (
	"sync/atomic"

	"github.com/ocpihub/ocpihub/internal/fault"
	"github.com/ocpihub/ocpihub/internal/telemetry"
	"github.com/ocpihub/ocpihub/routing"
)

// readiness says whether the hub takes requests.
type readiness struct{ atomic.Bool }

func (r *readiness) set(ready bool) { r.Store(ready) }

// routed notes what became of a message: one wide record for log and metrics.
func (h *Hub) routed(rec routing.Record) {
	outcome := "ok"
	if rec.Failed {
		outcome = reasonOf(rec.Fault)
	}
	h.metrics.Request(telemetry.Request{
		Module: rec.Module, Role: rec.From.Role, Route: string(rec.Way), Outcome: outcome, Took: rec.Duration,
	})
	h.log.Debug("message", "correlation_id", rec.CorrelationID, "request_id", rec.RequestID,
		"from", rec.From.Party.String(), "to", rec.To.String(), "module", rec.Module, "method", rec.Method,
		"route", rec.Way, "reason", rec.Reason, "outcome", outcome, "http_status", rec.HTTPStatus, "duration", rec.Duration)
}

// reasonOf names a kind of failure for metrics and log: a closed set.
func reasonOf(kind fault.Kind) string {
	switch kind {
	case fault.Invalid, fault.Malformed, fault.TooLarge, fault.Conflict:
		return "invalid"
	case fault.ForeignOwner:
		return "foreign_owner"
	case fault.NotFound, fault.UnknownLocation, fault.UnknownToken, fault.NoMethod:
		return "not_found"
	case fault.UnknownReceiver:
		return "unknown_receiver"
	case fault.NoInterface:
		return "no_interface"
	case fault.NotConnected:
		return "not_connected"
	case fault.Timeout:
		return "timeout"
	case fault.BadAnswer:
		return "bad_answer"
	case fault.Unavailable:
		return "unavailable"
	case fault.Unauthorized, fault.Suspended, fault.TooMany:
		return "refused"
	case fault.ClientUnusable, fault.Unsupported, fault.NoMatching:
		return "registration"
	case fault.Internal:
	}
	return "internal"
}

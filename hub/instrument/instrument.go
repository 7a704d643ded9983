// Package instrument wraps the ports of the hub, so that what goes through them
// is seen: as the spans of one trace from a party's request to the answer of
// the last receiver, and as times and counts on the metrics page. The rooms
// behind the ports know nothing of it, but that a context goes through them.
//
// Where no traces are exported there are no spans, and each message costs a
// trace id: that of the sender's traceparent, or one that is made up, so that
// its log lines and its records in the message log can be found by it.
//
// No span holds a token, a body, a URL, a driver's token uid or a contract id.
package instrument

import (
	"context"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"

	"github.com/ocpihub/ocpihub/internal/fault"
	"github.com/ocpihub/ocpihub/internal/telemetry"
	"github.com/ocpihub/ocpihub/routing"
)

// Instruments see what goes through the ports that they wrap. They are safe for
// concurrent use.
type Instruments struct {
	tracer  trace.Tracer // nil: nothing is recorded
	metrics *telemetry.Metrics
	now     func() time.Time
}

// New returns instruments; a nil tracer makes no spans.
func New(tracer trace.Tracer, metrics *telemetry.Metrics, now func() time.Time) *Instruments {
	return &Instruments{tracer: tracer, metrics: metrics, now: now}
}

// records says whether spans are made at all. What only serves them is left out
// where not.
func (i *Instruments) records() bool { return i.tracer != nil }

// start begins a span; there must be a tracer. What it tells is added only where
// span.IsRecording: most traces may not be sampled.
func (i *Instruments) start(ctx context.Context, name string, kind trace.SpanKind) (context.Context, trace.Span) {
	return i.tracer.Start(ctx, name, trace.WithSpanKind(kind))
}

// finish ends a span by what came of it. The text of an error stays in the log:
// it may name a URL.
func finish(span trace.Span, err error) {
	if err != nil {
		reason := string(routing.ReasonOf(fault.KindOf(err)))
		span.SetAttributes(semconv.ErrorTypeKey.String(reason))
		span.SetStatus(codes.Error, reason)
	}
	span.End()
}

// The names of attributes that OpenTelemetry has none for.
const (
	keyPlatform      = attribute.Key("ocpi.platform_id")
	keyModule        = attribute.Key("ocpi.module")
	keyFrom          = attribute.Key("ocpi.from")
	keyFromRole      = attribute.Key("ocpi.from_role")
	keyTo            = attribute.Key("ocpi.to")
	keyObject        = attribute.Key("ocpi.object") // masked
	keyMethod        = attribute.Key("ocpi.method")
	keyRoute         = attribute.Key("ocpi.route")
	keyReason        = attribute.Key("ocpi.reason")
	keyStatus        = attribute.Key("ocpi.status_code")
	keyRequestID     = attribute.Key("ocpi.request_id")
	keyCorrelationID = attribute.Key("ocpi.correlation_id")
	keyAttempt       = attribute.Key("ocpi.attempt")
	keyVerdict       = attribute.Key("ocpi.outcome")
	keyObjects       = attribute.Key("ocpi.objects")
)

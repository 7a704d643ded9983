package telemetry

import (
	"context"
	"log/slog"

	"go.opentelemetry.io/otel/trace"
)

// The names of the trace in log records, as OpenTelemetry has them for JSON.
const (
	keyTraceID = "trace_id"
	keySpanID  = "span_id"
)

// traced adds the trace of the context to each record, and the span where it is
// recorded.
type traced struct{ slog.Handler }

// Handle implements slog.Handler.
func (t traced) Handle(ctx context.Context, r slog.Record) error {
	if at := trace.SpanContextFromContext(ctx); at.HasTraceID() {
		r = r.Clone()
		r.AddAttrs(slog.String(keyTraceID, at.TraceID().String()))
		if at.IsSampled() {
			r.AddAttrs(slog.String(keySpanID, at.SpanID().String()))
		}
	}
	return t.Handler.Handle(ctx, r)
}

// WithAttrs implements slog.Handler.
func (t traced) WithAttrs(attrs []slog.Attr) slog.Handler {
	return traced{t.Handler.WithAttrs(attrs)}
}

// WithGroup implements slog.Handler.
func (t traced) WithGroup(name string) slog.Handler { return traced{t.Handler.WithGroup(name)} }

package instrument

import (
	"context"
	"net/http"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"

	"github.com/ocpihub/ocpihub/hub/front"
	"github.com/ocpihub/ocpihub/internal/fault"
	"github.com/ocpihub/ocpihub/routing"
)

var _ front.Watcher = (*Instruments)(nil)

// Begin implements front.Watcher. A request goes on with the trace that its
// sender began, or begins one.
func (i *Instruments) Begin(r *http.Request) (ctx context.Context, end func(front.End)) {
	i.metrics.InFlight(1)
	ctx, at := r.Context(), incoming(r.Header)
	if !i.records() {
		if !at.IsValid() {
			at = fresh()
		}
		return trace.ContextWithRemoteSpanContext(ctx, at), i.ended
	}
	if at.IsValid() {
		ctx = trace.ContextWithRemoteSpanContext(ctx, at)
	}
	method := knownMethod(r.Method)
	ctx, span := i.start(ctx, method, trace.SpanKindServer)
	return ctx, func(e front.End) {
		i.ended(e)
		if span.IsRecording() {
			describe(span, method, e)
		}
		span.End()
	}
}

func (i *Instruments) ended(e front.End) {
	i.metrics.InFlight(-1)
	if e.Refused {
		i.metrics.Refused(string(routing.ReasonOf(e.Fault)))
	}
}

// describe tells a span how the request ended.
func describe(span trace.Span, method string, e front.End) {
	if e.Route != "" {
		span.SetName(method + " " + e.Route)
		span.SetAttributes(semconv.HTTPRoute(e.Route))
	}
	span.SetAttributes(
		semconv.HTTPRequestMethodKey.String(method), semconv.HTTPResponseStatusCode(e.HTTPStatus),
		keyRequestID.String(e.RequestID), keyCorrelationID.String(e.CorrelationID),
	)
	if e.Platform != "" {
		span.SetAttributes(keyPlatform.String(e.Platform))
	}
	if e.Refused {
		span.SetAttributes(semconv.ErrorTypeKey.String(string(routing.ReasonOf(e.Fault))))
	}
	if e.HTTPStatus >= http.StatusInternalServerError || e.Refused && e.Fault == fault.Internal {
		span.SetStatus(codes.Error, "")
	}
}

// Decided tells the span of a message what was decided and what came of it.
func (i *Instruments) Decided(ctx context.Context, rec routing.Record) {
	span := trace.SpanFromContext(ctx)
	if !span.IsRecording() {
		return
	}
	attrs := []attribute.KeyValue{
		keyModule.String(string(rec.Module)), keyMethod.String(rec.Method), keyObject.String(rec.Object),
		keyFrom.String(rec.From.Party.String()), keyFromRole.String(string(rec.From.Role)), keyTo.String(rec.To.String()),
		keyRoute.String(string(rec.Way)), keyReason.String(string(rec.Outcome())),
	}
	if rec.OCPIStatus != 0 {
		attrs = append(attrs, keyStatus.Int(int(rec.OCPIStatus)))
	}
	if !inBulk(ctx) { // else the span is that of many messages
		span.SetAttributes(attrs...)
	}
	span.AddEvent("decided", trace.WithAttributes(attrs...))
	if rec.Failed && (rec.Fault == fault.Internal || rec.Fault == fault.Unavailable) {
		span.SetStatus(codes.Error, string(rec.Outcome()))
	}
}

// knownMethod keeps strangers from making names.
func knownMethod(m string) string {
	switch m {
	case http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodHead, http.MethodOptions:
		return m
	}
	return "_OTHER"
}

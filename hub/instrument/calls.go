package instrument

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"

	"go.opentelemetry.io/otel/codes"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"

	"github.com/ocpihub/ocpihub/internal/fault"
	"github.com/ocpihub/ocpihub/internal/peer"
	"github.com/ocpihub/ocpihub/internal/telemetry"
	"github.com/ocpihub/ocpihub/routing"
)

// Caller returns a caller whose calls are seen, and carry the hub's traceparent.
func (i *Instruments) Caller(c routing.Caller) routing.Caller { return caller{c, i} }

type caller struct {
	routing.Caller
	*Instruments
}

// Do makes a call. A platform is given the traceparent of the hub's own span,
// and only in a trace that is recorded: "not sampled" would switch off the
// tracing at its end. It is never given what another party wrote: no tracestate
// and no baggage.
func (c caller) Do(ctx context.Context, call peer.Call) (peer.Reply, error) {
	began := c.now()
	var span trace.Span
	if c.records() {
		ctx, span = c.start(ctx, call.Method+" "+string(call.Module), trace.SpanKindClient)
		if span.IsRecording() {
			describeCall(span, call)
		}
	}
	if at := trace.SpanContextFromContext(ctx); at.IsSampled() {
		call.Traceparent = format(at)
	}
	reply, err := c.Caller.Do(ctx, call)
	c.metrics.Call(telemetry.Call{Module: call.Module, Outcome: callOutcome(ctx, reply, err), Took: c.now().Sub(began)})
	if span == nil {
		return reply, err
	}
	if err == nil {
		span.SetAttributes(semconv.HTTPResponseStatusCode(reply.Status))
		if reply.Status >= http.StatusBadRequest {
			span.SetAttributes(semconv.ErrorTypeKey.String(strconv.Itoa(reply.Status)))
			span.SetStatus(codes.Error, "")
		}
	}
	finish(span, err)
	return reply, err
}

// describeCall tells a span whom a call goes to. The path of its URL may hold
// what names a driver, and a callback of a party a secret: only the host is
// told.
func describeCall(span trace.Span, call peer.Call) {
	span.SetAttributes(
		semconv.HTTPRequestMethodKey.String(call.Method), keyRequestID.String(call.RequestID),
		keyCorrelationID.String(call.CorrelationID),
	)
	if call.Module != "" {
		span.SetAttributes(keyModule.String(string(call.Module)))
	}
	if call.Platform != "" {
		span.SetAttributes(keyPlatform.String(call.Platform))
	}
	if !call.Routing.To.IsZero() {
		span.SetAttributes(keyTo.String(call.Routing.To.String()), keyFrom.String(call.Routing.From.String()))
	}
	u, err := url.Parse(call.URL)
	if err != nil {
		return
	}
	span.SetAttributes(semconv.ServerAddress(u.Hostname()))
	if port, err := strconv.Atoi(u.Port()); err == nil {
		span.SetAttributes(semconv.ServerPort(port))
	}
}

// callOutcome names what came of a call.
func callOutcome(ctx context.Context, reply peer.Reply, err error) string {
	switch {
	case err != nil && errors.Is(ctx.Err(), context.Canceled):
		return "given_up"
	case err != nil:
		return string(routing.ReasonOf(fault.KindOf(err)))
	case reply.Status >= http.StatusInternalServerError:
		return "http_5xx"
	case reply.Status >= http.StatusBadRequest:
		return "http_4xx"
	}
	return "ok"
}

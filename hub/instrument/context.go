package instrument

import (
	"context"
	"encoding/binary"
	"math/rand/v2"
	"net/http"
	"strings"

	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
)

// The headers of W3C Trace Context. Baggage is neither read nor sent: one party
// must not see what another one writes there.
const (
	headerParent = "traceparent"
	headerState  = "tracestate"
	// maxState bounds the tracestate that is kept, in bytes: as much as the
	// recommendation asks for.
	maxState = 512
)

// incoming reads where a party's request stands in its trace; zero where it
// says nothing, or nothing that can be read. The tracestate is kept for the
// hub's own spans and goes to nobody else.
func incoming(h http.Header) trace.SpanContext {
	parent := h.Values(headerParent)
	if len(parent) != 1 {
		return trace.SpanContext{}
	}
	at := parse(parent[0])
	state := strings.Join(h.Values(headerState), ",")
	if !at.IsValid() || state == "" || len(state) > maxState {
		return at
	}
	if kept, err := trace.ParseTraceState(state); err == nil {
		at = at.WithTraceState(kept)
	}
	return at
}

// parse reads a traceparent; zero where it is none. It begins with an empty
// context, so that none of the caller's own is taken for it.
func parse(traceparent string) trace.SpanContext {
	if traceparent == "" {
		return trace.SpanContext{}
	}
	ctx := propagation.TraceContext{}.Extract(context.Background(), propagation.MapCarrier{headerParent: traceparent})
	return trace.SpanContextFromContext(ctx)
}

// format writes a traceparent; empty where there is no trace.
func format(at trace.SpanContext) string {
	if !at.IsValid() {
		return ""
	}
	return "00-" + at.TraceID().String() + "-" + at.SpanID().String() + "-" + (at.TraceFlags() & trace.FlagsSampled).String()
}

// fresh makes up a place in a trace that nobody records.
func fresh() trace.SpanContext {
	var id trace.TraceID
	var span trace.SpanID
	for !id.IsValid() || !span.IsValid() {
		binary.NativeEndian.PutUint64(id[:8], rand.Uint64())  //nolint:gosec // a name, not a secret
		binary.NativeEndian.PutUint64(id[8:], rand.Uint64())  //nolint:gosec // a name, not a secret
		binary.NativeEndian.PutUint64(span[:], rand.Uint64()) //nolint:gosec // a name, not a secret
	}
	return trace.NewSpanContext(trace.SpanContextConfig{TraceID: id, SpanID: span})
}

// TraceID is the trace that a context is part of, in hexadecimal; empty when
// there is none.
func TraceID(ctx context.Context) string {
	if id := trace.SpanContextFromContext(ctx).TraceID(); id.IsValid() {
		return id.String()
	}
	return ""
}

// Traceparent implements routing.Tracer.
func (*Instruments) Traceparent(ctx context.Context) string {
	return format(trace.SpanContextFromContext(ctx))
}

// Resume implements routing.Tracer. The two requests are linked both ways, so
// that each is found from the other.
func (i *Instruments) Resume(ctx context.Context, traceparent string) (resumed context.Context, end func()) {
	before := parse(traceparent)
	if !before.IsValid() {
		return ctx, func() {}
	}
	now := trace.SpanFromContext(ctx)
	ctx = trace.ContextWithRemoteSpanContext(ctx, before)
	if !i.records() {
		return ctx, func() {}
	}
	now.AddLink(trace.Link{SpanContext: before})
	ctx, span := i.tracer.Start(ctx, "result", trace.WithLinks(trace.Link{SpanContext: now.SpanContext()}))
	return ctx, func() { span.End() }
}

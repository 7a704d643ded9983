package instrument

import (
	"context"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/routing/fanout"
)

// destination is what spans call the stream (docs/nats.md).
const destination = "OCPI_FEED"

func messaging(operation string, kind attribute.KeyValue, c fanout.Change) []attribute.KeyValue {
	return []attribute.KeyValue{
		semconv.MessagingSystemKey.String("nats"), semconv.MessagingDestinationName(destination),
		semconv.MessagingOperationName(operation), kind,
		keyModule.String(string(c.Key.Module)), keyMethod.String(c.Method), keyCorrelationID.String(c.CorrelationID),
	}
}

// Feed returns a feed that writes the trace of each change into it.
func (i *Instruments) Feed(f fanout.Feed) fanout.Feed { return feed{f, i} }

type feed struct {
	fanout.Feed
	*Instruments
}

// Publish implements fanout.Feed.
func (f feed) Publish(ctx context.Context, c fanout.Change) (uint64, error) {
	defer f.timed("feed", "publish", f.now())
	if !f.records() {
		at := trace.SpanContextFromContext(ctx)
		if !at.IsValid() {
			at = fresh()
		}
		c.Traceparent = format(at)
		return f.Feed.Publish(ctx, c)
	}
	ctx, span := f.begin(ctx)
	if span.IsRecording() {
		span.SetAttributes(messaging("publish", semconv.MessagingOperationTypeSend, c)...)
		span.SetAttributes(semconv.MessagingMessageBodySize(len(c.Body)))
	}
	c.Traceparent = format(span.SpanContext())
	seq, err := f.Feed.Publish(ctx, c)
	finish(span, err)
	return seq, err
}

// begin begins the span of a change. One that came in bulk begins a trace of its
// own: nobody can read one of a hundred thousand deliveries.
func (f feed) begin(ctx context.Context) (context.Context, trace.Span) {
	const name = "publish " + destination
	if !inBulk(ctx) {
		return f.start(ctx, name, trace.SpanKindProducer)
	}
	return f.tracer.Start(ctx, name, trace.WithSpanKind(trace.SpanKindProducer),
		trace.WithNewRoot(), trace.WithLinks(trace.LinkFromContext(ctx)))
}

// Courier returns a courier whose deliveries go on with the trace of the change
// that they bring.
func (i *Instruments) Courier(c fanout.Courier) fanout.Courier { return courier{c, i} }

type courier struct {
	fanout.Courier
	*Instruments
}

// Deliver implements fanout.Courier.
func (c courier) Deliver(ctx context.Context, d fanout.Delivery) (fanout.Answer, error) {
	at := parse(d.Traceparent)
	if at.IsValid() {
		ctx = trace.ContextWithRemoteSpanContext(ctx, at)
	}
	if !c.records() {
		answer, err := c.Courier.Deliver(ctx, d)
		answer.TraceID = TraceID(ctx)
		return answer, err
	}
	ctx, span := c.tracer.Start(ctx, "deliver "+string(d.Key.Module),
		trace.WithSpanKind(trace.SpanKindConsumer), trace.WithLinks(links(d.Joined)...))
	if span.IsRecording() {
		span.SetAttributes(messaging("deliver", semconv.MessagingOperationTypeProcess, d.Change)...)
		span.SetAttributes(
			keyPlatform.String(d.Platform), keyFrom.String(d.Key.Owner.String()), keyTo.String(d.To.String()),
			keyObject.String(ocpi.MaskPath(d.Key.Module, ocpi.Receiver, d.Path)), keyAttempt.Int(d.Attempt),
		)
	}
	answer, err := c.Courier.Deliver(ctx, d)
	answer.TraceID = TraceID(ctx)
	if err == nil {
		span.SetAttributes(keyStatus.Int(int(answer.Status)))
		if !answer.Status.Success() {
			span.SetStatus(codes.Error, "")
		}
	}
	finish(span, err)
	return answer, err
}

// links are to the traces of other changes that went out with this one.
func links(joined []string) []trace.Link {
	var out []trace.Link
	for _, traceparent := range joined {
		if at := parse(traceparent); at.IsValid() {
			out = append(out, trace.Link{SpanContext: at})
		}
	}
	return out
}

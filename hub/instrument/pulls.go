package instrument

import (
	"context"

	"go.opentelemetry.io/otel/trace"

	"github.com/ocpihub/ocpihub/routing/pull"
)

// bulk marks a context in which many messages come at once.
type bulk struct{}

func inBulk(ctx context.Context) bool { return ctx.Value(bulk{}) != nil }

// Pulling begins the trace of a list that is read from a platform. Its pages
// are in it; what is taken from them and published begins traces of its own.
func (i *Instruments) Pulling(ctx context.Context, platform string, l pull.List) (pulling context.Context, end func(pull.ListReport)) {
	ctx = context.WithValue(ctx, bulk{}, true)
	if !i.records() {
		if !trace.SpanContextFromContext(ctx).IsValid() {
			ctx = trace.ContextWithSpanContext(ctx, fresh())
		}
		return ctx, func(pull.ListReport) {}
	}
	ctx, span := i.start(ctx, "pull "+string(l.Module), trace.SpanKindInternal)
	return ctx, func(r pull.ListReport) {
		span.SetAttributes(
			keyPlatform.String(platform), keyModule.String(string(l.Module)), keyFrom.String(l.Party.String()), keyObjects.Int(r.Fetched),
		)
		finish(span, r.Err)
	}
}

package telemetry

import (
	"context"
	"log/slog"
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"
	sdklog "go.opentelemetry.io/otel/sdk/log"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

// herald tells the operator when exporting begins to fail and when it works
// again, not each time: a collector may be away for hours. The SDK would tell
// its own, global, error handler, which knows nothing of the hub's log.
type herald struct {
	what    signal
	log     *slog.Logger
	failed  prometheus.Counter
	failing atomic.Bool
}

func newHerald(what signal, o ExportOptions) *herald {
	return &herald{what: what, log: o.Log, failed: o.Metrics.exportFailures.WithLabelValues(what.label())}
}

// heed takes the result of an export. It returns nil in any case: what the SDK
// could do about it has been done.
func (h *herald) heed(ctx context.Context, err error) error {
	if err != nil {
		h.failed.Inc()
	}
	switch was := h.failing.Swap(err != nil); {
	case err != nil && !was:
		h.log.WarnContext(ctx, "telemetry cannot be exported: it is dropped until it can", "what", h.what.label(), "error", err)
	case err == nil && was:
		h.log.InfoContext(ctx, "telemetry is exported again", "what", h.what.label())
	}
	return nil
}

// loudSpans, loudMetrics and loudLogs are exporters whose failures a herald
// hears of.
type loudSpans struct {
	sdktrace.SpanExporter
	herald *herald
}

// ExportSpans implements sdktrace.SpanExporter.
func (l loudSpans) ExportSpans(ctx context.Context, spans []sdktrace.ReadOnlySpan) error {
	return l.herald.heed(ctx, l.SpanExporter.ExportSpans(ctx, spans))
}

type loudMetrics struct {
	sdkmetric.Exporter
	herald *herald
}

// Export implements sdkmetric.Exporter.
func (l loudMetrics) Export(ctx context.Context, m *metricdata.ResourceMetrics) error {
	return l.herald.heed(ctx, l.Exporter.Export(ctx, m))
}

type loudLogs struct {
	sdklog.Exporter
	herald *herald
}

// Export implements sdklog.Exporter.
func (l loudLogs) Export(ctx context.Context, records []sdklog.Record) error {
	return l.herald.heed(ctx, l.Exporter.Export(ctx, records))
}

// exported hands log records to the collector as they are written elsewhere:
// the same levels, and the same hiding of secrets.
type exported struct {
	slog.Handler
	like slog.Handler
}

// Enabled implements slog.Handler.
func (e exported) Enabled(ctx context.Context, level slog.Level) bool {
	return e.like.Enabled(ctx, level)
}

// Handle implements slog.Handler.
func (e exported) Handle(ctx context.Context, r slog.Record) error {
	safe := slog.NewRecord(r.Time, r.Level, r.Message, r.PC)
	r.Attrs(func(a slog.Attr) bool {
		safe.AddAttrs(hideAll(a))
		return true
	})
	return e.Handler.Handle(ctx, safe)
}

// WithAttrs implements slog.Handler.
func (e exported) WithAttrs(attrs []slog.Attr) slog.Handler {
	safe := make([]slog.Attr, 0, len(attrs))
	for _, a := range attrs {
		safe = append(safe, hideAll(a))
	}
	return exported{e.Handler.WithAttrs(safe), e.like}
}

// WithGroup implements slog.Handler.
func (e exported) WithGroup(name string) slog.Handler {
	return exported{e.Handler.WithGroup(name), e.like}
}

// hideAll hides secrets in an attribute and in the groups in it.
func hideAll(a slog.Attr) slog.Attr {
	a.Value = a.Value.Resolve()
	if a.Value.Kind() != slog.KindGroup {
		return hideSecrets(nil, a)
	}
	group := make([]slog.Attr, 0, len(a.Value.Group()))
	for _, in := range a.Value.Group() {
		group = append(group, hideAll(in))
	}
	return slog.Attr{Key: a.Key, Value: slog.GroupValue(group...)}
}

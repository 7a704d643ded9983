package telemetry

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"

	"github.com/google/uuid"
	"go.opentelemetry.io/contrib/bridges/otelslog"
	prombridge "go.opentelemetry.io/contrib/bridges/prometheus"
	"go.opentelemetry.io/otel/exporters/otlp/otlplog/otlploggrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlplog/otlploghttp"
	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetricgrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetrichttp"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	sdklog "go.opentelemetry.io/otel/sdk/log"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"
)

// scope names the hub as the maker of its spans and log records.
const scope = "github.com/ocpihub/ocpihub"

// ExportOptions configure an Export. All are needed.
type ExportOptions struct {
	// Getenv reads the OTEL_* variables; os.Getenv. What the exporters read on
	// their own, such as endpoints and headers, comes from the environment of
	// the process in any case.
	Getenv func(string) string
	// Service and Version name the program, where the environment does not.
	Service, Version string
	// Metrics are exported as they are shown to Prometheus.
	Metrics *Metrics
	// Log takes what goes wrong with exporting; it is never exported itself.
	Log *slog.Logger
}

// Export sends spans, metrics and log records to a collector by OTLP. None of
// it ever holds up what it tells of: what does not fit a queue is dropped. Its
// zero value sends nothing.
type Export struct {
	traces trace.TracerProvider
	logs   slog.Handler
	stops  []func(context.Context) error
}

// OpenExport makes what the OTEL_* variables ask for. It connects to nobody
// yet. The error names the variable.
func OpenExport(ctx context.Context, o ExportOptions) (*Export, error) {
	about, err := resource.New(ctx,
		resource.WithTelemetrySDK(),
		resource.WithAttributes(
			semconv.ServiceName(o.Service), semconv.ServiceVersion(o.Version), semconv.ServiceInstanceID(uuid.NewString()),
		),
		resource.WithFromEnv()) // wins over what stands before it
	if err != nil {
		return nil, fmt.Errorf("OTEL_RESOURCE_ATTRIBUTES: %w", err)
	}
	x := &Export{}
	for s, open := range map[signal]func(context.Context, ExportOptions, route, *resource.Resource) error{
		traces: x.openTraces, metrics: x.openMetrics, logs: x.openLogs,
	} {
		to, err := routeOf(s, o.Getenv)
		if err == nil && to.exported {
			err = open(ctx, o, to, about)
		}
		if err != nil {
			return nil, errors.Join(err, x.Close(ctx))
		}
	}
	return x, nil
}

// Traces makes tracers; nil when no spans are exported.
func (x *Export) Traces() trace.TracerProvider { return x.traces }

// Tracer makes the spans of the hub; nil when none are exported.
func (x *Export) Tracer() trace.Tracer {
	if x.traces == nil {
		return nil
	}
	return x.traces.Tracer(scope)
}

// Logger returns a logger that writes to log and, where log records are
// exported, to the collector too.
func (x *Export) Logger(log *slog.Logger) *slog.Logger {
	if x.logs == nil {
		return log
	}
	return slog.New(slog.NewMultiHandler(log.Handler(), exported{x.logs, log.Handler()}))
}

// Close sends what still waits, until ctx ends.
func (x *Export) Close(ctx context.Context) error {
	failures := make([]error, len(x.stops))
	var work sync.WaitGroup
	for i, stop := range x.stops { // side by side: all have the same time
		work.Go(func() { failures[i] = stop(ctx) })
	}
	work.Wait()
	return errors.Join(failures...)
}

func (x *Export) openTraces(ctx context.Context, o ExportOptions, to route, about *resource.Resource) error {
	var exporter sdktrace.SpanExporter
	var err error
	if to.protocol == protocolGRPC {
		exporter, err = otlptracegrpc.New(ctx)
	} else {
		exporter, err = otlptracehttp.New(ctx)
	}
	if err != nil {
		return fmt.Errorf("export traces: %w", err)
	}
	provider := sdktrace.NewTracerProvider( // reads OTEL_TRACES_SAMPLER, OTEL_BSP_*
		sdktrace.WithResource(about), sdktrace.WithBatcher(loudSpans{exporter, newHerald(traces, o)}))
	x.traces = provider
	x.stops = append(x.stops, provider.Shutdown)
	return nil
}

func (x *Export) openMetrics(ctx context.Context, o ExportOptions, to route, about *resource.Resource) error {
	var exporter sdkmetric.Exporter
	var err error
	if to.protocol == protocolGRPC {
		exporter, err = otlpmetricgrpc.New(ctx)
	} else {
		exporter, err = otlpmetrichttp.New(ctx)
	}
	if err != nil {
		return fmt.Errorf("export metrics: %w", err)
	}
	reader := sdkmetric.NewPeriodicReader( // reads OTEL_METRIC_EXPORT_*
		loudMetrics{exporter, newHerald(metrics, o)},
		sdkmetric.WithProducer(prombridge.NewMetricProducer(prombridge.WithGatherer(o.Metrics.registry))))
	x.stops = append(x.stops, sdkmetric.NewMeterProvider(sdkmetric.WithResource(about), sdkmetric.WithReader(reader)).Shutdown)
	return nil
}

func (x *Export) openLogs(ctx context.Context, o ExportOptions, to route, about *resource.Resource) error {
	var exporter sdklog.Exporter
	var err error
	if to.protocol == protocolGRPC {
		exporter, err = otlploggrpc.New(ctx)
	} else {
		exporter, err = otlploghttp.New(ctx)
	}
	if err != nil {
		return fmt.Errorf("export logs: %w", err)
	}
	provider := sdklog.NewLoggerProvider( // reads OTEL_BLRP_*
		sdklog.WithResource(about), sdklog.WithProcessor(sdklog.NewBatchProcessor(loudLogs{exporter, newHerald(logs, o)})))
	x.logs = otelslog.NewHandler(scope, otelslog.WithLoggerProvider(provider))
	x.stops = append(x.stops, provider.Shutdown)
	return nil
}

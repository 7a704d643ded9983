package telemetry

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/trace"
)

func TestASignalGoesWhereTheEnvironmentSays(t *testing.T) {
	const here = "http://127.0.0.1:4318"
	for _, c := range []struct {
		name   string
		env    map[string]string
		signal signal
		want   string // protocol, "" for nowhere, or what the error names
	}{
		{"nothing is set", nil, traces, ""},
		{"an endpoint for all", map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": here}, traces, protocolHTTP},
		{"an endpoint for all, metrics", map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": here}, metrics, protocolHTTP},
		{"an endpoint for all is not for logs", map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": here}, logs, ""},
		{"logs that are asked for", map[string]string{"OTEL_LOGS_EXPORTER": "otlp"}, logs, protocolHTTP},
		{"an endpoint for logs", map[string]string{"OTEL_EXPORTER_OTLP_LOGS_ENDPOINT": here}, logs, protocolHTTP},
		{"an endpoint for another signal", map[string]string{"OTEL_EXPORTER_OTLP_LOGS_ENDPOINT": here}, traces, ""},
		{"an exporter without an endpoint", map[string]string{"OTEL_TRACES_EXPORTER": "otlp"}, traces, protocolHTTP},
		{"none goes before the endpoint", map[string]string{"OTEL_TRACES_EXPORTER": "none", "OTEL_EXPORTER_OTLP_ENDPOINT": here}, traces, ""},
		{"gRPC", map[string]string{"OTEL_TRACES_EXPORTER": "otlp", "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}, traces, protocolGRPC},
		{
			"the protocol of a signal goes first",
			map[string]string{"OTEL_TRACES_EXPORTER": "otlp", "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc", "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL": protocolHTTP},
			traces, protocolHTTP,
		},
		{"switched off", map[string]string{"OTEL_SDK_DISABLED": "true", "OTEL_TRACES_EXPORTER": "otlp"}, traces, ""},
		{"an unknown exporter", map[string]string{"OTEL_TRACES_EXPORTER": "zipkin"}, traces, "error OTEL_TRACES_EXPORTER"},
		{"an unknown protocol", map[string]string{"OTEL_TRACES_EXPORTER": "otlp", "OTEL_EXPORTER_OTLP_PROTOCOL": "http/json"}, traces, "error OTEL_EXPORTER_OTLP_PROTOCOL"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := routeOf(c.signal, func(name string) string { return c.env[name] })
			names, wrong := strings.CutPrefix(c.want, "error ")
			if wrong != (err != nil) || wrong && !strings.HasPrefix(err.Error(), names) {
				t.Fatalf("got error %v", err)
			}
			if !wrong && (got.protocol != c.want || got.exported != (c.want != "")) {
				t.Errorf("it goes by %+v", got)
			}
		})
	}
}

func options(env map[string]string, log *slog.Logger) ExportOptions {
	return ExportOptions{
		Getenv: func(name string) string { return env[name] }, Service: "s", Version: "v", Metrics: NewMetrics(), Log: log,
	}
}

func TestNothingIsMadeUnlessItIsAskedFor(t *testing.T) {
	log := slog.New(slog.DiscardHandler)
	x, err := OpenExport(t.Context(), options(nil, log))
	if err != nil || x.Tracer() != nil || x.Traces() != nil || x.Logger(log) != log || x.Close(t.Context()) != nil {
		t.Errorf("there is %+v, %v", x, err)
	}
}

func TestEveryProtocolOpensAndCloses(t *testing.T) {
	for _, protocol := range []string{protocolHTTP, protocolGRPC} {
		t.Run(protocol, func(t *testing.T) {
			log := slog.New(slog.DiscardHandler)
			x, err := OpenExport(t.Context(), options(map[string]string{
				"OTEL_TRACES_EXPORTER": "otlp", "OTEL_METRICS_EXPORTER": "otlp", "OTEL_LOGS_EXPORTER": "otlp", "OTEL_EXPORTER_OTLP_PROTOCOL": protocol,
			}, log))
			if err != nil || x.Tracer() == nil || x.Logger(log) == log {
				t.Fatalf("there is %+v, %v", x, err)
			}
			ctx, cancel := context.WithCancel(t.Context())
			cancel() // nobody listens, and nobody waits
			_ = x.Close(ctx)
		})
	}
}

func TestAWrongVariableStopsTheStart(t *testing.T) {
	_, err := OpenExport(t.Context(), options(map[string]string{"OTEL_METRICS_EXPORTER": "carbon", "OTEL_TRACES_EXPORTER": "otlp"}, slog.Default()))
	if err == nil || !strings.Contains(err.Error(), `OTEL_METRICS_EXPORTER "carbon"`) {
		t.Errorf("got %v", err)
	}
}

func TestAFailureIsToldWhenItBeginsAndWhenItEnds(t *testing.T) {
	var b bytes.Buffer
	log, err := NewLogger(&b, "info", FormatText)
	if err != nil {
		t.Fatal(err)
	}
	o := options(nil, log)
	h := newHerald(traces, o)
	for _, failure := range []error{nil, errors.New("away"), errors.New("away"), errors.New("away"), nil, nil} {
		if err := h.heed(t.Context(), failure); err != nil {
			t.Errorf("the SDK hears of %v", err)
		}
	}
	if got := b.String(); strings.Count(got, "cannot be exported") != 1 || strings.Count(got, "exported again") != 1 {
		t.Errorf("the log says\n%s", got)
	}
	if page := shown(t, o.Metrics); !strings.Contains(page, `ocpi_hub_telemetry_export_failures_total{signal="traces"} 3`) {
		t.Error("the failures are not counted")
	}
}

// shown is the text of all families.
func shown(t *testing.T, m *Metrics) string {
	t.Helper()
	families, err := m.registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, f := range families {
		for _, one := range f.GetMetric() {
			if f.GetName() == "ocpi_hub_telemetry_export_failures_total" {
				b.WriteString(f.GetName() + `{signal="` + one.GetLabel()[0].GetValue() + `"} ` + one.GetCounter().String())
			}
		}
	}
	return strings.ReplaceAll(b.String(), "value:", "")
}

func TestWhatIsLoggedWithAMessageHasItsTrace(t *testing.T) {
	id, _ := trace.TraceIDFromHex("4bf92f3577b34da6a3ce929d0e0e4736")
	span, _ := trace.SpanIDFromHex("00f067aa0ba902b7")
	at := trace.SpanContextConfig{TraceID: id, SpanID: span}
	for _, format := range []string{FormatText, FormatJSON} {
		for flags, spanToo := range map[trace.TraceFlags]bool{0: false, trace.FlagsSampled: true} {
			var b bytes.Buffer
			log, err := NewLogger(&b, "info", format)
			if err != nil {
				t.Fatal(err)
			}
			at.TraceFlags = flags
			log.With("part", "x").InfoContext(trace.ContextWithSpanContext(t.Context(), trace.NewSpanContext(at)), "hello")
			log.InfoContext(t.Context(), "no trace")
			got := b.String()
			if strings.Count(got, id.String()) != 1 || strings.Contains(got, span.String()) != spanToo || strings.Count(got, "trace_id") != 1 {
				t.Errorf("%s, flags %v: the log says\n%s", format, flags, got)
			}
		}
	}
}

func TestWhatIsExportedOfTheLogHidesTheSameSecrets(t *testing.T) {
	var b bytes.Buffer
	quiet := slog.NewTextHandler(&bytes.Buffer{}, &slog.HandlerOptions{Level: slog.LevelWarn})
	log := slog.New(exported{slog.NewTextHandler(&b, nil), quiet})
	log.Info("below the level of the log")
	log.With("token", "s3cret").WithGroup("g").Warn("hello", "uid", "s3cret", slog.Group("in", "Authorization", "s3cret", "kept", "yes"))
	if got := b.String(); strings.Contains(got, "s3cret") || strings.Contains(got, "below") || !strings.Contains(got, "kept=yes") {
		t.Errorf("exported is\n%s", got)
	}
}

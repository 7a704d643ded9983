package telemetry

import (
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"

	coltrace "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"
)

// collector takes spans and tells their names.
type collector struct {
	coltrace.UnimplementedTraceServiceServer
	names chan string
}

func (c *collector) Export(_ context.Context, req *coltrace.ExportTraceServiceRequest) (*coltrace.ExportTraceServiceResponse, error) {
	resource := req.GetResourceSpans()[0]
	for _, a := range resource.GetResource().GetAttributes() {
		if a.GetKey() == "service.name" {
			c.names <- a.GetValue().GetStringValue() + " " + resource.GetScopeSpans()[0].GetSpans()[0].GetName()
		}
	}
	return &coltrace.ExportTraceServiceResponse{}, nil
}

func (c *collector) ServeHTTP(_ http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	var req coltrace.ExportTraceServiceRequest
	if r.URL.Path == "/v1/traces" && proto.Unmarshal(body, &req) == nil {
		_, _ = c.Export(r.Context(), &req)
	}
}

// listen serves a collector by a protocol and returns its URL.
func (c *collector) listen(t *testing.T, protocol string) string {
	t.Helper()
	if protocol == protocolHTTP {
		s := httptest.NewServer(c)
		t.Cleanup(s.Close)
		return s.URL
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := grpc.NewServer()
	coltrace.RegisterTraceServiceServer(s, c)
	go func() { _ = s.Serve(l) }()
	t.Cleanup(s.Stop)
	return "http://" + l.Addr().String()
}

func TestASpanReachesTheCollectorAtTheLatestWhenTheHubStops(t *testing.T) {
	for _, protocol := range []string{protocolHTTP, protocolGRPC} {
		t.Run(protocol, func(t *testing.T) {
			c := &collector{names: make(chan string, 1)}
			t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", c.listen(t, protocol)) // the exporters read it themselves
			x, err := OpenExport(t.Context(), options(map[string]string{
				"OTEL_TRACES_EXPORTER": "otlp", "OTEL_EXPORTER_OTLP_PROTOCOL": protocol,
			}, slog.New(slog.DiscardHandler)))
			if err != nil {
				t.Fatal(err)
			}
			_, span := x.Tracer().Start(t.Context(), "a span")
			span.End()
			if err := x.Close(t.Context()); err != nil {
				t.Fatal(err)
			}
			if got := <-c.names; got != "s a span" {
				t.Errorf("the collector got %q", got)
			}
		})
	}
}

func TestTheEnvironmentNamesTheService(t *testing.T) {
	c := &collector{names: make(chan string, 1)}
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", c.listen(t, protocolHTTP))
	t.Setenv("OTEL_RESOURCE_ATTRIBUTES", "service.name=other,deployment.environment.name=test")
	t.Setenv("OTEL_SERVICE_NAME", "hub-west")
	x, err := OpenExport(t.Context(), options(map[string]string{"OTEL_TRACES_EXPORTER": "otlp"}, slog.New(slog.DiscardHandler)))
	if err != nil {
		t.Fatal(err)
	}
	_, span := x.Tracer().Start(t.Context(), "a span")
	span.End()
	_ = x.Close(t.Context())
	if got := <-c.names; got != "hub-west a span" {
		t.Errorf("the collector got %q", got)
	}
}

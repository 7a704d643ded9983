package harness

import (
	"bytes"
	"encoding/hex"
	"errors"
	"io"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"

	collogs "go.opentelemetry.io/proto/otlp/collector/logs/v1"
	colmetrics "go.opentelemetry.io/proto/otlp/collector/metrics/v1"
	coltrace "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	common "go.opentelemetry.io/proto/otlp/common/v1"
	logs "go.opentelemetry.io/proto/otlp/logs/v1"
	trace "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"
)

// Collector is an OpenTelemetry collector that keeps what it is sent, by OTLP
// over HTTP. It may be used by several goroutines.
type Collector struct {
	// URL is the OTEL_EXPORTER_OTLP_ENDPOINT.
	URL string

	server *http.Server
	hang   chan struct{} // not nil: requests are not answered before it is closed

	mu      sync.Mutex
	raw     bytes.Buffer
	spans   []Span
	records []LogRecord
	metrics map[string]bool
}

// Span is a span as it was exported.
type Span struct {
	Trace, ID, Parent string // hexadecimal; Parent may be empty
	Name              string
	Kind              trace.Span_SpanKind
	State             string
	Attributes        map[string]string
	Links             []string // the traces that it names
	Service           string
}

// LogRecord is a record of the log as it was exported.
type LogRecord struct {
	Trace, Message string
	Attributes     map[string]string
}

// NewCollector starts a collector on a free port of the loopback interface.
func NewCollector() (*Collector, error) { return newCollector(nil) }

// NewHangingCollector starts one that takes requests and does not answer them
// before it is closed.
func NewHangingCollector() (*Collector, error) { return newCollector(make(chan struct{})) }

func newCollector(hang chan struct{}) (*Collector, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	c := &Collector{URL: "http://" + l.Addr().String(), hang: hang, metrics: map[string]bool{}}
	c.server = &http.Server{Handler: c, ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = c.server.Serve(l) }()
	return c, nil
}

// Close ends the collector.
func (c *Collector) Close() {
	if c.hang != nil {
		close(c.hang)
	}
	_ = c.server.Close()
}

// ServeHTTP takes an export.
func (c *Collector) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err == nil {
		err = c.take(r.URL.Path, body)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	if c.hang != nil {
		<-c.hang
	}
	w.Header().Set("Content-Type", "application/x-protobuf")
}

func (c *Collector) take(path string, body []byte) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.raw.Write(body)
	switch path {
	case "/v1/traces":
		var req coltrace.ExportTraceServiceRequest
		if err := proto.Unmarshal(body, &req); err != nil {
			return err
		}
		c.takeSpans(req.GetResourceSpans())
	case "/v1/metrics":
		var req colmetrics.ExportMetricsServiceRequest
		if err := proto.Unmarshal(body, &req); err != nil {
			return err
		}
		for _, rm := range req.GetResourceMetrics() {
			for _, sm := range rm.GetScopeMetrics() {
				for _, m := range sm.GetMetrics() {
					c.metrics[m.GetName()] = true
				}
			}
		}
	case "/v1/logs":
		var req collogs.ExportLogsServiceRequest
		if err := proto.Unmarshal(body, &req); err != nil {
			return err
		}
		c.takeLogs(req.GetResourceLogs())
	default:
		return errors.New("no such path")
	}
	return nil
}

func (c *Collector) takeSpans(resources []*trace.ResourceSpans) {
	for _, rs := range resources {
		service := attributes(rs.GetResource().GetAttributes())["service.name"]
		for _, ss := range rs.GetScopeSpans() {
			for _, s := range ss.GetSpans() {
				span := Span{
					Trace: hex.EncodeToString(s.GetTraceId()), ID: hex.EncodeToString(s.GetSpanId()),
					Parent: hex.EncodeToString(s.GetParentSpanId()), Name: s.GetName(), Kind: s.GetKind(),
					State: s.GetTraceState(), Attributes: attributes(s.GetAttributes()), Service: service,
				}
				for _, l := range s.GetLinks() {
					span.Links = append(span.Links, hex.EncodeToString(l.GetTraceId()))
				}
				c.spans = append(c.spans, span)
			}
		}
	}
}

func (c *Collector) takeLogs(resources []*logs.ResourceLogs) {
	for _, rl := range resources {
		for _, sl := range rl.GetScopeLogs() {
			for _, r := range sl.GetLogRecords() {
				c.records = append(c.records, LogRecord{
					Trace: hex.EncodeToString(r.GetTraceId()), Message: r.GetBody().GetStringValue(), Attributes: attributes(r.GetAttributes()),
				})
			}
		}
	}
}

func attributes(list []*common.KeyValue) map[string]string {
	out := map[string]string{}
	for _, kv := range list {
		out[kv.GetKey()] = kv.GetValue().GetStringValue()
		if kv.GetValue().GetStringValue() == "" {
			out[kv.GetKey()] = kv.GetValue().String()
		}
	}
	return out
}

// Trace returns the spans of a trace that have come so far.
func (c *Collector) Trace(id string) []Span {
	return slices.DeleteFunc(c.Spans(), func(s Span) bool { return s.Trace != id })
}

// Spans returns all spans that have come so far.
func (c *Collector) Spans() []Span {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.spans)
}

// Logs returns the log records that have come so far.
func (c *Collector) Logs() []LogRecord {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.records)
}

// HasMetric says whether a metric of this name has come.
func (c *Collector) HasMetric(name string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.metrics[name]
}

// Holds says whether a text is anywhere in what has come.
func (c *Collector) Holds(text string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return bytes.Contains(c.raw.Bytes(), []byte(text))
}

package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ocpihub/ocpihub/e2e/harness"
	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/ocpitest"
)

const (
	partysTrace = "4bf92f3577b34da6a3ce929d0e0e4736"
	partysSpan  = "00f067aa0ba902b7"
	// driversCard and driversContract may be nowhere but in bodies and URLs of
	// OCPI.
	driversCard     = "04A1B2C3D4E5F6"
	driversContract = "NL-TNM-C12345678-X"
)

// traceparent is what the party sends of its trace.
func traceparent() http.Header {
	return http.Header{
		"Traceparent": {"00-" + partysTrace + "-" + partysSpan + "-01"}, "Tracestate": {"vendor=partysown"}, "Baggage": {"driver=partysown"},
	}
}

// collect starts a collector for a test.
func collect(t *testing.T, start func() (*harness.Collector, error)) *harness.Collector {
	t.Helper()
	c, err := start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// exportTo are the variables of a hub that exports everything, soon.
func exportTo(url string) []string {
	return []string{
		"OTEL_EXPORTER_OTLP_ENDPOINT=" + url, "OTEL_LOGS_EXPORTER=otlp",
		"OTEL_BSP_SCHEDULE_DELAY=100", "OTEL_BLRP_SCHEDULE_DELAY=100", "OTEL_METRIC_EXPORT_INTERVAL=500",
		"OCPI_HUB_LOG_LEVEL=debug",
	}
}

// scene is a CPO and three eMSPs on a hub.
type scene struct {
	*hubProcess
	cpo   *ocpitest.Platform
	emsps []*ocpitest.Platform
}

func setScene(t *testing.T, env ...string) scene {
	t.Helper()
	s := scene{hubProcess: startHub(t, env...)}
	s.cpo = s.join(platformOf(ocpi.CPO, "DE*ABC"))
	for _, id := range []string{"NL*TNM", "BE*ECO", "FR*OTH"} {
		s.emsps = append(s.emsps, s.join(platformOf(ocpi.EMSP, id)))
	}
	return s
}

// push has the CPO push a tariff to all, with these headers.
func (s scene) push(t *testing.T, h http.Header) ocpitest.Reply {
	t.Helper()
	reply, err := s.cpo.Do(t.Context(), ocpitest.Request{
		Module: ocpi.Tariffs, Interface: ocpi.Receiver, Method: "PUT", To: ocpi.NewPartyID("NL", "HUB"),
		Path: "DE/ABC/T1", Body: []byte(trafficTariff), Header: h,
	})
	if err != nil || !reply.OK() {
		t.Fatal(err, reply.Err())
	}
	return reply
}

// records waits for the records of a message and returns them.
func (s scene) records(t *testing.T, want int, filter ...string) []traceRow {
	t.Helper()
	var rows []traceRow
	eventually(t, untilDelivered, fmt.Sprintf("%d records of %v", want, filter), func() error {
		rows = nil
		if err := s.tryHubctl(&rows, append([]string{"traffic"}, filter...)...); err != nil {
			return err
		}
		if len(rows) != want {
			return fmt.Errorf("%d records", len(rows))
		}
		return nil
	})
	return rows
}

type traceRow struct {
	trafficRow
	TraceID string `json:"trace_id"`
}

func TestOneTraceReachesFromTheRequestToTheThirdReceiversAnswer(t *testing.T) {
	c := collect(t, harness.NewCollector)
	s := setScene(t, exportTo(c.URL)...)
	reply := s.push(t, traceparent())
	var spans []harness.Span
	eventually(t, untilDelivered, "the calls to three receivers in the trace", func() error {
		spans = c.Trace(partysTrace)
		if n := len(spansNamed(spans, "PUT tariffs")); n != 3 {
			return fmt.Errorf("%d calls in %v", n, names(spans))
		}
		return nil
	})
	eventually(t, untilDelivered, "the whole trace", func() error {
		spans = c.Trace(partysTrace)
		return unbroken(spans)
	})
	called := map[string]bool{}
	for _, call := range spansNamed(spans, "PUT tariffs") {
		called[call.Attributes["ocpi.to"]] = true
		if deliver := spanBy(spans, call.Parent); deliver.Name != "deliver tariffs" || spanBy(spans, deliver.Parent).Name != "publish OCPI_FEED" {
			t.Errorf("a call is below %q", deliver.Name)
		}
	}
	if len(called) != 3 {
		t.Errorf("called are %v", called)
	}
	door := spanBy(spans, spanBy(spans, spansNamed(spans, "publish OCPI_FEED")[0].ID).Parent)
	if door.Parent != partysSpan || door.Name != "PUT /ocpi/2.2.1/receiver/tariffs/{path...}" || door.Service != "ocpi-hub" || door.State != "vendor=partysown" ||
		door.Attributes["ocpi.from"] != "DE*ABC" || door.Attributes["ocpi.route"] != "broadcast" || door.Attributes["ocpi.correlation_id"] != reply.CorrelationID {
		t.Errorf("the span of the request is %+v", door)
	}
	s.wantHeaders(t, spans)
	for _, r := range s.records(t, 4, "--trace-id", partysTrace) {
		if r.CorrelationID != reply.CorrelationID || r.TraceID != partysTrace {
			t.Errorf("a record of the trace is %+v", r)
		}
	}
	s.wantLogged(t, reply.CorrelationID, partysTrace)
	eventually(t, untilDelivered, "the operator's call", func() error {
		if calls := spansNamed(c.Spans(), "ocpihub.admin.v1.Traffic/List"); len(calls) == 0 {
			return fmt.Errorf("spans %v", names(c.Spans()))
		}
		return nil
	})
	eventually(t, untilDelivered, "log records and metrics", func() error {
		logged := slices.ContainsFunc(c.Logs(), func(r harness.LogRecord) bool { return r.Message == "message" && r.Trace == partysTrace })
		if !logged || !c.HasMetric("ocpi_hub_requests_total") {
			return fmt.Errorf("logged %v, metrics %v", logged, c.HasMetric("ocpi_hub_requests_total"))
		}
		return nil
	})
}

// wantHeaders wants each receiver to be given the span of its own call, and
// nothing that the sender wrote.
func (s scene) wantHeaders(t *testing.T, spans []harness.Span) {
	t.Helper()
	for _, p := range s.emsps {
		calls := p.Calls(ocpitest.Is(ocpi.Tariffs, "PUT"))
		if len(calls) != 1 {
			t.Fatalf("%s got %d calls", p.Name(), len(calls))
		}
		h := calls[0].Header
		_, rest, _ := strings.Cut(h.Get("Traceparent"), "-"+partysTrace+"-")
		id, flags, _ := strings.Cut(rest, "-")
		if span := spanBy(spans, id); span.Name != "PUT tariffs" || span.Attributes["ocpi.to"] != p.Parties()[0].ID.String() || flags != "01" {
			t.Errorf("%s got the traceparent %q", p.Name(), h.Get("Traceparent"))
		}
		if h.Get("Tracestate") != "" || h.Get("Baggage") != "" {
			t.Errorf("%s got what the sender wrote: %v", p.Name(), h)
		}
	}
}

// wantLogged wants a line of the log about the message to have its trace.
func (s scene) wantLogged(t *testing.T, correlationID, trace string) {
	t.Helper()
	eventually(t, untilDelivered, "the line of the message", func() error {
		for line := range strings.Lines(s.Log()) {
			var l struct {
				Msg           string `json:"msg"`
				CorrelationID string `json:"correlation_id"`
				TraceID       string `json:"trace_id"`
			}
			if json.Unmarshal([]byte(line), &l) == nil && l.Msg == "message" && l.CorrelationID == correlationID {
				if l.TraceID != trace {
					t.Errorf("the line has trace %q", l.TraceID)
				}
				return nil
			}
		}
		return fmt.Errorf("no line")
	})
}

// unbroken says what a trace lacks: a parent for each span.
func unbroken(spans []harness.Span) error {
	for _, s := range spans {
		if s.Parent != partysSpan && spanBy(spans, s.Parent).ID == "" {
			return fmt.Errorf("%q has no parent in %v", s.Name, names(spans))
		}
	}
	return nil
}

func spansNamed(spans []harness.Span, name string) []harness.Span {
	return slices.DeleteFunc(slices.Clone(spans), func(s harness.Span) bool { return s.Name != name })
}

func spanBy(spans []harness.Span, id string) harness.Span {
	for _, s := range spans {
		if s.ID == id {
			return s
		}
	}
	return harness.Span{}
}

func names(spans []harness.Span) []string {
	var out []string
	for _, s := range spans {
		out = append(out, s.Name)
	}
	return out
}

func TestWithNothingExportedAMessageCanBeFoundByItsTrace(t *testing.T) {
	s := setScene(t, "OCPI_HUB_LOG_LEVEL=debug")
	given := s.push(t, traceparent())
	s.records(t, 4, "--trace-id", partysTrace)
	s.wantLogged(t, given.CorrelationID, partysTrace)
	for _, p := range s.emsps {
		if got := p.Calls(ocpitest.Is(ocpi.Tariffs, "PUT"))[0].Header.Get("Traceparent"); got != traceparent().Get("Traceparent") {
			t.Errorf("%s got the traceparent %q", p.Name(), got)
		}
	}
	for name, wrong := range map[string]http.Header{
		"none": nil, "no hexadecimal": {"Traceparent": {"00-zz-zz-01"}},
		"zero": {"Traceparent": {"00-00000000000000000000000000000000-0000000000000000-01"}},
		"two":  {"Traceparent": {traceparent().Get("Traceparent"), traceparent().Get("Traceparent")}},
		"long": {"Traceparent": {strings.Repeat("0", 5000)}},
	} {
		t.Run(name, func(t *testing.T) {
			reply := s.push(t, wrong)
			rows := s.records(t, 4, "--correlation-id", reply.CorrelationID)
			for _, r := range rows {
				if len(r.TraceID) != 32 || r.TraceID == partysTrace || r.TraceID != rows[0].TraceID {
					t.Errorf("a record has the trace %q", r.TraceID)
				}
			}
		})
	}
}

func TestAResultIsInTheTraceOfItsCommand(t *testing.T) {
	c := collect(t, harness.NewCollector)
	s := setScene(t, exportTo(c.URL)...)
	e := s.emsps[0]
	order := ocpitest.Order{Name: "UNLOCK_CONNECTOR", To: ocpi.NewPartyID("DE", "ABC"), Body: []byte(`{"location_id":"L1","evse_uid":"1","connector_id":"1"}`)}
	if _, _, err := e.Command(t.Context(), order); err != nil {
		t.Fatal(err)
	}
	var brought harness.Span
	eventually(t, untilDelivered, "the result in the trace of its command", func() error {
		spans := c.Spans()
		for _, s := range spansNamed(spans, "result") {
			calls := slices.DeleteFunc(spansNamed(spans, "POST commands"), func(call harness.Span) bool { return call.Trace != s.Trace })
			if len(calls) == 2 && len(s.Links) == 1 {
				brought = s
				return nil
			}
		}
		return fmt.Errorf("spans %v", names(spans))
	})
	if rows := s.records(t, 4, "--trace-id", brought.Trace); rows[0].Route == rows[3].Route {
		t.Errorf("command and result are %+v", rows)
	}
}

// Nothing that is exported may hold a credentials token, the uid of a driver's
// card or a contract id.
func TestWhatIsExportedHoldsNoSecrets(t *testing.T) {
	c := collect(t, harness.NewCollector)
	s := setScene(t, exportTo(c.URL)...)
	e := s.emsps[0]
	token := fmt.Sprintf(`{"country_code":"NL","party_id":"TNM","uid":%q,"type":"RFID","contract_id":%q,"issuer":"TNM","valid":true,`+
		`"whitelist":"ALLOWED","last_updated":"2026-01-01T00:00:00Z"}`, driversCard, driversContract)
	for _, r := range []ocpitest.Request{
		{Module: ocpi.Tokens, Interface: ocpi.Receiver, Method: "PUT", To: ocpi.NewPartyID("NL", "HUB"), Path: "NL/TNM/" + driversCard, Body: []byte(token)},
		{Module: ocpi.Tokens, Interface: ocpi.Receiver, Method: "GET", To: ocpi.NewPartyID("DE", "ABC"), Path: "NL/TNM/" + driversCard},
	} {
		if _, err := e.Do(t.Context(), r); err != nil {
			t.Fatal(err)
		}
	}
	reply, err := s.cpo.Do(t.Context(), ocpitest.Request{
		Module: ocpi.Tokens, Interface: ocpi.Sender, Method: "POST", To: ocpi.NewPartyID("NL", "TNM"), Path: driversCard + "/authorize",
	})
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, untilDelivered, "spans, metrics and log records of all", func() error {
		logged := slices.ContainsFunc(c.Logs(), func(r harness.LogRecord) bool { return r.Attributes["correlation_id"] == reply.CorrelationID })
		if n := len(spansNamed(c.Spans(), "deliver tokens")); n == 0 || !logged || !c.HasMetric("ocpi_hub_deliveries_total") {
			return fmt.Errorf("%d deliveries, logged %v", n, logged)
		}
		return nil
	})
	if err := s.stop(); err != nil { // the last is sent
		t.Fatal(err)
	}
	secrets := []string{driversCard, driversContract}
	for _, p := range append(s.emsps, s.cpo) {
		partner, err := p.Partner()
		if err != nil {
			t.Fatal(err)
		}
		secrets = append(secrets, partner.Token)
	}
	for _, secret := range secrets {
		if secret == "" || c.Holds(secret) {
			t.Errorf("%q is exported, or empty", secret)
		}
	}
	if !c.Holds(reply.CorrelationID) {
		t.Error("what must be there was not found: the search finds nothing")
	}
}

func TestACollectorThatHangsHoldsUpNothing(t *testing.T) {
	t.Parallel()
	for name, start := range map[string]func() (*harness.Collector, error){
		"it hangs": harness.NewHangingCollector,
		"it is away": func() (*harness.Collector, error) {
			c, err := harness.NewCollector()
			if err == nil {
				c.Close()
			}
			return c, err
		},
	} {
		t.Run(name, func(t *testing.T) {
			c, err := start()
			if err != nil {
				t.Fatal(err)
			}
			if name == "it hangs" {
				t.Cleanup(c.Close)
			}
			s := setScene(t, append(exportTo(c.URL), "OTEL_BSP_MAX_QUEUE_SIZE=20", "OTEL_BSP_MAX_EXPORT_BATCH_SIZE=10")...)
			for range 50 { // many times what its queue takes
				s.push(t, nil)
			}
			began := time.Now()
			if err := s.stop(); err != nil {
				t.Errorf("the stop failed: %v", err)
			}
			if took := time.Since(began); took > 30*time.Second { // the bound of telemetry is 5 s
				t.Errorf("the stop took %s", took)
			}
		})
	}
}

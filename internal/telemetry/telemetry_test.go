package telemetry_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/ocpihub/ocpihub/internal/telemetry"
	"github.com/ocpihub/ocpihub/ocpi"
)

func read(m *telemetry.Metrics) string {
	w := httptest.NewRecorder()
	m.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	return w.Body.String()
}

func wants(t *testing.T, page string, lines ...string) {
	t.Helper()
	for _, line := range lines {
		if !strings.Contains(page, line+"\n") {
			t.Errorf("the metrics do not say %q", line)
		}
	}
}

func TestMessagesAndDeliveriesAreCounted(t *testing.T) {
	m := telemetry.NewMetrics()
	for range 2 {
		m.Request(telemetry.Request{Module: ocpi.Locations, Role: ocpi.CPO, Route: "broadcast", Outcome: "ok", Took: time.Second})
	}
	m.Delivery(telemetry.Delivery{Module: ocpi.Locations, Outcome: "rejected", Took: 3 * time.Second})
	wants(t, read(m),
		`ocpi_hub_requests_total{module="locations",outcome="ok",role="CPO",route="broadcast"} 2`,
		`ocpi_hub_request_duration_seconds_sum{module="locations",route="broadcast"} 2`,
		`ocpi_hub_deliveries_total{module="locations",outcome="rejected"} 1`,
		`ocpi_hub_delivery_duration_seconds_bucket{module="locations",le="5"} 1`,
		`ocpi_hub_delivery_duration_seconds_bucket{module="locations",le="2.5"} 0`,
	)
}

func TestStrangersMakeNoTimeSeries(t *testing.T) {
	m := telemetry.NewMetrics()
	m.Request(telemetry.Request{Module: "parking", Role: "DSO", Route: "direct", Outcome: "ok"})
	m.Request(telemetry.Request{Module: "evil", Role: "", Route: "direct", Outcome: "ok"})
	page := read(m)
	wants(t, page,
		`ocpi_hub_requests_total{module="other",outcome="ok",role="OTHER",route="direct"} 1`,
		`ocpi_hub_requests_total{module="other",outcome="ok",role="",route="direct"} 1`,
	)
	if strings.Contains(page, "evil") || strings.Contains(page, "DSO") {
		t.Error("a word of a stranger is a label")
	}
}

func TestGaugesAreReadWhenTheyAreAskedFor(t *testing.T) {
	m := telemetry.NewMetrics()
	n := 1
	m.Platforms(func() map[string]int { return map[string]int{"CONNECTED": n} })
	m.Deliveries(func() []telemetry.Backlog {
		return []telemetry.Backlog{{PlatformID: "p-1", Pending: 10 * n, Oldest: 90 * time.Second, State: "waiting"}}
	})
	n = 2
	wants(t, read(m), `ocpi_hub_platforms{status="CONNECTED"} 2`, `ocpi_hub_deliveries_pending{platform_id="p-1"} 20`,
		`ocpi_hub_deliveries_oldest_pending_seconds{platform_id="p-1"} 90`, `ocpi_hub_deliveries_platforms{state="waiting"} 1`)
}

func TestTheStreamIsShownWhenItCanBeAsked(t *testing.T) {
	m := telemetry.NewMetrics()
	there := true
	m.Feed(func() (first, last uint64, ok bool) { return 3, 7, there })
	wants(t, read(m), "ocpi_hub_feed_first_sequence 3", "ocpi_hub_feed_last_sequence 7")
	there = false
	if page := read(m); strings.Contains(page, "\nocpi_hub_feed_") {
		t.Error("a stream that cannot be asked has bounds")
	}
}

func TestWhatGoesThroughThePortsIsCountedByClosedSets(t *testing.T) {
	m := telemetry.NewMetrics()
	m.Build("v1.2.3")
	m.InFlight(1)
	m.InFlight(1)
	m.InFlight(-1)
	m.Refused("unauthorized")
	m.Call(telemetry.Call{Module: "evil", Outcome: "ok", Took: 3 * time.Second})
	m.Stored("catalog", "apply", time.Second)
	m.Journaled(3)
	m.CatalogObjects(map[ocpi.ModuleID]int{ocpi.Locations: 5, ocpi.Tokens: 0})
	m.Parties(func() map[string]int { return map[string]int{"CPO": 2} })
	m.Agreements(func() map[string]int { return map[string]int{"active": 0} })
	m.Ready(func() map[string]int { return map[string]int{"stream": 0, "catalog": 1} })
	page := read(m)
	wants(t, page, `ocpi_hub_ready{part="stream"} 0`, `ocpi_hub_ready{part="catalog"} 1`, "ocpi_hub_requests_in_flight 1", `ocpi_hub_requests_refused_total{reason="unauthorized"} 1`,
		`ocpi_hub_call_duration_seconds_sum{module="other",outcome="ok"} 3`, `ocpi_hub_store_duration_seconds_count{operation="apply",store="catalog"} 1`,
		"ocpi_hub_journal_records_total 3", `ocpi_hub_catalog_objects{module="locations"} 5`, `ocpi_hub_catalog_objects{module="tokens"} 0`,
		`ocpi_hub_parties{role="CPO"} 2`, `ocpi_hub_agreements{state="active"} 0`)
	if !strings.Contains(page, `ocpi_hub_build_info{go_version="go`) || !strings.Contains(page, `version="v1.2.3"} 1`) {
		t.Error("the build is not told")
	}
}

func TestEachHubHasItsOwnMetrics(t *testing.T) {
	a, b := telemetry.NewMetrics(), telemetry.NewMetrics()
	a.Delivery(telemetry.Delivery{Module: ocpi.Tokens, Outcome: "delivered"})
	if strings.Contains(read(b), "delivered") {
		t.Error("one hub counts for another")
	}
}

func TestTheLogIsJSONWhereThereIsNoTerminal(t *testing.T) {
	file, err := os.Create(t.TempDir() + "/log")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	log, err := telemetry.NewLogger(file, "info", telemetry.FormatAuto)
	if err != nil {
		t.Fatal(err)
	}
	log.Info("hello")
	log.Debug("not shown")
	content, _ := os.ReadFile(file.Name())
	if !json.Valid(content) || strings.Contains(string(content), "not shown") {
		t.Errorf("got %s", content)
	}
}

func TestTheLogIsTextWhenAskedFor(t *testing.T) {
	var b bytes.Buffer
	log, err := telemetry.NewLogger(&b, "warn", telemetry.FormatText)
	if err != nil {
		t.Fatal(err)
	}
	log.Info("not shown")
	log.Warn("hello", "who", "you")
	if got := b.String(); !strings.Contains(got, `level=WARN msg=hello who=you`) || strings.Contains(got, "not shown") {
		t.Errorf("got %s", got)
	}
}

func TestATokenThatIsLoggedIsNotWritten(t *testing.T) {
	for _, format := range []string{telemetry.FormatText, telemetry.FormatJSON} {
		var b bytes.Buffer
		log, err := telemetry.NewLogger(&b, "debug", format)
		if err != nil {
			t.Fatal(err)
		}
		log.WithGroup("g").With("Token", "s3cret").Debug("x", "authorization", "s3cret", "token_a", "s3cret", "uid", "s3cret")
		if got := b.String(); strings.Contains(got, "s3cret") {
			t.Errorf("got %s", got)
		}
	}
}

func TestAWrongLevelOrFormatIsRefused(t *testing.T) {
	if _, err := telemetry.NewLogger(&bytes.Buffer{}, "loud", "json"); err == nil {
		t.Error("the level loud is taken")
	}
	if _, err := telemetry.NewLogger(&bytes.Buffer{}, "info", "xml"); err == nil {
		t.Error("the format xml is taken")
	}
}

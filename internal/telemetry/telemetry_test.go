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
	m.Request(telemetry.Request{Module: "bookings", Role: "DSO", Route: "direct", Outcome: "ok"})
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
	m.Pending(func() map[string]int { return map[string]int{"p-1": 10 * n} })
	n = 2
	wants(t, read(m), `ocpi_hub_platforms{status="CONNECTED"} 2`, `ocpi_hub_deliveries_pending{platform_id="p-1"} 20`)
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

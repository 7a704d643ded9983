package telemetry_test

import (
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/ocpihub/ocpihub/internal/telemetry"
	"github.com/ocpihub/ocpihub/ocpi/bridge"
)

func TestWhatTranslationsChangeIsCountedByReason(t *testing.T) {
	m := telemetry.NewMetrics()
	finding := func(why bridge.Reason) bridge.Finding { return bridge.Finding{Kind: why.Kind(), Reason: why} }
	m.Bridged(nil)
	m.Bridged([]bridge.Crossing{
		{Findings: []bridge.Finding{finding(bridge.State), finding(bridge.Publish), finding(bridge.State)}},
		{Withheld: bridge.CreditCDR},
	})
	page := httptest.NewRecorder()
	m.Handler().ServeHTTP(page, httptest.NewRequest("GET", "/metrics", nil))
	for _, want := range []string{
		`ocpi_hub_bridge_findings_total{kind="lost",reason="state"} 2`,
		`ocpi_hub_bridge_findings_total{kind="invented",reason="publish"} 1`,
		`ocpi_hub_bridge_findings_total{kind="withheld",reason="credit_cdr"} 1`,
		`ocpi_hub_bridge_findings_total{kind="withheld",reason="not_published"} 0`,
	} {
		if !strings.Contains(page.Body.String(), want+"\n") {
			t.Errorf("the page lacks %s", want)
		}
	}
}

package e2e

import (
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/ocpitest"
)

// busyHub is a hub on which everything that is counted has happened.
func busyHub(t *testing.T) scene {
	t.Helper()
	s := setScene(t)
	s.push(t, nil)
	refused, err := s.cpo.Do(t.Context(), ocpitest.Request{
		Module: ocpi.Tariffs, Interface: ocpi.Receiver, Method: "PUT", To: ocpi.NewPartyID("NL", "HUB"), Path: "DE/ABC/T1",
		Body: []byte(trafficTariff), Token: "nobody's",
	})
	if err != nil || refused.Status != http.StatusUnauthorized {
		t.Fatalf("HTTP %d, %v", refused.Status, err)
	}
	s.cpo.Offer(ocpi.Locations, []byte(locationWith(s.cpo.Parties()[0].ID, "L1", 1)))
	s.hubctl(nil, "sync", s.platformOf(t, s.cpo.Parties()[0].ID))
	s.records(t, 4, "--module", "tariffs", "--status", "1000")
	return s
}

// families are the metrics of a hub, by name.
func (s scene) families(t *testing.T) map[string]*dto.MetricFamily {
	t.Helper()
	resp, err := http.Get("http://" + s.admin + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, resp.Body)
	return families
}

func labelsOf(f *dto.MetricFamily) []string {
	seen := map[string]bool{}
	for _, m := range f.GetMetric() {
		for _, l := range m.GetLabel() {
			seen[l.GetName()] = true
		}
	}
	return slices.Sorted(maps.Keys(seen))
}

func TestEveryMetricIsInTheDocumentAndOnTheDashboard(t *testing.T) {
	t.Parallel()
	s := busyHub(t)
	var families map[string]*dto.MetricFamily
	eventually(t, untilDelivered, "all metrics", func() error {
		families = s.families(t)
		if families["ocpi_hub_catalog_objects"] == nil || families["ocpi_hub_feed_last_sequence"] == nil || families["ocpi_hub_journal_records_total"] == nil {
			return fmt.Errorf("there are %v", slices.Sorted(maps.Keys(families)))
		}
		return nil
	})
	t.Run("docs/metrics.md", func(t *testing.T) { documented(t, families) })
	t.Run("charts/ocpi-hub/alerts/ocpi-hub.rules.yaml", func(t *testing.T) {
		for _, r := range prometheusRules(t) {
			sound(t, families, r.Expr)
		}
	})
	t.Run("names and units", func(t *testing.T) { wellNamed(t, families) })
	t.Run("charts/ocpi-hub/dashboards/ocpi-hub.json", func(t *testing.T) { shownOnDashboard(t, families) })
}

const metricsDocument = "../docs/metrics.md"

var update = flag.Bool("update", false, "write the table of metrics into its document")

// documented wants the table in the document to be that of the metrics.
func documented(t *testing.T, families map[string]*dto.MetricFamily) {
	var want []string
	for _, name := range slices.Sorted(maps.Keys(families)) {
		f := families[name]
		if strings.HasPrefix(name, "ocpi_hub_") {
			want = append(want, fmt.Sprintf("| `%s` | %s | %s | %s |",
				name, strings.ToLower(f.GetType().String()), strings.Join(labelsOf(f), ", "), f.GetHelp()))
		}
	}
	document := read(t, metricsDocument)
	rows := regexp.MustCompile("(?:\\| `ocpi_hub_.*\n)+").FindString(document)
	table := strings.Join(want, "\n") + "\n"
	if *update {
		document = strings.Replace(document, rows, table, 1)
		if err := os.WriteFile(metricsDocument, []byte(document), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	if rows != table {
		t.Errorf("the table is not that of /metrics: write it with go test ./e2e -run EveryMetric -update. It should be\n%s", table)
	}
}

// wellNamed wants the conventions of Prometheus to be kept.
func wellNamed(t *testing.T, families map[string]*dto.MetricFamily) {
	for name, f := range families {
		if !strings.HasPrefix(name, "ocpi_hub_") {
			continue
		}
		if total := strings.HasSuffix(name, "_total"); total != (f.GetType() == dto.MetricType_COUNTER) {
			t.Errorf("%s is a %s", name, f.GetType())
		}
		if f.GetType() == dto.MetricType_HISTOGRAM && !strings.HasSuffix(name, "_seconds") {
			t.Errorf("%s has no unit", name)
		}
		if !strings.HasSuffix(f.GetHelp(), ".") {
			t.Errorf("the help of %s is no sentence", name)
		}
	}
}

// dashboard is what a test looks at of one.
type dashboard struct {
	UID        string
	Templating struct{ List []struct{ Name, Type string } }
	Panels     []struct {
		ID         int
		Type       string
		Title      string
		Datasource struct{ Type, UID string }
		Targets    []struct{ Expr string }
	}
}

var (
	metricName = regexp.MustCompile(`\b(?:(?:ocpi_hub|go|process)_[a-z0-9_]+|up\b)`)
	labelNames = regexp.MustCompile(`(?:by|without) ?\(([^)]*)\)`)
	matchers   = regexp.MustCompile(`([a-z_]+)(?:=~|!~|!=|=)"`)
)

// shownOnDashboard wants every expression of the dashboard to be of metrics and
// labels that are there.
func shownOnDashboard(t *testing.T, families map[string]*dto.MetricFamily) {
	var d dashboard
	if err := json.Unmarshal([]byte(read(t, "../charts/ocpi-hub/dashboards/ocpi-hub.json")), &d); err != nil {
		t.Fatal(err)
	}
	ids, shown, variable := map[int]bool{}, map[string]bool{}, false
	for _, v := range d.Templating.List {
		variable = variable || v.Name == "datasource" && v.Type == "datasource"
	}
	for _, p := range d.Panels {
		if ids[p.ID] || p.ID == 0 || p.Title == "" {
			t.Errorf("panel %q has id %d: none, or that of another one", p.Title, p.ID)
		}
		ids[p.ID] = true
		if (p.Type == "row") != (len(p.Targets) == 0) {
			t.Errorf("panel %q has %d expressions", p.Title, len(p.Targets))
		}
		if p.Type != "row" && p.Datasource.UID != "${datasource}" {
			t.Errorf("panel %q reads from %q", p.Title, p.Datasource.UID)
		}
		for _, target := range p.Targets {
			for _, name := range sound(t, families, target.Expr) {
				shown[name] = true
			}
		}
	}
	if d.UID == "" || !variable {
		t.Errorf("the dashboard has the uid %q, a variable for the data source: %v", d.UID, variable)
	}
	if len(shown) < len(ids)/2 {
		t.Errorf("%d panels show %d metrics", len(ids), len(shown))
	}
}

// sound wants an expression to be of metrics and labels that are there. It
// returns the metrics.
func sound(t *testing.T, families map[string]*dto.MetricFamily, expr string) []string {
	t.Helper()
	labels := map[string]bool{"instance": true, "job": true, "le": true}
	var names []string
	for _, name := range metricName.FindAllString(expr, -1) {
		if name == "up" { // Prometheus makes it
			names = append(names, name)
			continue
		}
		f := families[name]
		for _, suffix := range []string{"_bucket", "_count", "_sum"} {
			if base, cut := strings.CutSuffix(name, suffix); cut && f == nil && families[base].GetType() == dto.MetricType_HISTOGRAM {
				name, f = base, families[base]
			}
		}
		if f == nil {
			t.Errorf("%s is no metric of the hub: %s", name, expr)
			continue
		}
		names = append(names, name)
		for _, l := range labelsOf(f) {
			labels[l] = true
		}
	}
	var used []string
	for _, m := range labelNames.FindAllStringSubmatch(expr, -1) {
		used = append(used, strings.FieldsFunc(m[1], func(r rune) bool { return r == ',' || r == ' ' })...)
	}
	for _, m := range matchers.FindAllStringSubmatch(expr, -1) {
		used = append(used, m[1])
	}
	for _, l := range used {
		if !labels[l] {
			t.Errorf("%q is no label in %s", l, expr)
		}
	}
	if len(names) == 0 {
		t.Errorf("an expression is of no metric: %q", expr)
	}
	return names
}

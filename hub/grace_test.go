package hub

import (
	"log/slog"
	"os"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"
)

// Closing a store cannot be bounded; it has a minute to its name, and takes
// moments.
func TestTheChartGrantsTheTimeThatAnOrderlyStopMayTake(t *testing.T) {
	cfg := Defaults()
	cfg.Listen, cfg.Admin.Listen, cfg.DataDir = "127.0.0.1:0", "127.0.0.1:0", t.TempDir()
	cfg.Alerts.Webhook.URL = "https://oncall.example.com/hook"
	h, err := Start(t.Context(), cfg, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = h.Close(t.Context()) }()
	var longest time.Duration
	for _, s := range h.life.steps {
		if s.bound < unbounded {
			longest += s.bound
		}
	}
	raw, err := os.ReadFile("../charts/ocpi-hub/values.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var values struct {
		PreStop int `yaml:"preStopSeconds"`
		Grace   int `yaml:"terminationGracePeriodSeconds"`
	}
	if err := yaml.Unmarshal(raw, &values); err != nil {
		t.Fatal(err)
	}
	longest += time.Duration(values.PreStop) * time.Second
	if granted := time.Duration(values.Grace) * time.Second; granted < longest {
		t.Errorf("the steps of the stop and preStopSeconds take up to %s, terminationGracePeriodSeconds is %s", longest, granted)
	} else {
		t.Logf("up to %s of %s", longest, granted)
	}
}

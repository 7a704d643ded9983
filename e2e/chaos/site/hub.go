package site

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"sync/atomic"
	"time"

	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"github.com/ocpihub/ocpihub/e2e/chaos/link"
	"github.com/ocpihub/ocpihub/e2e/harness"
)

// Hub is one replica.
type Hub struct {
	*Process
	// Listen and Admin are its doors; Door is the link that leads to the first.
	Listen, Admin string
	Door          *link.Link
	// Clock is its wall clock; nil where it cannot be stepped.
	Clock *Clock

	leaving  atomic.Bool // it is to stop, and serves on until that is known
	data     string
	programs harness.Programs
	client   *http.Client
}

// newHub describes a replica. Its settings are OCPI_HUB_*=value.
func newHub(o *Options, name, publicURL string, settings []string) (*Hub, error) {
	h := &Hub{
		data: filepath.Join(o.Dir, name, "data"), programs: o.Programs,
		client: &http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}},
	}
	var err error
	for _, addr := range []*string{&h.Listen, &h.Admin} {
		if *addr, err = harness.FreeAddr(); err != nil {
			return nil, err
		}
	}
	if err := os.MkdirAll(h.data, 0o755); err != nil {
		return nil, err
	}
	if o.Clocks {
		if h.Clock, err = newClock(filepath.Join(o.Dir, name+".clock")); err != nil {
			return nil, err
		}
		settings = append(settings, h.Clock.env())
	}
	h.Process = &Process{Name: name, Log: filepath.Join(o.Dir, name+".log"), command: func() *exec.Cmd {
		cmd := exec.Command(o.Programs.Path("ocpi-hub"), "serve",
			"--listen", h.Listen, "--public-url", publicURL, "--admin-listen", h.Admin, "--data-dir", h.data)
		cmd.Env = append(os.Environ(), settings...)
		return cmd
	}}
	h.Door, err = link.Open("clients to "+name, "127.0.0.1:0", link.To(h.Listen))
	return h, err
}

// Hubctl runs hubctl against this replica and decodes what it prints into out,
// which may be nil.
func (h *Hub) Hubctl(ctx context.Context, out any, args ...string) error {
	args = append([]string{"--addr", h.Admin, "--token-file", filepath.Join(h.data, "admin.token"), "-o", "json"}, args...)
	cmd := exec.CommandContext(ctx, h.programs.Path("hubctl"), args...)
	stdout, err := cmd.Output()
	if err != nil {
		return fmt.Errorf("hubctl at %s %v: %w: %s", h.Name, args[6:], err, stderrOf(err))
	}
	if out == nil {
		return nil
	}
	return json.Unmarshal(stdout, out)
}

func stderrOf(err error) []byte {
	if exit, ok := err.(*exec.ExitError); ok { //nolint:errorlint // as Output makes it
		return exit.Stderr
	}
	return nil
}

// Ready says whether the replica serves and everything behind it does.
func (h *Hub) Ready(ctx context.Context) error {
	resp, err := h.get(ctx, "/readyz")
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("readyz of %s is %d", h.Name, resp.StatusCode)
	}
	return nil
}

func (h *Hub) get(ctx context.Context, path string) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+h.Admin+path, nil)
	if err != nil {
		return nil, err
	}
	return h.client.Do(req)
}

// Gauge reads a metric of the replica that has no labels.
func (h *Hub) Gauge(ctx context.Context, name string) (float64, error) {
	resp, err := h.get(ctx, "/metrics")
	if err != nil {
		return 0, err
	}
	defer func() { _ = resp.Body.Close() }()
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(resp.Body)
	if err != nil {
		return 0, err
	}
	if f := families[name]; f != nil && len(f.GetMetric()) == 1 {
		return f.GetMetric()[0].GetGauge().GetValue(), nil
	}
	return 0, fmt.Errorf("%s has no gauge %s", h.Name, name)
}

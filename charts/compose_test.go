package charts_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"github.com/ocpihub/ocpihub/e2e/harness"
	"github.com/ocpihub/ocpihub/hub"
)

// composed is what compose.yaml comes to.
type composed struct {
	Services map[string]struct {
		Command     []string
		Environment map[string]string
		StopGrace   string `json:"stop_grace_period"`
		Configs     []struct{ Source, Target string }
	}
	Configs map[string]struct{ Content string }
}

func compose(t *testing.T) (c composed) {
	t.Helper()
	out, err := run(t, "cmd", "-format", "json", "../compose.yaml") // the command of compose-go
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(out), &c); err != nil {
		t.Fatal(err)
	}
	return c
}

func TestTheHubsOfComposeShareRedisAndNATSByKeysThatTheHubHas(t *testing.T) {
	t.Parallel()
	c := compose(t)
	defaults := hub.Defaults()
	known := map[string]bool{}
	for _, s := range defaults.Settings() {
		known[s.EnvName()] = true
	}
	for _, name := range []string{"hub-a", "hub-b"} {
		s, found := c.Services[name]
		for variable := range s.Environment {
			if !known[variable] {
				t.Errorf("%s: %s stands for no key", name, variable)
			}
		}
		if !found || s.Environment["OCPI_HUB_REGISTRY_REDIS_URL"] == "" || s.Environment["OCPI_HUB_NATS_URL"] == "" {
			t.Errorf("%s does not share Redis and NATS: %v", name, s.Environment)
		}
		var values struct {
			Grace int `yaml:"terminationGracePeriodSeconds"`
		}
		decode(t, read(t, "ocpi-hub/values.yaml"), &values)
		if grace, err := time.ParseDuration(s.StopGrace); err != nil || grace < time.Duration(values.Grace)*time.Second {
			t.Errorf("%s has %s to stop, in the chart it has %ds", name, s.StopGrace, values.Grace)
		}
	}
}

func TestTheRedisOfComposeWritesToDiskBeforeItAnswers(t *testing.T) {
	t.Parallel()
	command := compose(t).Services["redis"].Command
	addr, err := harness.FreeAddr()
	if err != nil {
		t.Fatal(err)
	}
	port := addr[strings.LastIndex(addr, ":")+1:]
	redis := exec.CommandContext(t.Context(), command[0], append(command[1:], "--port", port, "--bind", "127.0.0.1", "--dir", t.TempDir())...)
	if err := redis.Start(); err != nil {
		t.Fatal("the tests need redis-server: `make needs` installs it:", err)
	}
	defer func() {
		_ = redis.Process.Kill()
		_ = redis.Wait()
	}()
	var out []byte
	for range 500 {
		out, err = exec.CommandContext(t.Context(), "redis-cli", "-p", port, "config", "get", "append*").CombinedOutput()
		if err == nil && !strings.Contains(string(out), "refused") {
			break
		}
		time.Sleep(20 * time.Millisecond)
	}
	for _, want := range []string{"appendonly\nyes\n", "appendfsync\nalways\n"} {
		if !strings.Contains(string(out), want) {
			t.Errorf("Redis says %v %s, want %q", err, out, want)
		}
	}
}

func TestTheNATSOfComposeWritesToDiskBeforeItAnswers(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "nats.conf")
	if err := os.WriteFile(file, []byte(compose(t).Configs["nats"].Content), 0o600); err != nil {
		t.Fatal(err)
	}
	options, err := server.ProcessConfigFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !options.JetStream || !options.SyncAlways || options.StoreDir != "/data" || options.HTTPPort != 8222 {
		t.Errorf("JetStream %v, sync always %v, files in %q, monitoring on %d", options.JetStream, options.SyncAlways, options.StoreDir, options.HTTPPort)
	}
}

func TestTheProxyOfComposeKnowsBothHubs(t *testing.T) {
	t.Parallel()
	c := compose(t)
	conf := c.Configs["proxy"].Content
	for _, hub := range []string{"hub-a", "hub-b"} {
		if !strings.Contains(conf, "server "+hub+":8080 ") {
			t.Errorf("the proxy does not know %s", hub)
		}
		conf = strings.ReplaceAll(conf, hub+":", "127.0.0.1:") // nginx looks names up even to test
	}
	dir := t.TempDir()
	file := filepath.Join(dir, "nginx.conf")
	if err := os.WriteFile(file, []byte(conf), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), "nginx", "-t", "-q", "-p", dir, "-c", file, "-e", "stderr", "-g", "pid "+dir+"/pid;").CombinedOutput()
	if err != nil {
		t.Errorf("nginx (`make needs` installs it): %v\n%s", err, out)
	}
}

func TestTheImageIsMadeFromEverythingThatItsProgramsNeed(t *testing.T) {
	t.Parallel()
	dockerfile := string(read(t, "../Dockerfile"))
	programs := regexp.MustCompile(`\./cmd/[a-z-]+`).FindAllString(dockerfile, -1)
	if !strings.Contains(dockerfile, "CGO_ENABLED=0") || len(programs) != 2 {
		t.Fatalf("the Dockerfile builds %v, or not without C", programs)
	}
	list := exec.CommandContext(t.Context(), "go", append([]string{"list", "-C", "..", "-deps", "-f", "{{if not .Standard}}{{.ImportPath}}{{end}}"}, programs...)...)
	list.Env = append(os.Environ(), "CGO_ENABLED=0") // an error for what needs C
	out, err := list.Output()
	if err != nil {
		t.Fatal(err)
	}
	given := strings.Fields(string(read(t, "../.dockerignore")))
	for path := range strings.FieldsSeq(string(out)) {
		folder, own := strings.CutPrefix(path, "github.com/ocpihub/ocpihub/")
		folder, _, _ = strings.Cut(folder, "/")
		if own && !slices.Contains(given, "!"+folder) {
			t.Errorf("%s is needed, .dockerignore keeps %s out", path, folder)
		}
	}
}

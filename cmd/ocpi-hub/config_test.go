package main

import (
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/spf13/pflag"

	"github.com/ocpihub/ocpihub/hub"
)

func load(t *testing.T, args ...string) (hub.Config, error) {
	t.Helper()
	flags := pflag.NewFlagSet("test", pflag.ContinueOnError)
	addConfigFlags(flags)
	if err := flags.Parse(args); err != nil {
		t.Fatal(err)
	}
	return loadConfig(flags)
}

func write(t testing.TB, content string) (file string) {
	t.Helper()
	file = filepath.Join(t.TempDir(), "hub.yaml")
	if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func sameConfig(t testing.TB, want, got hub.Config) {
	t.Helper()
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty(), cmpopts.EquateComparable(netip.Prefix{})); diff != "" {
		t.Error(diff)
	}
}

func TestNothingSetMeansTheDefaults(t *testing.T) {
	got, err := load(t)
	if err != nil {
		t.Fatal(err)
	}
	sameConfig(t, hub.Defaults(), got)
}

func TestTheSampleHoldsTheDefaults(t *testing.T) {
	got, err := load(t, "--config", filepath.Join("..", "..", "docs", "hub.sample.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	sameConfig(t, hub.Defaults(), got)
}

func TestFlagsWinOverEnvironmentOverFileOverDefaults(t *testing.T) {
	file := write(t, "listen: :1\nadmin:\n  listen: :1\nforward:\n  timeout: 1s\n")
	t.Setenv("OCPI_HUB_LISTEN", ":2")
	t.Setenv("OCPI_HUB_ADMIN_LISTEN", ":2")
	got, err := load(t, "--config", file, "--listen", ":3")
	if err != nil {
		t.Fatal(err)
	}
	want := hub.Defaults()
	want.Listen, want.Admin.Listen, want.Forward.Timeout = ":3", ":2", time.Second
	sameConfig(t, want, got)
}

func TestEveryKeyCanComeFromTheEnvironment(t *testing.T) {
	cfg := hub.Defaults()
	for _, s := range cfg.Settings() {
		if s.Text() == "" || s.Text() == "1" {
			continue
		}
		t.Run(s.Key, func(t *testing.T) {
			t.Setenv(s.EnvName(), "x y")
			got, err := load(t)
			read := ""
			for _, gs := range got.Settings() {
				if gs.Key == s.Key {
					read = gs.Text()
				}
			}
			if read != "x y" && (err == nil || !strings.Contains(err.Error(), s.Key+": ")) {
				t.Errorf("got %q and error %v: the variable was not read", read, err)
			}
		})
	}
}

func TestAnEmptyVariableCountsAsNotSet(t *testing.T) {
	t.Setenv("OCPI_HUB_LISTEN", "")
	got, err := load(t)
	if err != nil {
		t.Fatal(err)
	}
	sameConfig(t, hub.Defaults(), got)
}

func TestAListCanBeASequenceOrOneLine(t *testing.T) {
	for _, content := range []string{
		"egress:\n  allow: [10.0.0.0/8, 127.0.0.1]\n",
		"egress:\n  allow:\n    - 10.0.0.0/8\n    - 127.0.0.1\n",
		"egress:\n  allow: 10.0.0.0/8, 127.0.0.1\n",
	} {
		got, err := load(t, "--config", write(t, content))
		if err != nil || len(got.Egress.Allow) != 2 {
			t.Errorf("%s: got %v, %v", content, got.Egress.Allow, err)
		}
	}
}

func TestAnEmptySectionOrKeyLeavesTheDefaults(t *testing.T) {
	got, err := load(t, "--config", write(t, "admin:\nlog:\n  level:\nlisten:\n"))
	if err != nil {
		t.Fatal(err)
	}
	sameConfig(t, hub.Defaults(), got)
}

func TestAWrongFileStopsTheStartNamingTheKey(t *testing.T) {
	for content, want := range map[string]string{
		"lisen: :1":                        "lisen",
		"admin:\n  lisen: :1":              "admin.lisen",
		"nonsense:\n  a:\n    b: 1":        "nonsense.a.b",
		"nonsense:":                        "nonsense",
		"admin: :8081":                     "admin",
		"listen:\n  port: 1":               "listen.port",
		"listen: [a, b]":                   "listen: want one value",
		"listen: {}":                       "listen",
		"forward:\n  timeout: 30":          "forward.timeout: want a duration",
		"limits:\n  body_bytes: 4MB":       "limits.body_bytes: want a size",
		"policy:\n  default: closed":       "policy.default: ",
		"registry:\n  redis_url: http://x": "registry.redis_url: ",
		"versions: [2.0.0]":                "versions: ",
		"listen: \":1\"\nlisten: \":2\"":   "listen",
		"listen: [":                        "--config",
		"- a":                              "--config",

		"log:\n  level: loud\nlisten: x\nhello: me": "hello",
	} {
		_, err := load(t, "--config", write(t, content))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got error %v, want %q named", content, err, want)
		}
	}
}

func TestAMissingFileStopsTheStart(t *testing.T) {
	_, err := load(t, "--config", filepath.Join(t.TempDir(), "none.yaml"))
	if err == nil || !strings.Contains(err.Error(), "there is no such file") {
		t.Errorf("got %v", err)
	}
}

func TestAnUnknownVariableStopsTheStartNamingIt(t *testing.T) {
	t.Setenv("OCPI_HUB_LISEN", ":1")
	if _, err := load(t); err == nil || !strings.Contains(err.Error(), "OCPI_HUB_LISEN") {
		t.Errorf("got %v, want the variable named", err)
	}
}

func TestAVariableOfKubernetesIsExplained(t *testing.T) {
	t.Setenv("OCPI_HUB_SERVICE_HOST", "10.0.0.1")
	if _, err := load(t); err == nil || !strings.Contains(err.Error(), "enableServiceLinks") {
		t.Errorf("got %v, want the way out named", err)
	}
}

func TestABadVariableStopsTheStartNamingTheKey(t *testing.T) {
	t.Setenv("OCPI_HUB_FORWARD_TIMEOUT", "30")
	if _, err := load(t); err == nil || !strings.Contains(err.Error(), "forward.timeout: ") {
		t.Errorf("got %v, want the key named", err)
	}
}

// Whatever a file holds, it is either taken as a valid configuration, which
// survives being printed and read again, or refused with a reason.
func FuzzLoadingAFile(f *testing.F) {
	sample, err := os.ReadFile(filepath.Join("..", "..", "docs", "hub.sample.yaml"))
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range []string{
		string(sample), "", "listen: :1", "admin: 5", "a: {b: [1, {c: ~}]}", "versions: [2.2.1]",
		"hub: {name: \"\\u00e9\\n\"}", "egress: {allow: [fe80::1%a]}", "? [x]\n: y", "1: 2",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, content string) {
		flags := pflag.NewFlagSet("fuzz", pflag.ContinueOnError)
		addConfigFlags(flags)
		if err := flags.Parse([]string{"--config", write(t, content)}); err != nil {
			t.Fatal(err)
		}
		cfg, err := loadConfig(flags)
		if err != nil {
			if strings.TrimSpace(err.Error()) == "" {
				t.Error("refused without a reason")
			}
			return
		}
		var printed strings.Builder
		if err := printConfig(&printed, cfg); err != nil {
			t.Fatal(err)
		}
		if err := flags.Set("config", write(t, printed.String())); err != nil {
			t.Fatal(err)
		}
		again, err := loadConfig(flags)
		if err != nil {
			t.Fatalf("the printed configuration is refused: %v\n%s", err, printed.String())
		}
		sameConfig(t, cfg, again)
	})
}

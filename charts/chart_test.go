package charts_test

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

var update = flag.Bool("update", false, "write the golden files, and the keys of the hub into values.schema.json")

// tools is the folder of helm and kubeconform.
const tools = "../bin/tools"

func TestMain(m *testing.M) {
	flag.Parse()
	build := exec.Command("go", "build", "-C", "tools", "-trimpath", "-o", "../"+tools+"/", "tool")
	if out, err := build.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "build the tools of the chart: %v\n%s", err, out)
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// run runs a tool and returns what it prints.
func run(t *testing.T, tool string, args ...string) (string, error) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), filepath.Join(tools, tool), args...)
	home := t.TempDir()
	cmd.Env = append(os.Environ(), "HELM_CACHE_HOME="+home, "HELM_CONFIG_HOME="+home, "HELM_DATA_HOME="+home)
	out, err := cmd.Output()
	if ended, ok := errors.AsType[*exec.ExitError](err); ok {
		return string(out), fmt.Errorf("%w: %s", err, ended.Stderr)
	}
	return string(out), err
}

// template renders the chart.
func template(t *testing.T, args ...string) (string, error) {
	t.Helper()
	return run(t, "helm", append([]string{"template", "hub", "ocpi-hub", "--namespace", "roaming"}, args...)...)
}

// valuesFiles are the values that the chart is tried with.
func valuesFiles(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("ocpi-hub/ci/*-values.yaml")
	if err != nil || len(files) == 0 {
		t.Fatal("there are no values to try:", err)
	}
	return files
}

func nameOf(file string) string { return strings.TrimSuffix(filepath.Base(file), "-values.yaml") }

func read(t *testing.T, file string) []byte {
	t.Helper()
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func decode(t *testing.T, raw []byte, into any) {
	t.Helper()
	if err := yaml.Unmarshal(raw, into); err != nil {
		t.Fatal(err)
	}
}

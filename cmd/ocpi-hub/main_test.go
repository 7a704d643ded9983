package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/cobra"

	"github.com/ocpihub/ocpihub/hub"
	"github.com/ocpihub/ocpihub/internal/cli"
)

func execute(t *testing.T, root *cobra.Command, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	root.SetOut(&out)
	root.SetErr(&errs)
	root.SetArgs(args)
	code = cli.Execute(t.Context(), root)
	return code, out.String(), errs.String()
}

func TestCheckConfigPrintsTheEffectiveConfigurationAsAFile(t *testing.T) {
	code, out, errs := execute(t, newRoot(), "check-config", "--listen", ":1234")
	if code != 0 || errs != "" {
		t.Fatalf("exit code %d: %s", code, errs)
	}
	got, err := load(t, "--config", write(t, out))
	if err != nil {
		t.Fatal(err)
	}
	want := hub.Defaults()
	want.Listen = ":1234"
	sameConfig(t, want, got)
}

func TestCheckConfigFailsOnOneLineThatNamesTheKeys(t *testing.T) {
	file := write(t, "log:\n  level: loud\nlisten: x\n")
	code, out, errs := execute(t, newRoot(), "check-config", "--config", file)
	if code != 1 || out != "" {
		t.Errorf("exit code %d, output %q", code, out)
	}
	if strings.Count(errs, "\n") != 1 || !strings.Contains(errs, "log.level") || !strings.Contains(errs, "listen: ") {
		t.Errorf("got %q, want one line with both keys", errs)
	}
}

func TestWrongUsageEndsWith2(t *testing.T) {
	for _, args := range [][]string{
		{"dance"}, {"--dance"}, {"serve", "now"}, {"check-config", "--listen"}, {"version", "-o", "xml"},
	} {
		code, _, errs := execute(t, newRoot(), args...)
		if code != 2 || strings.Count(errs, "\n") != 1 || !strings.Contains(errs, "--help") {
			t.Errorf("%q: exit code %d, error %q", args, code, errs)
		}
	}
}

func TestServeRunsTheHubWithItsConfiguration(t *testing.T) {
	var got hub.Config
	serve := newServe(func(_ context.Context, cfg hub.Config, log *slog.Logger) error {
		got = cfg
		log.Info("hello")
		return nil
	})
	code, _, errs := execute(t, serve, "--data-dir", "here")
	if code != 0 || got.DataDir != "here" || !strings.Contains(errs, `"msg":"hello"`) {
		t.Errorf("exit code %d, data_dir %q, standard error %q", code, got.DataDir, errs)
	}
}

func TestServeDoesNotStartWithABadConfiguration(t *testing.T) {
	serve := newServe(func(context.Context, hub.Config, *slog.Logger) error {
		t.Error("the hub was started")
		return nil
	})
	code, _, errs := execute(t, serve, "--redis-url", "http://:s3cret@x")
	if code != 1 || !strings.Contains(errs, "registry.redis_url") || strings.Contains(errs, "s3cret") {
		t.Errorf("exit code %d, error %q", code, errs)
	}
}

func TestAHubThatFailsEndsWith1(t *testing.T) {
	serve := newServe(func(context.Context, hub.Config, *slog.Logger) error { return errors.New("port taken") })
	if code, _, errs := execute(t, serve); code != 1 || errs != "serve: port taken\n" {
		t.Errorf("exit code %d, error %q", code, errs)
	}
}

func TestTheRootServesWithTheFlagsOfServe(t *testing.T) {
	root := newRoot()
	serve, _, err := root.Find([]string{"serve"})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(serve.Flags().FlagUsages(), root.LocalNonPersistentFlags().FlagUsages()); diff != "" {
		t.Error(diff)
	}
}

func TestVersionSaysWhatItIsMadeOf(t *testing.T) {
	code, out, _ := execute(t, newRoot(), "version", "-o", "json")
	var got map[string]any
	if err := json.Unmarshal([]byte(out), &got); code != 0 || err != nil {
		t.Fatalf("exit code %d: %v", code, err)
	}
	if got["go_version"] != runtime.Version() || got["version"] == "" || got["commit"] == "" {
		t.Errorf("got %v", got)
	}
	if diff := cmp.Diff([]any{"2.3.0", "2.2.1", "2.1.1"}, got["ocpi_versions"]); diff != "" {
		t.Error(diff)
	}
	if _, text, _ := execute(t, newRoot(), "version"); !strings.Contains(text, "OCPI 2.3.0, 2.2.1, 2.1.1") {
		t.Errorf("got %q", text)
	}
}

func TestCheckConfigLooksAtTheVariablesOfOpenTelemetryToo(t *testing.T) {
	t.Setenv("OTEL_TRACES_EXPORTER", "zipkin")
	code, out, errs := execute(t, newRoot(), "check-config")
	if code != 1 || out != "" || !strings.Contains(errs, "OTEL_TRACES_EXPORTER") {
		t.Errorf("exit code %d, %q, %q", code, out, errs)
	}
}

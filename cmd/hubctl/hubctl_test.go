package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/cobra"

	"github.com/ocpihub/ocpihub/internal/cli"
)

var update = flag.Bool("update", false, "write the golden files anew")

func hubctl(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	root := newRoot()
	root.SetOut(&out)
	root.SetErr(&errs)
	root.SetArgs(args)
	code = cli.Execute(t.Context(), root)
	return code, out.String(), errs.String()
}

func (s *stage) hubctl(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	return hubctl(t, append([]string{"--addr", s.addr, "--token-file", s.tokenFile}, args...)...)
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name+".golden")
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s: (-want +got)\n%s", file, diff)
	}
}

// everyCommand walks the tree of commands.
func everyCommand(visit func(cmd *cobra.Command)) {
	var walk func(cmd *cobra.Command)
	walk = func(cmd *cobra.Command) {
		visit(cmd)
		for _, sub := range cmd.Commands() {
			walk(sub)
		}
	}
	walk(newRoot())
}

func TestHelp(t *testing.T) {
	known := map[string]bool{}
	everyCommand(func(cmd *cobra.Command) {
		path := strings.Fields(cmd.CommandPath())[1:]
		t.Run(strings.Join(append([]string{"help"}, path...), " "), func(t *testing.T) {
			code, out, errs := hubctl(t, append(path, "--help")...)
			if code != 0 || errs != "" {
				t.Errorf("exit code %d: %s", code, errs)
			}
			name := strings.Join(append([]string{"help"}, path...), "_")
			known[name+".golden"] = true
			golden(t, name, out)
		})
	})
	files, err := filepath.Glob("testdata/help*.golden")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if !known[filepath.Base(file)] {
			t.Errorf("%s is of no command: remove it", file)
		}
	}
}

func commands() map[string][]string {
	return map[string][]string{
		"invite":            {"platforms", "invite", "--name", "Late", "--party", "emsp:nl*msp"},
		"invite_as":         {"platforms", "invite", "--name", "Late", "--party", "emsp:nl*msp", "--as", "de*acm"},
		"connect_as":        {"platforms", "connect", "--name", "Acme", "--versions-url", "https://acme.example/versions", "--token", "t", "--party", "cpo:de*acm", "--as", "nl*msp", "--dry-run"},
		"connect":           {"platforms", "connect", "--name", "Acme", "--versions-url", "https://acme.example/versions", "--token", "t"},
		"platforms":         {"platforms", "list"},
		"invite_dry":        {"platforms", "invite", "--name", "Late", "--dry-run"},
		"connect_dry":       {"platforms", "connect", "--name", "Acme", "--versions-url", "https://acme.example/versions", "--token", "t", "--dry-run"},
		"suspend_dry":       {"platforms", "suspend", "p-1", "--dry-run"},
		"pin_dry":           {"platforms", "pin", "p-1", "--ocpi", "2.3.0", "--dry-run"},
		"resume_dry":        {"platforms", "resume", "p-1", "--dry-run"},
		"remove_dry":        {"platforms", "remove", "p-1", "--dry-run"},
		"rotate_dry":        {"platforms", "rotate", "p-2", "--dry-run"},
		"quality_clear_dry": {"quality", "clear", "--party", "DE*ACM", "--dry-run"},
		"export":            {"export"},
		"export_agreements": {"export", "--what", "agreements"},
		"apply":             {"apply", "-f", "testdata/hub.yaml", "--dry-run"},
		"sync":              {"sync", "p-1"},
		"sync_dry":          {"sync", "p-1", "--dry-run"},
		"show":              {"platforms", "show", "p-1"},
		"check":             {"platforms", "check", "p-1"},
		"show_planned":      {"platforms", "show", "p-2"},
		"suspend":           {"platforms", "suspend", "p-1"},
		"pin":               {"platforms", "pin", "p-1", "--ocpi", "2.3.0"},
		"unpin":             {"platforms", "pin", "p-1", "--ocpi", "any"},
		"resume":            {"platforms", "resume", "p-1"},
		"remove":            {"platforms", "remove", "p-1"},
		"rotate":            {"platforms", "rotate", "p-1"},
		"rotate_invitation": {"platforms", "rotate", "p-2"},
		"parties":           {"parties", "list"},
		"clientinfo":        {"clientinfo", "list"},
		"clientinfo_reader": {"clientinfo", "list", "--reader", "de*acm"},
		"verify":            {"clientinfo", "verify", "p-1"},
		"verify_dry":        {"clientinfo", "verify", "p-1", "--dry-run"},
		"deliveries":        {"deliveries"},
		"deliveries_module": {"deliveries", "--modules"},
		"pause":             {"deliveries", "pause", "p-1", "--module", "Tokens"},
		"pause_dry":         {"deliveries", "pause", "p-1", "--dry-run"},
		"unpause":           {"deliveries", "resume", "p-1"},
		"resync":            {"deliveries", "resync", "p-1", "--since", "2026-11-01"},
		"rejected":          {"deliveries", "rejected", "p-2", "--module", "tokens"},
		"retry":             {"deliveries", "retry", "p-2", "--all"},
		"retry_dry":         {"deliveries", "retry", "p-2", "--id", "r-1", "--dry-run"},
		"resync_dry":        {"deliveries", "resync", "p-1", "--module", "locations", "--dry-run"},
		"catalog":           {"catalog", "stats"},
		"agreements":        {"agreements", "list"},
		"agreement":         {"agreements", "show", "a-1"},
		"agreement_create": {
			"agreements", "create", "--cpo", "DE*ACM", "--emsp", "BE*ECO", "--modules", "tokens", "--until", "2090-01-01",
			"--catch-up", "latest", "--draft", "--dry-run",
		},
		"agreement_update":       {"agreements", "update", "a-1", "--until", "none", "--modules", "all", "--custom-modules", "none"},
		"agreement_suspend":      {"agreements", "suspend", "a-1"},
		"agreement_resume":       {"agreements", "resume", "a-1", "--dry-run"},
		"agreement_end":          {"agreements", "end", "a-1"},
		"agreement_dry":          {"agreements", "suspend", "a-1", "--dry-run"},
		"quality":                {"quality", "--party", "DE*ACM"},
		"bridge_report":          {"bridge", "report", "--from", "de*acm", "--to", "2.1.1"},
		"bridge_report_same":     {"bridge", "report", "--from", "DE*ACM", "--to", "2.3.0", "--sample", "5"},
		"held_list":              {"held", "list"},
		"held_release":           {"held", "release", "DE*ACM"},
		"held_release_none":      {"held", "release", "NL*MSP"},
		"held_discard_dry":       {"held", "discard", "DE*ACM", "--dry-run"},
		"quality_clear":          {"quality", "clear", "--party", "DE*ACM"},
		"traffic":                {"traffic"},
		"conversation":           {"traffic", "--correlation-id", "c-1"},
		"conversation_bodies":    {"traffic", "--correlation-id", "c-1", "--bodies"},
		"conversation_broadcast": {"traffic", "--correlation-id", "c-broadcast"},
		"conversation_refused":   {"traffic", "--correlation-id", "c-refused"},
		"conversation_versions":  {"traffic", "--correlation-id", "c-versions"},
		"explain":                {"explain", "--from", "DE*ACM", "--to", "NL*MSP", "--module", "tokens", "--method", "GET"},
		"token_create":           {"tokens", "create", "--name", "ann", "--role", "operator"},
		"token_dry":              {"tokens", "create", "--name", "ann", "--role", "viewer", "--expires", "2090-01-01", "--dry-run"},
		"tokens":                 {"tokens", "list"},
		"token_revoke":           {"tokens", "revoke", "ann"},
		"token_revoke_dry":       {"tokens", "revoke", "ann", "--dry-run"},
		"explain_refused":        {"explain", "--from", "DE*ACM", "--module", "locations", "--method", "PUT", "--path", "DE/ACM/1"},
		"replicas":               {"replicas"},
		"alerts":                 {"alerts"},
		"alerts_all":             {"alerts", "list", "--all"},
		"alerts_rhythm":          {"alerts", "rhythm", "--party", "DE*ACM"},
		"alerts_ack":             {"alerts", "ack", "3f2a91c07be4", "--for", "4h"},
		"alerts_ack_dry":         {"alerts", "ack", "3f2a91c07be4", "--dry-run"},
	}
}

func TestOutput(t *testing.T) {
	s := start(t)
	for name, args := range commands() {
		t.Run(name+" as a table", func(t *testing.T) {
			code, out, errs := s.hubctl(t, args...)
			if code != 0 || errs != "" {
				t.Fatalf("exit code %d: %s", code, errs)
			}
			golden(t, name+"_table", out)
		})
		t.Run(name+" as JSON", func(t *testing.T) {
			code, out, errs := s.hubctl(t, append(args, "-o", "json")...)
			if code != 0 || errs != "" {
				t.Fatalf("exit code %d: %s", code, errs)
			}
			if !json.Valid([]byte(out)) {
				t.Errorf("not one JSON document: %s", out)
			}
			golden(t, name+"_json", out)
		})
	}
}

func TestAnEmptyListIsAnEmptyArray(t *testing.T) {
	s := start(t)
	s.empty = true
	for _, args := range [][]string{
		{"platforms", "list"},
		{"parties", "list"},
		{"clientinfo", "list"},
		{"clientinfo", "verify", "p-1"},
		{"deliveries"},
		{"catalog", "stats"},
		{"quality"},
		{"alerts"},
		{"alerts", "rhythm"},
		{"replicas", "list"},
		{"agreements", "list"},
	} {
		code, out, errs := s.hubctl(t, append(args, "-o", "json")...)
		if code != 0 || strings.TrimSpace(out) != "[]" {
			t.Errorf("%v: exit code %d, %q, %s", args, code, out, errs)
		}
	}
}

func TestWrongUsageEndsWith2AndOneLine(t *testing.T) {
	s := start(t)
	for _, args := range [][]string{
		{},
		{"dance"},
		{"platforms"},
		{"platforms", "dance"},
		{"platforms", "list", "all"},
		{"platforms", "show"},
		{"platforms", "suspend", "a", "b"},
		{"platforms", "invite"},
		{"platforms", "invite", "--name", "x", "--party", "DE*ABC"},
		{"platforms", "invite", "--name", "x", "--party", "CPO:DEABC"},
		{"platforms", "connect", "--name", "x"},
		{"explain", "--from", "DE*ABC"},
		{"quality", "clear"},
		{"apply"},
		{"alerts", "ack"},
		{"alerts", "ack", "3f2a91c07be4", "--for", "0s"},
		{"deliveries", "-o", "xml"},
		{"deliveries", "--timeout", "0s"},
		{"deliveries", "--timeout", "soon"},
		{"--dance"},
	} {
		code, out, errs := s.hubctl(t, args...)
		if code != 2 || out != "" || strings.Count(errs, "\n") != 1 || !strings.HasPrefix(errs, "hubctl: ") {
			t.Errorf("%v: exit code %d, output %q, error %q", args, code, out, errs)
		}
	}
}

func TestAFailureEndsWith1AndOneLineThatSaysWhatToDo(t *testing.T) {
	s := start(t)
	wrongToken := writeFile(t, "another-token\n")
	web := httptest.NewServer(http.NotFoundHandler())
	defer web.Close()
	for name, tt := range map[string]struct {
		args []string
		want string
	}{
		"no hub": {[]string{"--addr", freeAddr(t), "--token-file", s.tokenFile, "deliveries"}, "is it running?"},
		"no token file": {
			[]string{"--addr", s.addr, "--token-file", filepath.Join(t.TempDir(), "none"), "deliveries"},
			"there is no token file",
		},
		"another token": {[]string{"--addr", s.addr, "--token-file", wrongToken, "deliveries"}, "does not take the token"},
		"another server": {
			[]string{"--addr", web.Listener.Addr().String(), "--token-file", s.tokenFile, "deliveries"},
			"--addr",
		},
		"no such platform": {[]string{"--addr", s.addr, "--token-file", s.tokenFile, "platforms", "show", "p-9"}, `no platform "p-9"`},
		"a partner that does not answer": {[]string{
			"--addr", s.addr, "--token-file", s.tokenFile,
			"platforms", "connect", "--name", "x", "--versions-url", "https://x.example", "--token", "t",
		}, "check the URL"},
		"a kind that there is not": {[]string{
			"--addr", s.addr, "--token-file", s.tokenFile, "quality", "--kind", "long",
		}, "kind: want one of missing empty"},
		"a party that is none": {[]string{
			"--addr", s.addr, "--token-file", s.tokenFile, "quality", "clear", "--party", "ACME",
		}, "CC*PID"},
		"a value that the hub refuses": {[]string{
			"--addr", s.addr, "--token-file", s.tokenFile,
			"platforms", "invite", "--name", " ",
		}, "name: want"},
	} {
		t.Run(name, func(t *testing.T) {
			code, out, errs := hubctl(t, tt.args...)
			if code != 1 || out != "" || strings.Count(errs, "\n") != 1 || !strings.Contains(errs, tt.want) {
				t.Errorf("exit code %d, output %q, error %q, want %q in it", code, out, errs, tt.want)
			}
		})
	}
}

func TestACheckThatFindsAFaultFailsAfterItsReport(t *testing.T) {
	s := start(t)
	for _, output := range []string{"table", "json"} {
		code, out, errs := s.hubctl(t, "platforms", "check", "p-2", "-o", output)
		if code != 1 || !strings.Contains(out, "no Link") || errs != "hubctl: 1 of 3 checks failed: send the partner what to mend\n" {
			t.Errorf("exit code %d, %s, %q", code, out, errs)
		}
	}
}

func TestAHubThatHangsIsGivenUp(t *testing.T) {
	s := start(t)
	s.block = true
	code, _, errs := s.hubctl(t, "--timeout", "50ms", "catalog", "stats")
	if code != 1 || !strings.Contains(errs, "--timeout") {
		t.Errorf("exit code %d, error %q", code, errs)
	}
}

// freeAddr is an address where nobody listens.
func freeAddr(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

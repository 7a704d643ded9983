package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"

	"github.com/ocpihub/ocpihub/internal/cli"
	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/parties"
	"github.com/ocpihub/ocpihub/parties/memstore"
	adminv1 "github.com/ocpihub/ocpihub/proto/ocpihub/admin/v1"
)

// emptyHub is a registry that knows nobody yet.
func emptyHub(t *testing.T) *parties.Registry {
	t.Helper()
	r, err := parties.Open(t.Context(), parties.Options{Store: memstore.New(), Self: parties.Self{Party: ocpi.NewPartyID("NL", "HUB")}})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// apply runs hubctl apply on a file of this content, read from standard input.
func (s *stage) apply(t *testing.T, content string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	root := newRoot()
	root.SetIn(strings.NewReader(content))
	root.SetOut(&out)
	root.SetErr(&errs)
	root.SetArgs(append([]string{"--addr", s.addr, "--token-file", s.tokenFile, "apply", "-f", "-"}, args...))
	code = cli.Execute(t.Context(), root)
	return code, out.String(), errs.String()
}

func TestASecondApplySaysThatThereIsNothingToChange(t *testing.T) {
	s := start(t)
	raw, err := os.ReadFile("testdata/hub.yaml")
	if err != nil {
		t.Fatal(err)
	}
	code, out, errs := s.apply(t, string(raw))
	if code != 0 || strings.Count(out, "+ create") != 4 || !strings.Contains(out, "k7vv4jntu6r6 has no token yet: hubctl platforms rotate k7vv4jntu6r6\n") {
		t.Errorf("exit code %d, %s%s", code, out, errs)
	}
	code, out, errs = s.apply(t, string(raw))
	if code != 0 || out != "= unchanged  4\nNothing to change.\n" {
		t.Errorf("exit code %d, %q, %s", code, out, errs)
	}
	if code, out, errs = s.apply(t, string(raw), "-o", "json"); code != 0 || out != "[]\n" {
		t.Errorf("exit code %d, %q, %s", code, out, errs)
	}
	code, out, errs = s.apply(t, strings.Replace(string(raw), "suspended: true", "suspended: false", 1)[:strings.Index(string(raw), "agreements:")], "--prune")
	if code != 0 || !strings.Contains(out, "suspended: true -> false") || strings.Contains(out, "- remove") {
		t.Errorf("exit code %d, %s%s", code, out, errs)
	}
	code, out, errs = s.apply(t, "platforms: [{platform_id: k7vv4jntu6r6, name: Acme Charging}]", "--prune", "--show-tokens")
	if code != 0 || !strings.Contains(out, "- remove") || !strings.Contains(out, "parties: CPO:DE*ACM (Acme GmbH, https://acme.example) -> none") {
		t.Errorf("exit code %d, %s%s", code, out, errs)
	}
}

func TestTokensOfNewPlatformsAreShownWhereTheyAreAskedFor(t *testing.T) {
	s := start(t)
	code, out, errs := s.apply(t, "platforms: [{platform_id: acme, name: Acme}]", "--show-tokens")
	if code != 0 || !strings.Contains(out, "acme: versions URL https://hub.example/ocpi/versions, CREDENTIALS_TOKEN_A ") {
		t.Errorf("exit code %d, %s%s", code, out, errs)
	}
}

func TestWhatIsWrongInAFileIsNamedWithItsLine(t *testing.T) {
	s := start(t)
	for name, test := range map[string]struct{ file, says string }{
		"no YAML":            {"platforms: [", "standard input: no YAML: line 1"},
		"nothing":            {"# nothing\n---\n", "says nothing"},
		"a list":             {"- a", "line 1: want the fields platforms, agreements"},
		"an unknown section": {"platforms: []\nparties: []", `line 2: unknown key "parties"`},
		"an unknown key":     {"agreements:\n- cpo: DE*ABC\n  emps: NL*TNM", `agreements[0] (line 3): unknown key "emps", want some of agreement_id, cpo, emsp`},
		"a doubled key":      {"platforms:\n- name: a\n  name: b", "platforms[0].name (line 3): the key stands here twice"},
		"a doubled section":  {"platforms: []\nplatforms: []", "platforms (line 2): the key stands here twice"},
		"an alias":           {"platforms:\n- &a {name: x}\n- *a", "platforms[1] (line 3): aliases are not taken"},
		"a merge":            {"platforms:\n- {<<: {name: x}}", `unknown key "<<"`},
		"no list":            {"platforms:\n  name: x", "platforms (line 2): want a list"},
		"no bool":            {"platforms:\n- name: x\n  suspended: maybe", `platforms[0].suspended (line 3): want true or false, got "maybe"`},
		"no date":            {"agreements:\n- cpo: DE*ABC\n  until: tomorrow", "agreements[0].until (line 3): want a date such as"},
		"no text":            {"platforms:\n- name: [x]", "platforms[0].name (line 2): want a single value"},
		"a second document":  {"platforms: []\n---\nplatforms:\n- nam: x", `document 2, platforms[0] (line 4): unknown key "nam"`},
		"a party that is none, seen by the hub": {
			"platforms:\n- name: x\n  claims:\n  - CPO:DE*ABC\n  - CPO:DEABC", "platforms[0].claims[1] (line 5): want ROLE:CC*PID",
		},
		"an end before the beginning, seen by the hub": {
			"---\nplatforms: []\n---\nagreements:\n- cpo: DE*ABC\n  emsp: NL*TNM\n  from: 2090-01-01\n  until: 2089-01-01",
			"document 2, agreements[0].until (line 8): 2089-01-02T00:00:00Z must be after from",
		},
		"two that clash, in two documents": {
			"agreements: [{agreement_id: a, cpo: DE*ABC, emsp: NL*TNM}]\n---\nagreements:\n- {agreement_id: b, cpo: DE*ABC, emsp: NL*TNM}\n- {agreement_id: a, cpo: DE*ABC, emsp: NL*TNX}",
			"document 2, agreements[1] (line 5): it is a in agreements[0] (line 1) already",
		},
		"a revision that has passed": {"platforms: []", "--revision"},
	} {
		args := []string{}
		if strings.HasPrefix(name, "a revision") {
			args = []string{"--revision", "0000"}
			test.says = "is at revision"
		}
		code, out, errs := s.apply(t, test.file, args...)
		if code != 1 || out != "" || !strings.Contains(errs, test.says) || strings.Count(errs, "\n") != 1 {
			t.Errorf("%s: exit code %d, %q, %q; want %q", name, code, out, errs, test.says)
		}
	}
	code, _, errs := s.hubctl(t, "apply", "-f", filepath.Join(t.TempDir(), "none.yaml"))
	if code != 1 || !strings.Contains(errs, "none.yaml") {
		t.Errorf("no file: exit code %d, %q", code, errs)
	}
}

func TestTextIsTakenAsItStandsThere(t *testing.T) {
	m, err := readManifest(strings.NewReader("platforms:\n- platform_id: 0012\n  name: yes\n  claims: ['CPO:NO*001']\n  suspended: null\n  parties:\n  - {party: CPO:NO*001, name: 1e3}\n"))
	if err != nil {
		t.Fatal(err)
	}
	want := &adminv1.Configuration{Platforms: []*adminv1.ConfigPlatform{{
		PlatformId: "0012", Name: "yes", Claims: []string{"CPO:NO*001"},
		Parties: []*adminv1.ConfigParty{{Party: "CPO:NO*001", Name: "1e3"}},
	}}}
	if diff := cmp.Diff(want, m.config, protocmp.Transform()); diff != "" {
		t.Error(diff)
	}
}

func TestADayIsReadAsTheFlagsReadIt(t *testing.T) {
	for until, want := range map[string]string{"2089-12-31": "2090-01-01T00:00:00Z", "2089-12-31T00:00:00Z": "2089-12-31T00:00:00Z", "none": "-", "null": "-"} {
		m, err := readManifest(strings.NewReader("agreements:\n- {from: 2080-01-01, until: " + until + "}"))
		if err != nil {
			t.Fatal(err)
		}
		a := m.config.GetAgreements()[0]
		if got := showTime(a.GetUntil()); got != want || showTime(a.GetFrom()) != "2080-01-01T00:00:00Z" {
			t.Errorf("until %s: got %s from %s, want %s", until, got, showTime(a.GetFrom()), want)
		}
	}
}

func TestABombOfAliasesIsRefused(t *testing.T) {
	var bomb strings.Builder
	bomb.WriteString("a0: &a0 [x, x, x, x, x, x, x, x, x]\n")
	for _, n := range "123456789" {
		prev := string(n - 1)
		bomb.WriteString("a" + string(n) + ": &a" + string(n) + " [" + strings.TrimSuffix(strings.Repeat("*a"+prev+", ", 9), ", ") + "]\n")
	}
	bomb.WriteString("platforms: *a9\n")
	if _, err := readManifest(strings.NewReader(bomb.String())); err == nil {
		t.Error("it is taken")
	}
	if _, err := readManifest(strings.NewReader("platforms: " + strings.Repeat("[", 100_000))); err == nil {
		t.Error("a deep one is taken")
	}
}

// FuzzManifest wants every file that is taken to be written and read again as
// the same.
func FuzzManifest(f *testing.F) {
	for _, file := range []string{"testdata/hub.yaml", "testdata/export_table.golden"} {
		raw, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw)
	}
	f.Add([]byte("platforms: [{name: \"\\u0085 NO\", suspended: false}]\n---\nagreements: [{from: 0001-01-01, until: 9999-12-31T23:59:59.999999999Z}]"))
	f.Add([]byte("{\"platforms\": null, \"agreements\": [{\"stand_in\": true, \"modules\": [a, \"\"]}]}"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		m, err := readManifest(bytes.NewReader(raw))
		if err != nil {
			return
		}
		var out bytes.Buffer
		if err := writeYAML(&out, m.config, nil); err != nil {
			t.Fatal(err)
		}
		again, err := readManifest(&out)
		if err != nil {
			t.Fatalf("%v in\n%s", err, out.String())
		}
		if diff := cmp.Diff(m.config, again.config, protocmp.Transform()); diff != "" {
			t.Fatal(diff)
		}
	})
}

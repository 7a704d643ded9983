package e2e

import (
	"maps"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"
)

const rulesFile = "../charts/ocpi-hub/alerts/ocpi-hub.rules.yaml"

// prometheusRule is a rule of Prometheus as its file has it.
type prometheusRule struct {
	Alert, Expr, For    string
	Labels, Annotations map[string]string
}

func prometheusRules(t *testing.T) (rules []prometheusRule) {
	t.Helper()
	var file struct {
		Groups []struct {
			Name  string
			Rules []prometheusRule
		}
	}
	if err := yaml.Unmarshal([]byte(read(t, rulesFile)), &file); err != nil {
		t.Fatal(err)
	}
	for _, g := range file.Groups {
		rules = append(rules, g.Rules...)
	}
	if len(rules) == 0 {
		t.Fatal("there are no rules")
	}
	return rules
}

func TestEveryRuleOfPrometheusHasItsEntryInTheRunbook(t *testing.T) {
	_, chapter, found := strings.Cut(read(t, "../docs/runbook.md"), "\n## Rules of Prometheus\n")
	if !found {
		t.Fatal("the runbook has no chapter about them")
	}
	chapter, _, _ = strings.Cut(chapter, "\n## ")
	entries := map[string]bool{}
	for _, entry := range strings.Split(chapter, "\n### ")[1:] {
		name, text, _ := strings.Cut(entry, "\n")
		entries[name] = true
		for _, part := range []string{"- Symptom: ", "- Look: ", "- Do: "} {
			if !strings.Contains(text, part) {
				t.Errorf("the entry %s has no %q", name, part)
			}
		}
	}
	rules := map[string]bool{}
	for _, r := range prometheusRules(t) {
		rules[r.Alert] = true
		if url := r.Annotations["runbook_url"]; !strings.HasSuffix(url, "/docs/runbook.md#"+strings.ToLower(r.Alert)) {
			t.Errorf("%s leads to %q", r.Alert, url)
		}
		if r.Labels["severity"] == "" || !ends(r.Annotations["summary"]) || !ends(r.Annotations["description"]) {
			t.Errorf("%s lacks a severity, or a sentence for its summary or description: %+v", r.Alert, r)
		}
		if _, err := time.ParseDuration(r.For); r.For != "" && err != nil {
			t.Errorf("%s: %v", r.Alert, err)
		}
	}
	if diff := cmp.Diff(slices.Sorted(maps.Keys(rules)), slices.Sorted(maps.Keys(entries))); diff != "" {
		t.Errorf("rules and entries of the runbook differ (-rules +runbook):\n%s", diff)
	}
}

// ends says whether a text is a sentence.
func ends(s string) bool { return regexp.MustCompile(`\w.*\.$`).MatchString(s) }

// The expressions are read and tried by Prometheus' own tool where it is there.
func TestPrometheusUnderstandsTheRules(t *testing.T) {
	promtool, err := exec.LookPath("promtool")
	if err != nil {
		t.Log("PROMTOOL IS NOT INSTALLED: the rules were compared with the metrics of a running hub only, not tried (Debian: prometheus)")
		return
	}
	for _, args := range [][]string{
		{"check", "rules", rulesFile},
		{"test", "rules", "testdata/ocpi-hub.rules.test.yaml"},
	} {
		if out, err := exec.Command(promtool, args...).CombinedOutput(); err != nil {
			t.Errorf("promtool %v: %v\n%s", args, err, out)
		}
	}
}

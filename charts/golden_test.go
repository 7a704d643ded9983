package charts_test

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestTheChartMakesWhatIsCommitted(t *testing.T) {
	for _, file := range valuesFiles(t) {
		t.Run(nameOf(file), func(t *testing.T) {
			t.Parallel()
			got, err := template(t, "-f", file)
			if err != nil {
				t.Fatal(err)
			}
			golden := filepath.Join("golden", nameOf(file)+".yaml")
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if diff := cmp.Diff(string(read(t, golden)), got); diff != "" {
				t.Errorf("differs from %s, go test ./charts -update writes it anew:\n%s", golden, diff)
			}
		})
	}
}

func TestKubernetesKnowsEveryFieldThatTheChartSets(t *testing.T) {
	var files []string
	for _, file := range valuesFiles(t) {
		files = append(files, filepath.Join("golden", nameOf(file)+".yaml"))
	}
	args := append([]string{"-strict", "-summary", "-schema-location", "schemas/{{.ResourceKind}}{{.KindSuffix}}.json"}, files...)
	out, err := run(t, "kubeconform", args...)
	if err != nil || !strings.Contains(out, "Skipped: 0") {
		t.Errorf("kubeconform: %v\n%s", err, out)
	}
}

func TestHelmFindsNothingToMend(t *testing.T) {
	for _, file := range valuesFiles(t) {
		t.Run(nameOf(file), func(t *testing.T) {
			t.Parallel()
			if out, err := run(t, "helm", "lint", "--strict", "ocpi-hub", "-f", file); err != nil {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
}

// leftAlone are values that no file has to change.
var leftAlone = []string{"updateStrategy.type", "podSecurityContext.", "securityContext.", "startupProbe.", "livenessProbe.", "readinessProbe.", "autoscaling.behavior."}

func TestEveryOptionIsTriedWithAnotherValueThanItsDefault(t *testing.T) {
	var defaults map[string]any
	decode(t, read(t, "ocpi-hub/values.yaml"), &defaults)
	tried := map[string]bool{}
	for _, file := range valuesFiles(t) {
		var values map[string]any
		decode(t, read(t, file), &values)
		compare("", defaults, values, tried)
	}
	for _, key := range leaves("", defaults) {
		if !tried[key] && !slices.ContainsFunc(leftAlone, func(part string) bool { return strings.HasPrefix(key, part) }) {
			t.Errorf("%s has its default in each of ocpi-hub/ci", key)
		}
	}
}

// compare notes the keys whose values differ from the defaults.
func compare(at string, defaults, values map[string]any, differ map[string]bool) {
	for key, value := range values {
		inner, ok := value.(map[string]any)
		outer, deep := defaults[key].(map[string]any)
		if ok && deep && len(outer) > 0 {
			compare(at+key+".", outer, inner, differ)
			continue
		}
		if !reflect.DeepEqual(value, defaults[key]) {
			differ[at+key] = true
		}
	}
}

// leaves are the keys of all values that are no sections.
func leaves(at string, values map[string]any) (keys []string) {
	for key, value := range values {
		if section, ok := value.(map[string]any); ok && len(section) > 0 {
			keys = append(keys, leaves(at+key+".", section)...)
			continue
		}
		keys = append(keys, at+key)
	}
	slices.Sort(keys)
	return keys
}

func TestTheVersionsOfChartAndProgramFit(t *testing.T) {
	var chart struct {
		Version    string
		AppVersion string `yaml:"appVersion"`
	}
	decode(t, read(t, "ocpi-hub/Chart.yaml"), &chart)
	newest := "0.1.0" // what the first release will be called
	for line := range strings.Lines(string(read(t, "../CHANGELOG.md"))) {
		var version string
		if n, _ := fmt.Sscanf(line, "## [%s", &version); n == 1 && !strings.HasPrefix(version, "Unreleased") {
			newest = strings.TrimRight(version, "]")
			break
		}
	}
	if chart.Version != newest || chart.AppVersion != newest {
		t.Errorf("Chart.yaml has version %s and appVersion %s, the program is %s (CHANGELOG.md)", chart.Version, chart.AppVersion, newest)
	}
}

package charts_test

import (
	"bytes"
	"encoding/json"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ocpihub/ocpihub/hub"
)

const schemaFile = "ocpi-hub/values.schema.json"

// setByTheChart are the keys of the hub that other values of the chart rule.
var setByTheChart = []string{
	"listen", "public_url", "data_dir", "tls.cert_file", "tls.key_file", "tls.client_ca_file", "admin.listen", "admin.token_file",
	"registry.redis_url", "registry.seal_key_file", "registry.wait_replicas", "nats.url", "nats.creds_file", "nats.replicas",
}

func TestConfigHoldsEveryKeyOfTheHubThatTheChartDoesNotSet(t *testing.T) {
	content := read(t, schemaFile)
	before, _, found := bytes.Cut(content, []byte(`"hubConfig": `))
	if !found {
		t.Fatal("values.schema.json has no hubConfig")
	}
	raw, err := json.MarshalIndent(keysOfTheHub(), "    ", "  ")
	if err != nil {
		t.Fatal(err)
	}
	want := slices.Concat(before, []byte(`"hubConfig": `), raw, []byte("\n  }\n}\n"))
	if *update {
		if err := os.WriteFile(schemaFile, want, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(string(content), string(want)); diff != "" {
		t.Errorf("the keys of the hub have changed, go test ./charts -update writes them anew (-values.schema.json +hub):\n%s", diff)
	}
}

// keysOfTheHub is the schema of config.
func keysOfTheHub() map[string]any {
	defaults := hub.Defaults()
	root := section()
	for _, s := range defaults.Settings() {
		if slices.Contains(setByTheChart, s.Key) {
			continue
		}
		place, names := root, strings.Split(s.Key, ".")
		for _, name := range names[:len(names)-1] {
			inner := place["properties"].(map[string]any)
			if inner[name] == nil {
				inner[name] = section()
			}
			place = inner[name].(map[string]any)
		}
		place["properties"].(map[string]any)[names[len(names)-1]] = typeOf(s)
	}
	return root
}

func section() map[string]any {
	return map[string]any{"type": "object", "additionalProperties": false, "properties": map[string]any{}}
}

var byteSize = regexp.MustCompile(`^\d+[KMG]iB$`)

// typeOf takes the kind of a value from its default.
func typeOf(s hub.Setting) map[string]any {
	text := s.Text()
	_, noDuration := time.ParseDuration(text)
	_, noNumber := strconv.ParseFloat(text, 64)
	switch {
	case s.List:
		return map[string]any{"type": "array", "items": map[string]any{"type": []string{"string", "number"}}}
	case text == "true" || text == "false":
		return map[string]any{"type": "boolean"}
	case noNumber == nil:
		return map[string]any{"type": "number"}
	case noDuration == nil:
		return map[string]any{"type": "string", "pattern": `^([0-9]+(\.[0-9]+)?(ns|us|ms|s|m|h))+$`}
	case byteSize.MatchString(text):
		return map[string]any{"type": []string{"string", "integer"}, "pattern": "^[0-9]+ *(KiB|MiB|GiB)?$"}
	}
	return map[string]any{"type": "string"}
}

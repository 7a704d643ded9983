package partner

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/parties"
)

// exampleOf221 reads an example of the specification, which is kept beside the
// checkout. Without it the test is skipped, but not in CI.
func exampleOf221(t *testing.T, name string) []byte {
	t.Helper()
	body, err := os.ReadFile(filepath.Join("..", "..", "..", "shared", "ocpi", "examples", "2.2.1", name))
	switch {
	case err != nil && os.Getenv("CI") != "":
		t.Fatalf("THE EXAMPLES OF THE SPECIFICATION ARE MISSING: %v", err)
	case err != nil:
		t.Skipf("THE EXAMPLES OF THE SPECIFICATION ARE MISSING, NOTHING IS PROVEN HERE: %v", err)
	}
	return body
}

// dataOf is the data of an example, with or without its envelope.
func dataOf(body []byte) []byte {
	if data, ok := ocpi.Find(body, "data"); ok {
		return data.Value
	}
	return body
}

func TestTheVersionListsOfTheExamplesAreRead(t *testing.T) {
	for _, name := range []string{"versions_info_example.json", "transport_and_format_version_info_example.json"} {
		body := exampleOf221(t, name)
		var want []parties.VersionLink
		if err := json.Unmarshal(dataOf(body), &want); err != nil {
			t.Fatal(err)
		}
		p, url := newPartner(t, says(200, string(body)))
		got, err := p.Versions(t.Context(), url, "token")
		if diff := cmp.Diff(want, got); err != nil || diff != "" || len(got) == 0 {
			t.Errorf("%s: %v %s", name, err, diff)
		}
	}
}

func TestTheVersionDetailsOfTheExamplesAreRead(t *testing.T) {
	for _, name := range []string{"version_details_example.json", "version_details_example2.json", "transport_and_format_version_details_example.json"} {
		body := exampleOf221(t, name)
		var written struct {
			Endpoints []struct{ Identifier, Role, URL string }
		}
		if err := json.Unmarshal(dataOf(body), &written); err != nil {
			t.Fatal(err)
		}
		var want []ocpi.Endpoint
		for _, e := range written.Endpoints {
			want = append(want, ocpi.Endpoint{Module: ocpi.ModuleID(e.Identifier), Interface: ocpi.Interface(e.Role), URL: e.URL})
		}
		p, url := newPartner(t, says(200, string(body)))
		got, err := p.Details(t.Context(), parties.VersionLink{Version: ocpi.V221, URL: url}, "token")
		if diff := cmp.Diff(want, got.Endpoints); err != nil || diff != "" || len(want) == 0 {
			t.Errorf("%s: %v %s", name, err, diff)
		}
	}
}

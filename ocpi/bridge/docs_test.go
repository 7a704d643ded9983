package bridge_test

import (
	"cmp"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/ocpihub/ocpihub/ocpi/bridge"
)

var update = flag.Bool("update", false, "write the table of losses into its document")

// What fails in a property test is told with its seed; files would only be
// forgotten in the tree.
func TestMain(m *testing.M) {
	if err := flag.Set("rapid.nofailfile", "true"); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}

const (
	document = "../../docs/versions.md"
	begin    = "<!-- losses: written by go test ./ocpi/bridge -run Document -update -->\n"
	end      = "<!-- end of losses -->"
)

func TestTheDocumentHasTheTableOfLosses(t *testing.T) {
	text, err := os.ReadFile(document)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, found := strings.Cut(string(text), begin)
	_, after, closed := strings.Cut(rest, end)
	if !found || !closed {
		t.Fatalf("%s has no place for the table of losses", document)
	}
	want := before + begin + table() + end + after
	if string(text) == want {
		return
	}
	if !*update {
		t.Fatalf("%s is behind the code: go test ./ocpi/bridge -run Document -update", document)
	}
	if err := os.WriteFile(document, []byte(want), 0o644); err != nil {
		t.Fatal(err)
	}
}

// table is the table of losses for people, by class and hop.
func table() string {
	rows := bridge.Losses()
	slices.SortStableFunc(rows, func(a, b bridge.Loss) int {
		return cmp.Or(cmp.Compare(a.Class, b.Class), cmp.Compare(a.Field, b.Field))
	})
	var out strings.Builder
	out.WriteString("\n| object | field | way | what | why | reason |\n|---|---|---|---|---|---|\n")
	for _, r := range rows {
		what := string(r.Kind)
		if r.AsIs {
			what = "goes on as it is"
		}
		why := r.Why
		for _, c := range r.Choices {
			why += "; `bridge." + c + "`"
		}
		fmt.Fprintf(&out, "| %s | %s | %s | %s | %s | `%s` |\n", r.Class, r.Field, r.Ways, what, why, r.Reason)
	}
	return out.String() + "\n"
}

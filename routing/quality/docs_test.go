package quality_test

import (
	"os"
	"regexp"
	"slices"
	"testing"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/routing/quality"
)

func TestTheDocumentTellsOfEveryKindAndOfNoOther(t *testing.T) {
	text, err := os.ReadFile("../../docs/quality.md")
	if err != nil {
		t.Fatal(err)
	}
	var told []ocpi.FindingKind
	for _, m := range regexp.MustCompile("(?m)^\\| `([a-z_]+)` \\| [^|]+ \\| [^|]+ \\|$").FindAllStringSubmatch(string(text), -1) {
		told = append(told, ocpi.FindingKind(m[1]))
	}
	if !slices.Equal(told, quality.Kinds()) {
		t.Errorf("the document tells of\n%q\nthe kinds are\n%q", told, quality.Kinds())
	}
}

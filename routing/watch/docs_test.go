package watch_test

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/ocpihub/ocpihub/routing/watch"
)

func TestTheDocumentTellsOfEveryKindAndOfNoOther(t *testing.T) {
	text, err := os.ReadFile("../../docs/alerts.md")
	if err != nil {
		t.Fatal(err)
	}
	var told []watch.Kind
	for _, m := range regexp.MustCompile("(?m)^\\| `([a-z_]+)` \\|").FindAllStringSubmatch(string(text), -1) {
		told = append(told, watch.Kind(m[1]))
	}
	if !slices.Equal(told, watch.Kinds()) {
		t.Errorf("the document tells of\n%q\nthe kinds are\n%q", told, watch.Kinds())
	}
}

func TestEveryKindHasItsEntryInTheRunbook(t *testing.T) {
	text, err := os.ReadFile("../../docs/runbook.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range watch.Kinds() {
		_, anchor, _ := strings.Cut(k.Runbook(), "#alert-")
		_, entry, found := strings.Cut(string(text), "\n### Alert "+anchor+"\n")
		entry, _, _ = strings.Cut(entry, "\n#")
		if !found || !strings.Contains(entry, "- Look: ") || !strings.Contains(entry, "- Do: ") || k.Do() == "" {
			t.Errorf("%s has no whole entry", k)
		}
	}
}

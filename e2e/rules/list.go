package main

import (
	_ "embed" // of the list
	"errors"
	"fmt"
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strings"
)

// rule is one thing that OCPI lays on a hub.
type rule struct {
	number    string // H-058
	versions  string // all, or a list of 211, 221, 230
	ambiguous bool
	text      string
}

// of says whether a version of OCPI has the rule.
func (r rule) of(version string) bool {
	return r.versions == "all" || strings.Contains(r.versions, strings.ReplaceAll(version, ".", ""))
}

//go:embed rules.txt
var rulesText string

var ruleLine = regexp.MustCompile(`^(H-\d{3}) ([\d,]+|all)(\??) +(.+)$`)

// readRules reads the list of rules.
func readRules(text string) ([]rule, error) {
	var out []rule
	for n, line := range strings.Split(text, "\n") {
		if line == "" || line[0] == '#' {
			continue
		}
		m := ruleLine.FindStringSubmatch(line)
		if m == nil {
			return nil, fmt.Errorf("rules.txt:%d: want a number, versions and a text: %q", n+1, line)
		}
		if want := fmt.Sprintf("H-%03d", len(out)+1); m[1] != want {
			return nil, fmt.Errorf("rules.txt:%d: %s stands where %s should", n+1, m[1], want)
		}
		out = append(out, rule{number: m[1], versions: m[2], ambiguous: m[3] == "?", text: m[4]})
	}
	return out, nil
}

// factsFile holds the rules as they were drawn from the specification.
const factsFile = "../shared/ocpi/HUB-RULES.md"

// compare checks the list against the facts, where those are at hand.
func compare(rules []rule) error {
	facts, err := os.ReadFile(factsFile)
	if errors.Is(err, fs.ErrNotExist) && os.Getenv("CI") == "" {
		fmt.Fprintf(os.Stderr, "NOT COMPARED with the specification: %s is not there\n", factsFile)
		return nil
	}
	if err != nil {
		return err
	}
	drawn := readFacts(string(facts))
	var differ []string
	for _, r := range rules {
		if want, ok := drawn[r.number]; !ok || want.versions != r.versions || want.ambiguous != r.ambiguous {
			differ = append(differ, r.number)
		}
	}
	if len(differ) > 0 || len(drawn) != len(rules) {
		return fmt.Errorf("%d rules are listed, %d in %s; these differ in versions or in ambiguity: %s",
			len(rules), len(drawn), factsFile, strings.Join(differ, " "))
	}
	return nil
}

var versionNumber = regexp.MustCompile(`211|221|230`)

// readFacts reads the table rows of the facts.
func readFacts(text string) map[string]rule {
	out := map[string]rule{}
	for line := range strings.SplitSeq(text, "\n") {
		cells := strings.Split(line, " | ")
		if len(cells) < 6 || !strings.HasPrefix(cells[0], "| H-") {
			continue
		}
		number := strings.TrimPrefix(cells[0], "| ")
		out[number] = rule{number: number, versions: versionsOf(cells[4]), ambiguous: strings.Contains(cells[2], "AMBIGUOUS")}
	}
	return out
}

// versionsOf drops the remarks beside the versions: what is for all in spirit
// is for all, and what another version has too is not listed twice.
func versionsOf(cell string) string {
	if strings.Contains(cell, "all") {
		return "all"
	}
	found := versionNumber.FindAllString(cell, -1)
	if strings.HasPrefix(cell, "221,230 ") {
		found = found[:2]
	}
	slices.Sort(found)
	return strings.Join(found, ",")
}

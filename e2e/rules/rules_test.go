package main

import (
	"strings"
	"testing"
)

func TestTheListOfRulesIsWholeAndThatOfTheSpecification(t *testing.T) {
	rules, err := readRules(rulesText)
	if err != nil || len(rules) != 222 {
		t.Fatalf("%d rules, %v", len(rules), err)
	}
	t.Chdir("../..")
	if err := compare(rules); err != nil {
		t.Error(err)
	}
}

func TestALineThatIsNoRuleIsToldWithItsNumber(t *testing.T) {
	for text, says := range map[string]string{
		"H-001 all x\nH-003 all y":       "rules.txt:2: H-003 stands where H-002 should",
		"H-001 all x\nH-002 sometimes y": "rules.txt:2",
	} {
		if _, err := readRules(text); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// A run of the suite in two rounds: one rule passes, one fails in one of two
// tests, one was not run, one has no test, one is of 2.3.0 alone, and one was tried in one of
// its two versions.
const suiteRun = `{"Action":"output","Output":"with partners of OCPI 2.2.1\n"}
{"Action":"pass","Test":"TestH001_A"}
{"Action":"pass","Test":"TestH002_B"}
{"Action":"output","Test":"TestH002_C","Output":"  it broke\n"}
{"Action":"fail","Test":"TestH002_C/with_a_part"}
{"Action":"fail","Test":"TestH002_C"}
{"Action":"output","Test":"TestH003_D","Output":"    x_test.go:1: not run: needs an operator\n"}
{"Action":"skip","Test":"TestH003_D"}
{"Action":"pass","Test":"TestH006_F"}
{"Action":"output","Output":"with partners of OCPI 2.3.0\n"}
{"Action":"pass","Test":"TestH001_A"}
{"Action":"pass","Test":"TestH005_E"}
{"Action":"fail"}
`

const fewRules = "H-001 all one\nH-002 221,230? two\nH-003 221 three\nH-004 211,221 four\nH-005 230 five\nH-006 221,230 six\n"

func TestTheTableTellsWhatIsProvenAndWhatIsNot(t *testing.T) {
	rules, err := readRules(fewRules)
	if err != nil {
		t.Fatal(err)
	}
	results, err := readResults(strings.NewReader(suiteRun))
	if err != nil {
		t.Fatal(err)
	}
	r := report{rules: rules, results: results, others: map[string][]string{"H-001": {"ocpi/x_test.go: TestH001_X"}}, verbose: true}
	text, good := r.write()
	if good {
		t.Error("it is good")
	}
	table := strings.Join(strings.Fields(text), " ")
	for _, line := range []string{
		"H-001 all pass one TestH001_A [2.2.1 2.3.0], +1 ocpi/x_test.go: TestH001_X",
		"H-002 221,230 ? FAIL two TestH002_B [2.2.1], TestH002_C [2.2.1]",
		"H-006 221,230 not run six TestH006_F [2.2.1]",
		"H-003 221 not run three TestH003_D (not run: needs an operator) [2.2.1]",
		"H-004 211,221 NO TEST four", "H-005 230 pass five TestH005_E [2.3.0]",
		"Of 6 rules 2 pass in each version that has them, 1 fail, 2 were not run in one, 1 have no test.",
		"With partners of OCPI 2.2.1: 2 of its 5 rules pass. Not among them: H-002 H-003 H-004",
		"With partners of OCPI 2.3.0: 2 of its 4 rules pass. Not among them: H-002 H-006 Not proven: H-002 H-003 H-004 H-006",
	} {
		if !strings.Contains(table, line) {
			t.Errorf("%q is not in the table:\n%s", line, text)
		}
	}
}

func TestAgainstAHubThatRunsOnlyAFailureIsBad(t *testing.T) {
	rules, err := readRules("H-001 all one\nH-002 all two\nH-003 all three\n")
	if err != nil {
		t.Fatal(err)
	}
	for run, good := range map[string]bool{suiteRun: false, strings.ReplaceAll(suiteRun, "TestH002_C", "TestH900_C"): true} {
		results, err := readResults(strings.NewReader(run))
		if err != nil {
			t.Fatal(err)
		}
		r := report{rules: rules, results: results, partial: true}
		if _, got := r.write(); got != good {
			t.Errorf("good is %v, want %v", got, good)
		}
	}
}

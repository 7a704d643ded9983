package main

import (
	"fmt"
	"slices"
	"strings"
)

// report is the table of the rules.
type report struct {
	rules   []rule
	results map[string][]result
	others  map[string][]string
	verbose bool
	// partial: the suite ran with flags, and so what was not run is not missed.
	partial bool
}

// write returns the table and the count. It is not good when a rule is not
// proven.
func (r *report) write() (table string, good bool) {
	var w strings.Builder
	count := map[string]int{}
	var bad []string
	for _, rule := range r.rules {
		state := r.state(rule)
		count[state]++
		if rule.asked() && !r.good(state) {
			bad = append(bad, rule.number)
		}
		r.line(&w, rule, state)
	}
	fmt.Fprintf(&w, "\n%d rules of other versions only; of the others %d pass, %d fail, %d were not run, %d have no test.\n",
		count[otherVersion], count[pass], count[fail], count[skipped], count[untested])
	if len(bad) > 0 {
		fmt.Fprintf(&w, "Not proven: %s\n", strings.Join(bad, " "))
	}
	return w.String(), len(bad) == 0
}

// The states of a rule.
const (
	pass         = "pass"
	fail         = "FAIL"
	skipped      = "not run"
	untested     = "NO TEST"
	otherVersion = "-"
)

func (r *report) good(state string) bool {
	return state == pass || r.partial && state != fail
}

// state sums up the tests of a rule: one that fails is enough to fail.
func (r *report) state(rule rule) string {
	tests := r.results[rule.number]
	has := func(o outcome) bool {
		return slices.ContainsFunc(tests, func(t result) bool { return t.outcome == o })
	}
	switch {
	case has(failed):
		return fail
	case has(passed):
		return pass
	case has(notRun):
		return skipped
	case rule.asked():
		return untested
	}
	return otherVersion
}

// line writes a rule, its tests, and where they are asked for the others.
func (r *report) line(w *strings.Builder, rule rule, state string) {
	mark := " "
	if rule.ambiguous {
		mark = "?"
	}
	fmt.Fprintf(w, "%s %-8s%s %-7s  %-80s %s\n", rule.number, rule.versions, mark, state, rule.text, r.tests(rule))
	if !r.verbose {
		return
	}
	for _, other := range r.others[rule.number] {
		fmt.Fprintf(w, "       %s\n", other)
	}
}

func (r *report) tests(rule rule) string {
	var names []string
	for _, t := range r.results[rule.number] {
		name := t.test
		if t.outcome == notRun {
			name += " (not run: " + t.why + ")"
		}
		names = append(names, name)
	}
	if n := len(r.others[rule.number]); n > 0 {
		names = append(names, fmt.Sprintf("+%d", n))
	}
	return strings.Join(names, ", ")
}

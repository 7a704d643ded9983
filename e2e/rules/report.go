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
		if !r.good(state) {
			bad = append(bad, rule.number)
		}
		r.line(&w, rule, state)
	}
	fmt.Fprintf(&w, "\nOf %d rules %d pass in each version that has them, %d fail, %d were not run in one, %d have no test.\n",
		len(r.rules), count[pass], count[fail], count[skipped], count[untested])
	r.versions(&w)
	if len(bad) > 0 {
		fmt.Fprintf(&w, "Not proven: %s\n", strings.Join(bad, " "))
	}
	return w.String(), len(bad) == 0
}

// The states of a rule.
const (
	pass     = "pass"
	fail     = "FAIL"
	skipped  = "not run"
	untested = "NO TEST"
)

func (r *report) good(state string) bool {
	return state == pass || r.partial && state != fail
}

// state sums up the tests of a rule: one that fails is enough to fail. A version
// that has the rule, and a round in which it was not tried, leave it unproven.
func (r *report) state(rule rule) string {
	out := sum(r.results[rule.number], "")
	for _, v := range r.rounds() {
		if out == pass && rule.of(v) && sum(r.results[rule.number], v) != pass {
			return skipped
		}
	}
	return out
}

// sum sums up tests, of the round of one version or of all.
func sum(tests []result, version string) string {
	has := func(o outcome) bool {
		return slices.ContainsFunc(tests, func(t result) bool { return t.outcome == o && (version == "" || t.version == version) })
	}
	switch {
	case has(failed):
		return fail
	case has(passed):
		return pass
	case has(notRun):
		return skipped
	}
	return untested
}

// versions writes of each version how many of its rules pass with partners of it,
// and which do not.
func (r *report) versions(w *strings.Builder) {
	for _, v := range r.rounds() {
		have, proven := 0, 0
		var left []string
		for _, rule := range r.rules {
			if !rule.of(v) {
				continue
			}
			have++
			if sum(r.results[rule.number], v) == pass {
				proven++
				continue
			}
			left = append(left, rule.number)
		}
		fmt.Fprintf(w, "With partners of OCPI %s: %d of its %d rules pass.", v, proven, have)
		if len(left) > 0 {
			fmt.Fprintf(w, " Not among them: %s", strings.Join(left, " "))
		}
		w.WriteByte('\n')
	}
}

// rounds are the versions in which the suite ran.
func (r *report) rounds() (out []string) {
	for _, tests := range r.results {
		for _, t := range tests {
			if t.version != "" && !slices.Contains(out, t.version) {
				out = append(out, t.version)
			}
		}
	}
	slices.Sort(out)
	return out
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

// tests lists the tests of a rule, each with the versions of its rounds.
func (r *report) tests(rule rule) string {
	var names []string
	in := map[string]string{}
	for _, t := range r.results[rule.number] {
		name := t.test
		if t.outcome == notRun {
			name += " (not run: " + t.why + ")"
		}
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
		in[name] = strings.TrimSpace(in[name] + " " + t.version)
	}
	for i, name := range names {
		if in[name] != "" {
			names[i] = name + " [" + in[name] + "]"
		}
	}
	if n := len(r.others[rule.number]); n > 0 {
		names = append(names, fmt.Sprintf("+%d", n))
	}
	return strings.Join(names, ", ")
}

package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
)

// outcome is what became of a test.
type outcome string

// The outcomes, as the toolchain writes them.
const (
	passed outcome = "pass"
	failed outcome = "fail"
	notRun outcome = "skip"
)

// result is a test of the suite, in one of its rounds.
type result struct {
	test    string
	version string // that the partners spoke
	outcome outcome
	why     string // why it was not run
}

// run runs the suite with the flags of the caller and returns its results by
// rule. What tests of the suite print is shown when they fail.
func run(ctx context.Context, args []string) (map[string][]result, error) {
	cmd := exec.CommandContext(ctx, "go", append([]string{"test", "-count=1", "-json", "./" + suiteDir}, args...)...)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if _, failing := errors.AsType[*exec.ExitError](err); err != nil && !failing {
		return nil, err
	}
	results, err := readResults(bytes.NewReader(out))
	if err == nil && len(results) == 0 {
		err = fmt.Errorf("the suite did not run: go test %s says why", suiteDir)
	}
	return results, err
}

// event is one line of go test -json.
type event struct {
	Action, Test, Output string
}

// round begins the line with which the suite begins a round in a version.
const round = "with partners of OCPI "

// readResults reads the results of the suite by rule.
func readResults(r io.Reader) (map[string][]result, error) {
	results := map[string][]result{}
	said := map[string][]string{}
	version := ""
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var e event
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			fmt.Fprintln(os.Stderr, lines.Text()) // what is no event tells why there are none
			continue
		}
		test, _, sub := strings.Cut(e.Test, "/")
		switch {
		case e.Action == "output" && strings.HasPrefix(e.Output, round):
			version, said = strings.TrimSpace(strings.TrimPrefix(e.Output, round)), map[string][]string{}
		case e.Action == "output":
			said[test] = append(said[test], e.Output)
		case test == "" || sub:
		case e.Action == string(failed):
			fmt.Fprint(os.Stderr, strings.Join(said[test], ""))
			fallthrough
		case e.Action == string(passed) || e.Action == string(notRun):
			for _, rule := range rulesIn(test) {
				results[rule] = append(results[rule], result{test, version, outcome(e.Action), reason(said[test])})
			}
		}
	}
	return results, lines.Err()
}

// reason is what a test that was not run says that it needs.
func reason(said []string) string {
	for _, line := range said {
		if _, why, found := strings.Cut(line, "not run: "); found {
			return strings.TrimSpace(why)
		}
	}
	return ""
}

package main

import (
	"strings"
	"testing"
)

func TestTheDemoToldOnceEndsWith0(t *testing.T) {
	code, out, errs := execute(t, newRoot(), "demo", "--once", "--cpos", "1", "--emsps", "1")
	if code != 0 || errs != "" || !strings.Contains(out, "steps verified") {
		t.Errorf("exit code %d, error %q, story:\n%s", code, errs, out)
	}
}

func TestADemoThatCannotStartEndsWith1OnOneLine(t *testing.T) {
	code, _, errs := execute(t, newRoot(), "demo", "--once", "--locations", "none.jsonl")
	if code != 1 || strings.Count(errs, "\n") != 1 || !strings.Contains(errs, "none.jsonl") {
		t.Errorf("exit code %d, error %q", code, errs)
	}
}

func TestADemoOfNobodyIsWrongUsage(t *testing.T) {
	for _, args := range [][]string{{"--cpos", "0"}, {"--emsps", "101"}, {"--sabotage", "all"}, {"--addr", "127.0.0.1:8081"}, {"now"}} {
		code, _, errs := execute(t, newRoot(), append([]string{"demo"}, args...)...)
		if code != 2 || strings.Count(errs, "\n") != 1 {
			t.Errorf("%q: exit code %d, error %q", args, code, errs)
		}
	}
}

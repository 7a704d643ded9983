// Command rules runs the conformance suite and prints, for each rule that OCPI
// lays on a hub, which test proves it, with partners of which versions, and what
// became of that test, and of each version how many of its rules pass. It fails when
// a rule has no test, was not tried in a version that has it, or its test fails.
//
//	go run ./e2e/rules            the table
//	go run ./e2e/rules -v         with the other tests that name each rule
//	go run ./e2e/rules -hub URL … against a hub that runs: all flags of the suite
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"slices"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	ok, err := table(ctx, os.Args[1:])
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "rules:", err)
	}
	if err != nil || !ok {
		os.Exit(1)
	}
}

// table runs the suite and prints the table; ok says that nothing is missing.
func table(ctx context.Context, args []string) (ok bool, err error) {
	rules, err := readRules(rulesText)
	if err != nil {
		return false, err
	}
	if err := compare(rules); err != nil {
		return false, err
	}
	others, err := scan(".")
	if err != nil {
		return false, err
	}
	verbose := slices.Contains(args, "-v")
	args = slices.DeleteFunc(args, func(a string) bool { return a == "-v" })
	results, err := run(ctx, args)
	if err != nil {
		return false, err
	}
	r := report{rules: rules, results: results, others: others, verbose: verbose, partial: len(args) > 0}
	text, ok := r.write()
	_, err = os.Stdout.WriteString(text)
	return ok, err
}

// Load measures the hub against yardsticks that run beside it: nginx, a tuned
// reverse proxy, a bare HTTP client, or the hub itself at another size. Only
// ratios within one run mean something, for the machine is never quiet; the
// rounds of what is compared are interleaved, and the medians are printed.
//
//	go run ./e2e/load            every line, some ten minutes
//	go run ./e2e/load -only P1,P4 -rounds 3
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"time"
)

func main() {
	if len(os.Args) == 3 && os.Args[1] == reverseProxy { // this program as its own yardstick
		exit(serveReverseProxy(os.Args[2]))
	}
	if len(os.Args) > 1 && os.Args[1] == bareClient {
		exit(runBareClient(os.Args[2:]))
	}
	var o options
	flag.StringVar(&o.only, "only", "", "the lines to measure, for example P1,P4; empty: all")
	flag.IntVar(&o.rounds, "rounds", 5, "how often each target is measured; the median counts")
	flag.DurationVar(&o.span, "span", 3*time.Second, "how long one measurement lasts")
	flag.IntVar(&o.locations, "locations", 40_000, "how many locations the crawl finds (the goals say 400000)")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	exit(run(ctx, o))
}

func exit(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "load:", err)
		os.Exit(1)
	}
	os.Exit(0)
}

type options struct {
	only              string
	rounds, locations int
	span              time.Duration
}

func (o options) wants(lines ...string) bool {
	for _, line := range lines {
		for name := range strings.SplitSeq(o.only, ",") {
			if o.only == "" || strings.EqualFold(strings.TrimSpace(name), line) {
				return true
			}
		}
	}
	return false
}

// chapter measures some lines of the table.
type chapter struct {
	lines []string
	run   func(context.Context, *rig) error
}

var chapters = []chapter{
	{[]string{"P1", "P2", "P3"}, routedRequests},
	{[]string{"P4", "P5"}, fanOut},
	{[]string{"P6"}, liveFanOut},
	{[]string{"P7"}, statusPatches},
	{[]string{"P8", "P9", "P10", "P14"}, crawl},
	{[]string{"P11"}, manyParties},
	{[]string{"P12"}, decisions},
	{[]string{"P13"}, idle},
}

func run(ctx context.Context, o options) error {
	r, err := newRig(o)
	if err != nil {
		return err
	}
	defer r.close()
	for _, c := range chapters {
		if !o.wants(c.lines...) {
			continue
		}
		began := time.Now()
		if err := c.run(ctx, r); err != nil {
			return fmt.Errorf("%s: %w", strings.Join(c.lines, ", "), err)
		}
		fmt.Fprintf(os.Stderr, "%s measured in %s\n", strings.Join(c.lines, ", "), time.Since(began).Round(time.Second))
	}
	return r.table.print(os.Stdout)
}

package main

import (
	"context"
	"fmt"
	"os/exec"
	"regexp"
	"strconv"
	"time"

	"github.com/ocpihub/ocpihub/ocpi"
)

// manyParties is P11: how many parties there are must not matter to a request.
func manyParties(ctx context.Context, r *rig) error {
	const platforms, each = 100, 50 // of two roles
	few, err := r.open(ctx, 5, bothRoles)
	if err != nil {
		return err
	}
	defer few.close()
	many, err := r.open(ctx, platforms+2, func(n int) []role {
		if n < 2 {
			return bothRoles(n)
		}
		var out []role
		for k := range each {
			out = append(out, bothRoles(n*each+k)...)
		}
		return out
	})
	if err != nil {
		return err
	}
	defer many.close()
	readings, err := r.interleaved(ctx, pace{connections: 16, span: r.span}, many.target(mix()), few.target(mix()))
	if err != nil {
		return err
	}
	cost := readings.medians(reading.cost)
	r.table.add(row{
		line: "P11", what: fmt.Sprintf("CPU of a routed request among %d parties", 2*platforms*each), yardstick: "among 10", figure: cost[0] / cost[1], goal: 1.1,
		detail: fmt.Sprintf("%.0f against %.0f microseconds", cost[0], cost[1]),
	})
	return nil
}

var allocations = regexp.MustCompile(`BenchmarkAddressAndPermit\S*\s+\d+\s+([\d.]+) ns/op\s+\d+ B/op\s+(\d+) allocs/op`)

// decisions is P12, by the benchmark that stands beside the code.
func decisions(ctx context.Context, r *rig) error {
	out, err := exec.CommandContext(ctx, "go", "test", "-run", "^$", "-bench", "BenchmarkAddressAndPermit", "-benchmem",
		"github.com/ocpihub/ocpihub/routing").CombinedOutput()
	m := allocations.FindSubmatch(out)
	if err != nil || m == nil {
		return fmt.Errorf("go test -bench: %w: %s", err, out)
	}
	count, err := strconv.ParseFloat(string(m[2]), 64)
	r.table.add(row{line: "P12", what: "Address and Permit", figure: count, goal: 0, unit: " allocations", detail: string(m[1]) + " ns"})
	return err
}

// idle is P13: the memory of a hub that has nothing to do.
func idle(ctx context.Context, r *rig) error {
	for _, c := range []struct {
		receivers int
		goal      float64
	}{{0, 60}, {500, 150}} {
		s, err := r.open(ctx, c.receivers+1, func(n int) []role {
			return []role{roleOf(ocpi.EMSP, party("NL", n))}
		})
		if err != nil {
			return err
		}
		sleepUntil(ctx, time.Now().Add(r.span)) // what came of the registrations
		bytes, err := memoryOf(s.PID())
		s.close()
		if err != nil {
			return err
		}
		r.table.add(row{line: "P13", what: fmt.Sprintf("RAM of a hub with %d idle receivers", c.receivers), figure: bytes / (1 << 20), goal: c.goal, unit: " MiB"})
	}
	return nil
}

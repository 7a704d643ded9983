package main

import (
	"fmt"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/ocpihub/ocpihub/e2e/chaos/cast"
	"github.com/ocpihub/ocpihub/e2e/chaos/site"
	"github.com/ocpihub/ocpihub/e2e/harness"
)

// programs is the folder of the built programs, with clocks as they are: a
// library that is built anew takes minutes.
var programs harness.Programs

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "ocpi-chaos-")
	if err == nil {
		programs, err = build(dir, false, "")
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "chaos: build the programs:", err)
		os.Exit(1)
	}
	code := m.Run()
	_ = os.RemoveAll(dir)
	os.Exit(code)
}

// short is a trial small enough for every run of the tests.
func short() options {
	return options{
		span: 12 * time.Second, settled: time.Minute, pushes: 40, directs: 20,
		site: site.Options{Programs: programs},
		cast: cast.Options{CPOs: 2, EMSPs: 2, Locations: 10, Tariffs: 6, Tokens: 10},
	}
}

func trialOf(t *testing.T, o options, seed uint64) outcome {
	t.Helper()
	one := &trial{o: o, seed: seed, dir: t.TempDir(), tell: t.Logf}
	result, err := one.run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Log(result)
	return result
}

func TestAHubThatIsKilledPausedAndCutOffKeepsItsPromises(t *testing.T) {
	t.Parallel()
	if result := trialOf(t, short(), 1); !result.report.OK() {
		t.Errorf("%q", first(result.report, 20))
	}
}

func TestASeedMakesTheSameFaultsEachTime(t *testing.T) {
	s := stage{
		processes: []string{"hub1", "redis1"}, links: []string{"hub1 to nats1", "hub to E"},
		hubs: []string{"hub1"}, ways: []string{"hub to E"},
		disks: []string{"hub1"}, clocks: []string{"hub1"},
	}
	one, again := schedule(s, 7, time.Minute), schedule(s, 7, time.Minute)
	if !slices.Equal(one, again) || len(one) < 10 {
		t.Errorf("%d faults, then %d: %v\n%v", len(one), len(again), one, again)
	}
	if slices.Equal(one, schedule(s, 8, time.Minute)) {
		t.Error("another seed makes the same faults")
	}
	for _, d := range one {
		if d.at+d.span > time.Minute {
			t.Errorf("%s goes on after the trial", d)
		}
	}
}

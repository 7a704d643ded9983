package main

import (
	"os"
	"strings"
	"testing"
	"time"
)

func TestTheMiddleOfTheRoundsCounts(t *testing.T) {
	for want, figures := range map[float64][]float64{0: nil, 2: {9, 1, 2}, 2.5: {1, 2, 3, 9}} {
		if got := median(figures); got != want {
			t.Errorf("the median of %v is %v, want %v", figures, got, want)
		}
	}
}

func TestTheTableSaysWhichGoalsHold(t *testing.T) {
	var table table
	table.add(row{line: "P12", what: "most", figure: 3, goal: 2})
	table.add(row{line: "P2", what: "least", figure: 3, goal: 2, atLeast: true})
	table.missing("P1", "absent", "nginx is not installed")
	var out strings.Builder
	if err := table.print(&out); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(out.String(), "\n")
	for i, want := range []string{"LINE", "P1 ", "P2 ", "P12"} {
		if !strings.HasPrefix(lines[i], want) {
			t.Errorf("line %d is %q, want %s", i, lines[i], want)
		}
	}
	if !strings.Contains(lines[2], "yes") || !strings.Contains(lines[3], "no") || !strings.Contains(lines[1], "nginx is not installed") {
		t.Errorf("got\n%s", out.String())
	}
}

func TestTheTimeThatAProcessUsesIsMeasured(t *testing.T) {
	before, err := cpuOf(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	for began, n := time.Now(), 0; time.Since(began) < 200*time.Millisecond; n++ {
		_ = n * n
	}
	if after, err := cpuOf(os.Getpid()); err != nil || after <= before {
		t.Errorf("%s before, %s after: %v", before, after, err)
	}
	if bytes, err := memoryOf(os.Getpid()); err != nil || bytes < 1<<20 {
		t.Errorf("%.0f bytes: %v", bytes, err)
	}
}

func TestTheMessagesOfTheMixAreTakenByWhoeverSeesThem(t *testing.T) {
	c, err := newCrowd(bothRoles)
	if err != nil {
		t.Fatal(err)
	}
	defer c.close()
	crowd := target{name: "the crowd", addr: c.addr, pid: os.Getpid(), requests: mix()}
	got, err := drive(t.Context(), crowd, pace{connections: 4, span: 200 * time.Millisecond})
	for span := time.Second; err == nil && got.answers == 0 && span < time.Minute; span *= 2 { // the machine may be busy
		got, err = drive(t.Context(), crowd, pace{connections: 4, span: span})
	}
	if err != nil || got.answers == 0 || got.quantile(.5) > got.quantile(.99) {
		t.Errorf("%d answers, p50 %v ms, p99 %v ms: %v", got.answers, got.quantile(.5), got.quantile(.99), err)
	}
}

package main

import (
	"testing"
	"time"
)

// The deeds that bring out a planted bug, so that it does not depend on luck.
var bringOut = map[string][]deed{
	"ack-before-stream": {
		{what: kill, target: "hub1", at: 2 * time.Second, span: 500 * time.Millisecond},
		{what: kill, target: "hub1", at: 5 * time.Second, span: 500 * time.Millisecond},
	},
	"progress-too-early": { // killed while there is something to deliver
		{what: slow, target: "hub to EMSP DE*E00", at: time.Second, span: 6 * time.Second, amount: 900 * time.Millisecond},
		{what: stall, target: "hub to EMSP DE*E01", at: time.Second, span: 6 * time.Second},
		{what: stall, target: "hub to CPO DE*C00", at: time.Second, span: 6 * time.Second},
		{what: kill, target: "hub1", at: 4 * time.Second, span: 500 * time.Millisecond},
	},
}

func TestABugThatIsPlantedIsFound(t *testing.T) {
	t.Parallel()
	for name, deeds := range bringOut {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := short()
			o.span, o.settled, o.deeds = 8*time.Second, 5*time.Second, deeds
			var err error
			if o.site.Programs, err = build(t.TempDir(), false, name); err != nil {
				t.Fatal(err)
			}
			if result := trialOf(t, o, 1); result.report.OK() {
				t.Error("nobody noticed")
			} else {
				t.Logf("%q", first(result.report, 3))
			}
		})
	}
}

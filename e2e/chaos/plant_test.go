package main

import (
	"testing"
	"time"

	"github.com/ocpihub/ocpihub/e2e/chaos/site"
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
	"second-reader": { // one of them is behind
		{what: slow, target: "hub to EMSP DE*E00", at: time.Second, span: 10 * time.Second, amount: 400 * time.Millisecond},
		{what: slow, target: "hub to EMSP DE*E01", at: time.Second, span: 10 * time.Second, amount: 400 * time.Millisecond},
		{what: pause, target: "hub1", at: 3 * time.Second, span: 2 * time.Second},
		{what: pause, target: "hub2", at: 6 * time.Second, span: 2 * time.Second},
	},
}

// tries is how many seeds a planted bug may live through: what the platforms
// push is drawn anew in each run.
const tries = 4

func TestABugThatIsPlantedIsFound(t *testing.T) {
	t.Parallel()
	for name, deeds := range bringOut {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := short()
			o.span, o.settled, o.deeds = 8*time.Second, 5*time.Second, deeds
			if name == "second-reader" {
				o.span, o.pushes = 12*time.Second, 80
				o.site.Replicas, o.site.Redis = 3, site.RedisSingle
			}
			var err error
			if o.site.Programs, err = build(t.TempDir(), false, name); err != nil {
				t.Fatal(err)
			}
			for seed := range uint64(tries) {
				if result := trialOf(t, o, seed+1); !result.report.OK() {
					t.Logf("%q", first(result.report, 3))
					return
				}
			}
			t.Error("nobody noticed")
		})
	}
}

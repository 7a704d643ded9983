package fanout

import (
	"testing"
	"time"
)

func TestDeliveriesThatFailTogetherCountOnce(t *testing.T) {
	now := time.Unix(1000, 0)
	o := &outlet{engine: &Engine{Options: Options{Now: func() time.Time { return now }}}}
	for range 10 { // all were under way when the first failed
		o.heed(Verdict{Outcome: Again, Reason: ReasonHubRefused}, 1)
	}
	if o.fails != 1 || o.until.Sub(now) > firstWait {
		t.Errorf("counted %d failures, and a pause of %s", o.fails, o.until.Sub(now))
	}
	now = o.until
	if o.heed(Verdict{Outcome: Again, Reason: ReasonHubRefused}, 2); o.fails != 2 {
		t.Errorf("a failure after the pause: counted %d", o.fails)
	}
}

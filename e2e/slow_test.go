package e2e

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/ocpitest"
)

const (
	phases       = 2
	pushesAPhase = 150
	pushEvery    = 5 * time.Millisecond
)

// A bad receiver must not delay the others. Times are measured in phases with
// and without it that take turns in one run, and printed as a ratio; what is
// asserted is only what cannot be the machine's fault: that the others have
// everything long before the bad one would have answered.
func TestAReceiverThatIsDownSlowOrTalksGarbageDoesNotDelayTheOthers(t *testing.T) {
	t.Parallel()
	h := startHub(t)
	cpo := h.join(platformOf(ocpi.CPO, "DE*ABC"))
	good := []*ocpitest.Platform{h.join(platformOf(ocpi.EMSP, "NL*TNM")), h.join(platformOf(ocpi.EMSP, "BE*ECO", "BE*EC2"))}
	bad := h.join(platformOf(ocpi.EMSP, "FR*BAD"))
	pumps := publish(t, []*ocpitest.Platform{cpo})
	for _, trouble := range []struct {
		name        string
		begin, heal func()
	}{
		{"slow", func() { bad.Fail(ocpitest.Fault{Module: ocpi.Locations, Delay: 10 * time.Second}) }, bad.Heal},
		{"garbage", func() { bad.Fail(ocpitest.Fault{Module: ocpi.Locations, Garbage: true}) }, bad.Heal},
		{"down", bad.Stop, func() { _ = bad.Start() }},
	} {
		t.Run(trouble.name, func(t *testing.T) {
			var with, without []time.Duration
			for range phases {
				without = append(without, deliveryTimes(t, pumps, good)...)
				trouble.begin()
				with = append(with, deliveryTimes(t, pumps, good)...)
				wantBehind(t, bad, pumps)
				trouble.heal()
			}
			t.Logf("delivery to the others: p50 %s with it, %s without; p99 %s with it, %s without: %.2f times",
				quantile(with, 50), quantile(without, 50), quantile(with, 99), quantile(without, 99),
				float64(quantile(with, 99))/float64(quantile(without, 99)))
			if worst := quantile(with, 100); worst > 5*time.Second {
				t.Errorf("a delivery to the others took %s", worst)
			}
		})
	}
}

// wantBehind checks that the bad receiver was one indeed: it does not have what
// the others have.
func wantBehind(t *testing.T, bad *ocpitest.Platform, pumps []*pump) {
	t.Helper()
	held, behind := ocpitest.Statuses(bad.Objects(ocpi.Locations, nil)), 0
	for _, p := range pumps {
		if held[p.name] != fmt.Sprint("S", p.serial) {
			behind++
		}
	}
	if behind < len(pumps)/2 {
		t.Errorf("the bad receiver lacks %d of %d states only: it proves nothing", behind, len(pumps))
	}
}

// deliveryTimes pushes at an even pace and returns the times from each push to
// its arrival at every party of the receivers.
func deliveryTimes(t *testing.T, pumps []*pump, receivers []*ocpitest.Platform) []time.Duration {
	t.Helper()
	sent := map[string]time.Time{}
	parties := 0
	for _, r := range receivers {
		r.ForgetCalls()
		parties += len(r.Parties())
	}
	pace := time.NewTicker(pushEvery)
	defer pace.Stop()
	for i := range pushesAPhase {
		<-pace.C
		p := pumps[i%len(pumps)]
		p.serial++
		id := fmt.Sprint(t.Name(), time.Now().UnixNano())
		body := fmt.Appendf(nil, `{"status":"S%d","last_updated":%q}`, p.serial, ocpi.FormatDateTime(time.Now()))
		sent[id] = time.Now()
		reply, err := p.cpo.Do(t.Context(), ocpitest.Request{
			Module: ocpi.Locations, Interface: ocpi.Receiver, Method: "PATCH", From: p.owner, To: hubParty, Path: p.path, Body: body, CorrelationID: id,
		})
		if err != nil || !reply.OK() {
			t.Fatal(err, reply.Err())
		}
	}
	return collectTimes(t, sent, receivers, parties)
}

func collectTimes(t *testing.T, sent map[string]time.Time, receivers []*ocpitest.Platform, parties int) (times []time.Duration) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	for _, r := range receivers {
		fresh := func(c ocpitest.Call) bool { _, ok := sent[c.CorrelationID()]; return ok }
		want := len(sent) * len(r.Parties())
		if err := r.Until(ctx, func() bool { return len(r.Calls(fresh)) >= want }); err != nil {
			t.Fatalf("%s got %d of %d: %v", r.Name(), len(r.Calls(fresh)), want, err)
		}
		for _, c := range r.Calls(fresh) {
			times = append(times, c.At.Sub(sent[c.CorrelationID()]))
		}
	}
	if len(times) != len(sent)*parties {
		t.Errorf("%d copies arrived, want %d", len(times), len(sent)*parties)
	}
	return times
}

// quantile returns the time below which so many percent lie.
func quantile(times []time.Duration, percent int) time.Duration {
	sorted := slices.Sorted(slices.Values(times))
	return sorted[min(len(sorted)-1, len(sorted)*percent/100)].Round(10 * time.Microsecond)
}

package e2e

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/ocpitest"
)

// changesOfTheBroadcast is how many changes one CPO pushes to all.
const changesOfTheBroadcast = 2000

// pushToAll pushes locations side by side and returns when all are acknowledged.
func pushToAll(ctx context.Context, t *testing.T, c *ocpitest.Platform, n int) {
	var work sync.WaitGroup
	slots := make(chan struct{}, 8)
	for i := range n {
		slots <- struct{}{}
		work.Go(func() {
			defer func() { <-slots }()
			reply, err := c.Push(ctx, ocpi.Locations, hubParty, []byte(locationWith(abc, fmt.Sprintf("L%d", i), 1)))
			if err != nil || !reply.OK() {
				t.Errorf("push %d: %v, %v", i, err, reply.Err())
			}
		})
	}
	work.Wait()
}

// statusesAt are the statuses of the EVSEs that a party holds, by their uids.
func statusesAt(p *ocpitest.Platform, party ocpi.PartyID) map[string]string {
	return ocpitest.Statuses(p.Objects(ocpi.Locations, func(o ocpitest.Object) bool { return o.To == party }))
}

func TestSuspendingAnAgreementStopsABroadcastAndResumingBringsWhatWasMissed(t *testing.T) {
	t.Parallel()
	h := startHub(t, "OCPI_HUB_POLICY_DEFAULT=agreement")
	c := h.join(platformOf(ocpi.CPO, "DE*ABC"))
	all := func(ids ...string) ocpitest.Options {
		o := platformOf(ocpi.EMSP, ids...)
		o.CallsKept = 0
		return o
	}
	stopped, beside, other := h.join(all("NL*TNM", "NL*TN2")), tn2, h.join(all("FR*DRV"))
	var a agreementView
	for _, emsp := range []string{"NL*TN2", "FR*DRV", "NL*TNM"} { // the last one is suspended
		h.hubctl(&a, "agreements", "create", "--cpo", "DE*ABC", "--emsp", emsp)
	}
	stopped.Fail(ocpitest.Fault{Module: ocpi.Locations, Delay: 20 * time.Millisecond}) // so that a queue waits for it
	got := func(p *ocpitest.Platform, party ocpi.PartyID) int { return len(statusesAt(p, party)) }

	var pushing sync.WaitGroup
	pushing.Go(func() { pushToAll(t.Context(), t, c, changesOfTheBroadcast) })
	holds(t, stopped, "the broadcast has begun", func() bool { return got(stopped, tnm) >= changesOfTheBroadcast/10 })
	h.hubctl(&a, "agreements", "suspend", a.ID)
	suspended := time.Now()
	stopped.Heal()
	pushing.Wait()
	holds(t, stopped, "the party beside it gets everything", func() bool { return got(stopped, beside) == changesOfTheBroadcast })
	holds(t, other, "the other platform gets everything", func() bool { return got(other, drv) == changesOfTheBroadcast })
	late := stopped.Calls(ocpitest.Is(ocpi.Locations, ""), func(call ocpitest.Call) bool {
		return call.Routing.To == tnm && call.At.After(suspended.Add(2*time.Second))
	})
	had := got(stopped, tnm)
	if len(late) > 0 || had == changesOfTheBroadcast {
		t.Errorf("%d changes came to the suspended party two seconds later; it has %d", len(late), had)
	}
	last := slices.MaxFunc(stopped.Calls(func(call ocpitest.Call) bool { return call.Routing.To == tnm }),
		func(x, y ocpitest.Call) int { return x.At.Compare(y.At) })
	t.Logf("after the suspension the last change came %s; %d of %d had come", last.At.Sub(suspended), had, changesOfTheBroadcast)

	changed := c.Offers(ocpi.Locations)[0] // what it has changes, too
	reply, err := c.Patch(t.Context(), ocpitest.Change{
		Key: changed.Key, Parts: []string{changed.ID + "-0"}, To: hubParty, Body: []byte(`{"status":"CHARGING","last_updated":"2026-02-01T00:00:00Z"}`),
	})
	if err != nil || !reply.OK() {
		t.Fatalf("%v, %v", err, reply.Err())
	}
	h.kill()
	h.start()
	h.hubctl(&a, "agreements", "resume", a.ID)
	h.kill() // what is owed is written down
	h.start()
	for party, p := range map[ocpi.PartyID]*ocpitest.Platform{tnm: stopped, beside: stopped, drv: other} {
		holds(t, p, party.String()+" has everything, and the newest state", func() bool {
			is := statusesAt(p, party)
			return len(is) == changesOfTheBroadcast && is["DE*ABC/"+changed.ID+"/"+changed.ID+"-0"] == "CHARGING"
		})
	}
	if older := stopped.Regressions(); len(older) > 0 {
		t.Errorf("older states came after newer ones: %v", older[:min(3, len(older))])
	}
	if calls := stopped.Calls(func(call ocpitest.Call) bool {
		return call.Module == ocpi.HubClientInfo && strings.HasSuffix(call.Below, "DE/ABC")
	}); len(calls) < 3 {
		t.Errorf("the platform was told of the CPO %d times, want connected, suspended, connected", len(calls))
	}
}

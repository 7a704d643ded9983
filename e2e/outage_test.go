package e2e

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/ocpitest"
)

// pingSoon lets the hub notice within seconds that a platform went or came.
const pingSoon = "OCPI_HUB_ALIVE_INTERVAL=1s"

// outage is a hub with a CPO, an eMSP platform of two parties that goes away,
// and one that stays and is told about it.
type outage struct {
	hub               *hubProcess
	cpo, away, stayed *ocpitest.Platform
	pumps             []*pump
}

func newOutage(t *testing.T, env ...string) *outage {
	t.Helper()
	h := startHub(t, append(env, pingSoon)...)
	o := &outage{
		hub: h, cpo: h.join(platformOf(ocpi.CPO, "DE*ABC")),
		away: h.join(platformOf(ocpi.EMSP, "FR*DRV", "FR*DR2")), stayed: h.join(platformOf(ocpi.EMSP, "NL*TNM")),
	}
	o.pumps = publish(t, []*ocpitest.Platform{o.cpo})
	for _, e := range []*ocpitest.Platform{o.away, o.stayed} {
		holds(t, e, "every location", func() bool {
			return len(e.Objects(ocpi.Locations, nil)) == locationsOfACPO*len(e.Parties())
		})
	}
	return o
}

func holds(t *testing.T, p *ocpitest.Platform, what string, condition func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), untilDelivered)
	defer cancel()
	if err := p.Until(ctx, condition); err != nil {
		t.Fatalf("%s: %v", what, err)
	}
}

// leave stops the platform and waits until the others are told.
func (o *outage) leave(t *testing.T) {
	t.Helper()
	o.away.Stop()
	holds(t, o.stayed, "H-190, H-185 OFFLINE is told", func() bool {
		return told(o.stayed, drv) == "OFFLINE" && told(o.stayed, dr2) == "OFFLINE"
	})
}

// come starts the platform again, with its calls forgotten and its answers slow
// enough for the states to be seen, and returns the states until it is live.
func (o *outage) come(t *testing.T) (states []string) {
	t.Helper()
	o.away.ForgetCalls()
	o.away.Fail(ocpitest.Fault{Module: ocpi.Locations, Delay: 50 * time.Millisecond})
	defer o.away.Heal()
	states = append(states, o.state(t))
	if err := o.away.Start(); err != nil {
		t.Fatal(err)
	}
	eventually(t, untilDelivered, "the platform is live again", func() error {
		now := o.state(t)
		if now != states[len(states)-1] {
			states = append(states, now)
		}
		if now != "live" {
			return fmt.Errorf("it is %s", now)
		}
		return nil
	})
	return states
}

// state is the state of the deliveries to the platform that goes away.
func (o *outage) state(t *testing.T) string {
	t.Helper()
	var platforms []struct {
		ID   string `json:"platform_id"`
		Name string `json:"name"`
	}
	var rows []struct {
		ID    string `json:"platform_id"`
		State string `json:"state"`
	}
	o.hub.hubctl(&platforms, "platforms", "list")
	o.hub.hubctl(&rows, "deliveries")
	for _, p := range platforms {
		for _, row := range rows {
			if p.Name == o.away.Name() && row.ID == p.ID {
				return row.State
			}
		}
	}
	t.Fatalf("no deliveries to %s in %v", o.away.Name(), rows)
	return ""
}

// patchAll gives every EVSE some new statuses and returns the last ones.
func (o *outage) patchAll(t *testing.T, times int) map[string]string {
	t.Helper()
	newest := map[string]string{}
	for range times {
		for _, p := range o.pumps {
			newest[p.name] = p.patch(t.Context())
		}
	}
	return newest
}

// told is the status of a party that a platform was told last.
func told(p *ocpitest.Platform, party ocpi.PartyID) (status string) {
	for _, info := range p.ClientInfos() {
		if info.Party.ID == party {
			status = info.Status
		}
	}
	return status
}

func TestAReceiverThatWasAwayGetsEveryNewestStateOnceAndNothingOlder(t *testing.T) {
	t.Parallel()
	o := newOutage(t)
	o.leave(t)
	newest := o.patchAll(t, 3)
	if state := o.state(t); state != "waiting" {
		t.Errorf("while it is away the deliveries are %s", state)
	}
	o.hub.kill() // what is owed outlives the process
	o.hub.start()
	states := o.come(t)
	if want := []string{"waiting", "catching_up", "live"}; !slices.Equal(states, want) {
		t.Errorf("the deliveries went %v, want %v", states, want)
	}
	wantStatuses(t, o.away, newest, 0)
	wantStatuses(t, o.stayed, newest, 0)
	o.wantEachPumpOnce(t)
	holds(t, o.stayed, "H-190 CONNECTED is told", func() bool { return told(o.stayed, drv) == "CONNECTED" })
}

// wantEachPumpOnce checks that the platform that was away got every EVSE once
// for each of its parties, as a PUT: its own, or that of its location. The
// latter comes where the kill took the note that the location was delivered.
func (o *outage) wantEachPumpOnce(t *testing.T) {
	t.Helper()
	came := map[string]int{}
	for _, c := range o.away.Calls(ocpitest.Is(ocpi.Locations, "")) {
		if c.Method != "PUT" {
			t.Errorf("a newest state came by %s %s", c.Method, c.Below)
		}
		came[c.Routing.To.String()+" "+c.Below]++
	}
	for _, party := range o.away.Parties() {
		for _, p := range o.pumps {
			location := p.path[:strings.LastIndexByte(p.path, '/')]
			if n := came[party.ID.String()+" "+p.path] + came[party.ID.String()+" "+location]; n != 1 {
				t.Errorf("%s came %d times to %s", p.path, n, party.ID)
			}
		}
	}
}

func TestH191_WhileAPlatformIsAwayItIsNotCalledAndWhoCallsItIsTold4003(t *testing.T) {
	t.Parallel()
	o := newOutage(t)
	o.leave(t)
	began := time.Now()
	reply, err := o.cpo.Do(t.Context(), ocpitest.Request{
		Module: ocpi.Locations, Interface: ocpi.Receiver, Method: "PUT", From: abc, To: dr2, Path: "DE/ABC/NEW",
		Body: []byte(locationWith(abc, "NEW", 1)),
	})
	if err != nil || reply.Status != 200 || reply.Code() != 4003 {
		t.Errorf("the answer is %v, HTTP %d with %d", err, reply.Status, reply.Code())
	}
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("H-198 the answer took %s", took)
	}
	o.come(t)
	if calls := o.away.Calls(func(c ocpitest.Call) bool { return strings.HasSuffix(c.Below, "/NEW") }); len(calls) > 0 {
		t.Errorf("H-198 what was refused was delivered later: %v", calls)
	}
}

func TestH107_WithoutCatchUpNothingIsSentLater(t *testing.T) {
	t.Parallel()
	o := newOutage(t, "OCPI_HUB_DELIVERY_CATCH_UP=none")
	o.leave(t)
	newest := o.patchAll(t, 1)
	if states := o.come(t); slices.Contains(states, "catching_up") {
		t.Errorf("the deliveries went %v", states)
	}
	last := o.pumps[0]
	newest[last.name] = last.patch(t.Context())
	for _, party := range o.away.Parties() {
		holds(t, o.away, "what is pushed now arrives", func() bool {
			held := o.away.Objects(ocpi.Locations, func(l ocpitest.Object) bool { return l.To == party.ID })
			return ocpitest.Statuses(held)[last.name] == newest[last.name]
		})
	}
	if calls := o.away.Calls(ocpitest.Is(ocpi.Locations, "")); len(calls) != len(o.away.Parties()) {
		t.Errorf("%d messages came, want only the one of now for each party: %v", len(calls), calls[:min(3, len(calls))])
	}
	wantStatuses(t, o.stayed, newest, 0)
}

func TestH193_APartyThatIsInvitedIsToldAndListedAsPlanned(t *testing.T) {
	t.Parallel()
	h := startHub(t)
	cpo := h.join(platformOf(ocpi.CPO, "DE*ABC"))
	h.invite(platformOf(ocpi.EMSP, "FR*DRV"))
	holds(t, cpo, "PLANNED is told", func() bool { return told(cpo, drv) == "PLANNED" })
	listed := func() (status string, err error) {
		_, err = cpo.GetAll(t.Context(), ocpitest.List{Module: ocpi.HubClientInfo}, func(raw []byte) error {
			if ocpi.FindString(raw, "party_id") == drv.ID {
				status = ocpi.FindString(raw, "status")
			}
			return nil
		})
		return status, err
	}
	if status, err := listed(); err != nil || status != "PLANNED" {
		t.Errorf("it is listed as %q, %v", status, err)
	}
	reply, err := cpo.Do(t.Context(), ocpitest.Request{
		Module: ocpi.Locations, Interface: ocpi.Receiver, Method: "PUT", To: drv, Path: "DE/ABC/L1", Body: []byte(locationWith(abc, "L1", 1)),
	})
	if err != nil || reply.Code() != 4003 {
		t.Errorf("H-191 a push to it is answered %v, %d", err, reply.Code())
	}
	var rows []struct{ Status string }
	h.hubctl(&rows, "platforms", "list")
	if !slices.ContainsFunc(rows, func(r struct{ Status string }) bool { return r.Status == "PLANNED" }) {
		t.Errorf("hubctl lists %v", rows)
	}
}

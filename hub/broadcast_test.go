package hub_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/ocpitest"
)

func until(t *testing.T, p *ocpitest.Platform, what string, holds func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), untilTimeout)
	defer cancel()
	if err := p.Until(ctx, holds); err != nil {
		t.Fatalf("%s: %v", what, err)
	}
}

func arrived(p *ocpitest.Platform, to ocpi.PartyID, id string) string {
	o, _ := p.Object(ocpitest.Key{Module: ocpi.Locations, Owner: cpo, ID: id}, to)
	return string(o.Raw)
}

func TestH093_ABroadcastReachesEveryPartyOfAnOppositeRole(t *testing.T) {
	h := startHub(t)
	c := join(t, h, of(ocpi.CPO, cpo, cpo2))
	e := join(t, h, of(ocpi.EMSP, emsp, emsp2))
	body := location(cpo, "L1", t0)
	reply := send(t, c, putLocation(hubParty, cpo, "L1", body))
	want(t, reply, 200, 1000)
	if got := reply.Routing(); got.To != cpo || got.From != hubParty {
		t.Errorf("H-094 the answer's headers are %+v", got)
	}
	for _, to := range []ocpi.PartyID{emsp, emsp2} {
		until(t, e, "H-104 every party of the platform gets a copy", func() bool { return arrived(e, to, "L1") == body })
	}
	calls := e.Calls(ocpitest.Is(ocpi.Locations, "PUT"))
	if len(calls) != 2 || calls[0].RequestID() == calls[1].RequestID() {
		t.Errorf("H-089 the copies are %v", calls)
	}
	for _, call := range calls {
		if call.Routing.From != hubParty || call.Below != "DE/ABC/L1" && call.Below != "/DE/ABC/L1" || call.CorrelationID() != reply.CorrelationID {
			t.Errorf("H-096, H-097: %v below %q", call, call.Below)
		}
	}
	if calls := c.Calls(ocpitest.Is(ocpi.Locations, "")); len(calls) > 0 {
		t.Errorf("H-103 it came back to the sender: %v", calls)
	}
}

func TestAReceiverThatWasAwayGetsTheNewestStateOnce(t *testing.T) {
	h := startHub(t, watchful)
	c := join(t, h, of(ocpi.CPO, cpo))
	e := join(t, h, of(ocpi.EMSP, emsp))
	want(t, send(t, c, putLocation(hubParty, cpo, "L1", location(cpo, "L1", t0))), 200, 1000)
	until(t, e, "the location", func() bool { return arrived(e, emsp, "L1") != "" })
	e.Stop()
	for i := range 20 {
		patch := fmt.Sprintf(`{"status":"S%d","last_updated":"2026-01-01T00:%02d:00Z"}`, i, i)
		want(t, send(t, c, ocpitest.Request{
			Module: ocpi.Locations, Interface: ocpi.Receiver, Method: "PATCH", To: hubParty, Path: "DE/ABC/L1/L1-1", Body: []byte(patch),
		}), 200, 1000)
	}
	if err := e.Start(); err != nil {
		t.Fatal(err)
	}
	until(t, e, "the newest status", func() bool { return strings.Contains(arrived(e, emsp, "L1"), `"S19"`) })
	if old := e.Regressions(); len(old) > 0 {
		t.Errorf("older states came after newer ones: %v", old)
	}
}

func TestH118_GetAllListsWhatAllGaveToTheHub(t *testing.T) {
	h := startHub(t)
	c := join(t, h, of(ocpi.CPO, cpo, cpo2))
	e := join(t, h, of(ocpi.EMSP, emsp))
	bodies := map[string]bool{}
	for i := range 25 {
		for _, owner := range []ocpi.PartyID{cpo, cpo2} {
			id := fmt.Sprint("L", i)
			body := location(owner, id, t0)
			bodies[body] = true
			want(t, send(t, c, putLocation(hubParty, owner, id, body)), 200, 1000)
		}
	}
	want(t, send(t, c, putLocation(emsp, cpo, "OWN", location(cpo, "OWN", t0))), 201, 1000)
	crawl, err := e.GetAll(t.Context(), ocpitest.List{Module: ocpi.Locations, To: hubParty, Limit: 7}, func(raw []byte) error {
		if !bodies[string(raw)] && !strings.Contains(string(raw), `"OWN"`) {
			t.Errorf("H-119 unknown or twice: %s", raw)
		}
		delete(bodies, string(raw))
		return nil
	})
	if err != nil || crawl.Total != 51 || len(bodies) != 0 {
		t.Errorf("H-128 %+v, %v; %d are missing", crawl, err, len(bodies))
	}
}

package hub_test

import (
	"slices"
	"testing"

	"github.com/ocpihub/ocpihub/hub"
	"github.com/ocpihub/ocpihub/internal/fault"
	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/ocpitest"
	"github.com/ocpihub/ocpihub/routing"
)

// results are what an inspection of a platform finds, by party and role.
func results(t *testing.T, h *hub.Hub, platform ocpi.PartyID, onlyReport bool) map[string]routing.Copy {
	t.Helper()
	id := h.Registry().Directory().Homes(platform)[0].Platform.ID
	copies, err := h.Verifier().Verify(t.Context(), id, onlyReport)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]routing.Copy{}
	for _, c := range copies {
		out[c.String()] = c
	}
	return out
}

func TestH197_TheHubVerifiesACopyAndMendsIt(t *testing.T) {
	h := startHub(t)
	e := join(t, h, of(ocpi.EMSP, emsp))
	join(t, h, of(ocpi.CPO, cpo))
	both := of(ocpi.CPO, cpo2)
	both.Parties = append(both.Parties, of(ocpi.EMSP, cpo2).Parties...)
	join(t, h, both)
	invite(t, h, "planned", of(ocpi.CPO, other).Parties...)
	until(t, e, "it is told of all", func() bool {
		return told(e, cpo) == "CONNECTED" && told(e, cpo2) == "CONNECTED" && told(e, other) == "PLANNED"
	})

	e.ForgetObjects()
	e.ForgetCalls()
	got := results(t, h, emsp, true)
	for _, claim := range []string{"CPO:DE*ABC", "CPO:DE*AB2", "EMSP:DE*AB2", "CPO:FR*OTH"} {
		if c := got[claim]; c.Result != routing.CopyMissing || c.Pushed {
			t.Errorf("%s: only reporting finds %+v", claim, c)
		}
	}
	if puts := e.Calls(ocpitest.Is(ocpi.HubClientInfo, "PUT")); len(puts) > 0 || len(got) != 4 {
		t.Errorf("a report of %d entries pushes: %v", len(got), puts)
	}

	for claim, c := range results(t, h, emsp, false) {
		if c.Result != routing.CopyMissing || !c.Pushed || !c.Mended {
			t.Errorf("%s: %+v", claim, c)
		}
	}
	for _, c := range results(t, h, emsp, false) { // one role of a party with two is kept
		if c.Pushed || c.Result != routing.CopySame && c.Result != routing.CopyOtherRole {
			t.Errorf("after mending, %s: %+v", c.Claim, c)
		}
	}

	// Its copy is changed behind the hub's back.
	stale := `{"party_id":"ABC","country_code":"DE","role":"CPO","status":"SUSPENDED","last_updated":"2020-01-01T00:00:00Z"}`
	e.Hold(ocpitest.Key{Module: ocpi.HubClientInfo, Owner: cpo, ID: "CPO"}, ocpi.PartyID{}, []byte(stale))
	if c := results(t, h, emsp, false)["CPO:DE*ABC"]; c.Result != routing.CopyDiffers || c.Held != "SUSPENDED" || !c.Mended {
		t.Errorf("another status: %+v", c)
	}
	for _, call := range e.Calls(ocpitest.Is(ocpi.HubClientInfo, "")) {
		if call.Routing != (ocpi.Routing{}) {
			t.Errorf("H-068 %s came with routing headers", call)
		}
	}
}

func TestH197_WhatCannotBeVerifiedIsSaid(t *testing.T) {
	h := startHub(t)
	o := of(ocpi.EMSP, emsp)
	o.Endpoints = func(all []ocpi.Endpoint) []ocpi.Endpoint {
		return slices.DeleteFunc(all, func(e ocpi.Endpoint) bool { return e.Module == ocpi.HubClientInfo })
	}
	join(t, h, o)
	refuser := join(t, h, of(ocpi.EMSP, emsp2))
	refuser.Fail(ocpitest.Fault{Module: ocpi.HubClientInfo, Method: "GET", HTTPStatus: 405})
	join(t, h, of(ocpi.CPO, cpo))
	inspect := func(party ocpi.PartyID) error {
		_, err := h.Verifier().Verify(t.Context(), h.Registry().Directory().Homes(party)[0].Platform.ID, false)
		return err
	}
	if err := inspect(emsp); !fault.Is(err, fault.NoInterface) {
		t.Errorf("a platform without the module: %v", err)
	}
	if c := results(t, h, emsp2, false)["CPO:DE*ABC"]; c.Result != routing.CopyUnreadable || c.Reason == "" || c.Pushed {
		t.Errorf("a platform that refuses GET: %+v", c)
	}
	if _, err := h.Verifier().Verify(t.Context(), "nobody", false); !fault.Is(err, fault.NotFound) {
		t.Errorf("nobody: %v", err)
	}
	invite(t, h, "planned", of(ocpi.CPO, other).Parties...)
	if err := inspect(other); !fault.Is(err, fault.NotConnected) {
		t.Errorf("a planned platform: %v", err)
	}
}

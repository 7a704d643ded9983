package hub_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/ocpitest"
	"github.com/ocpihub/ocpihub/parties"
)

func TestAnEMSPOf211KnowsTheObjectsOfTheOnePartyOfItsConnectionByTheirOwnIds(t *testing.T) {
	h := startHub(t)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	t.Cleanup(cancel)
	c, stranger := join(t, h, of(ocpi.CPO, cpo)), join(t, h, of(ocpi.CPO, cpo2))
	o := of(ocpi.EMSP, emsp)
	o.Name, o.Versions = "old", []ocpi.Version{ocpi.V211}
	e := ocpitest.Run(t, o)
	_, tokenA, err := h.Registry().InviteNewcomer(t.Context(), parties.Newcomer{
		Name: o.Name, Claims: []parties.Claim{{Role: ocpi.EMSP, Party: emsp}}, As: cpo,
	})
	if err == nil {
		err = e.Register(ctx, h.VersionsURL(), tokenA)
	}
	if err != nil {
		t.Fatal(err)
	}
	push := func(p *ocpitest.Platform, m ocpi.ModuleID, to ocpi.PartyID, body []byte) {
		t.Helper()
		reply, err := p.Push(ctx, m, to, body)
		if err == nil {
			err = reply.Err()
		}
		if err != nil {
			t.Fatalf("%s of %s: %v", m, p.Name(), err)
		}
	}
	arrives := func(key ocpitest.Key) {
		t.Helper()
		if err := e.Until(ctx, func() bool { _, there := e.Object(key, emsp); return there }); err != nil {
			t.Fatalf("%v does not come by its own id: %v", key, err)
		}
	}
	push(stranger, ocpi.Locations, hubParty, stranger.SampleOf(cpo2).Location("L2"))
	push(c, ocpi.Locations, hubParty, c.SampleOf(cpo).Location("L1"))
	arrives(ocpitest.Key{Module: ocpi.Locations, Owner: cpo, ID: "L1"})
	push(e, ocpi.Tokens, ocpi.PartyID{}, e.SampleOf(emsp).Token("04A"))
	token, there := c.Object(ocpitest.Key{Module: ocpi.Tokens, Owner: emsp, ID: "04A"}, cpo)
	if !there {
		t.Fatal("the token is not at the CPO when its push is answered")
	}
	push(c, ocpi.Sessions, emsp, c.SampleOf(cpo).Session("S1", ocpitest.Charge{Location: c.SampleOf(cpo).Location("L1"), Token: token.Raw}))
	arrives(ocpitest.Key{Module: ocpi.Sessions, Owner: cpo, ID: "S1"})
	session, _ := e.Object(ocpitest.Key{Module: ocpi.Sessions, Owner: cpo, ID: "S1"}, emsp)
	if got := ocpi.FindString(ocpi.FindObject(session.Raw, "location"), "id"); got != "L1" {
		t.Errorf("the session is at %q: %s", got, session.Raw)
	}
	var seen []string
	_, err = e.GetAll(ctx, ocpitest.List{Module: ocpi.Locations}, func(raw []byte) error {
		seen = append(seen, ocpi.FindString(raw, "id"))
		return nil
	})
	if err != nil || !slices.Equal(seen, []string{"L1"}) {
		t.Errorf("it lists %v, %v", seen, err)
	}
	result, later, err := e.Command(ctx, ocpitest.Order{Name: "START_SESSION", Body: e.SampleOf(emsp).StartSession("L1", e.SampleOf(emsp).Token("04A"))})
	if err != nil || result != "ACCEPTED" {
		t.Fatalf("START_SESSION is answered %q, %v", result, err)
	}
	if final, err := later.Wait(ctx); err != nil || final.Result() != "ACCEPTED" {
		t.Errorf("the result is %s, %v", final.Body, err)
	}
	got := c.Calls(ocpitest.Is(ocpi.Commands, "POST"))
	if len(got) != 1 || ocpi.FindString(got[0].Body, "location_id") != "L1" || len(stranger.Calls(ocpitest.Is(ocpi.Commands, "POST"))) > 0 {
		t.Errorf("the CPO got %v", got)
	}
}

package hub_test

import (
	"testing"
	"time"

	"github.com/ocpihub/ocpihub/hub"
	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/ocpitest"
	"github.com/ocpihub/ocpihub/parties"
)

func move(t *testing.T, do func() (*parties.Agreement, string, error)) {
	t.Helper()
	if _, _, err := do(); err != nil {
		t.Fatal(err)
	}
}

// settled waits until nothing is owed by an agreement.
func settled(t *testing.T, h *hub.Hub, id string) {
	t.Helper()
	for deadline := time.Now().Add(untilTimeout); ; time.Sleep(5 * time.Millisecond) {
		if a, ok := h.Registry().Directory().Agreement(id); ok && a.Owed.IsZero() {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal("something is still owed")
		}
	}
}

func TestAResumedAgreementBringsBothSidesWhatTheyMissed(t *testing.T) {
	n := newNeighbours(t)
	n.publish(t)
	until(t, n.e, "the location", func() bool { return arrived(n.e, emsp, "L1") != "" })
	move(t, func() (*parties.Agreement, string, error) {
		return n.Registry().SuspendAgreement(t.Context(), parties.Order{}, n.first.ID)
	})
	const later = "2026-01-02T00:00:00Z"
	want(t, send(t, n.c, putLocation(hubParty, cpo, "L1", location(cpo, "L1", later))), 200, 1000)
	want(t, send(t, n.c, putLocation(hubParty, cpo, "NEW", location(cpo, "NEW", later))), 200, 1000)
	want(t, send(t, n.e, ocpitest.Request{
		Module: ocpi.Tokens, Interface: ocpi.Receiver, Method: "PUT", To: hubParty, Path: "NL/TNM/T1", Body: []byte(token(emsp, "T1")),
	}), 200, 1000)
	move(t, func() (*parties.Agreement, string, error) {
		return n.Registry().ResumeAgreement(t.Context(), parties.Order{}, n.first.ID)
	})
	until(t, n.e, "what was missed", func() bool {
		return arrived(n.e, emsp, "L1") == location(cpo, "L1", later) && arrived(n.e, emsp, "NEW") == location(cpo, "NEW", later)
	})
	until(t, n.c, "the token", func() bool {
		_, ok := n.c.Object(ocpitest.Key{Module: ocpi.Tokens, Owner: emsp, ID: "T1"}, cpo)
		return ok
	})
	if err := n.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, p := range []*ocpitest.Platform{n.e2, n.none} {
		if calls := p.Calls(ocpitest.Is(ocpi.Locations, "PUT"), func(c ocpitest.Call) bool { return c.Below != "DE/AB2/L2" }); len(calls) > 0 {
			t.Errorf("%s got %v", p.Name(), calls)
		}
	}
}

func TestWithoutCatchUpAResumedAgreementBringsNothing(t *testing.T) {
	for name, edit := range map[string]func(*hub.Config, *parties.Proposal){
		"of the hub":       func(c *hub.Config, _ *parties.Proposal) { c.Delivery.CatchUp = hub.CatchUpNone },
		"of the agreement": func(_ *hub.Config, p *parties.Proposal) { p.CatchUp = parties.CatchUpNone },
	} {
		t.Run(name, func(t *testing.T) {
			var p parties.Proposal
			h := startHub(t, byAgreement, func(c *hub.Config) { edit(c, &p) })
			c, e := join(t, h, of(ocpi.CPO, cpo)), join(t, h, of(ocpi.EMSP, emsp))
			a := agree(t, h, cpo, emsp, func(made *parties.Proposal) { made.CatchUp = p.CatchUp })
			witness := join(t, h, of(ocpi.EMSP, emsp2))
			agree(t, h, cpo, emsp2)
			move(t, func() (*parties.Agreement, string, error) {
				return h.Registry().SuspendAgreement(t.Context(), parties.Order{}, a.ID)
			})
			want(t, send(t, c, putLocation(hubParty, cpo, "MISSED", location(cpo, "MISSED", t0))), 200, 1000)
			// Who gets a push is decided when it leaves the stream, for all at once.
			until(t, witness, "the push, before the agreement is resumed", func() bool {
				return arrived(witness, emsp2, "MISSED") != ""
			})
			move(t, func() (*parties.Agreement, string, error) {
				return h.Registry().ResumeAgreement(t.Context(), parties.Order{}, a.ID)
			})
			settled(t, h, a.ID)
			want(t, send(t, c, putLocation(hubParty, cpo, "LATER", location(cpo, "LATER", t0))), 200, 1000)
			until(t, e, "what comes later", func() bool { return arrived(e, emsp, "LATER") != "" })
			if arrived(e, emsp, "MISSED") != "" {
				t.Error("what was missed was brought")
			}
		})
	}
}

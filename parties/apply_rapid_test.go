package parties_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/parties"
)

// populate brings a hub into a random state, in the ways in which an operator
// and partners do.
func populate(rt *rapid.T, h *hub) {
	var held []parties.Claim
	free := func() parties.Claim {
		c := claim(rapid.SampledFrom([]ocpi.Role{ocpi.CPO, ocpi.EMSP, ocpi.NSP}).Draw(rt, "role"), "DE", fmt.Sprintf("P%02d", len(held)))
		held = append(held, c)
		return c
	}
	for range rapid.IntRange(0, 6).Draw(rt, "platforms") {
		claims := []parties.Claim{free()}
		if rapid.Bool().Draw(rt, "two parties") {
			claims = append(claims, free())
		}
		id := ""
		switch rapid.SampledFrom([]string{"registered", "invited", "registered by invitation", "registered and gone"}).Draw(rt, "how") {
		case "registered":
			id, _ = h.register(claims...)
		case "invited":
			id, _ = h.invite(claims...)
		case "registered by invitation":
			var tokenA string
			id, tokenA = h.invite(claims...)
			_, err := h.post(tokenA, credentials(tokenB, claims[0]))
			noError(h.t, err)
		case "registered and gone":
			var tokenC string
			id, tokenC = h.register(claims...)
			noError(h.t, h.SignOff(h.t.Context(), h.login(tokenC)))
		}
		switch rapid.SampledFrom([]string{"stays", "stays", "suspended", "removed", "offline"}).Draw(rt, "then") {
		case "suspended":
			_, err := h.Suspend(h.t.Context(), id)
			noError(h.t, err)
		case "removed":
			_, err := h.Remove(h.t.Context(), id)
			noError(h.t, err)
		case "offline":
			noError(h.t, h.MarkOffline(h.t.Context(), id))
		}
		h.clock.advance(time.Minute)
	}
	for range rapid.IntRange(0, 12).Draw(rt, "agreements") {
		randomAgreement(rt, h, held)
	}
	h.clock.advance(time.Duration(rapid.IntRange(0, 72).Draw(rt, "hours later")) * time.Hour)
}

// randomAgreement makes an agreement that may be refused, and changes its state
// in ways that may be refused, too.
func randomAgreement(rt *rapid.T, h *hub, held []parties.Claim) {
	party := func(label string) ocpi.PartyID {
		if len(held) == 0 || rapid.IntRange(0, 9).Draw(rt, label+" is not on the hub") == 0 {
			return ocpi.NewPartyID("NL", fmt.Sprintf("X%02d", rapid.IntRange(0, 5).Draw(rt, label)))
		}
		return rapid.SampledFrom(held).Draw(rt, label).Party
	}
	modules := func(label string, from ...ocpi.ModuleID) []ocpi.ModuleID {
		return rapid.SliceOfNDistinct(rapid.SampledFrom(from), 0, len(from), rapid.ID).Draw(rt, label)
	}
	now := h.clock.now()
	p := parties.Proposal{CPO: party("cpo"), EMSP: party("emsp"), Draft: rapid.Bool().Draw(rt, "draft")}
	p.Modules = modules("modules", ocpi.Locations, ocpi.Tokens, ocpi.CDRs)
	p.Custom = modules("custom", "nltnm-x", "nltnm-y")
	p.CPOOnly, p.EMSPOnly = modules("cpo only", ocpi.Locations), modules("emsp only", ocpi.Tokens)
	p.From = now.Add(time.Duration(rapid.IntRange(-48, 48).Draw(rt, "from")) * time.Hour)
	if rapid.Bool().Draw(rt, "ends") {
		p.Until = p.From.Add(time.Duration(rapid.IntRange(1, 96).Draw(rt, "until")) * time.Hour)
	}
	p.StandIn = rapid.Bool().Draw(rt, "stand in")
	p.CatchUp = rapid.SampledFrom([]parties.CatchUp{parties.CatchUpAsHub, parties.CatchUpLatest, parties.CatchUpNone}).Draw(rt, "catch up")
	a, _, err := h.MakeAgreement(h.t.Context(), ann, p)
	if err != nil {
		return
	}
	for range rapid.IntRange(0, 2).Draw(rt, "moves") {
		switch rapid.SampledFrom([]string{"activate", "suspend", "resume", "end"}).Draw(rt, "move") {
		case "activate":
			_, _, _ = h.ActivateAgreement(h.t.Context(), ann, a.ID)
		case "suspend":
			_, _, _ = h.SuspendAgreement(h.t.Context(), ann, a.ID)
		case "resume":
			_, _, _ = h.ResumeAgreement(h.t.Context(), ann, a.ID)
		case "end":
			_, _, _ = h.EndAgreement(h.t.Context(), ann, a.ID)
		}
	}
}

func TestWhatOneHubExportsAnEmptyOneTakesAndExportsEqual(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		from, to := newHub(t), newHub(t)
		populate(rt, from)
		to.clock.at = from.clock.at
		setup := from.Directory().Setup(from.clock.now())

		again, err := from.Apply(t.Context(), parties.SetupOrder{PrunePlatforms: len(setup.Platforms) > 0, PruneAgreements: len(setup.Agreements) > 0}, setup)
		if err != nil || len(again.Changes) != 0 || again.Unchanged != len(setup.Platforms)+len(setup.Agreements) {
			rt.Fatalf("where it comes from it changes %+v, %v", again, err)
		}
		tried, err := to.Apply(t.Context(), parties.SetupOrder{Order: parties.Order{Dry: true}}, setup)
		if err != nil || epochOf(t, to) != 0 {
			rt.Fatalf("tried: %v, epoch %d", err, epochOf(t, to))
		}
		made, err := to.Apply(t.Context(), parties.SetupOrder{}, setup)
		if err != nil {
			rt.Fatal(err)
		}
		if diff := cmp.Diff(tried.Changes, made.Changes); diff != "" {
			rt.Fatalf("what was tried is not what was made (-tried +made):\n%s", diff)
		}
		got := to.Directory().Setup(to.clock.now())
		if diff := cmp.Diff(setup, got, cmpopts.EquateEmpty()); diff != "" {
			rt.Fatalf("exports differ (-want +got):\n%s", diff)
		}
		if got.Revision() != setup.Revision() || made.Revision != setup.Revision() {
			rt.Fatalf("revisions differ: %s, %s, %s", setup.Revision(), got.Revision(), made.Revision)
		}
		epoch := epochOf(t, to)
		second, err := to.Apply(t.Context(), parties.SetupOrder{Revision: made.Revision}, setup)
		if err != nil || len(second.Changes) != 0 || epochOf(t, to) != epoch {
			rt.Fatalf("a second time it changes %+v, %v", second.Changes, err)
		}
	})
}

// TestASetupBringsAnyHubToWhatItSays takes the setup of one random hub to
// another one, which has other things, and prunes these.
func TestASetupBringsAnyHubToWhatItSays(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		from, to := newHub(t), newHub(t)
		populate(rt, from)
		setup := from.Directory().Setup(from.clock.now())
		if len(setup.Platforms) == 0 || len(setup.Agreements) == 0 {
			return
		}
		to.clock.at = from.clock.at
		_, err := to.Apply(t.Context(), parties.SetupOrder{}, setup)
		if err != nil {
			rt.Fatal(err)
		}
		// Somebody changes things by hand.
		for _, a := range to.Directory().Agreements() {
			if rapid.Bool().Draw(rt, "suspend "+a.ID) {
				_, _, _ = to.SuspendAgreement(t.Context(), ann, a.ID)
			}
		}
		for _, p := range to.Directory().Platforms() {
			switch rapid.SampledFrom([]string{"", "suspend", "resume", "remove"}).Draw(rt, "by hand") {
			case "suspend":
				_, _ = to.Suspend(t.Context(), p.ID)
			case "resume":
				_, _ = to.Resume(t.Context(), p.ID)
			case "remove":
				_, _ = to.Remove(t.Context(), p.ID)
			}
		}
		to.invite(claim(ocpi.CPO, "FR", "NEW"))
		_, err = to.Apply(t.Context(), parties.SetupOrder{PrunePlatforms: true, PruneAgreements: true}, setup)
		if err != nil {
			rt.Fatal(err)
		}
		if diff := cmp.Diff(setup, to.Directory().Setup(to.clock.now()), cmpopts.EquateEmpty()); diff != "" {
			rt.Fatalf("-want +got:\n%s", diff)
		}
	})
}

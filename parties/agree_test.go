package parties_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ocpihub/ocpihub/internal/fault"
	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/parties"
	"github.com/ocpihub/ocpihub/parties/memstore"
)

// desk is a registry whose clock stands at noon, and on which ABC and DEF are
// CPOs and JJJ is an eMSP.
func desk(t *testing.T) (r *parties.Registry, at func(time.Time)) {
	t.Helper()
	now, store := noon, memstore.New()
	for _, p := range []*parties.Platform{platform("c", 1, abcCPO), platform("e", 2, jjjEMSP), platform("d", 3, defCPO)} {
		noError(t, store.Save(t.Context(), p))
	}
	r, err := parties.Open(t.Context(), parties.Options{
		Store: store, Sealer: newSealer(t), Partner: newPartner(), Now: func() time.Time { return now },
		Self: parties.Self{Party: hubID, VersionsURL: hubURL, Versions: []ocpi.Version{"2.2.1"}},
	})
	noError(t, err)
	return r, func(at time.Time) { now = at }
}

var (
	abc, jjj = abcCPO.Party, jjjEMSP.Party
	ann      = parties.Order{By: "ann"}
)

func proposal(edit ...func(*parties.Proposal)) parties.Proposal {
	p := parties.Proposal{CPO: abc, EMSP: jjj}
	for _, e := range edit {
		e(&p)
	}
	return p
}

func make1(t *testing.T, r *parties.Registry, edit ...func(*parties.Proposal)) *parties.Agreement {
	t.Helper()
	a, _, err := r.MakeAgreement(t.Context(), ann, proposal(edit...))
	noError(t, err)
	return a
}

func TestAnAgreementIsInForceFromItsCreationUnlessItIsADraftOrBeginsLater(t *testing.T) {
	for _, test := range []struct {
		edit func(*parties.Proposal)
		want parties.AgreementState
	}{
		{func(*parties.Proposal) {}, parties.AgreementActive},
		{func(p *parties.Proposal) { p.Draft = true }, parties.AgreementDraft},
		{func(p *parties.Proposal) { p.From = noon.Add(time.Second) }, parties.AgreementScheduled},
		{func(p *parties.Proposal) { p.From = noon.AddDate(-1, 0, 0) }, parties.AgreementActive},
	} {
		r, _ := desk(t)
		a := make1(t, r, test.edit)
		if got := a.Status(noon); got != test.want || len(a.History) != 1 || a.History[0].By != "ann" {
			t.Errorf("got %s with history %v, want %s", got, a.History, test.want)
		}
		stored, ok := r.Directory().Agreement(a.ID)
		if !ok || stored.Status(noon) != test.want {
			t.Errorf("%s is not in use", a.ID)
		}
	}
}

func TestWhatCannotBeAgreedIsRefusedWithWhatToMend(t *testing.T) {
	modules := func(list ...ocpi.ModuleID) func(*parties.Proposal) {
		return func(p *parties.Proposal) { p.Modules = list }
	}
	for _, test := range []struct {
		name, field, says string
		edit              func(*parties.Proposal)
	}{
		{"an unknown module", "modules", "locations, sessions, cdrs", modules("location")},
		{"a configuration module", "modules", "credentials", modules(ocpi.Credentials)},
		{"a custom module among the modules", "modules", "custom module", modules("nltnm-tokens")},
		{"a module of OCPI among the custom ones", "custom_modules", "one of OCPI", func(p *parties.Proposal) { p.Custom = modulesOf("tokens") }},
		{"a custom module that is no path", "custom_modules", "small letters", func(p *parties.Proposal) { p.Custom = modulesOf("a/b") }},
		{"a custom module of dots", "custom_modules", "small letters", func(p *parties.Proposal) { p.Custom = modulesOf("..") }},
		{"an end before the beginning", "until", "must be after from", func(p *parties.Proposal) { p.From, p.Until = noon.Add(time.Hour), noon.Add(time.Minute) }},
		{"an end at the beginning", "until", "must be after from", func(p *parties.Proposal) { p.From, p.Until = noon.Add(time.Hour), noon.Add(time.Hour) }},
		{"an end in the past", "until", "has passed", func(p *parties.Proposal) { p.From, p.Until = noon.Add(-time.Hour), noon.Add(-time.Minute) }},
		{"the same party on both sides", "emsp", "itself", func(p *parties.Proposal) { p.EMSP = p.CPO }},
		{"the hub", "emsp", "the hub itself", func(p *parties.Proposal) { p.EMSP = hubID }},
		{"no party", "cpo", "country code", func(p *parties.Proposal) { p.CPO = ocpi.PartyID{} }},
		{"the two swapped", "cpo", "swapped", func(p *parties.Proposal) { p.CPO, p.EMSP = p.EMSP, p.CPO }},
		{"both sides alone", "cpo_only", "nobody", func(p *parties.Proposal) {
			p.CPOOnly, p.EMSPOnly = modulesOf(ocpi.Locations), modulesOf(ocpi.Locations)
		}},
		{"a side alone in what is not agreed", "cpo_only", "no module of the agreement", func(p *parties.Proposal) {
			p.Modules, p.CPOOnly = modulesOf(ocpi.Tokens), modulesOf(ocpi.Locations)
		}},
		{"the eMSP side alone in what is not agreed", "emsp_only", "no module of the agreement", func(p *parties.Proposal) {
			p.Modules, p.EMSPOnly = modulesOf(ocpi.Tokens), modulesOf(ocpi.Locations)
		}},
		{"two CPOs", "emsp", "CPO only", func(p *parties.Proposal) { p.EMSP = defCPO.Party }},
		{"an unknown way to catch up", "catch_up", "catch_up", func(p *parties.Proposal) { p.CatchUp = "all" }},
	} {
		r, _ := desk(t)
		_, _, err := r.MakeAgreement(t.Context(), ann, proposal(test.edit))
		if !fault.Is(err, fault.Invalid) || !strings.HasPrefix(err.Error(), test.field+": ") || !strings.Contains(err.Error(), test.says) {
			t.Errorf("%s: got %v, want Invalid at %s with %q", test.name, err, test.field, test.says)
		}
		if list := r.Directory().Agreements(); len(list) > 0 {
			t.Errorf("%s: it is kept", test.name)
		}
	}
}

func modulesOf(list ...ocpi.ModuleID) []ocpi.ModuleID { return list }

func TestASecondAgreementAtTheSameTimeIsRefusedAndTheFirstNamed(t *testing.T) {
	r, _ := desk(t)
	first := make1(t, r, func(p *parties.Proposal) { p.Until = noon.Add(time.Hour) })
	for _, o := range []parties.Order{{}, {Dry: true}} {
		_, _, err := r.MakeAgreement(t.Context(), o, proposal())
		if !fault.Is(err, fault.Conflict) || !strings.Contains(err.Error(), first.ID) {
			t.Errorf("dry %t: got %v, want a conflict with %s", o.Dry, err, first.ID)
		}
	}
	make1(t, r, func(p *parties.Proposal) { p.From = noon.Add(time.Hour) })
	draft := make1(t, r, func(p *parties.Proposal) { p.Draft = true })
	if _, _, err := r.ActivateAgreement(t.Context(), ann, draft.ID); !fault.Is(err, fault.Conflict) {
		t.Errorf("the draft is put into force: %v", err)
	}
	if _, _, err := r.AmendAgreement(t.Context(), ann, first.ID, func(t *parties.Terms) error {
		t.Until = time.Time{}
		return nil
	}); !fault.Is(err, fault.Conflict) {
		t.Errorf("it is drawn out into the next: %v", err)
	}
}

func TestTheStatesOfAnAgreementFollowOneAnother(t *testing.T) {
	moves := map[string]func(*parties.Registry, context.Context, parties.Order, string) (*parties.Agreement, string, error){
		"activate": (*parties.Registry).ActivateAgreement, "suspend": (*parties.Registry).SuspendAgreement,
		"resume": (*parties.Registry).ResumeAgreement, "end": (*parties.Registry).EndAgreement,
	}
	const conflict, same = "conflict", "same"
	for state, want := range map[parties.AgreementState]map[string]string{
		parties.AgreementDraft:     {"activate": "active", "suspend": conflict, "resume": conflict, "end": "ended"},
		parties.AgreementActive:    {"activate": same, "suspend": "suspended", "resume": same, "end": "ended"},
		parties.AgreementSuspended: {"activate": conflict, "suspend": same, "resume": "active", "end": "ended"},
		parties.AgreementEnded:     {"activate": conflict, "suspend": conflict, "resume": conflict, "end": same},
	} {
		for name, result := range want {
			r, _ := desk(t)
			a := make1(t, r, func(p *parties.Proposal) { p.Draft = state == parties.AgreementDraft })
			switch state {
			case parties.AgreementSuspended:
				a, _, _ = r.SuspendAgreement(t.Context(), ann, a.ID)
			case parties.AgreementEnded:
				a, _, _ = r.EndAgreement(t.Context(), ann, a.ID)
			case parties.AgreementDraft, parties.AgreementActive, parties.AgreementScheduled:
			}
			got, what, err := moves[name](r, t.Context(), ann, a.ID)
			switch result {
			case conflict:
				if !fault.Is(err, fault.Conflict) || !strings.Contains(err.Error(), a.ID) {
					t.Errorf("%s of a %s agreement: %v", name, state, err)
				}
			case same:
				if err != nil || what != "" || got.State != state || len(got.History) != len(a.History) {
					t.Errorf("%s of a %s agreement: %v, %q, %s", name, state, err, what, got.State)
				}
			default:
				if err != nil || what == "" || string(got.State) != result || len(got.History) != len(a.History)+1 {
					t.Errorf("%s of a %s agreement: %v, %q, %v", name, state, err, what, got)
				}
			}
		}
	}
}

func TestAnAgreementThatHasEndedByItsDateStaysEnded(t *testing.T) {
	r, at := desk(t)
	a := make1(t, r, func(p *parties.Proposal) { p.Until = noon.Add(time.Hour) })
	at(noon.Add(time.Hour))
	if got, what, err := r.EndAgreement(t.Context(), ann, a.ID); err != nil || what != "" || got.Status(noon.Add(time.Hour)) != parties.AgreementEnded {
		t.Errorf("end: %v, %q", err, what)
	}
	for name, err := range map[string]error{
		"suspend": third(r.SuspendAgreement(t.Context(), ann, a.ID)),
		"amend":   third(r.AmendAgreement(t.Context(), ann, a.ID, func(t *parties.Terms) error { t.Until = time.Time{}; return nil })),
	} {
		if !fault.Is(err, fault.Conflict) {
			t.Errorf("%s: %v", name, err)
		}
	}
	make1(t, r)
}

func third(_ *parties.Agreement, _ string, err error) error { return err }

func TestADraftThatIsActivatedLateDoesNotReachBack(t *testing.T) {
	r, at := desk(t)
	a := make1(t, r, func(p *parties.Proposal) { p.Draft = true })
	at(noon.Add(time.Hour))
	got, _, err := r.ActivateAgreement(t.Context(), ann, a.ID)
	if err != nil || !got.From.Equal(noon.Add(time.Hour)) {
		t.Errorf("%v, from %s", err, got.From)
	}
}

func TestADryRunSaysWhatWouldChangeAndChangesNothing(t *testing.T) {
	r, _ := desk(t)
	dry := parties.Order{By: "ann", Dry: true}
	a, what, err := r.MakeAgreement(t.Context(), dry, proposal())
	if err != nil || !strings.Contains(what, "DE*ABC and NL*JJJ, active") || a.Status(noon) != parties.AgreementActive {
		t.Errorf("make: %v, %q, %v", err, what, a)
	}
	if len(r.Directory().Agreements()) > 0 {
		t.Fatal("it was made")
	}
	a = make1(t, r)
	before := r.Directory().Epoch()
	got, what, err := r.SuspendAgreement(t.Context(), dry, a.ID)
	if err != nil || what != "suspended, was active" || got.State != parties.AgreementSuspended {
		t.Errorf("suspend: %v, %q", err, what)
	}
	_, what, err = r.AmendAgreement(t.Context(), dry, a.ID, func(t *parties.Terms) error {
		t.Modules, t.StandIn = []ocpi.ModuleID{"Tokens ", ocpi.Locations, ocpi.Tokens}, true
		return nil
	})
	if err != nil || what != "modules: locations, tokens, was all; stand_in: true, was false" {
		t.Errorf("amend: %v, %q", err, what)
	}
	if stored, _ := r.Directory().Agreement(a.ID); stored.State != parties.AgreementActive || stored.StandIn || r.Directory().Epoch() != before {
		t.Errorf("something was changed: %+v", stored)
	}
}

func TestTheHistoryOfAnAgreementSaysWhoDidWhatWhen(t *testing.T) {
	r, at := desk(t)
	a := make1(t, r)
	at(noon.Add(time.Minute))
	_, _, err := r.AmendAgreement(t.Context(), parties.Order{By: "bob"}, a.ID, func(t *parties.Terms) error {
		t.Until, t.Custom = noon.AddDate(1, 0, 0), modulesOf("X-y")
		return nil
	})
	noError(t, err)
	noError(t, third(r.SuspendAgreement(t.Context(), parties.Order{}, a.ID)))
	got, _ := r.Directory().Agreement(a.ID)
	want := []parties.AgreementEvent{
		{At: noon, By: "ann", What: "made for DE*ABC and NL*JJJ, active"},
		{At: noon.Add(time.Minute), By: "bob", What: "custom modules: x-y, was none; until: 2027-05-01T12:00:00Z, was no end"},
		{At: noon.Add(time.Minute), By: "operator", What: "suspended, was active"},
	}
	if diff := cmp.Diff(want, got.History); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestAnUnknownAgreementIsNotFound(t *testing.T) {
	r, _ := desk(t)
	if err := third(r.EndAgreement(t.Context(), ann, "nobody")); !fault.Is(err, fault.NotFound) {
		t.Errorf("got %v", err)
	}
	if err := r.NoteTold(t.Context(), "nobody", true); !fault.Is(err, fault.NotFound) {
		t.Errorf("got %v", err)
	}
}

func TestAnAgreementReachesEveryProcessWithinTwoSeconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := memstore.New()
		first, second := start(t, store, newPartner()), start(t, deaf{store}, newPartner())
		_, _, err := second.Invite(t.Context(), "both", []parties.Claim{{Role: ocpi.CPO, Party: abc}, {Role: ocpi.EMSP, Party: jjj}})
		noError(t, err)
		a := make1(t, first.Registry) // though nobody has told it of the invitation
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if _, ok := second.Directory().InForce(abc, jjj, time.Now()); !ok {
			t.Error("the other process does not know it")
		}
		noError(t, third(second.SuspendAgreement(t.Context(), ann, a.ID)))
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if _, ok := first.Directory().InForce(abc, jjj, time.Now()); ok {
			t.Error("its suspension does not reach the first")
		}
	})
}

package parties_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ocpihub/ocpihub/internal/fault"
	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/parties"
	"github.com/ocpihub/ocpihub/parties/boltstore"
	"github.com/ocpihub/ocpihub/parties/memstore"
)

// acmeSetup is a CPO and an eMSP with an agreement.
func acmeSetup(edit ...func(*parties.Setup)) parties.Setup {
	s := parties.Setup{
		Platforms: []parties.PlatformSetup{
			{ID: "cpo", Name: "Acme", Parties: []parties.PartySetup{{Claim: abcCPO, Name: "Acme GmbH", Website: "https://acme.example"}}, VersionsURL: theirURL},
			{ID: "emsp", Name: "Drive", Claims: []parties.Claim{jjjEMSP}},
		},
		Agreements: []parties.AgreementSetup{{ID: "a1", CPO: abc, EMSP: jjj}},
	}
	for _, e := range edit {
		e(&s)
	}
	return s
}

func (h *hub) apply(s parties.Setup) parties.Applied {
	h.t.Helper()
	done, err := h.Apply(h.t.Context(), parties.SetupOrder{Order: ann}, s)
	noError(h.t, err)
	return done
}

// lines are changes as "+ platform cpo: Acme".
func lines(changes []parties.SetupChange) (out []string) {
	for _, c := range changes {
		switch c.Action {
		case parties.ActionCreate:
			out = append(out, fmt.Sprintf("+ %s %s: %s", c.Kind, c.ID, c.New))
		case parties.ActionRemove:
			out = append(out, fmt.Sprintf("- %s %s: %s", c.Kind, c.ID, c.Old))
		case parties.ActionChange:
			out = append(out, fmt.Sprintf("~ %s %s %s: %s -> %s", c.Kind, c.ID, c.Field, c.Old, c.New))
		}
	}
	return out
}

func wantLines(t *testing.T, done parties.Applied, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, lines(done.Changes)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestAPlatformOfASetupIsPlannedAndItsPartiesAreKnown(t *testing.T) {
	h := newHub(t)
	wantLines(t, h.apply(acmeSetup()),
		"+ platform cpo: Acme, PLANNED, CPO:DE*ABC", "+ platform emsp: Drive, PLANNED, EMSP:NL*JJJ", "+ agreement a1: DE*ABC and NL*JJJ, active")
	if diff := cmp.Diff([]string{"CPO:DE*ABC PLANNED", "EMSP:NL*JJJ PLANNED"}, statuses(h.Directory())); diff != "" {
		t.Error(diff)
	}
	p := h.platform("cpo")
	if len(p.Keys) > 0 || p.Registered() || p.VersionsURL != theirURL {
		t.Errorf("got %+v", p)
	}
	a, _ := h.Directory().Agreement("a1")
	if len(a.History) != 1 || a.History[0].By != "ann" || a.History[0].What != "made for DE*ABC and NL*JJJ, active" {
		t.Errorf("its history is %v", a.History)
	}
	done := h.apply(acmeSetup())
	if len(done.Changes) > 0 || done.Unchanged != 3 {
		t.Errorf("the second time: %+v", done)
	}
}

func TestAPlatformOfASetupRegistersWithARotatedTokenAndKeepsItsID(t *testing.T) {
	h := newHub(t)
	h.apply(acmeSetup())
	_, tokenA, err := h.Rotate(t.Context(), "cpo")
	noError(t, err)
	_, err = h.post(tokenA, credentials(tokenB, abcCPO))
	noError(t, err)
	p := h.platform("cpo")
	if p.Status != parties.Connected || len(p.Expected) > 0 {
		t.Errorf("got %+v", p)
	}
	// What it tells itself counts from now on.
	done := h.apply(acmeSetup(func(s *parties.Setup) { s.Platforms[0].VersionsURL = "https://old.example/versions" }))
	if len(done.Changes) > 0 {
		t.Errorf("changed %v", lines(done.Changes))
	}
}

func TestTheHubConnectsToAPlatformOfASetupUnderItsID(t *testing.T) {
	h := newHub(t)
	h.apply(acmeSetup())
	p, err := h.Connect(t.Context(), parties.Invitation{Name: "Acme", VersionsURL: theirURL, Token: "their-token-A"})
	noError(t, err)
	if p.ID != "cpo" || p.Status != parties.Connected {
		t.Errorf("got %+v", p)
	}
}

func TestATokenAIsShownOnceWhereItIsAskedFor(t *testing.T) {
	h := newHub(t)
	done, err := h.Apply(t.Context(), parties.SetupOrder{Tokens: true}, acmeSetup())
	noError(t, err)
	for _, c := range done.Changes {
		if c.Kind == parties.KindPlatform != h.knows(c.TokenA) {
			t.Errorf("the token of %s %s is known: %t", c.Kind, c.ID, h.knows(c.TokenA))
		}
	}
	done, err = h.Apply(t.Context(), parties.SetupOrder{Tokens: true}, acmeSetup())
	if err != nil || len(done.Changes) > 0 {
		t.Errorf("the second time %v, %v", done.Changes, err)
	}
}

func TestWhatDiffersIsChangedFieldByField(t *testing.T) {
	h := newHub(t)
	h.apply(acmeSetup())
	yes := true
	done := h.apply(acmeSetup(func(s *parties.Setup) {
		s.Platforms[0].Name, s.Platforms[0].Suspended, s.Platforms[0].Parties = "Acme 2", &yes, nil
		s.Platforms[1].Claims, s.Platforms[1].VersionsURL = nil, "https://emsp.example/versions"
		a := &s.Agreements[0]
		a.Modules, a.StandIn, a.State, a.Until = modulesOf(ocpi.Tokens), true, parties.AgreementSuspended, h.clock.now().Add(24*time.Hour)
	}))
	wantLines(t, done,
		"~ platform cpo name: Acme -> Acme 2", "~ platform cpo suspended: false -> true",
		"~ platform cpo parties: CPO:DE*ABC (Acme GmbH, https://acme.example) -> none",
		"~ platform emsp claims: EMSP:NL*JJJ -> any", "~ platform emsp versions_url: none -> https://emsp.example/versions",
		"~ agreement a1 modules: all -> tokens", "~ agreement a1 until: no end -> 2026-05-02T08:00:00Z",
		"~ agreement a1 stand_in: false -> true", "~ agreement a1 state: active -> suspended")
	if p := h.platform("cpo"); p.Status != parties.Suspended {
		t.Errorf("it is %s", p.Status)
	}
	a, _ := h.Directory().Agreement("a1")
	if last := a.History[len(a.History)-1]; !strings.Contains(last.What, "modules: tokens, was all") || !strings.Contains(last.What, "suspended, was active") {
		t.Errorf("its history ends with %v", last)
	}
	// State, suspension and first day stay where the setup does not say them.
	done = h.apply(acmeSetup(func(s *parties.Setup) {
		s.Platforms[0].Name, s.Platforms[0].Parties = "Acme 2", nil
		s.Platforms[1].Claims, s.Platforms[1].VersionsURL = nil, "https://emsp.example/versions"
		a := &s.Agreements[0]
		a.Modules, a.StandIn, a.Until = modulesOf(ocpi.Tokens), true, h.clock.now().Add(24*time.Hour)
	}))
	wantLines(t, done)
}

func TestPruningRemovesPlatformsAndEndsAgreementsThatAreNotNamed(t *testing.T) {
	h := newHub(t)
	h.apply(acmeSetup())
	only := parties.Setup{Platforms: acmeSetup().Platforms[1:], Agreements: []parties.AgreementSetup{{CPO: defCPO.Party, EMSP: jjj, State: parties.AgreementDraft}}}
	if done := h.apply(only); len(done.Changes) != 1 || len(h.Directory().Platforms()) != 2 {
		t.Errorf("without pruning: %v", lines(done.Changes))
	}
	done, err := h.Apply(t.Context(), parties.SetupOrder{PrunePlatforms: true, PruneAgreements: true}, only)
	noError(t, err)
	wantLines(t, done, "- platform cpo: Acme, PLANNED, CPO:DE*ABC", "- agreement a1: DE*ABC and NL*JJJ, active")
	for _, order := range []parties.SetupOrder{{PrunePlatforms: true}, {PruneAgreements: true}} {
		_, err = h.Apply(t.Context(), order, parties.Setup{})
		wantFault(t, err, fault.Invalid)
	}
	// What was removed is made anew under its id; what has ended stays so.
	wantLines(t, h.apply(parties.Setup{Platforms: acmeSetup().Platforms}), "+ platform cpo: Acme, PLANNED, CPO:DE*ABC")
	_, err = h.Apply(t.Context(), parties.SetupOrder{}, parties.Setup{Agreements: []parties.AgreementSetup{{ID: "a1", CPO: abc, EMSP: jjj, State: parties.AgreementActive}}})
	wantFault(t, err, fault.Conflict)
}

func TestWithoutIDsPlatformsAreFoundByNameAndAgreementsByTheirParties(t *testing.T) {
	h := newHub(t)
	nameless := func() parties.Setup {
		return acmeSetup(func(s *parties.Setup) { s.Platforms[0].ID, s.Platforms[1].ID, s.Agreements[0].ID = "", "", "" })
	}
	if done := h.apply(nameless()); len(done.Changes) != 3 {
		t.Errorf("changed %v", lines(done.Changes))
	}
	h.clock.advance(time.Hour)
	if done := h.apply(nameless()); len(done.Changes) != 0 || done.Unchanged != 3 {
		t.Errorf("the second time changed %v", lines(done.Changes))
	}
	tried, err := h.Apply(t.Context(), parties.SetupOrder{Order: parties.Order{Dry: true}}, parties.Setup{Platforms: []parties.PlatformSetup{{Name: "new"}}})
	noError(t, err)
	wantLines(t, tried, "+ platform : new, PLANNED, any party that is free")
}

func TestASetupThatMakesNoSenseIsRefusedWithThePlace(t *testing.T) {
	for _, test := range []struct {
		says string
		edit func(*parties.Setup)
	}{
		{"platforms[0].platform_id: want up to 64", func(s *parties.Setup) { s.Platforms[0].ID = "a b" }},
		{"platforms[1]: it is cpo in platforms[0] already", func(s *parties.Setup) { s.Platforms[1].ID = "cpo" }},
		{"platforms[0].name: ", func(s *parties.Setup) { s.Platforms[0].Name = " " }},
		{"platforms[1].claims[0]: party NL*HUB: role HUB", func(s *parties.Setup) { s.Platforms[1].Claims = []parties.Claim{claim(ocpi.HUB, "NL", "HUB")} }},
		{"platforms[1].claims[1]: EMSP:NL*JJJ is named twice", func(s *parties.Setup) { s.Platforms[1].Claims = []parties.Claim{jjjEMSP, jjjEMSP} }},
		{"platforms[0].parties[0]: CPO:DE*ABC is not among the claims", func(s *parties.Setup) { s.Platforms[0].Claims = []parties.Claim{defCPO} }},
		{"platforms[1].parties[0]: CPO:DE*ABC is a party of platforms[0] too", func(s *parties.Setup) {
			s.Platforms[1].Claims, s.Platforms[1].Parties = nil, s.Platforms[0].Parties
		}},
		{"platforms[0].versions_url: ", func(s *parties.Setup) { s.Platforms[0].VersionsURL = "ftp://x" }},
		{"agreements[0].state: want draft, active", func(s *parties.Setup) { s.Agreements[0].State = "on" }},
		{"agreements[0].state: scheduled is what", func(s *parties.Setup) { s.Agreements[0].State = parties.AgreementScheduled }},
		{"agreements[0].cpo: NL*JJJ is on this hub, but not as CPO", func(s *parties.Setup) { s.Agreements[0].CPO, s.Agreements[0].EMSP = jjj, abc }},
		{"agreements[0].modules: ", func(s *parties.Setup) { s.Agreements[0].Modules = modulesOf("location") }},
		{"agreements[0].until: ", func(s *parties.Setup) { s.Agreements[0].From, s.Agreements[0].Until = noon, noon.Add(-time.Hour) }},
		{"agreements[1].agreement_id: say which agreement has ended", func(s *parties.Setup) {
			s.Agreements = append(s.Agreements, parties.AgreementSetup{CPO: abc, EMSP: jjj, State: parties.AgreementEnded})
		}},
		{"agreements[0]: agreement a2 between", func(s *parties.Setup) {
			s.Agreements = append(s.Agreements, parties.AgreementSetup{ID: "a2", CPO: abc, EMSP: jjj})
		}},
	} {
		h := newHub(t)
		_, err := h.Apply(t.Context(), parties.SetupOrder{}, acmeSetup(test.edit))
		if err == nil || !strings.HasPrefix(err.Error(), test.says) {
			t.Errorf("got %v, want %q", err, test.says)
		}
		if epochOf(t, h) != 0 {
			t.Errorf("%s: something is written", test.says)
		}
	}
}

func TestASetupThatIsAgainstWhatThereIsIsAConflict(t *testing.T) {
	for _, test := range []struct {
		says string
		edit func(*parties.Setup)
	}{
		{"platforms[0].parties: platform REG has registered CPO:DE*DEF, not CPO:DE*ABC", func(s *parties.Setup) { s.Platforms[0].ID = "REG" }},
		{"platforms[0].claims: platform REG has registered CPO:DE*DEF, which must be among them", func(s *parties.Setup) {
			s.Platforms[0].ID, s.Platforms[0].Claims, s.Platforms[0].Parties = "REG", []parties.Claim{abcCPO}, nil
		}},
		{"platforms[0].parties[0]: CPO:DE*DEF is registered by platform REG", func(s *parties.Setup) { s.Platforms[0].Parties[0].Claim = defCPO }},
		{"agreements[0].agreement_id: agreement OLD is between DE*DEF and NL*JJJ", func(s *parties.Setup) { s.Agreements[0].ID = "OLD" }},
		{"agreements[0].state: agreement OLD is active and cannot be a draft again", func(s *parties.Setup) {
			s.Agreements[0] = parties.AgreementSetup{ID: "OLD", CPO: defCPO.Party, EMSP: jjj, State: parties.AgreementDraft}
		}},
		{"agreements[0]: agreement OLD between DE*DEF and NL*JJJ is active at that time", func(s *parties.Setup) { s.Agreements[0].CPO = defCPO.Party }},
	} {
		h := newHub(t)
		registered, _ := h.register(defCPO)
		_, _, err := h.Invite(t.Context(), "expected", []parties.Claim{{Role: ocpi.EMSP, Party: jjj}})
		noError(t, err)
		a, _, err := h.MakeAgreement(t.Context(), ann, parties.Proposal{CPO: defCPO.Party, EMSP: jjj})
		noError(t, err)
		names := strings.NewReplacer("REG", registered, "OLD", a.ID)
		setup := acmeSetup(test.edit)
		setup.Platforms[0].ID, setup.Agreements[0].ID = names.Replace(setup.Platforms[0].ID), names.Replace(setup.Agreements[0].ID)
		before := epochOf(t, h)
		_, err = h.Apply(t.Context(), parties.SetupOrder{}, setup)
		if f := wantFault(t, err, fault.Conflict); !strings.HasPrefix(f.Message, names.Replace(test.says)) {
			t.Errorf("got %q, want %q", f.Message, names.Replace(test.says))
		}
		if epochOf(t, h) != before {
			t.Errorf("%s: something is written", test.says)
		}
	}
}

func TestAnOrderOnAnotherRevisionIsRefused(t *testing.T) {
	h := newHub(t)
	tried, err := h.Apply(t.Context(), parties.SetupOrder{Order: parties.Order{Dry: true}}, acmeSetup())
	noError(t, err)
	h.invite(defCPO)
	_, err = h.Apply(t.Context(), parties.SetupOrder{Revision: tried.Revision}, acmeSetup())
	wantFault(t, err, fault.Conflict)
	if n := len(h.Directory().Platforms()); n != 1 {
		t.Errorf("there are %d platforms", n)
	}
}

// crowded is a store in which somebody else writes just before each batch.
type crowded struct {
	parties.Store
	before func()
}

func (c *crowded) SaveAll(ctx context.Context, b parties.Batch) error {
	c.before()
	return c.Store.SaveAll(ctx, b)
}

func TestAChangeThatComesBetweenIsSeenBeforeAnythingIsWritten(t *testing.T) {
	store := &crowded{Store: memstore.New()}
	others := 0
	store.before = func() {
		if others++; others == 1 { // takes the party while the setup is worked out
			p := platform("taken", 1, abcCPO)
			noError(t, store.Save(t.Context(), p))
		}
	}
	h := newHubOn(t, store)
	_, err := h.Apply(t.Context(), parties.SetupOrder{}, acmeSetup())
	if f := wantFault(t, err, fault.Conflict); !strings.Contains(f.Message, "platforms[0].parties[0]: CPO:DE*ABC is registered by platform taken") {
		t.Errorf("got %q", f.Message)
	}
	if n := len(h.Directory().Platforms()); n != 1 {
		t.Errorf("there are %d platforms", n)
	}
	store.before = func() { h.invite() }
	_, err = h.Apply(t.Context(), parties.SetupOrder{}, parties.Setup{Platforms: []parties.PlatformSetup{{Name: "x"}}})
	wantFault(t, err, fault.Conflict)
}

func TestASetupHoldsNoSecrets(t *testing.T) {
	h := newHub(t)
	id, _ := h.register(abcCPO)
	p := h.platform(id).Clone()
	p.VersionsURL = "https://user:pass@cpo.example/versions"
	p.Parties[0].BusinessDetails = []byte(`{"name":"A\u0000\nB","website":"https://u:p@x.example","logo":{"url":"x"}}`)
	noError(t, h.store.Save(t.Context(), p))
	next, err := parties.Open(t.Context(), parties.Options{Store: h.store, Sealer: newSealer(t), Partner: h.partner, Self: parties.Self{Party: hubID}})
	noError(t, err)
	s := next.Directory().Setup(h.clock.now()).Platforms[0]
	if s.VersionsURL != "https://cpo.example/versions" || s.Parties[0].Name != "AB" || s.Parties[0].Website != "https://x.example" {
		t.Errorf("got %+v", s)
	}
}

func BenchmarkApplyAThousandAgreements(b *testing.B) {
	var setup parties.Setup
	for i := range 50 {
		setup.Platforms = append(setup.Platforms, parties.PlatformSetup{
			ID: fmt.Sprint("p", i), Name: fmt.Sprint("Platform ", i),
			Parties: []parties.PartySetup{{Claim: claim(ocpi.CPO, "DE", fmt.Sprintf("C%02d", i))}, {Claim: claim(ocpi.EMSP, "DE", fmt.Sprintf("E%02d", i))}},
		})
		for j := range 20 {
			setup.Agreements = append(setup.Agreements, parties.AgreementSetup{
				ID: fmt.Sprintf("a%d-%d", i, j), CPO: ocpi.NewPartyID("DE", fmt.Sprintf("C%02d", i)), EMSP: ocpi.NewPartyID("DE", fmt.Sprintf("E%02d", j)),
			})
		}
	}
	for b.Loop() {
		store, err := boltstore.Open(b.TempDir() + "/registry.db")
		if err != nil {
			b.Fatal(err)
		}
		r, err := parties.Open(b.Context(), parties.Options{Store: store, Partner: newPartner(), Self: parties.Self{Party: hubID}})
		if err != nil {
			b.Fatal(err)
		}
		for _, want := range []int{1050, 0} {
			done, err := r.Apply(b.Context(), parties.SetupOrder{}, setup)
			if err != nil || len(done.Changes) != want {
				b.Fatal(len(done.Changes), err)
			}
		}
		if err := store.Close(); err != nil {
			b.Fatal(err)
		}
	}
}

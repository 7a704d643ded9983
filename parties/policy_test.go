package parties_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/parties"
)

var (
	jjjEMSP = claim(ocpi.EMSP, "NL", "JJJ")
	kkkNSP  = claim(ocpi.NSP, "NL", "KKK")
	nnnNAP  = claim(ocpi.NAP, "FR", "NNN")
)

// agreed returns an active agreement from noon on.
func agreed(cpo, emsp parties.Claim, edit ...func(*parties.Agreement)) *parties.Agreement {
	a := &parties.Agreement{
		ID: cpo.Party.ID + "-" + emsp.Party.ID, CPO: cpo.Party, EMSP: emsp.Party,
		State: parties.AgreementActive, Terms: parties.Terms{From: noon}, Changed: noon.Add(-time.Minute), Created: noon.Add(-time.Minute),
	}
	for _, e := range edit {
		e(a)
	}
	return a
}

func governed(policy parties.Policy, agreements ...*parties.Agreement) *parties.Directory {
	return parties.NewDirectory(nil, 1).Govern(policy, agreements)
}

func TestTheStatusOfAnAgreementFollowsItsStateAndItsDates(t *testing.T) {
	before, during, end := noon.Add(-time.Second), noon.Add(time.Minute), noon.Add(time.Hour)
	for _, test := range []struct {
		state      parties.AgreementState
		until, now time.Time
		want       parties.AgreementState
	}{
		{parties.AgreementActive, end, before, parties.AgreementScheduled},
		{parties.AgreementActive, end, noon, parties.AgreementActive},
		{parties.AgreementActive, end, during, parties.AgreementActive},
		{parties.AgreementActive, end, end.Add(-1), parties.AgreementActive},
		{parties.AgreementActive, end, end, parties.AgreementEnded},
		{parties.AgreementActive, time.Time{}, end.AddDate(100, 0, 0), parties.AgreementActive},
		{parties.AgreementDraft, end, during, parties.AgreementDraft},
		{parties.AgreementDraft, end, end, parties.AgreementEnded},
		{parties.AgreementSuspended, end, before, parties.AgreementSuspended},
		{parties.AgreementSuspended, end, during, parties.AgreementSuspended},
		{parties.AgreementSuspended, end, end, parties.AgreementEnded},
		{parties.AgreementEnded, time.Time{}, during, parties.AgreementEnded},
	} {
		a := agreed(abcCPO, jjjEMSP)
		a.State, a.Until = test.state, test.until
		if got := a.Status(test.now); got != test.want || a.InForce(test.now) != (got == parties.AgreementActive) {
			t.Errorf("%s until %s at %s: %s, in force %t; want %s", test.state, test.until, test.now, got, a.InForce(test.now), test.want)
		}
	}
}

func TestAnAgreementThatWasPutIntoForceIsSoByAClockThatIsBehind(t *testing.T) {
	a := agreed(abcCPO, jjjEMSP)
	a.Changed = a.From // made, and in force from now on
	behind := noon.Add(-time.Hour)
	if got := a.Status(behind); got != parties.AgreementActive || !a.InForce(behind) {
		t.Errorf("an hour behind it is %s", got)
	}
	a.From = noon.Add(time.Minute) // it was made for later
	if got := a.Status(noon); got != parties.AgreementScheduled || a.InForce(noon) {
		t.Errorf("before its first day it is %s", got)
	}
}

func TestUnderPolicyAgreementOnlyWhatIsAgreedIsAllowed(t *testing.T) {
	narrow := func(a *parties.Agreement) {
		a.Modules = []ocpi.ModuleID{ocpi.Locations, ocpi.Tokens, ocpi.Sessions}
		a.CPOOnly, a.EMSPOnly = []ocpi.ModuleID{ocpi.Locations}, []ocpi.ModuleID{ocpi.Tokens}
		a.Custom = []ocpi.ModuleID{"nltnm-x"}
	}
	d := governed(parties.PolicyByAgreement, agreed(abcCPO, jjjEMSP), agreed(defCPO, jjjEMSP, narrow), agreed(nnnNAP, jjjEMSP))
	for _, test := range []struct {
		from, to parties.Claim
		module   ocpi.ModuleID
		want     bool
	}{
		{abcCPO, jjjEMSP, ocpi.Locations, true},
		{jjjEMSP, abcCPO, ocpi.Commands, true},
		{abcCPO, jjjEMSP, "nltnm-x", false},
		{abcCPO, kkkNSP, ocpi.Locations, false},
		{kkkNSP, abcCPO, ocpi.Tokens, false},
		{abcEMSP, jjjEMSP, ocpi.Locations, false}, // it is no CPO here
		{abcCPO, abcEMSP, ocpi.Locations, true},   // itself
		{jjjEMSP, claim(ocpi.EMSP, "DE", "DEF"), ocpi.Locations, false},
		{defCPO, jjjEMSP, ocpi.Locations, true},
		{jjjEMSP, defCPO, ocpi.Locations, false},
		{jjjEMSP, defCPO, ocpi.Tokens, true},
		{defCPO, jjjEMSP, ocpi.Tokens, false},
		{defCPO, jjjEMSP, ocpi.Sessions, true},
		{jjjEMSP, defCPO, ocpi.Sessions, true},
		{jjjEMSP, defCPO, ocpi.Commands, false},
		{defCPO, jjjEMSP, "nltnm-x", true},
		{jjjEMSP, defCPO, "nltnm-x", true},
		{claim(ocpi.EMSP, "DE", "DEF"), jjjEMSP, "nltnm-x", true}, // custom modules know no roles
		{nnnNAP, jjjEMSP, ocpi.Locations, true},
		{abcCPO, nnnNAP, ocpi.Locations, false},
	} {
		x := parties.Exchange{From: test.from, To: test.to, Module: test.module}
		if got := d.Allows(x, noon); got != test.want {
			t.Errorf("%s to %s, %s: %t, want %t", test.from, test.to, test.module, got, test.want)
		}
		if d.Allows(x, noon.Add(-1)) && test.from.Party != test.to.Party {
			t.Errorf("%s to %s, %s is allowed before the first day", test.from, test.to, test.module)
		}
	}
}

func TestUnderPolicyOpenOnlyCustomModulesNeedAnAgreement(t *testing.T) {
	custom := func(a *parties.Agreement) { a.Custom = []ocpi.ModuleID{"x-y"} }
	d := governed(parties.PolicyOpen, agreed(abcCPO, jjjEMSP, custom), agreed(defCPO, jjjEMSP, func(a *parties.Agreement) {
		custom(a)
		a.State = parties.AgreementSuspended
	}))
	for _, test := range []struct {
		to     parties.Claim
		module ocpi.ModuleID
		want   bool
	}{
		{abcCPO, ocpi.Commands, true},
		{defCPO, ocpi.Commands, true},
		{nnnNAP, ocpi.Commands, true},
		{abcCPO, "x-y", true},
		{abcCPO, "x-z", false},
		{defCPO, "x-y", false},
		{nnnNAP, "x-y", false},
	} {
		if got := d.Allows(parties.Exchange{From: jjjEMSP, To: test.to, Module: test.module}, noon); got != test.want {
			t.Errorf("to %s, %s: %t, want %t", test.to, test.module, got, test.want)
		}
	}
}

func TestTheAgreementInForceOfTwoPartiesIsFoundWithoutAllocating(t *testing.T) {
	old := agreed(abcCPO, jjjEMSP, func(a *parties.Agreement) { a.ID, a.State = "old", parties.AgreementEnded })
	next := agreed(abcCPO, jjjEMSP, func(a *parties.Agreement) { a.ID, a.From = "next", noon.Add(time.Hour) })
	now := agreed(abcCPO, jjjEMSP, func(a *parties.Agreement) { a.ID, a.Until, a.StandIn = "now", noon.Add(time.Hour), true })
	d := governed(parties.PolicyByAgreement, next, old, now)
	for _, test := range []struct {
		at   time.Time
		want string
	}{{noon.Add(-1), ""}, {noon, "now"}, {noon.Add(time.Hour - 1), "now"}, {noon.Add(time.Hour), "next"}} {
		a, ok := d.InForce(abcCPO.Party, jjjEMSP.Party, test.at)
		if ok != (test.want != "") || ok && a.ID != test.want {
			t.Errorf("at %s: %v, want %q", test.at, a, test.want)
		}
	}
	x := parties.Exchange{From: jjjEMSP, To: abcCPO, Module: ocpi.Commands}
	if allocs := testing.AllocsPerRun(100, func() {
		if a, ok := d.InForce(abcCPO.Party, jjjEMSP.Party, noon); !ok || !a.StandIn || !d.Allows(x, noon) {
			t.Error("not found")
		}
	}); allocs != 0 {
		t.Errorf("%v allocations", allocs)
	}
	if got := fmt.Sprint(d.Agreements()[0].ID, d.Policy()); got != "nextagreement" {
		t.Errorf("got %s", got)
	}
}

func TestAnAgreementSaysHowItsTwoPartiesCatchUp(t *testing.T) {
	none := func(a *parties.Agreement) { a.CatchUp = parties.CatchUpNone }
	latest := func(a *parties.Agreement) { a.CatchUp = parties.CatchUpLatest }
	suspended := func(a *parties.Agreement) { a.State = parties.AgreementSuspended }
	d := governed(parties.PolicyOpen, agreed(abcCPO, jjjEMSP, none), agreed(defCPO, jjjEMSP))
	for _, test := range []struct {
		owner parties.Claim
		to    ocpi.PartyID
		want  parties.CatchUp
	}{
		{abcCPO, jjjEMSP.Party, parties.CatchUpNone},
		{jjjEMSP, abcCPO.Party, parties.CatchUpNone},
		{defCPO, jjjEMSP.Party, parties.CatchUpAsHub},
		{abcEMSP, jjjEMSP.Party, parties.CatchUpAsHub},
		{nnnNAP, jjjEMSP.Party, parties.CatchUpAsHub},
	} {
		if got := d.CatchUp(test.owner, test.to, noon); got != test.want {
			t.Errorf("%s to %s: %q, want %q", test.owner, test.to, got, test.want)
		}
	}
	if d.AnyCatchUp() || governed(parties.PolicyOpen, agreed(abcCPO, jjjEMSP, latest, suspended)).AnyCatchUp() ||
		!governed(parties.PolicyOpen, agreed(abcCPO, jjjEMSP, latest)).AnyCatchUp() {
		t.Error("whether anybody gets the latest state is not known")
	}
}

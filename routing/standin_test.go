package routing

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ocpihub/ocpihub/internal/fault"
	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/parties"
)

// agrees puts an agreement of the CPO with an eMSP in force.
func (w *world) agrees(emsp ocpi.PartyID, standIn bool) *parties.Agreement {
	a := &parties.Agreement{ID: "a", CPO: cpo, EMSP: emsp, State: parties.AgreementActive}
	a.StandIn = standIn
	w.directory.Govern(parties.PolicyOpen, []*parties.Agreement{a})
	return a
}

func TestTheHubStandsInByTheWhitelist(t *testing.T) {
	for _, row := range []struct {
		name, members, allowed string
	}{
		{"ALWAYS", `"valid":true,"whitelist":"ALWAYS"`, "ALLOWED"},
		{"ALLOWED", `"valid":true,"whitelist":"ALLOWED"`, "ALLOWED"},
		{"ALLOWED_OFFLINE", `"valid":true,"whitelist":"ALLOWED_OFFLINE"`, "ALLOWED"},
		{"H-161 NEVER", `"valid":true,"whitelist":"NEVER"`, ""},
		{"a whitelist that is not listed", `"valid":true,"whitelist":"SOMETIMES"`, ""},
		{"no whitelist", `"valid":true`, ""},
		{"not valid any more", `"valid":false,"whitelist":"ALWAYS"`, "BLOCKED"},
		{"not valid and NEVER", `"valid":false,"whitelist":"NEVER"`, ""},
		{"valid in no readable form", `"valid":"yes","whitelist":"ALWAYS"`, ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			w := newWorld(t, aaa)
			w.agrees(aaa, true)
			w.gives(aaa, "T1", row.members)
			answer, err := w.authorizes("T1")
			if row.allowed == "" {
				if !fault.Is(err, fault.NotConnected) || w.last().Reason == ByStandIn {
					t.Errorf("got %s, %v; want the failure", answer.Body, err)
				}
				return
			}
			w.wantFrom(answer, err, hub, row.allowed)
		})
	}
}

func TestH158_TheAnswerOfTheHubHoldsTheWholeTokenTheLocationAndAReferenceOfItsOwn(t *testing.T) {
	w := newWorld(t, aaa)
	w.agrees(aaa, true)
	w.gives(aaa, "T1", `"valid":true,"whitelist":"ALLOWED_OFFLINE", "x-new" : 1.10,"issuer":"A & <B>"`)
	references := map[string]bool{}
	for range 2 {
		answer, err := w.send("POST", authorization, "T1/authorize", `{"location_id":"L1","evse_uids":["E1"]}`, ocpi.PartyID{})
		w.wantFrom(answer, err, hub, "ALLOWED")
		env, _ := ocpi.ParseEnvelope(answer.Body)
		token := string(ocpi.FindObject(env.Data, "token"))
		if !strings.HasPrefix(token, `{"country_code":"NL","party_id":"AAA","uid":"T1"`) || !strings.Contains(token, `, "x-new" : 1.10,"issuer":"A & <B>",`) {
			t.Errorf("the token is %s", token)
		}
		if at := string(ocpi.FindObject(env.Data, "location")); at != `{"location_id":"L1","evse_uids":["E1"]}` {
			t.Errorf("the location is %s", at)
		}
		reference := ocpi.FindString(env.Data, "authorization_reference")
		if !strings.HasPrefix(reference, "NLHUB-") || len(reference) > 36 || references[reference] {
			t.Errorf("the reference is %q", reference)
		}
		references[reference] = true
		rec := w.last()
		if rec.Reference != reference || rec.Reason != ByStandIn || rec.To != aaa || rec.Failed ||
			len(rec.Attempts) != 1 || rec.Attempts[0].Fault != fault.NotConnected || rec.Attempts[0].To != aaa {
			t.Errorf("it is recorded as %+v", rec)
		}
	}
}

func TestTheHubStandsInAfterEveryFailureOfTheEMSPButForNoAnswerOfItsOwn(t *testing.T) {
	for _, row := range []struct {
		name    string
		says    receiver
		standIn bool
	}{
		{"not connected", fails(fault.NotConnected), true},
		{"no OCPI", fails(fault.BadAnswer), true},
		{"no answer in time", silence, true},
		{"2002 is an answer", answers(200, ocpi.StatusNotEnough), false},
		{"2004 is an answer", unknown, false},
		{"3000 is an answer", answers(200, ocpi.StatusServerError), false},
		{"BLOCKED is an answer", allowed("BLOCKED"), false},
	} {
		for name, to := range map[string]ocpi.PartyID{"OCPI-to names it": aaa, "the token names it": {}} {
			t.Run(row.name+", "+name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					w := newWorld(t, aaa, bbb)
					w.agrees(aaa, true)
					w.gives(aaa, "T1", `"valid":true,"whitelist":"ALWAYS"`)
					w.script[aaa] = row.says
					began := time.Now()
					answer, err := w.send("POST", authorization, "T1/authorize", "", to)
					if stood := answer.Routing.From == hub; err != nil || stood != row.standIn || time.Since(began) > 3*time.Second {
						t.Errorf("the hub stood in: %v, %v", stood, err)
					}
				})
			})
		}
	}
}

func TestH159_WithoutTheOptionTheHubNeverAnswersForAnEMSP(t *testing.T) {
	for name, edit := range map[string]func(w *world, a *parties.Agreement){
		"no agreement":                 func(w *world, _ *parties.Agreement) { w.directory.Govern(parties.PolicyOpen, nil) },
		"an agreement without it":      func(_ *world, a *parties.Agreement) { a.StandIn = false },
		"an agreement that is not on":  func(_ *world, a *parties.Agreement) { a.State = parties.AgreementSuspended },
		"an agreement on other things": func(_ *world, a *parties.Agreement) { a.Modules = []ocpi.ModuleID{ocpi.Locations} },
		"an agreement of others": func(w *world, a *parties.Agreement) {
			a.EMSP = bbb
			w.directory.Govern(parties.PolicyOpen, []*parties.Agreement{a})
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, aaa)
			edit(w, w.agrees(aaa, true))
			w.gives(aaa, "T1", `"valid":true,"whitelist":"ALWAYS"`)
			if answer, err := w.authorizes("T1"); !fault.Is(err, fault.NotConnected) {
				t.Errorf("got %s, %v; want the failure", answer.Body, err)
			}
		})
	}
	t.Run("a token that was not given", func(t *testing.T) {
		w := newWorld(t, aaa)
		w.agrees(aaa, true)
		if _, err := w.send("POST", authorization, "T9/authorize", "", aaa); !fault.Is(err, fault.NotConnected) {
			t.Errorf("got %v, want the failure", err)
		}
	})
	t.Run("a token that was given to another CPO alone", func(t *testing.T) {
		w := newWorld(t, aaa)
		w.agrees(aaa, true)
		w.givesTo(cpo2, aaa, "T1", `"valid":true,"whitelist":"ALWAYS"`)
		if _, err := w.send("POST", authorization, "T1/authorize", "", aaa); !fault.Is(err, fault.NotConnected) {
			t.Errorf("got %v, want the failure", err)
		}
	})
}

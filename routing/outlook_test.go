package routing

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/parties"
	"github.com/ocpihub/ocpihub/routing/journal"
)

// noonOf is when the records of these tests were made.
var noonOf = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

// townsfolk are a CPO, an eMSP, an SCSP and another eMSP, under policy agreement.
func townsfolk(list ...*parties.Agreement) *parties.Directory {
	return parties.NewDirectory([]*parties.Platform{
		home("cpo", parties.Connected, party(ocpi.CPO, cpo)), home("a", parties.Connected, party(ocpi.EMSP, aaa)),
		home("b", parties.Connected, party(ocpi.SCSP, bbb)), home("c", parties.Connected, party(ocpi.EMSP, ccc)),
	}, 1).Govern(parties.PolicyByAgreement, list)
}

func pact(emsp ocpi.PartyID, edit ...func(*parties.Agreement)) *parties.Agreement {
	a := &parties.Agreement{ID: "a", CPO: cpo, EMSP: emsp, State: parties.AgreementActive, Terms: parties.Terms{From: noonOf.AddDate(-1, 0, 0)}}
	for _, e := range edit {
		e(a)
	}
	return a
}

// told writes what is foreseen in lines.
func told(list []Foreseen) (out []string) {
	for _, f := range list {
		out = append(out, fmt.Sprintf("%d %s %s %s->%s %s: %t, then %t", f.Messages, f.Method, f.Module, f.From.ID, f.To.ID, f.Route, f.Before, f.After))
	}
	return out
}

func TestWhatAChangeOfAnAgreementWouldDoToTheTraffic(t *testing.T) {
	put := journal.Entry{From: cpo, To: aaa, Module: ocpi.Locations, Method: "PUT", Object: "DE/ABC/L1", Route: "direct"}
	with := func(e journal.Entry, edit func(*journal.Entry)) journal.Entry { edit(&e); return e }
	to := func(p ocpi.PartyID) func(*journal.Entry) { return func(e *journal.Entry) { e.To = p } }
	pushed := journal.Entry{From: cpo, To: hub, Module: ocpi.Locations, Method: "PATCH", Object: "DE/ABC/L1/1", Route: "broadcast", CorrelationID: "c1"}
	copied := with(pushed, func(e *journal.Entry) { e.To, e.Attempt = aaa, 1 })
	again := with(copied, func(e *journal.Entry) { e.Attempt = 2 })
	list := journal.Entry{From: aaa, To: hub, Module: ocpi.Locations, Method: "GET", Route: "get_all"}
	asked := journal.Entry{From: cpo, Module: ocpi.Tokens, Method: "POST", Object: "***/authorize", Route: "open", Reason: "not_found"}
	answered := with(asked, func(e *journal.Entry) { e.To, e.Reason = ccc, string(ByAskingAll) })
	none, all := townsfolk(), townsfolk(pact(aaa))
	only := func(m ...ocpi.ModuleID) *parties.Directory {
		return townsfolk(pact(aaa, func(a *parties.Agreement) { a.Modules = m }))
	}
	for _, test := range []struct {
		name          string
		before, after *parties.Directory
		entries       []journal.Entry
		want          []string
	}{
		{"what was refused would pass", none, all, []journal.Entry{put, put}, []string{"2 PUT locations ABC->AAA direct: false, then true"}},
		{"what passed would be refused", all, none, []journal.Entry{put}, []string{"1 PUT locations ABC->AAA direct: true, then false"}},
		{"with others", none, all, []journal.Entry{with(put, to(ccc)), with(put, func(e *journal.Entry) { e.From = ccc })}, nil},
		{"an attempt is no message", none, all, []journal.Entry{with(put, func(e *journal.Entry) { e.Attempt = 1 })}, nil},
		{"one module is left out", all, only(ocpi.Tokens), []journal.Entry{put, asked}, []string{
			"1 PUT locations ABC->AAA direct: true, then false", "1 POST tokens ABC->AAA open: true, then true",
		}},
		{"one direction is left out", all, townsfolk(pact(aaa, func(a *parties.Agreement) { a.EMSPOnly = []ocpi.ModuleID{ocpi.Sessions} })), []journal.Entry{
			{From: cpo, To: aaa, Module: ocpi.Sessions, Method: "PUT", Object: "DE/ABC/S1", Route: "open"},
			{From: aaa, To: cpo, Module: ocpi.Sessions, Method: "PUT", Object: "S1/charging_preferences", Route: "direct"},
		}, []string{"1 PUT sessions ABC->AAA open: true, then false", "1 PUT sessions AAA->ABC direct: true, then true"}},
		{"a push to all is a copy for the other", none, all, []journal.Entry{pushed}, []string{"1 PATCH locations ABC->AAA broadcast: false, then true"}},
		{"a push and its copies are one", all, none, []journal.Entry{copied, with(copied, to(ccc)), pushed}, []string{"1 PATCH locations ABC->AAA broadcast: true, then false"}},
		{"a copy of what was pulled", all, none, []journal.Entry{copied, again}, []string{"1 PATCH locations ABC->AAA broadcast: true, then false"}},
		{"a list of all holds the objects of the other", none, all, []journal.Entry{list}, []string{"1 GET locations AAA->ABC get_all: false, then true"}},
		{"a token that nobody knows", none, all, []journal.Entry{asked}, []string{"1 POST tokens ABC->AAA open: false, then true"}},
		{"a token about which another answered", none, all, []journal.Entry{answered}, []string{"1 POST tokens ABC->AAA open: false, then true"}},
		{"a token of another", none, all, []journal.Entry{with(asked, func(e *journal.Entry) { e.To, e.Reason = ccc, "content" })}, nil},
		{"a result goes back whatever is agreed", all, none, []journal.Entry{{From: cpo, To: aaa, Module: ocpi.Commands, Method: "POST", Route: "callback"}}, nil},
		{"what found no receiver", none, all, []journal.Entry{{From: aaa, Module: ocpi.Commands, Method: "POST", Object: "START_SESSION", Route: "open"}}, nil},
		{"a CDR, whose path is masked", none, all, []journal.Entry{
			{From: cpo, To: aaa, Module: ocpi.CDRs, Method: "GET", Object: "***", Route: "open"},
		}, []string{"1 GET cdrs ABC->AAA open: false, then true"}},
		{"a custom module", all, townsfolk(pact(aaa, func(a *parties.Agreement) { a.Custom = []ocpi.ModuleID{"x"} })), []journal.Entry{
			{From: aaa, To: cpo, Module: "x", Method: "PUT", Object: "***", Route: "direct"},
		}, []string{"1 PUT x AAA->ABC direct: false, then true"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			o := Outlook{Before: test.before, After: test.after, Sides: [2]ocpi.PartyID{cpo, aaa}, At: noonOf}
			if diff := cmp.Diff(test.want, told(o.Foresee(test.entries))); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestWhatRolesRuleOutIsNotForeseen(t *testing.T) {
	o := Outlook{Before: townsfolk(), After: townsfolk(pact(bbb)), Sides: [2]ocpi.PartyID{cpo, bbb}, At: noonOf}
	got := o.Foresee([]journal.Entry{ // an SCSP gets no copies, though it may be called
		{From: cpo, Module: ocpi.Locations, Method: "PUT", Object: "DE/ABC/L1", Route: "broadcast"},
		{From: cpo, To: bbb, Module: ocpi.Locations, Method: "PUT", Object: "DE/ABC/L1", Route: "direct"},
	})
	if diff := cmp.Diff([]string{"1 PUT locations ABC->BBB direct: false, then true"}, told(got)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestUnderPolicyOpenAnAgreementChangesNothingOfTheTraffic(t *testing.T) {
	open := townsfolk().Govern(parties.PolicyOpen, nil)
	o := Outlook{Before: open, After: open.With(pact(aaa)), Sides: [2]ocpi.PartyID{cpo, aaa}, At: noonOf}
	got := o.Foresee([]journal.Entry{{From: cpo, To: aaa, Module: ocpi.Locations, Method: "PUT", Object: "DE/ABC/L1", Route: "direct"}})
	if diff := cmp.Diff([]string{"1 PUT locations ABC->AAA direct: true, then true"}, told(got)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

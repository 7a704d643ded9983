package main

import (
	"context"
	"strings"
	"testing"

	"github.com/ocpihub/ocpihub/hub/admin"
	"github.com/ocpihub/ocpihub/internal/fault"
	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/parties"
	"github.com/ocpihub/ocpihub/routing"
)

// agreed is an agreement with all terms.
func agreed() *parties.Agreement {
	return &parties.Agreement{
		ID: "a-1", CPO: ocpi.NewPartyID("DE", "ACM"), EMSP: ocpi.NewPartyID("NL", "MSP"),
		Terms: parties.Terms{
			Modules: []ocpi.ModuleID{ocpi.Locations, ocpi.Tokens}, CPOOnly: []ocpi.ModuleID{ocpi.Locations}, Custom: []ocpi.ModuleID{"x-y"},
			From: at(1).AddDate(-1, 0, 0), Until: at(1).AddDate(100, 0, 0), AgreementOptions: parties.AgreementOptions{StandIn: true, CatchUp: parties.CatchUpNone},
		},
		State: parties.AgreementActive, Changed: at(1), Created: at(1),
		History: []parties.AgreementEvent{{At: at(1), By: "ann", What: "made for DE*ACM and NL*MSP, active"}},
	}
}

func draft() *parties.Agreement {
	return &parties.Agreement{
		ID: "a-2", CPO: ocpi.NewPartyID("DE", "ACM"), EMSP: ocpi.NewPartyID("BE", "ECO"), Terms: parties.Terms{From: at(2)},
		State: parties.AgreementDraft, Changed: at(2), Created: at(2),
	}
}

func (s *stage) MakeAgreement(_ context.Context, o parties.Order, p parties.Proposal) (*parties.Agreement, string, error) {
	a := draft()
	a.CPO, a.EMSP, a.Terms = p.CPO, p.EMSP, p.Terms
	if p.From.IsZero() {
		a.From = at(2)
	}
	return a, "made for DE*ACM and BE*ECO, draft", nil
}

func (s *stage) AmendAgreement(_ context.Context, _ parties.Order, _ string, edit func(*parties.Terms) error) (*parties.Agreement, string, error) {
	a := agreed()
	return a, "until: no end", edit(&a.Terms)
}

func (s *stage) ActivateAgreement(_ context.Context, _ parties.Order, id string) (*parties.Agreement, string, error) {
	return nil, "", fault.New(fault.Conflict, "agreement %s is suspended: resume it", id)
}

func (s *stage) SuspendAgreement(context.Context, parties.Order, string) (*parties.Agreement, string, error) {
	a := agreed()
	a.State = parties.AgreementSuspended
	return a, "suspended, was active", nil
}

func (s *stage) Foresee(_ context.Context, a *parties.Agreement) admin.Foresight {
	kind := routing.Foreseen{
		Module: ocpi.Locations, From: a.CPO, To: a.EMSP, Method: "PATCH", Route: routing.Broadcast, Messages: 1200, Before: true,
	}
	stays, begins := kind, kind
	stays.Method, stays.Route, stays.Messages, stays.After = "PUT", routing.Direct, 1, true
	begins.Module, begins.From, begins.To, begins.Method, begins.Before, begins.After = ocpi.Tokens, a.EMSP, a.CPO, "PUT", false, true
	return admin.Foresight{
		Traffic: []routing.Foreseen{stays, kind, begins},
		Note:    "only the newest 20000 records of DE*ACM were looked at: what came since 2026-11-21T11:00:00Z",
	}
}

func (s *stage) ResumeAgreement(context.Context, parties.Order, string) (*parties.Agreement, string, error) {
	return agreed(), "", nil
}

func (s *stage) EndAgreement(context.Context, parties.Order, string) (*parties.Agreement, string, error) {
	a := agreed()
	a.State = parties.AgreementEnded
	return a, "ended, was active", nil
}

func TestDatesOfAnAgreement(t *testing.T) {
	for _, test := range []struct{ from, until, wantFrom, wantUntil string }{
		{"2026-01-01", "2026-12-31", "2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z"},
		{"2026-01-01T08:30:00+01:00", "2026-12-31T12:00:00Z", "2026-01-01T07:30:00Z", "2026-12-31T12:00:00Z"},
		{"2028-02-29", "none", "2028-02-29T00:00:00Z", "-"},
	} {
		from, err := firstDay(test.from)
		until, err2 := lastDay(test.until)
		if err != nil || err2 != nil || showTime(from) != test.wantFrom || showTime(until) != test.wantUntil {
			t.Errorf("%s to %s: %s (%v) to %s (%v)", test.from, test.until, showTime(from), err, showTime(until), err2)
		}
	}
}

func TestWrongTermsAreWrongUsage(t *testing.T) {
	s := start(t)
	create := []string{"agreements", "create", "--cpo", "DE*ACM", "--emsp", "BE*ECO"}
	for _, test := range []struct {
		args []string
		says string
	}{
		{append(create, "--from", "tomorrow"), "want a date such as"},
		{append(create, "--until", "2026-02-30"), "want a date such as"},
		{[]string{"agreements", "create", "--cpo", "DEACM", "--emsp", "BE*ECO"}, "--cpo: party"},
		{[]string{"agreements", "create", "--emsp", "BE*ECO"}, "cpo"},
		{[]string{"agreements", "update", "a-1"}, "name what is to change"},
	} {
		code, out, errs := s.hubctl(t, test.args...)
		if code != 2 || out != "" || !strings.Contains(errs, test.says) {
			t.Errorf("%v: exit code %d, %q; want 2 and %q", test.args, code, errs, test.says)
		}
	}
	if code, _, errs := s.hubctl(t, "agreements", "activate", "a-1"); code != 1 || !strings.Contains(errs, "resume it") {
		t.Errorf("a refusal gives exit code %d and %q", code, errs)
	}
}

package e2e

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/ocpitest"
)

// outlookView is what hubctl prints of a change of an agreement that is tried.
type outlookView struct {
	ID      string `json:"agreement_id"`
	DryRun  bool   `json:"dry_run"`
	Note    string `json:"traffic_note"`
	Traffic []struct {
		Module, From, To, Method, Route string
		Messages                        int
		Before, After                   string
	}
}

func (v outlookView) lines() (out []string) {
	for _, t := range v.Traffic {
		out = append(out, fmt.Sprintf("%s to %s: %d %s %s %s, %s, then %s", t.From, t.To, t.Messages, t.Method, t.Module, t.Route, t.Before, t.After))
	}
	return out
}

func TestATriedChangeOfAnAgreementTellsWhatItWouldDoToTheTrafficOfTheDay(t *testing.T) {
	h := startHub(t, "OCPI_HUB_POLICY_DEFAULT=agreement")
	c, e := h.join(platformOf(ocpi.CPO, "DE*ABC")), h.join(platformOf(ocpi.EMSP, "NL*TNM"))
	other := h.join(platformOf(ocpi.EMSP, "FR*DRV"))
	for n := range 3 {
		push(t, c, ocpi.Locations, hubParty, locationWith(abc, fmt.Sprintf("L%d", n), 1))
	}
	ask(t, c, put(ocpi.Sessions, at(abc, "S1"), sessionOf(abc, "S1", tnm)))
	push(t, e, ocpi.Tokens, hubParty, tokenOf(tnm, "U1"))
	if _, err := e.GetAll(t.Context(), ocpitest.List{Module: ocpi.Locations, To: hubParty}, func([]byte) error { return nil }); err != nil {
		t.Fatal(err)
	}
	ask(t, other, ocpitest.Request{Module: ocpi.Locations, Interface: ocpi.Sender, Method: "GET", To: abc}) // of somebody else

	try := func(want []string, args ...string) (v outlookView) {
		t.Helper()
		eventually(t, untilDelivered, "the message log has it all", func() error {
			v = outlookView{}
			h.hubctl(&v, append([]string{"agreements"}, append(args, "--dry-run")...)...)
			if diff := cmp.Diff(want, v.lines()); diff != "" || !v.DryRun || v.Note != "" {
				return fmt.Errorf("%+v; -want +got:\n%s", v, diff)
			}
			return nil
		})
		return v
	}
	refused := []string{
		"DE*ABC to NL*TNM: 3 PUT locations broadcast, refused, then allowed",
		"DE*ABC to NL*TNM: 1 PUT sessions open, refused, then allowed",
		"NL*TNM to DE*ABC: 1 GET locations get_all, refused, then allowed",
		"NL*TNM to DE*ABC: 1 PUT tokens broadcast, refused, then allowed",
	}
	onlyOwn := slices.Clone(refused)
	for i, line := range onlyOwn {
		if !strings.Contains(line, "locations") {
			onlyOwn[i] = strings.Replace(line, "then allowed", "then refused", 1)
		}
	}
	create := []string{"create", "--cpo", "DE*ABC", "--emsp", "NL*TNM"}
	try(refused, create...)
	try(onlyOwn, append(create, "--modules", "locations")...)

	var a agreementView
	h.hubctl(&a, "agreements", "create", "--cpo", "DE*ABC", "--emsp", "NL*TNM")
	allowed := make([]string, len(refused))
	for i, line := range refused {
		allowed[i] = strings.Replace(line, "refused, then allowed", "allowed, then refused", 1)
	}
	try(allowed, "suspend", a.ID)
	try(allowed, "end", a.ID)
	narrow := slices.Clone(allowed)
	narrow[2], narrow[1] = strings.Replace(narrow[2], "then refused", "then allowed", 1), strings.Replace(narrow[1], "then refused", "then allowed", 1)
	narrow[0] = strings.Replace(narrow[0], "then refused", "then allowed", 1)
	try(narrow, "update", a.ID, "--modules", "locations,sessions")
	h.hubctl(&a, "agreements", "suspend", a.ID)
	try(refused, "resume", a.ID)
	if got := e.Calls(ocpitest.Is(ocpi.Sessions, "")); len(got) > 0 {
		t.Errorf("what was only tried has let through %v", got)
	}
}

func TestATriedChangeWithoutAMessageLogSaysThatNothingIsKnown(t *testing.T) {
	h := startHub(t, "OCPI_HUB_JOURNAL_MAX_AGE=0")
	h.invite(platformOf(ocpi.CPO, "DE*ABC"))
	h.invite(platformOf(ocpi.EMSP, "NL*TNM"))
	var v outlookView
	h.hubctl(&v, "agreements", "create", "--cpo", "DE*ABC", "--emsp", "NL*TNM", "--dry-run")
	if !strings.Contains(v.Note, "no message log is kept") || len(v.Traffic) > 0 || v.ID != "" {
		t.Errorf("got %+v", v)
	}
}

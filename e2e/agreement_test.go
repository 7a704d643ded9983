package e2e

import (
	"strings"
	"testing"
	"time"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/ocpitest"
)

// agreementView is what hubctl prints of an agreement.
type agreementView struct {
	ID      string   `json:"agreement_id"`
	CPO     string   `json:"cpo"`
	EMSP    string   `json:"emsp"`
	Modules []string `json:"modules"`
	Status  string   `json:"status"`
	Change  string   `json:"change"`
}

func TestAnOperatorRulesWhoMayExchange(t *testing.T) {
	h := startHub(t, "OCPI_HUB_POLICY_DEFAULT=agreement")
	c, e := h.join(platformOf(ocpi.CPO, "DE*ABC")), h.join(platformOf(ocpi.EMSP, "NL*TNM"))
	abc, tnm := c.Parties()[0].ID, e.Parties()[0].ID
	exchange := func(step string, want ocpi.StatusCode) {
		t.Helper()
		reply, err := c.Push(t.Context(), ocpi.Locations, tnm, []byte(locationWith(abc, "L1", 1)))
		if err != nil || reply.Status/100 != 2 || reply.Code() != want {
			t.Errorf("%s: %v, HTTP %d %s; want %d", step, err, reply.Status, reply.Body, want)
		}
	}
	known := func() int {
		reply, err := e.Do(t.Context(), ocpitest.Request{Module: ocpi.HubClientInfo, Interface: ocpi.Sender, Method: "GET"})
		if err != nil {
			t.Fatal(err)
		}
		return strings.Count(string(reply.Envelope.Data), `"ABC"`)
	}
	exchange("without an agreement", 4001)
	var why struct{ Decision, Reason string }
	h.hubctl(&why, "explain", "--from", "DE*ABC", "--to", "NL*TNM", "--module", "locations", "--method", "PUT")
	if why.Decision != "refused" || why.Reason != "no agreement in force lets DE*ABC send locations to NL*TNM" {
		t.Errorf("explained by %+v", why)
	}
	if n := known(); n != 0 {
		t.Errorf("the eMSP is shown the CPO %d times", n)
	}

	var a agreementView
	h.hubctl(&a, "agreements", "create", "--cpo", "DE*ABC", "--emsp", "NL*TNM", "--modules", "locations,tokens", "--draft")
	if a.CPO != "DE*ABC" || a.EMSP != "NL*TNM" || strings.Join(a.Modules, " ") != "locations tokens" || a.Status != "draft" {
		t.Errorf("created %+v", a)
	}
	exchange("a draft", 4001)
	for _, step := range []struct {
		command, status string
		code            ocpi.StatusCode
	}{
		{"activate", "active", 1000}, {"suspend", "suspended", 4001}, {"resume", "active", 1000}, {"end", "ended", 4001},
	} {
		h.hubctl(&a, "agreements", step.command, a.ID, "--dry-run")
		if a.Status != step.status || a.Change == "" {
			t.Errorf("%s --dry-run shows %+v", step.command, a)
		}
		h.hubctl(&a, "agreements", step.command, a.ID)
		if a.Status != step.status {
			t.Errorf("%s: status %s", step.command, a.Status)
		}
		exchange(step.command, step.code)
	}

	h.hubctl(&a, "agreements", "create", "--cpo", "DE*ABC", "--emsp", "NL*TNM", "--from", time.Now().AddDate(0, 0, 2).Format(time.DateOnly))
	if a.Status != "scheduled" || len(a.Modules) != 0 {
		t.Errorf("created %+v", a)
	}
	exchange("before the first day", 4001)
	h.hubctl(&a, "agreements", "update", a.ID, "--from", "2026-01-01", "--until", "none", "--modules", "tariffs")
	exchange("for another module", 4001)
	h.hubctl(&a, "agreements", "update", a.ID, "--modules", "all")
	exchange("for all modules", 1000)
	if n := known(); n != 1 {
		t.Errorf("the eMSP is shown the CPO %d times", n)
	}
	h.kill()
	h.start()
	exchange("after a crash", 1000)

	var list []agreementView
	h.hubctl(&list, "agreements", "list")
	if len(list) != 2 || list[0].Status != "ended" || list[1].Status != "active" {
		t.Errorf("listed %+v", list)
	}
	for _, wrong := range [][]string{
		{"create", "--cpo", "DE*ABC", "--emsp", "NL*TNM"},
		{"create", "--cpo", "NL*TNM", "--emsp", "DE*ABC"},
		{"create", "--cpo", "DE*ABC", "--emsp", "NL*TNM", "--modules", "location"},
		{"create", "--cpo", "DE*ABC", "--emsp", "NL*TNM", "--from", "2027-01-02", "--until", "2027-01-01"},
		{"show", "nobody"},
	} {
		if err := h.tryHubctl(nil, append([]string{"agreements"}, wrong...)...); err == nil {
			t.Errorf("%v is accepted", wrong)
		}
	}
}

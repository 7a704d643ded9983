package parties_test

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ocpihub/ocpihub/internal/fault"
	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/parties"
)

const creds211 = "https://cpo.example/2.1.1/credentials"

// older makes the partner one of 2.1.1 alone, whose details name no roles: each
// endpoint is there for both interfaces.
func (p *partner) older() {
	p.versions = []parties.VersionLink{{Version: ocpi.V211, URL: "https://cpo.example/2.1.1"}}
	p.details = parties.Details{}
	for _, m := range []ocpi.ModuleID{ocpi.Credentials, ocpi.Locations, ocpi.Tokens, ocpi.Commands} {
		for _, i := range []ocpi.Interface{ocpi.Sender, ocpi.Receiver} {
			p.details.Endpoints = append(p.details.Endpoints, ocpi.Endpoint{Module: m, Interface: i, URL: "https://cpo.example/2.1.1/" + string(m)})
		}
	}
}

// nameless are credentials as a version without roles brings them.
func nameless(token, country, id string) parties.Credentials {
	return parties.Credentials{Token: token, URL: theirURL, Roles: []parties.CredentialsRole{{CountryCode: country, PartyID: id, BusinessDetails: []byte(`{"name":"A"}`)}}}
}

// sides lists the endpoints of a platform by module and interface.
func sides(p *parties.Platform) (out []string) {
	for _, e := range p.Endpoints {
		if e.Module.Functional() {
			out = append(out, string(e.Module)+" "+string(e.Interface))
		}
	}
	slices.Sort(out)
	return out
}

func TestH036_APlatformOf211HasTheOnePartyOfItsCredentialsInTheRoleOfItsInvitation(t *testing.T) {
	for _, c := range []struct {
		claim parties.Claim
		sides []string
	}{
		{abcCPO, []string{"commands RECEIVER", "locations SENDER", "tokens RECEIVER"}},
		{abcEMSP, []string{"commands SENDER", "locations RECEIVER", "tokens SENDER"}},
		{claim(ocpi.NSP, "DE", "ABC"), []string{"commands SENDER", "locations RECEIVER", "tokens SENDER"}},
		{claim(ocpi.NAP, "DE", "ABC"), []string{"commands SENDER", "locations RECEIVER", "tokens SENDER"}},
	} {
		h := newHub(t)
		h.partner.older()
		id, tokenA := h.invite(c.claim)
		answer, err := h.Register(t.Context(), h.login(tokenA), ocpi.V211, nameless(tokenB, "de", "abc"))
		noError(t, err)
		p := h.platform(id)
		if len(p.Parties) != 1 || p.Parties[0].Claim != c.claim || p.Version != ocpi.V211 || p.TokenEncoding != ocpi.TokenRaw {
			t.Errorf("registered as %v in %s, tokens %s", p.Parties, p.Version, p.TokenEncoding)
		}
		if diff := cmp.Diff(c.sides, sides(p)); diff != "" {
			t.Errorf("%s has (-want +got)\n%s", c.claim, diff)
		}
		if url, _ := p.Endpoint(ocpi.Credentials, ocpi.Receiver); url != creds211 {
			t.Errorf("credentials at %q", url)
		}
		if len(answer.Roles) != 1 || answer.Roles[0].PartyID != "HUB" || answer.URL != hubURL {
			t.Errorf("the hub answered %+v", answer)
		}
	}
}

func TestAPlatformOf211WhoseRoleNobodyToldIsRefusedAndToldWhatToDo(t *testing.T) {
	for name, claims := range map[string][]parties.Claim{
		"no claim at all":               nil,
		"a party in two roles":          {abcCPO, abcEMSP},
		"other parties of sides":        {defCPO, claim(ocpi.EMSP, "DE", "GHI")},
		"it, and one of the other side": {abcCPO, claim(ocpi.EMSP, "DE", "GHI")}, // the list does not offer it 2.1.1 either
	} {
		h := newHub(t)
		h.partner.older()
		_, tokenA := h.invite(claims...)
		_, err := h.Register(t.Context(), h.login(tokenA), ocpi.V211, nameless(tokenB, "DE", "ABC"))
		if f := wantFault(t, err, fault.Invalid); !strings.Contains(f.Message, "--party ROLE:CC*PID") {
			t.Errorf("%s: %s", name, f.Message)
		}
		if !h.knows(tokenA) || len(h.partner.took()) > 0 {
			t.Errorf("%s: token A is dead, or the partner was called", name)
		}
	}
	h := newHub(t)
	h.partner.older()
	_, tokenA := h.invite(claim(ocpi.NSP, "DE", "GHI"), abcEMSP) // of one side: the party tells the role
	_, err := h.Register(t.Context(), h.login(tokenA), ocpi.V211, nameless(tokenB, "DE", "ABC"))
	noError(t, err)
	h = newHub(t)
	h.partner.older()
	_, tokenA = h.invite(defCPO)
	_, err = h.Register(t.Context(), h.login(tokenA), ocpi.V211, nameless(tokenB, "DE", "ABC"))
	if f := wantFault(t, err, fault.Invalid); !strings.Contains(f.Message, "CPO:DE*ABC is not in your invitation") {
		t.Errorf("another party than invited: %s", f.Message)
	}
	_, err = h.Register(t.Context(), h.login(tokenA), ocpi.V211, parties.Credentials{Token: tokenB, URL: theirURL})
	if f := wantFault(t, err, fault.Invalid); !strings.Contains(f.Message, "country_code, party_id") {
		t.Errorf("no party: %s", f.Message)
	}
}

func TestH034_APartyOf211ThatAnotherPlatformHasIsRefused(t *testing.T) {
	h := newHub(t)
	h.register(abcCPO)
	h.partner.older()
	_, tokenA := h.invite(abcCPO)
	_, err := h.Register(t.Context(), h.login(tokenA), ocpi.V211, nameless(tokenB, "DE", "ABC"))
	if f := wantFault(t, err, fault.Invalid); !strings.Contains(f.Message, "CPO:DE*ABC is registered by another platform") {
		t.Error(f.Message)
	}
}

func TestAPlatformOfSeveralPartiesCannotGoDownTo211(t *testing.T) {
	h := newHub(t)
	id, tokenC := h.register(abcCPO, defCPO)
	h.partner.older()
	_, err := h.Update(t.Context(), h.login(tokenC), ocpi.V211, nameless(newestToken, "DE", "ABC"))
	if f := wantFault(t, err, fault.Invalid); !strings.Contains(f.Message, "CPO:DE*ABC, CPO:DE*DEF") {
		t.Error(f.Message)
	}
	if p := h.platform(id); p.Version != ocpi.V221 || len(p.Parties) != 2 || !h.knows(tokenC) {
		t.Errorf("it is %+v", p)
	}
}

func TestAPlatformOfOnePartyGoesDownTo211AndUpAgainAndLosesNothing(t *testing.T) {
	h := newHub(t)
	newer := *newPartner()
	id, tokenC := h.register(abcEMSP)
	before := h.platform(id)
	h.partner.older()
	h.clock.advance(time.Hour)
	down, err := h.Update(t.Context(), h.login(tokenC), ocpi.V211, nameless("token-B-of-2.1.1", "DE", "ABC"))
	noError(t, err)
	p := h.platform(id)
	if p.Version != ocpi.V211 || p.Parties[0].Claim != abcEMSP || !slices.Contains(sides(p), "locations RECEIVER") {
		t.Errorf("down: %s, %v, %v", p.Version, p.Parties, sides(p))
	}
	h.partner.versions, h.partner.details = newer.versions, newer.details
	h.clock.advance(time.Hour)
	_, err = h.put(down.Token, credentials(newestToken, abcEMSP))
	noError(t, err)
	after := h.platform(id)
	if after.Version != ocpi.V221 || after.ID != before.ID || !after.Created.Equal(before.Created) || !after.Updated.Equal(before.Updated) || len(after.Former) > 0 {
		t.Errorf("up: %+v", after)
	}
	if diff := cmp.Diff(before.Endpoints, after.Endpoints); diff != "" {
		t.Errorf("endpoints (-before +after)\n%s", diff)
	}
	if diff := cmp.Diff([]string{"EMSP:DE*ABC CONNECTED"}, statuses(h.Directory())); diff != "" {
		t.Errorf("members (-want +got)\n%s", diff)
	}
	if !h.knows(down.Token) { // what is under way
		t.Error("the token of 2.1.1 is dead within the grace")
	}
}

func TestTheHubRegistersWithAPlatformOf211WhosePartyItWasTold(t *testing.T) {
	h := newHub(t)
	h.partner.older()
	h.partner.answer = func(_ context.Context, call parties.RegisterCall) (parties.Credentials, error) {
		if l := h.login(call.Send.Token); call.Version != ocpi.V211 || call.Method == http.MethodPost && l.Key.Use != parties.ForRegistration {
			t.Errorf("the hub sent %+v", call)
		} else if faced, ok := l.Platform.Faced(); !ok || faced != ocpi.EMSP { // the partner reads the hub's versions now
			t.Errorf("it faces %s, %t", faced, ok)
		}
		return nameless(tokenB, "DE", "ABC"), nil
	}
	in := parties.Invitation{Name: "cpo", VersionsURL: theirURL, Token: "their-token-A", Claims: []parties.Claim{abcCPO}}
	p, err := h.Connect(t.Context(), in)
	noError(t, err)
	want := []string{"commands RECEIVER", "locations SENDER", "tokens RECEIVER"}
	if diff := cmp.Diff(want, sides(p)); diff != "" || p.Version != ocpi.V211 || p.Parties[0].Claim != abcCPO {
		t.Errorf("%s as %v (-want +got)\n%s", p.Version, p.Parties, diff)
	}
	if _, err := h.Connect(t.Context(), in); !fault.Is(err, fault.Conflict) {
		t.Errorf("a second time: %v", err)
	}
	h.partner.took()
	if _, _, err := h.Rotate(t.Context(), p.ID); err != nil {
		t.Error(err)
	}
	if calls := h.partner.took(); !slices.ContainsFunc(calls, func(c string) bool { return strings.HasPrefix(c, http.MethodPut+" "+creds211) }) {
		t.Errorf("a renewal: %v", calls)
	}
}

func TestTheHubDoesNotRegisterWithAPlatformOf211ThatNobodyKnows(t *testing.T) {
	h := newHub(t)
	h.partner.older()
	in := parties.Invitation{Name: "cpo", VersionsURL: theirURL, Token: "their-token-A"}
	_, err := h.Connect(t.Context(), in)
	if f := wantFault(t, err, fault.Unsupported); !strings.Contains(f.Message, "ROLE:CC*PID") {
		t.Error(f.Message)
	}
	if len(h.partner.sent) > 0 || len(h.Directory().Platforms()) > 0 {
		t.Error("something was sent or kept")
	}
	in.Claims = []parties.Claim{claim(ocpi.HUB, "NL", "HUB")}
	_, err = h.Connect(t.Context(), in)
	wantFault(t, err, fault.Invalid)
}

func TestAPlatformThatWasWrittenDownWithItsPartyIsConnectedIn211(t *testing.T) {
	h := newHub(t)
	h.partner.older()
	h.partner.answer = func(context.Context, parties.RegisterCall) (parties.Credentials, error) {
		return nameless(tokenB, "DE", "ABC"), nil
	}
	_, err := h.Apply(t.Context(), parties.SetupOrder{}, parties.Setup{Platforms: []parties.PlatformSetup{
		{Name: "cpo", VersionsURL: theirURL, Parties: []parties.PartySetup{{Claim: abcCPO}}},
	}})
	noError(t, err)
	p, err := h.Connect(t.Context(), parties.Invitation{Name: "cpo", VersionsURL: theirURL, Token: "their-token-A"})
	noError(t, err)
	if p.Version != ocpi.V211 || p.Parties[0].Claim != abcCPO {
		t.Errorf("%s as %v", p.Version, p.Parties)
	}
}

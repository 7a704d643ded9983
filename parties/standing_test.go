package parties_test

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ocpihub/ocpihub/internal/fault"
	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/parties"
)

var (
	oneEMSP = claim(ocpi.EMSP, "FR", "ONE")
	twoEMSP = claim(ocpi.EMSP, "FR", "TWO")
)

// inviteAs invites a platform of abcCPO to a connection that is for one party.
func (h *hub) inviteAs(as ocpi.PartyID) (id, tokenA string) {
	h.t.Helper()
	p, tokenA, err := h.InviteNewcomer(h.t.Context(), parties.Newcomer{Name: "for " + as.String(), Claims: []parties.Claim{abcCPO}, As: as})
	noError(h.t, err)
	return p.ID, tokenA
}

// connectAs takes such a platform through the handshake.
func (h *hub) connectAs(as ocpi.PartyID) (id string, answer parties.Credentials) {
	h.t.Helper()
	id, tokenA := h.inviteAs(as)
	answer, err := h.Register(h.t.Context(), h.login(tokenA), ocpi.V211, nameless(tokenB+as.ID, "DE", "ABC"))
	noError(h.t, err)
	return id, answer
}

// partnerOf211 answers the hub's credentials with those of one party.
func partnerOf211(country, id string) func(context.Context, parties.RegisterCall) (parties.Credentials, error) {
	return func(_ context.Context, call parties.RegisterCall) (parties.Credentials, error) {
		return nameless(tokenB+call.Token, country, id), nil
	}
}

// withTwo is a hub with two eMSPs, and a CPO of 2.1.1 that has a connection for each.
func withTwo(t *testing.T) (h *hub, one, two string) {
	t.Helper()
	h = newHub(t)
	h.register(oneEMSP)
	h.register(twoEMSP)
	h.partner.older()
	one, _ = h.connectAs(oneEMSP.Party)
	two, _ = h.connectAs(twoEMSP.Party)
	return h, one, two
}

func TestOnAConnectionForOnePartyTheHubsCredentialsAreThatParty(t *testing.T) {
	h := newHub(t)
	h.register(oneEMSP)
	h.partner.older()
	id, answer := h.connectAs(oneEMSP.Party)
	want := []parties.CredentialsRole{{Role: ocpi.EMSP, CountryCode: "FR", PartyID: "ONE", BusinessDetails: []byte(`{"name":"ONE"}`)}}
	if diff := cmp.Diff(want, answer.Roles); diff != "" || answer.URL != hubURL {
		t.Errorf("the hub answered (-want +got)\n%s", diff)
	}
	if diff := cmp.Diff(want, h.Credentials(h.login(answer.Token), ocpi.V211).Roles); diff != "" {
		t.Errorf("the hub tells (-want +got)\n%s", diff)
	}
	h.partner.answer = partnerOf211("DE", "ABC")
	_, _, err := h.Rotate(t.Context(), id)
	noError(t, err)
	if sent := h.partner.sent[len(h.partner.sent)-1]; sent.Method != http.MethodPut || cmp.Diff(want, sent.Send.Roles) != "" {
		t.Errorf("the hub renewed as %+v", sent.Send.Roles)
	}
}

func TestOnePartyMayHaveAConnectionForEachOfItsPartnersButNotTwoForOne(t *testing.T) {
	h, _, two := withTwo(t)
	_, _, err := h.InviteNewcomer(t.Context(), parties.Newcomer{Name: "again", Claims: []parties.Claim{abcCPO}, As: oneEMSP.Party})
	if f := wantFault(t, err, fault.Invalid); !strings.Contains(f.Message, "CPO:DE*ABC is registered by another platform, for FR*ONE") {
		t.Error(f.Message)
	}
	_, tokenA := h.invite(abcCPO)
	_, err = h.Register(t.Context(), h.login(tokenA), ocpi.V211, nameless(tokenB, "DE", "ABC"))
	if f := wantFault(t, err, fault.Invalid); !strings.Contains(f.Message, "have to be removed before there can be one for all") {
		t.Error(f.Message)
	}
	_, err = h.Remove(t.Context(), two)
	noError(t, err)
	h.connectAs(twoEMSP.Party)
}

func TestAConnectionForOnePartyIsRefusedBesideOneForAll(t *testing.T) {
	h := newHub(t)
	h.register(oneEMSP)
	h.register(abcCPO)
	_, _, err := h.InviteNewcomer(t.Context(), parties.Newcomer{Name: "x", Claims: []parties.Claim{abcCPO}, As: oneEMSP.Party})
	if f := wantFault(t, err, fault.Invalid); !strings.Contains(f.Message, "for all parties: that connection has to be removed") {
		t.Error(f.Message)
	}
}

func TestAConnectionForOnePartyIsRefusedUnlessItCanBeOne(t *testing.T) {
	h := newHub(t)
	h.register(oneEMSP)
	cpo := []parties.Claim{abcCPO}
	for want, n := range map[string]parties.Newcomer{
		"country code of two letters": {Claims: cpo, As: ocpi.NewPartyID("FRA", "ONE")},
		"is the hub itself":           {Claims: cpo, As: hubID},
		"cannot be kept to 2.2.1":     {Claims: cpo, As: oneEMSP.Party, Pinned: ocpi.V221},
		"needs the one party":         {As: oneEMSP.Party},
		"the one party that comes":    {Claims: []parties.Claim{abcCPO, defCPO}, As: oneEMSP.Party},
		"name the other one":          {Claims: cpo, As: abcCPO.Party},
		"knows no party FR*NEW":       {Claims: cpo, As: ocpi.NewPartyID("FR", "NEW")},
	} {
		n.Name = "x"
		_, _, err := h.InviteNewcomer(t.Context(), n)
		if f := wantFault(t, err, fault.Invalid); !strings.HasPrefix(f.Message, "as: ") || !strings.Contains(f.Message, want) {
			t.Errorf("%s: %s", want, f.Message)
		}
		_, err = h.Connect(t.Context(), parties.Invitation{Name: "x", VersionsURL: theirURL, Token: "A", Claims: n.Claims, Pinned: n.Pinned, As: n.As})
		if f := wantFault(t, err, fault.Invalid); !strings.Contains(f.Message, want) {
			t.Errorf("connect, %s: %s", want, f.Message)
		}
	}
}

func TestAConnectionForOnePartyStaysWith211AndSaysWhy(t *testing.T) {
	h, one, two := withTwo(t)
	_, err := h.Pin(t.Context(), one, ocpi.V230)
	wantFault(t, err, fault.Invalid)
	_, err = h.Remove(t.Context(), two)
	noError(t, err)
	_, answer := h.connectAs(twoEMSP.Party)
	_, err = h.put(answer.Token, credentials(newestToken, abcCPO))
	if f := wantFault(t, err, fault.Unsupported); !strings.Contains(f.Message, "this connection is for FR*TWO alone") {
		t.Error(f.Message)
	}
	if got := h.platform(one).Speakable([]ocpi.Version{ocpi.V230, ocpi.V221, ocpi.V211}); !slices.Equal(got, []ocpi.Version{ocpi.V211}) {
		t.Errorf("it may speak %v", got)
	}
}

func TestTheHubRegistersForEachPartyAtOnePlatformOf211(t *testing.T) {
	h := newHub(t)
	h.register(oneEMSP)
	h.register(twoEMSP)
	h.partner.older()
	connect := func(as ocpi.PartyID, token, country, id string) (*parties.Platform, error) {
		h.partner.answer = partnerOf211(country, id)
		return h.Connect(t.Context(), parties.Invitation{Name: "ABC", VersionsURL: theirURL, Token: token, Claims: []parties.Claim{abcCPO}, As: as})
	}
	one, err := connect(oneEMSP.Party, "A1", "DE", "ABC")
	noError(t, err)
	two, err := connect(twoEMSP.Party, "A2", "DE", "ABC")
	noError(t, err)
	if one.ID == two.ID || one.As != oneEMSP.Party || two.As != twoEMSP.Party {
		t.Errorf("got %s as %s and %s as %s", one.ID, one.As, two.ID, two.As)
	}
	if sent := h.partner.sent[1].Send.Roles; len(sent) != 1 || sent[0].PartyID != "TWO" {
		t.Errorf("the hub came as %+v", sent)
	}
	_, err = h.Remove(t.Context(), two.ID)
	noError(t, err)
	_, err = connect(twoEMSP.Party, "A3", "FR", "TWO")
	if f := wantFault(t, err, fault.ClientUnusable); !strings.Contains(f.Message, "the hub's own credentials") {
		t.Error(f.Message)
	}
}

func TestAPartyWithConnectionsForOthersIsSeenByTheseAlone(t *testing.T) {
	h, one, two := withTwo(t)
	fresh := newPartner()
	h.partner.versions, h.partner.details = fresh.versions, fresh.details
	third, _ := h.register(claim(ocpi.EMSP, "FR", "SIX"))
	see := func(who parties.Claim) string {
		dir := h.Directory()
		reader := dir.Homes(who.Party)[0].Platform
		for _, m := range dir.Visible(reader, h.clock.now()) {
			if m.Claim == abcCPO {
				return string(m.Status)
			}
		}
		return "unseen"
	}
	want := func(what string, statuses ...string) {
		t.Helper()
		got := []string{see(oneEMSP), see(twoEMSP), see(claim(ocpi.EMSP, "FR", "SIX"))}
		m, _ := h.Directory().Member(abcCPO)
		if got = append(got, string(m.Status)); !slices.Equal(got, statuses) {
			t.Errorf("%s: one, two, six and the operator see %v, want %v", what, got, statuses)
		}
	}
	want("both are there", "CONNECTED", "CONNECTED", "unseen", "CONNECTED")
	noError(t, h.MarkOffline(t.Context(), one))
	want("one is away", "OFFLINE", "CONNECTED", "unseen", "CONNECTED")
	_, err := h.Suspend(t.Context(), two)
	noError(t, err)
	want("the other is suspended", "OFFLINE", "SUSPENDED", "unseen", "OFFLINE")
	_, err = h.Remove(t.Context(), one)
	noError(t, err)
	want("one is removed", "SUSPENDED", "SUSPENDED", "unseen", "SUSPENDED")
	_, err = h.Resume(t.Context(), two)
	noError(t, err)
	want("the other is back", "SUSPENDED", "CONNECTED", "unseen", "CONNECTED")
	dir, now := h.Directory(), h.clock.now()
	six := h.platform(third)
	if dir.Lists(six, abcCPO.Party, now) || slices.Contains(dir.Reachable(six, now), abcCPO) {
		t.Error("who has no connection to a party reaches it, or reads its objects")
	}
	reader := h.platform(two)
	if !dir.Lists(reader, twoEMSP.Party, now) || dir.Lists(reader, oneEMSP.Party, now) || dir.Lists(reader, abcCPO.Party, now) {
		t.Error("a connection for one party lists another's objects")
	}
	if seen := dir.Visible(reader, now); len(seen) != 1 || seen[0].Claim != twoEMSP {
		t.Errorf("a connection for one party sees %v", seen)
	}
}

func TestWhoKnewAPartyFromItsConnectionForAllSeesThatItIsGone(t *testing.T) {
	h := newHub(t)
	h.register(oneEMSP)
	six, _ := h.register(claim(ocpi.EMSP, "FR", "SIX"))
	all, _ := h.register(abcCPO)
	_, err := h.Remove(t.Context(), all)
	noError(t, err)
	h.partner.older()
	h.connectAs(oneEMSP.Party)
	m, _ := h.Directory().Member(abcCPO)
	if got := h.Directory().SeenBy(h.platform(six), m, h.clock.now()); got.Status != parties.Suspended || !h.Directory().Sees(h.platform(six), m, h.clock.now()) {
		t.Errorf("it sees %s", got.Status)
	}
	if m.Status != parties.Connected {
		t.Errorf("the party is %s", m.Status)
	}
}

func TestASetupCarriesForWhomAConnectionIs(t *testing.T) {
	h, _, _ := withTwo(t)
	out := h.Directory().Setup(h.clock.now())
	elsewhere := newHub(t)
	done, err := elsewhere.Apply(t.Context(), parties.SetupOrder{}, out)
	noError(t, err)
	if len(done.Changes) == 0 {
		t.Fatal("nothing was made")
	}
	var as []string
	for _, p := range elsewhere.Directory().Platforms() {
		if !p.As.IsZero() {
			as = append(as, p.SpeaksFor()[0].String()+">"+p.As.String())
		}
	}
	if slices.Sort(as); !slices.Equal(as, []string{"CPO:DE*ABC>FR*ONE", "CPO:DE*ABC>FR*TWO"}) {
		t.Errorf("there are %v", as)
	}
	done, err = h.Apply(t.Context(), parties.SetupOrder{}, out)
	if noError(t, err); len(done.Changes) > 0 {
		t.Errorf("what is so already was changed: %+v", done.Changes)
	}
	at := slices.IndexFunc(out.Platforms, func(p parties.PlatformSetup) bool { return !p.As.IsZero() })
	out.Platforms[at].As = ocpi.PartyID{}
	_, err = h.Apply(t.Context(), parties.SetupOrder{}, out)
	if f := wantFault(t, err, fault.Conflict); !strings.Contains(f.Message, "remove it and invite anew") {
		t.Error(f.Message)
	}
}

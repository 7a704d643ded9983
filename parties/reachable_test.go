package parties_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/ocpihub/ocpihub/internal/fault"
	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/parties"
	"github.com/ocpihub/ocpihub/parties/memstore"
)

var (
	tnmEMSP = claim(ocpi.EMSP, "NL", "TNM")
	ecoEMSP = claim(ocpi.EMSP, "BE", "ECO")
)

// newHub230 is a hub whose partner has 2.3.0 as well.
func newHub230(t *testing.T) *hub {
	h := newHub(t)
	h.partner.versions = append(h.partner.versions, parties.VersionLink{Version: ocpi.V230, URL: detailsURL})
	return h
}

// register230 registers a platform in 2.3.0.
func (h *hub) register230(claims ...parties.Claim) (id string, answer parties.Credentials) {
	h.t.Helper()
	id, tokenA := h.invite()
	answer, err := h.Register(h.t.Context(), h.login(tokenA), ocpi.V230, credentials(tokenB, claims...))
	noError(h.t, err)
	h.partner.took()
	return id, answer
}

// shown are the roles of credentials.
func shown(c parties.Credentials) (out []string) {
	for _, role := range c.Roles {
		out = append(out, string(role.Role)+":"+role.CountryCode+"*"+role.PartyID)
	}
	return out
}

func wantShown(t *testing.T, c parties.Credentials, want ...string) {
	t.Helper()
	if got := shown(c); !slices.Equal(got, want) {
		t.Errorf("the roles are %v, want %v", got, want)
	}
}

// due are the platforms that are to be shown other parties.
func (h *hub) due() (out []string) {
	for _, p := range h.Directory().Unshown(h.clock.now()) {
		out = append(out, p.ID)
	}
	return out
}

func TestH029_H030_CredentialsOf230NameTheHubAndThePartiesBehindIt(t *testing.T) {
	h := newHub230(t)
	h.register(abcCPO, abcEMSP)
	id, answer := h.register230(tnmEMSP)
	if answer.HubPartyID != "NLHUB" {
		t.Errorf("hub_party_id is %q", answer.HubPartyID)
	}
	wantShown(t, answer, "CPO:DE*ABC", "EMSP:DE*ABC")
	if got := string(answer.Roles[0].BusinessDetails); got != `{"name":"ABC"}` {
		t.Errorf("the business details are %s", got)
	}
	wantShown(t, h.Credentials(h.login(answer.Token), ocpi.V230), "CPO:DE*ABC", "EMSP:DE*ABC") // H-023
	wantShown(t, h.Credentials(h.login(answer.Token), ocpi.V221), "HUB:NL*HUB")
	if h.platform(id).Shown == "" || len(h.due()) > 0 {
		t.Errorf("it is not kept what was shown, or is to be shown again: %v", h.due())
	}
}

func TestH030_WhileNobodyCanBeReachedTheHubNamesItself(t *testing.T) {
	h := newHub230(t)
	_, answer := h.register230(tnmEMSP)
	wantShown(t, answer, "OTHER:NL*HUB")
	if len(h.due()) > 0 {
		t.Error("the first platform is to be shown somebody")
	}
}

func TestH032_APlatformSeesNeitherItselfNorWhomItHasNoAgreementWith(t *testing.T) {
	h := newHub230(t)
	_, _, err := h.Invite(t.Context(), "expected", []parties.Claim{defCPO})
	noError(t, err)
	first, answer := h.register230(tnmEMSP)
	cpo, _ := h.register230(abcCPO)
	stopped, _ := h.register230(ecoEMSP)
	_, err = h.Suspend(t.Context(), stopped)
	noError(t, err)
	noError(t, h.MarkOffline(t.Context(), cpo))
	wantShown(t, h.Credentials(h.login(answer.Token), ocpi.V230), "CPO:DE*ABC")

	dir := parties.NewDirectory(h.Directory().All(), 9).Govern(parties.PolicyByAgreement, nil)
	if got := dir.Reachable(h.platform(first), h.clock.now()); len(got) > 0 {
		t.Errorf("without an agreement it reaches %v", got)
	}
	agreed := &parties.Agreement{
		ID: "a", CPO: abcCPO.Party, EMSP: tnmEMSP.Party, State: parties.AgreementActive,
		Terms: parties.Terms{From: h.clock.now().Add(time.Hour), Until: h.clock.now().Add(2 * time.Hour)},
	}
	dir = parties.NewDirectory(h.Directory().All(), 9).Govern(parties.PolicyByAgreement, []*parties.Agreement{agreed})
	for after, want := range map[time.Duration]int{0: 0, time.Hour: 1, 2 * time.Hour: 0} {
		if got := dir.Reachable(h.platform(first), h.clock.now().Add(after)); len(got) != want {
			t.Errorf("after %s it reaches %v", after, got)
		}
	}
}

func TestH031_WhoJoinsIsShownByAPUTAndWhatWasShownIsKept(t *testing.T) {
	h := newHub230(t)
	id, before := h.register230(tnmEMSP)
	other, _ := h.register(abcCPO)
	if got := h.due(); !slices.Equal(got, []string{id}) {
		t.Fatalf("due are %v", got)
	}
	h.partner.sent = nil
	h.partner.answer = func(context.Context, parties.RegisterCall) (parties.Credentials, error) {
		return credentials(newestToken, tnmEMSP), nil
	}
	noError(t, h.Show(t.Context(), id))
	put := h.partner.sent[0]
	if put.Method != http.MethodPut || put.Version != ocpi.V230 || put.Send.HubPartyID != "NLHUB" {
		t.Errorf("it was sent %+v", put)
	}
	wantShown(t, put.Send, "CPO:DE*ABC")
	if !h.knows(before.Token) || !h.knows(put.Send.Token) {
		t.Error("one of the two tokens opens nothing within the grace")
	}
	if len(h.due()) > 0 {
		t.Errorf("due are %v", h.due())
	}
	noError(t, h.Show(t.Context(), id))
	if len(h.partner.sent) != 1 {
		t.Error("it was told twice")
	}
	_, err := h.Suspend(t.Context(), other)
	noError(t, err)
	if got := h.due(); !slices.Equal(got, []string{id}) {
		t.Errorf("after a suspension due are %v", got)
	}
	again := newHubOn(t, h.store)
	if got := again.due(); !slices.Equal(got, []string{id}) {
		t.Errorf("after a start due are %v", got)
	}
}

func TestH031_APlatformThatTakesNoPUTIsToleratedAndNotAskedAgain(t *testing.T) {
	h := newHub230(t)
	id, answer := h.register230(tnmEMSP)
	h.register(abcCPO)
	h.partner.answer = func(context.Context, parties.RegisterCall) (parties.Credentials, error) {
		return parties.Credentials{}, fault.New(fault.NoMethod, "405")
	}
	noError(t, h.Show(t.Context(), id))
	h.register(defCPO)
	if len(h.due()) > 0 || !h.platform(id).Untellable || !h.knows(answer.Token) {
		t.Errorf("due are %v", h.due())
	}
	renewed, err := h.Update(t.Context(), h.login(answer.Token), ocpi.V230, credentials(newestToken, tnmEMSP))
	noError(t, err)
	wantShown(t, renewed, "CPO:DE*ABC", "CPO:DE*DEF")
	if h.platform(id).Untellable {
		t.Error("it renewed its credentials, and is not told any more")
	}
}

func TestH031_ManyTriesOfferOneToken(t *testing.T) {
	h := newHub230(t)
	id, answer := h.register230(tnmEMSP)
	h.register(abcCPO)
	h.partner.answer = func(context.Context, parties.RegisterCall) (parties.Credentials, error) {
		return parties.Credentials{}, errors.New("no answer")
	}
	h.partner.sent = nil
	for range 5 {
		if err := h.Show(t.Context(), id); err == nil {
			t.Fatal("no error")
		}
	}
	offered := h.partner.sent[0].Send.Token
	for _, call := range h.partner.sent {
		if call.Send.Token != offered {
			t.Error("another token was offered")
		}
	}
	if n := len(h.platform(id).Keys); n != 2 || !h.knows(offered) || !h.knows(answer.Token) {
		t.Errorf("%d keys", n)
	}
	h.partner.answer = func(context.Context, parties.RegisterCall) (parties.Credentials, error) {
		return credentials(newestToken, tnmEMSP), nil
	}
	noError(t, h.Show(t.Context(), id))
	h.clock.advance(2 * grace)
	if h.knows(answer.Token) || !h.knows(offered) || h.platform(id).SealedOffer != nil {
		t.Error("the rotation did not end")
	}
}

func TestH189_NeitherClientInfoNorCredentialsOf230HaveTheRoleHUB(t *testing.T) {
	h := newHubOn(t, memstore.New())
	h.partner.versions = append(h.partner.versions, parties.VersionLink{Version: ocpi.V230, URL: detailsURL})
	id, answer := h.register230(tnmEMSP)
	h.register(abcCPO)
	for _, m := range h.Directory().Visible(h.platform(id), h.clock.now()) {
		if m.Role == ocpi.HUB || m.Party == hubID {
			t.Errorf("its client info has %v", m.Claim)
		}
	}
	for _, role := range h.Credentials(h.login(answer.Token), ocpi.V230).Roles {
		if role.Role == ocpi.HUB {
			t.Error("its credentials have the role HUB")
		}
	}
	_, tokenA := h.invite()
	_, err := h.Register(t.Context(), h.login(tokenA), ocpi.V230, credentials(tokenB, claim(ocpi.HUB, "FR", "HBB")))
	if !fault.Is(err, fault.Invalid) {
		t.Errorf("a platform with the role HUB: %v", err)
	}
}

func TestH212_APaymentTerminalProviderRegistersIn230(t *testing.T) {
	h := newHub230(t)
	for _, role := range []ocpi.Role{ocpi.PTP, "PARKING_OPERATOR"} {
		id, _ := h.register230(claim(role, "SE", "P"+string(role[0])))
		if got := h.platform(id).Parties[0].Role; got != role {
			t.Errorf("it is %s", got)
		}
	}
}

func TestH033_ARoleTwiceIsRefusedIn230(t *testing.T) {
	h := newHub230(t)
	_, tokenA := h.invite()
	_, err := h.Register(t.Context(), h.login(tokenA), ocpi.V230, credentials(tokenB, tnmEMSP, tnmEMSP))
	if !fault.Is(err, fault.Invalid) {
		t.Errorf("got %v", err)
	}
	h.register230(tnmEMSP, ecoEMSP) // the same role of two parties
}

func TestAPlatformThatRegisteredWith230AsAHubItselfIsTaken(t *testing.T) {
	h := newHub230(t)
	_, tokenA := h.invite()
	theirs := credentials(tokenB, abcCPO, defCPO)
	theirs.HubPartyID = "DEHBB"
	_, err := h.Register(t.Context(), h.login(tokenA), ocpi.V230, theirs)
	noError(t, err)
}

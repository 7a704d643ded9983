package parties_test

import (
	"errors"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ocpihub/ocpihub/internal/fault"
	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/parties"
)

func TestH014_TheHubReadsVersionsAndDetailsWithTokenBBeforeItAnswers(t *testing.T) {
	h := newHub(t)
	id, tokenA := h.invite()
	_, err := h.post(tokenA, credentials(tokenB, abcCPO))
	noError(t, err)
	want := []string{"GET " + theirURL + " " + tokenB, "GET " + detailsURL + " " + tokenB}
	if diff := cmp.Diff(want, h.partner.took()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	p := h.platform(id)
	if p.Status != parties.Connected || p.Version != ocpi.V221 || p.VersionsURL != theirURL {
		t.Errorf("got %s, %s, %s", p.Status, p.Version, p.VersionsURL)
	}
	token, encoding, err := h.Token(p)
	if token != tokenB || encoding != ocpi.TokenRaw || err != nil {
		t.Errorf("the hub calls with %q, %s, %v", token, encoding, err)
	}
	if strings.Contains(string(p.SealedToken), tokenB) {
		t.Error("token B is kept in clear")
	}
}

func TestH015_TheAnswerCarriesANewTokenThatIsGoodForAll(t *testing.T) {
	h := newHub(t)
	_, tokenA := h.invite()
	answer, err := h.post(tokenA, credentials(tokenB, abcCPO))
	noError(t, err)
	if answer.Token == tokenA || answer.URL != hubURL {
		t.Errorf("answered %q at %s", answer.Token, answer.URL)
	}
	if l := h.login(answer.Token); l.Key.Use != parties.ForAll || l.Token != answer.Token {
		t.Errorf("token C is %s", l.Key.Use)
	}
}

func TestH009_TokenAIsForRegistrationOnly(t *testing.T) {
	h := newHub(t)
	_, tokenA := h.invite()
	if use := h.login(tokenA).Key.Use; use != parties.ForRegistration {
		t.Errorf("token A is for %s", use)
	}
}

func TestH016_TokenAIsDeadAfterASuccessfulPOST(t *testing.T) {
	h := newHub(t)
	_, tokenA := h.invite()
	l := h.login(tokenA)
	_, err := h.post(tokenA, credentials(tokenB, abcCPO))
	noError(t, err)
	if h.knows(tokenA) {
		t.Error("token A still opens the hub")
	}
	_, err = h.Register(t.Context(), l, ocpi.V221, credentials(tokenB, abcCPO))
	wantFault(t, err, fault.Unauthorized)
}

func TestH017_AFailedPOSTLeavesTokenAUsable(t *testing.T) {
	h := newHub(t)
	id, tokenA := h.invite()
	before := h.Directory().Epoch()
	h.partner.down = errors.New("connection refused")
	_, err := h.post(tokenA, credentials(tokenB, abcCPO))
	wantFault(t, err, fault.ClientUnusable)
	if h.Directory().Epoch() != before || h.platform(id).Status != parties.Planned {
		t.Error("a failed registration changed the platform")
	}
	h.partner.down = nil
	_, err = h.post(tokenA, credentials(tokenB, abcCPO))
	noError(t, err)
}

func TestH018_POSTOfARegisteredPlatformIsNoMethod(t *testing.T) {
	h := newHub(t)
	_, tokenC := h.register(abcCPO)
	_, err := h.post(tokenC, credentials(tokenB, abcCPO))
	f := wantFault(t, err, fault.NoMethod)
	if diff := cmp.Diff([]string{http.MethodGet, http.MethodPut, http.MethodDelete}, f.Allow); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if calls := h.partner.took(); calls != nil {
		t.Errorf("the partner was called: %v", calls)
	}
}

func TestH019_PUTAndDELETEBeforeRegistrationAreNoMethod(t *testing.T) {
	h := newHub(t)
	_, tokenA := h.invite()
	_, putErr := h.put(tokenA, credentials(tokenB, abcCPO))
	for _, err := range []error{putErr, h.SignOff(t.Context(), h.login(tokenA))} {
		f := wantFault(t, err, fault.NoMethod)
		if diff := cmp.Diff([]string{http.MethodGet, http.MethodPost}, f.Allow); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
	}
	if !h.knows(tokenA) {
		t.Error("token A is dead")
	}
}

func TestH020_PUTReadsThePartnerAnewAndRenewsTheToken(t *testing.T) {
	h := newHub(t)
	id, tokenC := h.register(abcCPO)
	h.partner.details.Endpoints = h.partner.details.Endpoints[:1]
	h.clock.advance(time.Hour)
	updated := h.platform(id).Updated
	answer, err := h.put(tokenC, credentials(newestToken, abcCPO))
	noError(t, err)
	want := []string{"GET " + theirURL + " " + newestToken, "GET " + detailsURL + " " + newestToken}
	if diff := cmp.Diff(want, h.partner.took()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	p := h.platform(id)
	token, _, _ := h.Token(p)
	if answer.Token == tokenC || token != newestToken || len(p.Endpoints) != 1 {
		t.Errorf("token C stayed: %t; token B %q; %d endpoints", answer.Token == tokenC, token, len(p.Endpoints))
	}
	if !p.Updated.Equal(updated) {
		t.Error("a change of tokens alone counts as a change of the parties")
	}
}

func TestH020_TheOldTokenIsDeadAfterTheGraceTime(t *testing.T) {
	h := newHub(t)
	_, old := h.register(abcCPO)
	answer, err := h.put(old, credentials(newestToken, abcCPO))
	noError(t, err)
	h.clock.advance(grace)
	if h.knows(old) || !h.knows(answer.Token) {
		t.Errorf("old %t, new %t", h.knows(old), h.knows(answer.Token))
	}
}

func TestH021_TheOldTokenLivesThroughTheGraceTime(t *testing.T) {
	h := newHub(t)
	_, old := h.register(abcCPO)
	first, err := h.put(old, credentials(newestToken, abcCPO))
	noError(t, err)
	h.clock.advance(grace - time.Second)
	second, err := h.put(old, credentials(newestToken, abcCPO)) // it never got the first answer
	noError(t, err)
	for _, token := range []string{old, first.Token, second.Token} {
		if !h.knows(token) {
			t.Error("a token is dead within its grace time")
		}
	}
	h.clock.advance(time.Second)
	if h.knows(old) {
		t.Error("a second PUT prolonged the grace time of the old token")
	}
}

func TestH022_DELETEEndsTheConnection(t *testing.T) {
	h := newHub(t)
	id, tokenC := h.register(abcCPO)
	noError(t, h.SignOff(t.Context(), h.login(tokenC)))
	p := h.platform(id)
	if h.knows(tokenC) || p.Registered() || len(p.Endpoints) != 0 {
		t.Errorf("token known %t, registered %t, endpoints %v", h.knows(tokenC), p.Registered(), p.Endpoints)
	}
	if _, _, err := h.Token(p); !fault.Is(err, fault.NotConnected) {
		t.Errorf("the hub still has a token: %v", err)
	}
	if diff := cmp.Diff([]string{"CPO:DE*ABC SUSPENDED"}, statuses(h.Directory())); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestAfterDELETETheOperatorMayLetThePlatformBackIn(t *testing.T) {
	h := newHub(t)
	id, tokenC := h.register(abcCPO)
	noError(t, h.SignOff(t.Context(), h.login(tokenC)))
	p, tokenA, err := h.Rotate(t.Context(), id)
	noError(t, err)
	if p.Status != parties.Planned {
		t.Errorf("status %s", p.Status)
	}
	_, err = h.post(tokenA, credentials(tokenB, abcCPO))
	noError(t, err)
	if diff := cmp.Diff([]string{"CPO:DE*ABC CONNECTED"}, statuses(h.Directory())); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestAfterDELETEThePartiesAreFreeForAnotherPlatform(t *testing.T) {
	h := newHub(t)
	_, tokenC := h.register(abcCPO)
	noError(t, h.SignOff(t.Context(), h.login(tokenC)))
	other, _ := h.register(abcCPO)
	homes := h.Directory().Homes(abcCPO.Party)
	if len(homes) != 1 || homes[0].Platform.ID != other {
		t.Errorf("got homes %v", homes)
	}
}

func TestH023_GETShowsWhatTheHubAnsweredLast(t *testing.T) {
	h := newHub(t)
	_, tokenA := h.invite()
	answer, err := h.post(tokenA, credentials(tokenB, abcCPO))
	noError(t, err)
	if diff := cmp.Diff(answer, h.Credentials(h.login(answer.Token), ocpi.V221)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestH028_TheHubReportsItsRoleHUBAndNoParties(t *testing.T) {
	h := newHub(t)
	h.register(defCPO)
	_, tokenA := h.invite()
	answer, err := h.post(tokenA, credentials(tokenB, abcCPO))
	noError(t, err)
	want := []parties.CredentialsRole{{Role: ocpi.HUB, CountryCode: "NL", PartyID: "HUB", BusinessDetails: []byte(`{"name":"Test Hub"}`)}}
	if diff := cmp.Diff(want, answer.Roles); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestH008_TokensAreUniqueAndPrintable(t *testing.T) {
	h := newHub(t)
	form := regexp.MustCompile(`^[A-Za-z0-9_-]{40,64}$`)
	seen := map[string]bool{}
	for range 50 {
		_, tokenA := h.invite()
		if !form.MatchString(tokenA) || seen[tokenA] {
			t.Fatalf("token %q", tokenA)
		}
		seen[tokenA] = true
	}
}

func TestH024_AnUnusableAPIIsClientUnusable(t *testing.T) {
	h := newHub(t)
	_, tokenA := h.invite()
	h.partner.down = fault.New(fault.ClientUnusable, "GET versions answered 500")
	_, err := h.post(tokenA, credentials(tokenB, abcCPO))
	if f := wantFault(t, err, fault.ClientUnusable); f.Message != "GET versions answered 500" {
		t.Errorf("the reason is lost: %s", f.Message)
	}
	h.partner.down = errors.New("dial tcp")
	_, err = h.post(tokenA, credentials(tokenB, abcCPO))
	wantFault(t, err, fault.ClientUnusable)
}

func TestH025_WithoutMutualVersionOrCredentialsEndpointThereIsNoRegistration(t *testing.T) {
	h := newHub(t)
	_, tokenA := h.invite()
	versions := h.partner.versions
	h.partner.versions = []parties.VersionLink{{Version: "2.2", URL: detailsURL}}
	_, err := h.post(tokenA, credentials(tokenB, abcCPO))
	wantFault(t, err, fault.Unsupported)
	h.partner.versions, h.partner.details.Endpoints = versions, h.partner.details.Endpoints[1:]
	_, err = h.post(tokenA, credentials(tokenB, abcCPO))
	wantFault(t, err, fault.NoMatching)
}

func TestTheVersionOfTheCalledEndpointMustBeInThePartnersList(t *testing.T) {
	h := newHub(t)
	_, tokenA := h.invite()
	_, err := h.Register(t.Context(), h.login(tokenA), "2.3.0", credentials(tokenB, abcCPO))
	wantFault(t, err, fault.Unsupported)
}

func TestH041_H043_UnknownVersionsAndModulesAndTheRoleOfCredentialsDoNotMatter(t *testing.T) {
	h := newHub(t) // lists version 7.0, a custom module, and credentials as RECEIVER
	id, _ := h.register(abcCPO)
	p := h.platform(id)
	if url, ok := p.Endpoint(ocpi.Credentials, ocpi.Sender); !ok || url != credsURL {
		t.Errorf("credentials at %q", url)
	}
	if url, ok := p.Endpoint("nltnm-tokens", ocpi.Sender); !ok || url == "" {
		t.Error("the custom module is lost")
	}
}

func TestASuspendedPlatformMayNotChangeItsCredentials(t *testing.T) {
	h := newHub(t)
	id, tokenC := h.register(abcCPO)
	_, err := h.Suspend(t.Context(), id)
	noError(t, err)
	_, err = h.put(tokenC, credentials(tokenB, abcCPO))
	wantFault(t, err, fault.Suspended)
	wantFault(t, h.SignOff(t.Context(), h.login(tokenC)), fault.Suspended)
}

func TestAPUTFromAnOfflinePlatformMakesItConnected(t *testing.T) {
	h := newHub(t)
	id, tokenC := h.register(abcCPO)
	noError(t, h.MarkOffline(t.Context(), id))
	_, err := h.put(tokenC, credentials(tokenB, abcCPO))
	noError(t, err)
	if s := h.platform(id).Status; s != parties.Connected {
		t.Errorf("status %s", s)
	}
}

func TestH186_APartyGivenUpByPUTIsSuspendedAndFree(t *testing.T) {
	h := newHub(t)
	_, tokenC := h.register(abcCPO, defCPO)
	_, err := h.put(tokenC, credentials(tokenB, abcCPO))
	noError(t, err)
	if diff := cmp.Diff([]string{"CPO:DE*ABC CONNECTED", "CPO:DE*DEF SUSPENDED"}, statuses(h.Directory())); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	h.register(defCPO)
	if diff := cmp.Diff([]string{"CPO:DE*ABC CONNECTED", "CPO:DE*DEF CONNECTED"}, statuses(h.Directory())); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestJoinedIsCalledBeforeTheAnswer(t *testing.T) {
	h := newHub(t)
	id, tokenC := h.register(abcCPO)
	if diff := cmp.Diff([]string{id}, h.joined); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	_, err := h.put(tokenC, credentials(tokenB, abcCPO))
	noError(t, err)
	if len(h.joined) != 1 {
		t.Error("a PUT counts as joining")
	}
}

func TestAPlatformUpgradesByPUTOnTheNewerVersionAndLosesNothing(t *testing.T) {
	h := newHub(t)
	id, tokenC := h.register(abcCPO)
	before := h.platform(id)
	h.partner.versions = append(h.partner.versions, parties.VersionLink{Version: ocpi.V230, URL: "https://cpo.example/2.3.0"})
	h.partner.details.Endpoints = []ocpi.Endpoint{
		{Module: ocpi.Credentials, Interface: ocpi.Receiver, URL: "https://cpo.example/2.3.0/credentials"},
		{Module: ocpi.Locations, Interface: ocpi.Sender, URL: "https://cpo.example/2.3.0/locations"},
	}
	h.clock.advance(time.Hour)
	answer, err := h.Update(t.Context(), h.login(tokenC), ocpi.V230, credentials(newestToken, abcCPO))
	noError(t, err)
	want := []string{"GET " + theirURL + " " + newestToken, "GET https://cpo.example/2.3.0 " + newestToken}
	if diff := cmp.Diff(want, h.partner.took()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	after := h.platform(id)
	if url, _ := after.Endpoint(ocpi.Locations, ocpi.Sender); after.Version != ocpi.V230 || url != "https://cpo.example/2.3.0/locations" {
		t.Errorf("it is called in %s at %s", after.Version, url)
	}
	if !h.knows(tokenC) || !h.knows(answer.Token) {
		t.Errorf("within the grace time: old %t, new %t", h.knows(tokenC), h.knows(answer.Token))
	}
	kept := before.Clone()
	kept.Version, kept.Endpoints, kept.Keys, kept.SealedToken, kept.Revision = after.Version, after.Endpoints, after.Keys, after.SealedToken, after.Revision
	kept.Shown = after.Shown
	if diff := cmp.Diff(kept, after.Clone()); diff != "" {
		t.Errorf("beside version, endpoints and tokens something changed:\n%s", diff)
	}
}

func TestAnUpgradeToAVersionThatThePartnerDoesNotListChangesNothing(t *testing.T) {
	h := newHub(t)
	id, tokenC := h.register(abcCPO)
	before := h.platform(id)
	_, err := h.Update(t.Context(), h.login(tokenC), ocpi.V230, credentials(newestToken, abcCPO))
	wantFault(t, err, fault.Unsupported)
	if diff := cmp.Diff(before, h.platform(id)); diff != "" {
		t.Error(diff)
	}
	if !h.knows(tokenC) {
		t.Error("its token is dead")
	}
}

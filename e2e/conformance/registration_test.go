package conformance

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/ocpitest"
)

// newcomer is a platform that is invited and has not registered.
type newcomer struct {
	*ocpitest.Platform
	at, tokenA  string
	credentials string // the hub's endpoint
}

func (s *stage) newcomer(o ocpitest.Options) newcomer {
	s.Helper()
	p := s.run(o)
	at, tokenA := s.site.invite(s.T, o.Name, o.Parties...)
	return newcomer{p, at, tokenA, tree(at, o.Parties[0].Role) + "/credentials"}
}

// tree is the URL of the hub's version details for a party: in 2.1.1 those where
// the hub stands on the other side.
func tree(versionsURL string, role ocpi.Role) string {
	at := strings.TrimSuffix(versionsURL, "versions") + string(spoken())
	switch {
	case spoken() != ocpi.V211:
		return at
	case role == ocpi.CPO:
		return at + "/emsp"
	}
	return at + "/cpo"
}

// hand sends credentials by hand.
func (s *stage) hand(n newcomer, method, token string, body string) ocpitest.Reply {
	s.Helper()
	return s.send(n.Platform, ocpitest.Request{Module: ocpi.Credentials, Method: method, URL: n.credentials, Token: token, Body: []byte(body)})
}

// credentials are those of a platform with a token that it accepts. In 2.1.1 they
// name one party.
func credentials(p *ocpitest.Platform, parties ...ocpitest.Party) string {
	if spoken() == ocpi.V211 {
		return fmt.Sprintf(`{"token":%q,"url":%q,"business_details":{"name":"x"},"party_id":%q,"country_code":%q}`,
			p.Invite(), p.VersionsURL(), parties[0].ID.ID, parties[0].ID.Country)
	}
	return withRoles(p, parties...)
}

// withRoles are credentials of 2.2.1 and 2.3.0.
func withRoles(p *ocpitest.Platform, parties ...ocpitest.Party) string {
	var roles []string
	for _, q := range parties {
		roles = append(roles, fmt.Sprintf(`{"role":%q,"business_details":{"name":"x"},"party_id":%q,"country_code":%q}`, q.Role, q.ID.ID, q.ID.Country))
	}
	return fmt.Sprintf(`{"token":%q,"url":%q,"roles":[%s]}`, p.Invite(), p.VersionsURL(), strings.Join(roles, ","))
}

// is compares the statuses of an answer.
func (s *stage) is(reply ocpitest.Reply, status int, code ocpi.StatusCode) {
	s.Helper()
	if reply.Status != status || reply.Code() != code {
		s.Errorf("answered HTTP %d with %d %q, want HTTP %d with %d", reply.Status, reply.Code(), reply.Envelope.StatusMessage, status, code)
	}
}

func TestH012_TheHubRegistersAsSenderAndAsReceiver(t *testing.T) {
	s := newStage(t)
	receiver := s.cpo()
	emsp := s.run(s.options(ocpi.EMSP))
	platform, err := s.connect(emsp)
	if err != nil || platform.GetVersion() != string(spoken()) || platform.GetStatus() != "CONNECTED" || len(platform.GetParties()) != 1 {
		t.Fatalf("the hub as Sender: %v, %v", platform, err)
	}
	s.came(emsp, s.ok(receiver, put(ocpi.Locations, id(emsp), location(id(receiver), s.id("L1"), s.at(0)))))
	s.came(receiver, s.ok(emsp, put(ocpi.Tokens, id(receiver), token(id(emsp), s.id("U"), s.at(0)))))
}

func TestH013_AnInvitationIsATokenAWithTheVersionsURL(t *testing.T) {
	s := newStage(t)
	n := s.newcomer(s.options(ocpi.CPO))
	s.check(n.tokenA != "" && strings.HasPrefix(n.at, "http"), "the invitation is %q for %q", n.tokenA, n.at)
	s.register(n.Platform, n.at, n.tokenA)
}

func TestH014_TheHubReadsTheVersionsOfThePlatformBeforeItAnswers(t *testing.T) {
	s := newStage(t)
	cpo := s.cpo()
	var paths []string
	for _, c := range cpo.Calls(ocpitest.Is(ocpi.Versions, "GET")) { // all there as the answer is
		paths = append(paths, c.Path)
		s.check(strings.HasPrefix(c.Token, "B-") && c.Code == 1000, "%v came with another token than B", c)
	}
	s.check(len(paths) == 2 && strings.HasSuffix(paths[0], "/versions") && strings.HasSuffix(paths[1], "/"+string(spoken())), "it read %v", paths)
}

func TestH015_TheAnswerHoldsATokenCThatIsGoodOnAllModules(t *testing.T) {
	s := newStage(t)
	n := s.newcomer(s.options(ocpi.EMSP))
	s.register(n.Platform, n.at, n.tokenA)
	partner := s.partner(n.Platform)
	s.check(partner.Token != n.tokenA && partner.Token != "", "token C is %q", partner.Token)
	modules := []ocpi.ModuleID{ocpi.Locations, ocpi.CDRs, ocpi.Tariffs}
	if spoken() != ocpi.V211 {
		modules = append(modules, ocpi.HubClientInfo)
	}
	for _, m := range modules {
		s.want(n.Platform, get(m, n.Hub(), "", "limit=1"), 200, 1000)
	}
}

func TestH016_TokenAIsDeadAfterTheRegistration(t *testing.T) {
	s := newStage(t)
	n := s.newcomer(s.options(ocpi.CPO))
	header := authorization(encoded(n.tokenA))
	s.check(s.raw("GET", n.at, header, "").status == 200, "token A is not good before")
	s.register(n.Platform, n.at, n.tokenA)
	s.check(s.raw("GET", n.at, header, "").status == 401, "token A is still good")
}

func TestH017_AFailedRegistrationLeavesTokenAUsable(t *testing.T) {
	s := newStage(t)
	n := s.newcomer(s.options(ocpi.CPO))
	n.Fail(ocpitest.Fault{Module: ocpi.Versions, HTTPStatus: 500})
	s.is(s.hand(n, "POST", n.tokenA, credentials(n.Platform, n.Parties()...)), 200, 3001)
	n.Heal()
	s.register(n.Platform, n.at, n.tokenA)
}

func TestH018_ASecondPOSTIs405AndWithTheDeadTokenA401(t *testing.T) {
	s := newStage(t)
	n := s.newcomer(s.options(ocpi.CPO))
	s.register(n.Platform, n.at, n.tokenA)
	body := credentials(n.Platform, n.Parties()...)
	reply := s.hand(n, "POST", s.partner(n.Platform).Token, body)
	s.is(reply, 405, 2000)
	s.check(strings.Contains(reply.Header.Get("Allow"), "PUT"), "Allow is %q", reply.Header.Get("Allow"))
	s.is(s.hand(n, "POST", n.tokenA, body), 401, 2000)
}

func TestH019_PUTAndDELETEBeforeTheRegistrationAre405(t *testing.T) {
	s := newStage(t)
	n := s.newcomer(s.options(ocpi.CPO))
	s.is(s.hand(n, "PUT", n.tokenA, credentials(n.Platform, n.Parties()...)), 405, 2000)
	s.is(s.hand(n, "DELETE", n.tokenA, ""), 405, 2000)
	s.register(n.Platform, n.at, n.tokenA)
}

func TestH020_PUTReadsThePlatformAnewAndRenewsTheToken(t *testing.T) {
	s := newStage(t)
	cpo := s.cpo()
	old := s.partner(cpo).Token
	cpo.ForgetCalls()
	if err := cpo.UpdateCredentials(s.soon()); err != nil {
		t.Fatal(err)
	}
	s.check(len(cpo.Calls(ocpitest.Is(ocpi.Versions, "GET"))) == 2, "it read %v", cpo.Calls())
	s.check(s.partner(cpo).Token != old, "the token is the same")
	s.want(cpo, get(ocpi.Tokens, cpo.Hub(), ""), 200, 1000)
	s.eventually("the old token is dead once the new one was seen", func() bool {
		return s.raw("GET", s.site.versionsURL, authorization(encoded(old)), "").status == 401
	})
}

func TestH021_NobodyIsLockedOutWhileTokensChange(t *testing.T) {
	s := newStage(t)
	cpo := s.cpo()
	old := authorization(encoded(s.partner(cpo).Token))
	cpo.Fail(ocpitest.Fault{Module: ocpi.Versions, Delay: 100 * time.Millisecond})
	done := make(chan error, 1)
	go func() { done <- cpo.UpdateCredentials(s.soon()) }()
	for ended := false; !ended; {
		select {
		case err := <-done:
			if err != nil {
				t.Fatal(err)
			}
			ended = true
		default:
		}
		reply := s.raw("GET", s.site.versionsURL, old, "") // also once after the answer
		s.check(reply.status == 200, "meanwhile the old token is answered HTTP %d", reply.status)
	}
	s.want(cpo, get(ocpi.Tokens, cpo.Hub(), ""), 200, 1000)
}

func TestH022_DELETEEndsAllTrafficInBothDirections(t *testing.T) {
	s := newStage(t).informed()
	cpo, emsp, gone := s.cpo(), s.emsp(), s.emsp()
	s.learns(emsp, gone, "CONNECTED")
	token := s.partner(gone).Token
	if err := gone.Unregister(s.soon()); err != nil {
		t.Fatal(err)
	}
	s.check(s.raw("GET", s.site.versionsURL, authorization(encoded(token)), "").status == 401, "its token is still good")
	s.learns(emsp, gone, "SUSPENDED")
	direct := s.want(cpo, put(ocpi.Sessions, id(gone), session(id(cpo), s.id("S"), id(gone), s.at(0))), 200, 4003)
	all := s.want(cpo, put(ocpi.Locations, cpo.Hub(), location(id(cpo), s.id("L2"), s.at(0))), 200, 1000)
	s.wait(emsp, "the broadcast", of(all))
	for _, reply := range []ocpitest.Reply{direct, all} {
		s.check(len(gone.Calls(of(reply))) == 0, "it is still called: %v", gone.Calls(of(reply)))
	}
}

// learns waits until a party is told how another is. 2.1.1 tells nobody: there the
// operator is asked.
func (s *stage) learns(p, other *ocpitest.Platform, status string) {
	s.Helper()
	if spoken() == ocpi.V211 {
		s.eventually(status, func() bool { return s.status(other) == status })
		return
	}
	s.until(p, status+" is told", func() bool { return told(p, id(other)) == status })
}

// told is the status of a party that a platform was told last.
func told(p *ocpitest.Platform, party ocpi.PartyID) (status string) {
	for _, info := range p.ClientInfos() {
		if info.Party.ID == party {
			status = info.Status
		}
	}
	return status
}

func TestH023_GETShowsWhatTheHubAnsweredLast(t *testing.T) {
	s := newStage(t)
	cpo := s.cpo()
	for range 2 {
		var got struct {
			Token, URL string
			Country    string `json:"country_code"` // of 2.1.1
			Party      string `json:"party_id"`
			HubParty   string `json:"hub_party_id"` // of 2.3.0
			Roles      []struct {
				Country string `json:"country_code"`
				Party   string `json:"party_id"`
			}
		}
		reply := s.want(cpo, ocpitest.Request{Module: ocpi.Credentials, Method: "GET"}, 200, 1000)
		if err := json.Unmarshal(reply.Envelope.Data, &got); err != nil {
			t.Fatal(err)
		}
		hub := ocpi.NewPartyID(got.Country, got.Party).String()
		switch {
		case spoken() == ocpi.V221 && len(got.Roles) == 1:
			hub = ocpi.NewPartyID(got.Roles[0].Country, got.Roles[0].Party).String()
		case spoken() == ocpi.V230:
			hub = got.HubParty[:2] + "*" + got.HubParty[2:]
		}
		want := s.partner(cpo)
		s.check(got.Token == want.Token && got.URL == want.VersionsURL && hub == cpo.Hub().String(), "GET shows %s", reply.Envelope.Data)
		if err := cpo.UpdateCredentials(s.soon()); err != nil {
			t.Fatal(err)
		}
	}
}

func TestH024_APlatformThatCannotBeUsedIs3001(t *testing.T) {
	for name, fault := range map[string]ocpitest.Fault{
		"500": {HTTPStatus: 500}, "no JSON": {Garbage: true}, "a dropped connection": {Drop: true}, "401": {HTTPStatus: 401}, "an OCPI error": {Code: 3000},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t)
			fault.Module = ocpi.Versions
			n := s.newcomer(s.options(ocpi.CPO))
			n.Fail(fault)
			s.is(s.hand(n, "POST", n.tokenA, credentials(n.Platform, n.Parties()...)), 200, 3001)
			n.Heal()
			s.register(n.Platform, n.at, n.tokenA)
			n.Fail(fault)
			token := s.partner(n.Platform).Token
			s.is(s.hand(n, "PUT", token, credentials(n.Platform, n.Parties()...)), 200, 3001)
			n.Heal()
			s.want(n.Platform, get(ocpi.Tokens, n.Hub(), ""), 200, 1000)
		})
	}
}

func TestH025_NoMutualVersionIs3002AndAMissingEndpoint3003(t *testing.T) {
	s := newStage(t)
	o := s.options(ocpi.CPO)
	o.Versions = []ocpi.Version{"2.2"}
	n := s.newcomer(o)
	s.is(s.hand(n, "POST", n.tokenA, credentials(n.Platform, n.Parties()...)), 200, 3002)
	o = s.options(ocpi.CPO)
	o.Endpoints = without(ocpi.Credentials)
	n = s.newcomer(o)
	s.is(s.hand(n, "POST", n.tokenA, credentials(n.Platform, n.Parties()...)), 200, 3003)
}

func TestH026_WithoutACredentialsEndpointTheHubDoesNotPOST(t *testing.T) {
	s := newStage(t)
	o := s.options(ocpi.EMSP)
	o.Endpoints = without(ocpi.Credentials)
	emsp := s.run(o)
	_, err := s.connect(emsp)
	s.check(err != nil && strings.Contains(err.Error(), "credentials"), "the operator is told %v", err)
	s.check(len(emsp.Calls(ocpitest.Is(ocpi.Versions, ""))) == 2, "it read %v", emsp.Calls())
	s.check(len(emsp.Calls(ocpitest.Is("", "POST"))) == 0, "it posted: %v", emsp.Calls())
}

func TestH027_TheHighestMutualVersionIsChosen(t *testing.T) {
	s := newStage(t)
	o := s.options(ocpi.EMSP)
	o.Versions = []ocpi.Version{"2.1.1", "2.2", "2.2.1", "3.0"}
	emsp := s.run(o)
	platform, err := s.connect(emsp)
	calls := emsp.Calls(ocpitest.Is(ocpi.Versions, ""))
	s.check(err == nil && platform.GetVersion() == "2.2.1" && len(calls) == 2 && strings.HasSuffix(calls[1].Path, "/2.2.1"), "it chose %s, read %v; %v", platform.GetVersion(), calls, err)
	o.Parties = s.options(ocpi.CPO).Parties
	s.join(o)
}

func TestH028_TheHubReportsItsRoleHUBAndNoPartyOfOthers(t *testing.T) {
	s := newStage(t)
	s.cpo()
	emsp := s.emsp()
	parties := s.partner(emsp).Parties
	s.check(len(parties) == 1 && parties[0].Role == ocpi.HUB, "its roles are %v", parties)
}

func TestH033_ARoleOfAPartyMayBeGivenOnce(t *testing.T) {
	s := newStage(t)
	o := s.options(ocpi.CPO, ocpi.CPO, ocpi.EMSP)
	n := s.newcomer(o)
	s.is(s.hand(n, "POST", n.tokenA, credentials(n.Platform, append(slices.Clone(o.Parties), o.Parties[0])...)), 200, 2001)
	s.register(n.Platform, n.at, n.tokenA) // two parties may share a role
}

func TestH034_APartyHasOneHomeInARole(t *testing.T) {
	s := newStage(t)
	cpo, emsp := s.pair()
	o := s.options(ocpi.EMSP)
	n := newcomer{Platform: s.run(o)}
	n.at, n.tokenA = s.site.invite(t, o.Name) // for any party that is free
	n.credentials = tree(n.at, ocpi.EMSP) + "/credentials"
	s.is(s.hand(n, "POST", n.tokenA, credentials(n.Platform, emsp.Parties()...)), 200, 2001)
	n.ForgetCalls()
	reply := s.ok(cpo, put(ocpi.Locations, id(emsp), location(id(cpo), s.id("L1"), s.at(0))))
	s.check(len(emsp.Calls(of(reply))) == 1 && len(n.Calls()) == 0, "the party has another home now")
}

func TestH035_APartyMayBeCPOHereAndEMSPThere(t *testing.T) {
	s := newStage(t)
	at := s.options(ocpi.CPO)
	cpo := s.join(at)
	there := s.options(ocpi.EMSP)
	there.Parties[0].ID = at.Parties[0].ID
	emsp := s.join(there)
	otherCPO, otherEMSP := s.pair()
	reply := s.ok(otherEMSP, put(ocpi.Tokens, id(cpo), token(id(otherEMSP), s.id("U"), s.at(0))))
	s.check(len(cpo.Calls(of(reply))) == 1 && len(emsp.Calls(of(reply))) == 0, "a token went to %v", emsp.Calls(of(reply)))
	reply = s.ok(otherCPO, put(ocpi.Sessions, id(emsp), session(id(otherCPO), s.id("S"), id(emsp), s.at(0))))
	s.check(len(emsp.Calls(of(reply))) == 1 && len(cpo.Calls(of(reply))) == 0, "a session went to %v", cpo.Calls(of(reply)))
}

func TestH037_PrefixesInsideIdsHaveNoMeaning(t *testing.T) {
	s := newStage(t)
	cpo, emsp := s.pair()
	foreign := strings.Replace(location(id(cpo), s.id("L1"), s.at(0)), `"status":`, `"evse_id":"XX*ZZZ*E1","status":`, 1)
	s.passes(cpo, emsp, ocpi.Locations, foreign)
	contract := with(token(id(emsp), s.id("U"), s.at(0)), either("auth_id", "contract_id"), `"XX-ZZZ-C1"`)
	s.came(cpo, s.ok(emsp, put(ocpi.Tokens, id(cpo), contract)))
}

func TestH038_PATCHOfCredentialsIs405(t *testing.T) {
	s := newStage(t)
	cpo := s.cpo()
	reply := s.want(cpo, ocpitest.Request{Module: ocpi.Credentials, Method: http.MethodPatch, Body: []byte(`{}`)}, 405, 2000)
	for _, method := range []string{"GET", "POST", "PUT", "DELETE"} {
		s.check(strings.Contains(reply.Header.Get("Allow"), method), "Allow is %q", reply.Header.Get("Allow"))
	}
}

package conformance

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	adminv1 "github.com/ocpihub/ocpihub/proto/ocpihub/admin/v1"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/ocpitest"
)

// clientInfo is a ClientInfo object.
type clientInfo struct {
	PartyID     string `json:"party_id"`
	CountryCode string `json:"country_code"`
	Role        string `json:"role"`
	Status      string `json:"status"`
	LastUpdated string `json:"last_updated"`
}

func (c clientInfo) party() ocpi.PartyID { return ocpi.NewPartyID(c.CountryCode, c.PartyID) }

// infos reads the list of client info page by page.
func (s *stage) infos(by *ocpitest.Platform) (out []clientInfo) {
	s.Helper()
	crawl, err := by.GetAll(s.soon(), ocpitest.List{Module: ocpi.HubClientInfo}, func(raw []byte) error {
		var c clientInfo
		defer func() { out = append(out, c) }()
		return json.Unmarshal(raw, &c)
	})
	if err != nil {
		s.Fatalf("the list of client info: %+v, %v", crawl, err)
	}
	return out
}

// listed is what the list says of a party; empty if it is not in it.
func (s *stage) listed(by *ocpitest.Platform, party ocpi.PartyID) (statuses []string) {
	s.Helper()
	for _, c := range s.infos(by) {
		if c.party() == party {
			statuses = append(statuses, c.Status)
		}
	}
	return statuses
}

// tells finds the pushes of client info about a party.
func tells(party ocpi.PartyID) func(ocpitest.Call) bool {
	return func(c ocpitest.Call) bool {
		return c.Module == ocpi.HubClientInfo && ownerOf(string(c.Body)) == party
	}
}

func TestH185_ClientInfoIsListedInPagesAndPushedAtEachChange(t *testing.T) {
	s := newStage(t).informed()
	cpo := s.cpo()
	emsp := s.emsp()
	s.until(cpo, "CONNECTED is told", func() bool { return told(cpo, id(emsp)) == "CONNECTED" })
	reply := s.ok(cpo, get(ocpi.HubClientInfo, nobody, "", "limit=1"))
	_, more := ocpi.ParseLinkNext(reply.Header.Values("Link"))
	s.check(strings.Count(string(reply.Envelope.Data), `"party_id"`) == 1 && reply.Header.Get("X-Total-Count") != "" && reply.Header.Get("X-Limit") != "" &&
		(more || reply.Header.Get("X-Total-Count") == "1"), "a page is %s, %v", reply.Body, reply.Header)
	s.check(slices.Equal(s.listed(cpo, id(emsp)), []string{"CONNECTED"}), "it is listed as %v", s.listed(cpo, id(emsp)))
	if err := emsp.Unregister(s.soon()); err != nil {
		t.Fatal(err)
	}
	s.until(cpo, "the change is told", func() bool { return told(cpo, id(emsp)) == "SUSPENDED" })
	s.check(slices.Equal(s.listed(cpo, id(emsp)), []string{"SUSPENDED"}), "it is listed as %v", s.listed(cpo, id(emsp)))
}

func TestH186_APartyGoesThroughItsStatesAndIsNeverDeleted(t *testing.T) {
	s := newStage(t).informed()
	witness := s.cpo()
	operator := s.operator()
	o := s.options(ocpi.EMSP)
	n := s.newcomer(o)
	party := o.Parties[0].ID
	state := func(want string) {
		t.Helper()
		s.until(witness, want+" is told", func() bool { return told(witness, party) == want })
		s.check(slices.Equal(s.listed(witness, party), []string{want}), "it is listed as %v, want %s", s.listed(witness, party), want)
	}
	state("PLANNED")
	s.register(n.Platform, n.at, n.tokenA)
	state("CONNECTED")
	s.suspend(n.Platform)
	state("SUSPENDED")
	platform := s.platformID(n.Platform)
	if _, err := operator.Platforms.Resume(s.soon(), &adminv1.PlatformsResumeRequest{PlatformId: platform}); err != nil {
		t.Fatal(err)
	}
	state("CONNECTED")
	if _, err := operator.Platforms.Remove(s.soon(), &adminv1.PlatformsRemoveRequest{PlatformId: platform}); err != nil {
		t.Fatal(err)
	}
	state("SUSPENDED")
	for _, c := range witness.Calls(ocpitest.Is(ocpi.HubClientInfo, "")) {
		s.check(c.Method == "PUT" || c.Method == "GET", "client info came as %v", c)
	}
}

func TestH187_ClientInfoHasAllItsFields(t *testing.T) {
	s := newStage(t).informed()
	cpo := s.cpo()
	emsp := s.emsp()
	whole := func(where string, c clientInfo) {
		_, err := ocpi.ParseDateTime(c.LastUpdated)
		known := slices.Contains([]string{"CONNECTED", "OFFLINE", "PLANNED", "SUSPENDED"}, c.Status)
		s.check(c.PartyID != "" && len(c.CountryCode) == 2 && c.Role != "" && known && err == nil && strings.HasSuffix(c.LastUpdated, "Z"), "%s holds %+v", where, c)
	}
	for _, c := range s.infos(cpo) {
		whole("the list", c)
	}
	call := s.wait(cpo, "a push", tells(id(emsp)))
	var c clientInfo
	s.check(json.Unmarshal(call.Body, &c) == nil && c.Role == "EMSP" && c.party() == id(emsp), "the push is %s", call.Body)
	whole("a push", c)
	s.check(strings.HasSuffix(call.Path, "/"+id(emsp).Country+"/"+id(emsp).ID), "it went to %s", call.Path)
}

func TestH188_APartyOfTwoRolesIsToldTwice(t *testing.T) {
	s := newStage(t).informed()
	witness := s.cpo()
	o := s.options(ocpi.CPO)
	o.Parties = append(o.Parties, ocpitest.Party{Role: ocpi.EMSP, ID: o.Parties[0].ID})
	both := s.join(o)
	roles := map[string]string{}
	for _, role := range []string{"CPO", "EMSP"} {
		call := s.wait(witness, role, tells(id(both)), func(c ocpitest.Call) bool {
			return field(string(c.Body), "role") == role && field(string(c.Body), "status") == "CONNECTED"
		})
		roles[role] = call.Path
	}
	s.check(roles["CPO"] == roles["EMSP"] && roles["CPO"] != "", "they went to %v", roles)
	s.check(len(s.listed(witness, id(both))) == 2, "it is listed as %v", s.listed(witness, id(both)))
}

func TestH190_APlatformThatIsSilentIsAskedAndIsOFFLINEWhenItDoesNotAnswer(t *testing.T) {
	s := special(t, watchful, "a short alive.interval").informed()
	witness, emsp := s.cpo(), s.emsp()
	emsp.ForgetCalls()
	s.wait(emsp, "a sign of life is asked for", ocpitest.Is(ocpi.Versions, "GET"))
	s.away(emsp)
	s.until(witness, "OFFLINE is told", func() bool { return told(witness, id(emsp)) == "OFFLINE" })
	s.check(slices.Equal(s.listed(witness, id(emsp)), []string{"OFFLINE"}), "it is listed as %v", s.listed(witness, id(emsp)))
	s.back(emsp)
	s.until(witness, "CONNECTED is told", func() bool { return told(witness, id(emsp)) == "CONNECTED" })
	s.check(slices.Equal(s.listed(witness, id(emsp)), []string{"CONNECTED"}), "it is listed as %v", s.listed(witness, id(emsp)))
}

func TestH191_NothingIsSentToWhoIsNotConnected(t *testing.T) {
	s := newStage(t)
	s.operator() // who invites knows who will come
	emsp, suspended := s.emsp(), s.cpo()
	o := s.options(ocpi.CPO)
	s.newcomer(o)
	command := func(to ocpi.PartyID) ocpitest.Request {
		req, _ := s.command(emsp, to, "UNLOCK_CONNECTOR", unlock)
		return req
	}
	s.want(emsp, command(o.Parties[0].ID), 200, 4003) // PLANNED
	s.suspend(suspended)
	refused := s.want(emsp, command(id(suspended)), 200, 4003)
	marker := s.cpo()
	pushed := s.ok(emsp, put(ocpi.Tokens, emsp.Hub(), token(id(emsp), s.id("U"), s.at(0))))
	s.wait(marker, "what is pushed to others", of(pushed))
	for _, reply := range []ocpitest.Reply{refused, pushed} {
		s.check(len(suspended.Calls(of(reply))) == 0, "the suspended platform was called: %v", suspended.Calls(of(reply)))
	}
	s.want(suspended, get(ocpi.Tokens, suspended.Hub(), ""), 403, 2000)
}

func TestH192_APartyIsToldOfBeforeItsObjects(t *testing.T) {
	s := newStage(t).informed()
	emsp := s.emsp()
	emsp.Fail(ocpitest.Fault{Module: ocpi.HubClientInfo, Delay: 30 * time.Millisecond})
	for _, all := range []bool{true, false} {
		cpo := s.cpo()
		push := put(ocpi.Locations, id(emsp), location(id(cpo), s.id("L1"), s.at(0)))
		if all {
			push.To = cpo.Hub()
		}
		object := s.wait(emsp, "the object", of(s.ok(cpo, push)))
		info := s.wait(emsp, "client info", tells(id(cpo)), func(c ocpitest.Call) bool { return field(string(c.Body), "status") == "CONNECTED" })
		s.check(info.At.Before(object.At), "client info came %s after the object", info.At.Sub(object.At))
	}
}

func TestH193_WhoIsInvitedIsListedAsPLANNED(t *testing.T) {
	s := newStage(t).informed()
	s.operator() // a claim is needed to know who it will be
	witness := s.cpo()
	o := s.options(ocpi.EMSP)
	s.newcomer(o)
	s.until(witness, "PLANNED is told", func() bool { return told(witness, o.Parties[0].ID) == "PLANNED" })
	s.check(slices.Equal(s.listed(witness, o.Parties[0].ID), []string{"PLANNED"}), "it is listed as %v", s.listed(witness, o.Parties[0].ID))
}

func TestH194_ClientInfoHasNoRoutingHeaders(t *testing.T) {
	s := newStage(t).informed()
	cpo := s.cpo()
	emsp := s.emsp()
	call := s.wait(cpo, "a push", tells(id(emsp)))
	reply := s.ok(cpo, get(ocpi.HubClientInfo, nobody, ""))
	for _, header := range routingHeaders {
		s.check(call.Header.Get(header) == "" && reply.Header.Get(header) == "", "%s is there", header)
	}
}

func TestH195_ClientInfoGoesToTheURLThatThePlatformLists(t *testing.T) {
	s := newStage(t).informed()
	var mu sync.Mutex
	var paths []string
	edit, _ := s.stub(ocpi.HubClientInfo, ocpi.Receiver, func(r *http.Request, body []byte) (int, http.Header, string) {
		mu.Lock()
		defer mu.Unlock()
		paths = append(paths, r.Method+" "+r.URL.EscapedPath()+" "+field(string(body), "status"))
		return 200, nil, `{"status_code":1000,"timestamp":"2026-01-01T00:00:00Z"}`
	})
	o := s.options(ocpi.CPO)
	o.Endpoints = edit
	s.join(o)
	emsp := s.emsp()
	want := "PUT /stub/" + id(emsp).Country + "/" + id(emsp).ID + " CONNECTED"
	s.eventually("PUT "+want, func() bool {
		mu.Lock()
		defer mu.Unlock()
		return slices.Contains(paths, want)
	})
}

func TestH196_OnlyPartiesWithAnAgreementAreTold(t *testing.T) {
	s := special(t, agreed, "policy.default agreement").informed()
	cpo, emsp, stranger := s.cpo(), s.emsp(), s.emsp()
	s.agree(cpo, emsp)
	s.until(cpo, "the other side is told", func() bool { return told(cpo, id(emsp)) == "CONNECTED" })
	s.check(slices.Equal(s.listed(cpo, id(emsp)), []string{"CONNECTED"}) && len(s.listed(cpo, id(stranger))) == 0, "the list is %v", s.infos(cpo))
	s.check(told(cpo, id(stranger)) == "" && told(stranger, id(cpo)) == "" && len(s.listed(stranger, id(cpo))) == 0, "who has no agreement is told")
}

func TestH197_TheHubCanVerifyTheCopyOfAPlatform(t *testing.T) {
	s := newStage(t).informed()
	emsp := s.emsp()
	cpo := s.cpo()
	s.until(emsp, "CONNECTED is told", func() bool { return told(emsp, id(cpo)) == "CONNECTED" })
	emsp.ForgetObjects()
	resp, err := adminv1.NewClientInfoClient(s.operator().Conn).Verify(s.soon(), &adminv1.ClientInfoVerifyRequest{PlatformId: s.platformID(emsp)})
	if err != nil {
		t.Fatal(err)
	}
	found := ""
	for _, c := range resp.GetCopies() {
		if c.GetParty() == id(cpo).String() {
			found = c.GetResult()
			s.check(c.GetPushed() && c.GetMended(), "the copy is %v", c)
		}
	}
	asked := emsp.Calls(ocpitest.Is(ocpi.HubClientInfo, "GET"), func(c ocpitest.Call) bool {
		return strings.HasSuffix(c.Path, "/"+id(cpo).Country+"/"+id(cpo).ID)
	})
	s.check(found == "missing" && len(asked) > 0 && told(emsp, id(cpo)) == "CONNECTED", "the hub found %q, asked %v", found, asked)
}

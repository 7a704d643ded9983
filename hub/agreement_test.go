package hub_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ocpihub/ocpihub/hub"
	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/ocpitest"
	"github.com/ocpihub/ocpihub/parties"
)

// byAgreement is a hub on which only what is agreed is allowed.
func byAgreement(c *hub.Config) { c.Policy.Default = hub.PolicyByAgreement }

// agree makes an agreement between two parties.
func agree(t testing.TB, h *hub.Hub, cpo, emsp ocpi.PartyID, edit ...func(*parties.Proposal)) *parties.Agreement {
	t.Helper()
	p := parties.Proposal{CPO: cpo, EMSP: emsp}
	for _, e := range edit {
		e(&p)
	}
	a, _, err := h.Registry().MakeAgreement(t.Context(), parties.Order{}, p)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// refused makes a call to a party, and the same to one that does not exist, and
// says whether the first was refused: then the two must look alike, so that
// nobody can find out who is there.
func refused(t *testing.T, p *ocpitest.Platform, req ocpitest.Request) bool {
	t.Helper()
	nobody := req
	nobody.To = ocpi.NewPartyID("XX", "ZZZ")
	got, stranger := send(t, p, req), send(t, p, nobody)
	want(t, stranger, http.StatusOK, 4001)
	if got.Code() != 4001 {
		return false
	}
	alike := strings.ReplaceAll(stranger.Envelope.StatusMessage, nobody.To.String(), req.To.String())
	if got.Status != stranger.Status || len(got.Envelope.Data) != 0 || got.Envelope.StatusMessage != alike {
		t.Errorf("the refusal tells that the party is there: HTTP %d, %s; a stranger: HTTP %d, %s",
			got.Status, got.Body, stranger.Status, stranger.Body)
	}
	return true
}

// neighbours is a hub under policy agreement, where one CPO and one eMSP have an
// agreement each, and a third eMSP has none.
type neighbours struct {
	*hub.Hub
	c, c2, e, e2, none *ocpitest.Platform
	first              *parties.Agreement
}

func newNeighbours(t *testing.T) neighbours {
	t.Helper()
	h := startHub(t, byAgreement)
	n := neighbours{
		Hub: h, c: join(t, h, of(ocpi.CPO, cpo)), c2: join(t, h, of(ocpi.CPO, cpo2)),
		e: join(t, h, of(ocpi.EMSP, emsp)), e2: join(t, h, of(ocpi.EMSP, emsp2)), none: join(t, h, of(ocpi.NSP, other)),
	}
	n.first = agree(t, h, cpo, emsp)
	agree(t, h, cpo2, emsp2)
	return n
}

func (n neighbours) publish(t *testing.T) {
	t.Helper()
	want(t, send(t, n.c, putLocation(hubParty, cpo, "L1", location(cpo, "L1", t0))), 200, 1000)
	want(t, send(t, n.c2, putLocation(hubParty, cpo2, "L2", location(cpo2, "L2", t0))), 200, 1000)
}

func startSession(to ocpi.PartyID, location string, p *ocpitest.Platform) ocpitest.Request {
	own := p.Parties()[0].ID
	return ocpitest.Request{
		Module: ocpi.Commands, Interface: ocpi.Receiver, Method: "POST", Path: "START_SESSION", From: own, To: to,
		Body: fmt.Appendf(nil, `{"response_url":%q,"token":%s,"location_id":%q}`, p.NewCallback(ocpi.Commands).URL, token(own, "T1"), location),
	}
}

func TestDirectMessagesNeedAnAgreementUnderPolicyAgreement(t *testing.T) {
	n := newNeighbours(t)
	for name, call := range map[string]struct {
		from *ocpitest.Platform
		req  ocpitest.Request
	}{
		"PUT of a location": {n.c, putLocation(emsp2, cpo, "L1", location(cpo, "L1", t0))},
		"PUT of a session": {n.c, ocpitest.Request{
			Module: ocpi.Sessions, Interface: ocpi.Receiver, Method: "PUT", To: emsp2, Path: "DE/ABC/S1", Body: []byte(session(cpo, "S1", emsp2)),
		}},
		"POST of a CDR": {n.c, ocpitest.Request{
			Module: ocpi.CDRs, Interface: ocpi.Receiver, Method: "POST", To: emsp2, Body: []byte(cdr(cpo, "C1", emsp2)),
		}},
		"GET of a list": {n.e2, ocpitest.Request{Module: ocpi.Locations, Interface: ocpi.Sender, Method: "GET", To: cpo}},
		"a command":     {n.e2, startSession(cpo, "L1", n.e2)},
		"PUT of a token": {n.e2, ocpitest.Request{
			Module: ocpi.Tokens, Interface: ocpi.Receiver, Method: "PUT", To: cpo, Path: "BE/ECO/T1", Body: []byte(token(emsp2, "T1")),
		}},
		"an authorisation": {n.c, ocpitest.Request{Module: ocpi.Tokens, Interface: ocpi.Sender, Method: "POST", To: emsp2, Path: "T1/authorize"}},
	} {
		t.Run(name, func(t *testing.T) {
			if !refused(t, call.from, call.req) {
				t.Error("it was let through without an agreement")
			}
		})
	}
	for _, p := range []*ocpitest.Platform{n.c, n.e2, n.none} {
		if calls := p.Calls(func(c ocpitest.Call) bool { return c.Module.Functional() }); len(calls) > 0 {
			t.Errorf("%s was called: %v", p.Name(), calls)
		}
	}
	if refused(t, n.c, putLocation(emsp, cpo, "L1", location(cpo, "L1", t0))) {
		t.Error("what is agreed was refused")
	}
	if crawl, err := n.e2.GetAll(t.Context(), ocpitest.List{Module: ocpi.CDRs, To: hubParty}, nil); err != nil || crawl.Total != 0 {
		t.Errorf("what was refused is kept: %+v, %v", crawl, err)
	}
}

func TestSuspendingResumingAndEndingAnAgreementCountsFromTheNextMessage(t *testing.T) {
	n := newNeighbours(t)
	req := putLocation(emsp, cpo, "L1", location(cpo, "L1", t0))
	r, id := n.Registry(), n.first.ID
	step := func(name string, stopped bool) {
		t.Helper()
		if got := refused(t, n.c, req); got != stopped {
			t.Errorf("%s: refused %t, want %t", name, got, stopped)
		}
	}
	amend := func(edit func(*parties.Terms)) {
		t.Helper()
		_, _, err := r.AmendAgreement(t.Context(), parties.Order{}, id, func(terms *parties.Terms) error { edit(terms); return nil })
		if err != nil {
			t.Fatal(err)
		}
	}
	step("agreed", false)
	for _, s := range []struct {
		name    string
		do      func(context.Context, parties.Order, string) (*parties.Agreement, string, error)
		stopped bool
	}{{"suspended", r.SuspendAgreement, true}, {"resumed", r.ResumeAgreement, false}} {
		if _, _, err := s.do(t.Context(), parties.Order{}, id); err != nil {
			t.Fatal(err)
		}
		step(s.name, s.stopped)
	}
	amend(func(terms *parties.Terms) { terms.Modules = []ocpi.ModuleID{ocpi.Tokens} })
	step("for another module", true)
	amend(func(terms *parties.Terms) { terms.Modules, terms.EMSPOnly = nil, []ocpi.ModuleID{ocpi.Locations} })
	step("for the other direction", true)
	amend(func(terms *parties.Terms) { terms.EMSPOnly = nil })
	step("for all modules", false)
	amend(func(terms *parties.Terms) { terms.From = time.Now().Add(time.Hour) })
	step("before its first day", true)
	amend(func(terms *parties.Terms) { terms.From = time.Now().Add(-time.Hour) })
	step("after its first day", false)
	if _, _, err := r.EndAgreement(t.Context(), parties.Order{}, id); err != nil {
		t.Fatal(err)
	}
	step("ended", true)
}

func TestABroadcastReachesOnlyThoseWithAnAgreement(t *testing.T) {
	n := newNeighbours(t)
	n.publish(t)
	until(t, n.e, "the location of the agreement", func() bool { return arrived(n.e, emsp, "L1") != "" })
	until(t, n.e2, "the location of the other agreement", func() bool {
		return len(n.e2.Calls(ocpitest.Is(ocpi.Locations, "PUT"))) > 0
	})
	if err := n.Close(t.Context()); err != nil { // which ends what is under way
		t.Fatal(err)
	}
	for p, own := range map[*ocpitest.Platform]string{n.e: "/L1", n.e2: "/L2", n.none: "-"} {
		for _, c := range p.Calls(ocpitest.Is(ocpi.Locations, "")) {
			if !strings.HasSuffix(c.Below, own) {
				t.Errorf("%s got %s", p.Name(), c.Below)
			}
		}
	}
}

func TestH196_ListsShowOnlyThoseWithAnAgreement(t *testing.T) {
	n := newNeighbours(t)
	n.publish(t)
	for p, owners := range map[*ocpitest.Platform][]string{n.e: {"ABC"}, n.e2: {"AB2"}, n.none: nil, n.c: {"TNM"}} {
		if p != n.c {
			got := send(t, p, ocpitest.Request{Module: ocpi.Locations, Interface: ocpi.Sender, Method: "GET", To: hubParty})
			want(t, got, 200, 1000)
			expectOwners(t, p.Name()+", locations", got, owners)
		}
		got := send(t, p, ocpitest.Request{Module: ocpi.HubClientInfo, Interface: ocpi.Sender, Method: "GET"})
		want(t, got, 200, 1000)
		expectOwners(t, p.Name()+", client info", got, owners)
	}
}

func TestAListLeavesOutWhatTheAgreementDoesNotName(t *testing.T) {
	n := newNeighbours(t)
	n.publish(t)
	list := ocpitest.Request{Module: ocpi.Locations, Interface: ocpi.Sender, Method: "GET", To: hubParty}
	for _, test := range []struct {
		edit func(*parties.Terms)
		want []string
	}{
		{func(terms *parties.Terms) { terms.Modules = []ocpi.ModuleID{ocpi.Tokens} }, nil},
		{func(terms *parties.Terms) { terms.Modules = []ocpi.ModuleID{ocpi.Locations} }, []string{"ABC"}},
		{func(terms *parties.Terms) { terms.CPOOnly = []ocpi.ModuleID{ocpi.Locations} }, nil},
	} {
		_, _, err := n.Registry().AmendAgreement(t.Context(), parties.Order{}, n.first.ID, func(terms *parties.Terms) error {
			test.edit(terms)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		expectOwners(t, "locations", send(t, n.e, list), test.want)
	}
}

// expectOwners compares the party ids in a list, and the total with it.
func expectOwners(t *testing.T, what string, reply ocpitest.Reply, want []string) {
	t.Helper()
	var list []struct {
		ID string `json:"party_id"`
	}
	if err := json.Unmarshal(reply.Envelope.Data, &list); err != nil {
		t.Fatalf("%s: %v in %s", what, err, reply.Body)
	}
	var got []string
	for _, o := range list {
		got = append(got, o.ID)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s: -want +got:\n%s", what, diff)
	}
	if total := reply.Header.Get("X-Total-Count"); total != strconv.Itoa(len(want)) {
		t.Errorf("%s: X-Total-Count is %q", what, total)
	}
}

func TestOpenRoutingConsidersOnlyThoseWithAnAgreement(t *testing.T) {
	n := newNeighbours(t)
	n.publish(t)
	hidden, unknown := send(t, n.e2, startSession(ocpi.PartyID{}, "L1", n.e2)), send(t, n.e2, startSession(ocpi.PartyID{}, "L9", n.e2))
	want(t, hidden, 200, 4001)
	if hidden.Envelope.StatusMessage != unknown.Envelope.StatusMessage {
		t.Errorf("a location that may not be seen gives %q, one that is not there %q", hidden.Envelope.StatusMessage, unknown.Envelope.StatusMessage)
	}
	want(t, send(t, n.e, startSession(ocpi.PartyID{}, "L1", n.e)), 200, 1000)
	want(t, send(t, n.e2, startSession(ocpi.PartyID{}, "L2", n.e2)), 200, 1000)
	if calls := n.c.Calls(ocpitest.Is(ocpi.Commands, "POST")); len(calls) != 1 || calls[0].Routing.From != emsp {
		t.Errorf("the CPO got %v", calls)
	}

	put := ocpitest.Request{Module: ocpi.Sessions, Interface: ocpi.Receiver, Method: "PUT", Path: "DE/ABC/S1", Body: []byte(session(cpo, "S1", emsp2))}
	want(t, send(t, n.c, put), 200, 4001)
	put.Body = []byte(session(cpo, "S1", emsp))
	want(t, send(t, n.c, put), 201, 1000)

	// A second owner of the same id that may not be seen does not make it ambiguous.
	want(t, send(t, n.c2, putLocation(hubParty, cpo2, "L1", location(cpo2, "L1", t0))), 200, 1000)
	want(t, send(t, n.e, startSession(ocpi.PartyID{}, "L1", n.e)), 200, 1000)
}

func TestAuthorisationAsksOnlyThoseWithAnAgreement(t *testing.T) {
	n := newNeighbours(t)
	reply, err := n.c.Authorize(t.Context(), "NOBODYS", cpo, ocpi.PartyID{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	want(t, reply, 404, 2004)
	want(t, send(t, n.e2, ocpitest.Request{
		Module: ocpi.Tokens, Interface: ocpi.Receiver, Method: "PUT", To: hubParty, Path: "BE/ECO/T2", Body: []byte(token(emsp2, "T2")),
	}), 200, 1000)
	reply, err = n.c.Authorize(t.Context(), "T2", cpo, ocpi.PartyID{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	want(t, reply, 404, 2004)
	for p, times := range map[*ocpitest.Platform]int{n.e: 2, n.e2: 0, n.none: 0} {
		if got := len(p.Calls(ocpitest.Is(ocpi.Tokens, "POST"))); got != times {
			t.Errorf("%s was asked %d times, want %d", p.Name(), got, times)
		}
	}
}

func TestTheLocationOfACDRLeadsBackOnlyWhileThereIsAnAgreement(t *testing.T) {
	n := newNeighbours(t)
	reply, err := n.c.Push(t.Context(), ocpi.CDRs, emsp, []byte(cdr(cpo, "CDR1", emsp)))
	if err != nil || !reply.OK() {
		t.Fatalf("%v, %s", err, reply.Body)
	}
	get := ocpitest.Request{Module: ocpi.CDRs, Interface: ocpi.Receiver, Method: "GET", URL: reply.Header.Get("Location")}
	want(t, send(t, n.c, get), 200, 1000)
	if _, _, err := n.Registry().SuspendAgreement(t.Context(), parties.Order{}, n.first.ID); err != nil {
		t.Fatal(err)
	}
	want(t, send(t, n.c, get), 200, 4001)
}

func TestUnderPolicyOpenASuspendedAgreementForbidsNothing(t *testing.T) {
	h := startHub(t)
	c := join(t, h, of(ocpi.CPO, cpo))
	join(t, h, of(ocpi.EMSP, emsp))
	a := agree(t, h, cpo, emsp)
	if _, _, err := h.Registry().SuspendAgreement(t.Context(), parties.Order{}, a.ID); err != nil {
		t.Fatal(err)
	}
	want(t, send(t, c, putLocation(emsp, cpo, "L1", location(cpo, "L1", t0))), 201, 1000)
}

func TestH185_H186_TheTwoSidesHearOfAnAgreementThatStartsAndStops(t *testing.T) {
	n := newNeighbours(t)
	a := agree(t, n.Hub, cpo, other)
	waitFor(t, n.none, tells(cpo, parties.Connected))
	waitFor(t, n.c, tells(other, parties.Connected))
	for _, p := range []*ocpitest.Platform{n.none, n.c, n.e, n.e2} {
		p.ForgetCalls()
	}
	if _, _, err := n.Registry().SuspendAgreement(t.Context(), parties.Order{}, a.ID); err != nil {
		t.Fatal(err)
	}
	gone := waitFor(t, n.none, tells(cpo, parties.Suspended))
	waitFor(t, n.c, tells(other, parties.Suspended))
	if _, _, err := n.Registry().ResumeAgreement(t.Context(), parties.Order{}, a.ID); err != nil {
		t.Fatal(err)
	}
	back := waitFor(t, n.none, tells(cpo, parties.Connected))
	was, errWas := ocpi.ParseDateTime(ocpi.FindString(gone.Body, "last_updated"))
	is, errIs := ocpi.ParseDateTime(ocpi.FindString(back.Body, "last_updated"))
	if errWas != nil || errIs != nil || is.Before(was) {
		t.Errorf("last_updated went from %s (%v) back to %s (%v)", was, errWas, is, errIs)
	}
	if err := n.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, p := range []*ocpitest.Platform{n.e, n.e2} {
		if calls := p.Calls(ocpitest.Is(ocpi.HubClientInfo, "")); len(calls) > 0 {
			t.Errorf("%s hears of what is not its business: %v", p.Name(), calls)
		}
	}
}

func TestWhatHappensToAPartyIsToldOnlyToThoseWithAnAgreement(t *testing.T) {
	n := newNeighbours(t)
	waitFor(t, n.e, tells(cpo, parties.Connected))
	waitFor(t, n.e2, tells(cpo2, parties.Connected))
	for _, id := range platformsOf(n.Hub, cpo, cpo2) {
		if _, err := n.Registry().Suspend(t.Context(), id); err != nil {
			t.Fatal(err)
		}
	}
	waitFor(t, n.e, tells(cpo, parties.Suspended))
	waitFor(t, n.e2, tells(cpo2, parties.Suspended))
	if err := n.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	for p, stranger := range map[*ocpitest.Platform]ocpi.PartyID{n.e: cpo2, n.e2: cpo, n.none: cpo} {
		if calls := p.Calls(func(c ocpitest.Call) bool {
			return c.Module == ocpi.HubClientInfo && ocpi.FindString(c.Body, "party_id") == stranger.ID
		}); len(calls) > 0 {
			t.Errorf("%s hears of %s: %v", p.Name(), stranger, calls)
		}
	}
}

// platformsOf returns the ids of the platforms of parties.
func platformsOf(h *hub.Hub, list ...ocpi.PartyID) (ids []string) {
	for _, p := range list {
		for _, home := range h.Registry().Directory().Homes(p) {
			ids = append(ids, home.Platform.ID)
		}
	}
	return ids
}

func TestH109_AnAgreementIsToldBeforeTheFirstObjectThatItLetsThrough(t *testing.T) {
	h := startHub(t, byAgreement)
	c, e := join(t, h, of(ocpi.CPO, cpo)), join(t, h, of(ocpi.EMSP, emsp))
	agree(t, h, cpo, emsp)
	want(t, send(t, c, putLocation(hubParty, cpo, "L1", location(cpo, "L1", t0))), 200, 1000)
	waitFor(t, e, ocpitest.Is(ocpi.Locations, "PUT"))
	calls := e.Calls(func(call ocpitest.Call) bool { return call.Method == http.MethodPut })
	if calls[0].Module != ocpi.HubClientInfo {
		t.Errorf("the first that comes is %v", calls[0])
	}
}

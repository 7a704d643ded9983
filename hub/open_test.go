package hub_test

import (
	"context"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/ocpihub/ocpihub/hub"
	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/ocpitest"
)

// market is a hub with a CPO and two eMSPs, in which one location and one
// token of each eMSP are known to all.
func market(t *testing.T) (c, e, e2 *ocpitest.Platform) {
	t.Helper()
	h := startHub(t)
	c = join(t, h, of(ocpi.CPO, cpo))
	e = join(t, h, of(ocpi.EMSP, emsp))
	e2 = join(t, h, of(ocpi.EMSP, emsp2))
	for by, push := range map[*ocpitest.Platform]struct {
		module ocpi.ModuleID
		raw    string
	}{
		c: {ocpi.Locations, location(cpo, "L1", t0)}, e: {ocpi.Tokens, token(emsp, "AAAA")}, e2: {ocpi.Tokens, token(emsp2, "BBBB")},
	} {
		reply, err := by.Push(t.Context(), push.module, hubParty, []byte(push.raw))
		if err != nil {
			t.Fatal(err)
		}
		want(t, reply, 200, 1000)
	}
	return c, e, e2
}

func patient(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), untilTimeout)
	t.Cleanup(cancel)
	return ctx
}

func TestH110_ASessionWithoutOCPIToReachesTheEMSPOfItsTokenAlone(t *testing.T) {
	c, e, e2 := market(t)
	for _, to := range []ocpi.PartyID{{}, hubParty} {
		body := session(cpo, "S1", emsp)
		reply, err := c.Push(t.Context(), ocpi.Sessions, to, []byte(body))
		if err != nil || !reply.OK() {
			t.Fatalf("%v, %+v", err, reply)
		}
		if got := reply.Routing(); got.To != cpo || got.From != emsp {
			t.Errorf("H-111 the answer's headers are %+v", got)
		}
		o, _ := e.Object(ocpitest.Key{Module: ocpi.Sessions, Owner: cpo, ID: "S1"}, emsp)
		if string(o.Raw) != body || o.From != cpo {
			t.Errorf("H-076 it arrived from %s as %s", o.From, o.Raw)
		}
	}
	patch := ocpitest.Request{
		Module: ocpi.Sessions, Interface: ocpi.Receiver, Method: "PATCH", Path: "DE/ABC/S1",
		Body: []byte(`{"kwh":2.50,"last_updated":"2026-01-01T10:05:00Z"}`),
	}
	want(t, send(t, c, patch), 200, 1000)
	if calls := e.Calls(ocpitest.Is(ocpi.Sessions, "PATCH")); len(calls) != 1 || string(calls[0].Body) != string(patch.Body) {
		t.Errorf("a PATCH finds its way by the session that was seen before: %v", calls)
	}
	patch.Path = "DE/ABC/S9"
	want(t, send(t, c, patch), 200, 4001)
	if calls := e2.Calls(ocpitest.Is(ocpi.Sessions, "")); len(calls) > 0 {
		t.Errorf("H-209 somebody else saw %v", calls)
	}
}

func TestH099_H149_H150_ACDRGoesToTheEMSPOfItsTokenAndItsLocationLeadsBackThroughTheHub(t *testing.T) {
	c, e, e2 := market(t)
	body := cdr(cpo, "CDR1", emsp)
	reply, err := c.Push(t.Context(), ocpi.CDRs, hubParty, []byte(body))
	if err != nil || !reply.OK() {
		t.Fatalf("%v, %d %s", err, reply.Status, reply.Body)
	}
	at := reply.Header.Get("Location")
	hubAt, _ := c.Partner()
	hubURL, _ := url.Parse(hubAt.VersionsURL)
	if u, err := url.Parse(at); err != nil || u.Host != hubURL.Host {
		t.Fatalf("Location is %q", at)
	}
	got := send(t, c, ocpitest.Request{Module: ocpi.CDRs, Interface: ocpi.Receiver, Method: "GET", URL: at})
	if got.Status != 200 || string(got.Envelope.Data) != body {
		t.Errorf("GET of the Location gives HTTP %d %s", got.Status, got.Body)
	}
	want(t, send(t, e2, ocpitest.Request{Module: ocpi.CDRs, Interface: ocpi.Receiver, Method: "GET", URL: at}), 200, 2001)
	if calls := e2.Calls(ocpitest.Is(ocpi.CDRs, "")); len(calls) > 0 || len(e.Calls(ocpitest.Is(ocpi.CDRs, "POST"))) != 1 {
		t.Errorf("the CDR reached others: %v", calls)
	}
	for p, n := range map[*ocpitest.Platform]int{e: 1, e2: 0} {
		crawl, err := p.GetAll(t.Context(), ocpitest.List{Module: ocpi.CDRs, To: hubParty}, nil)
		if err != nil || crawl.Objects != n || crawl.Total != n {
			t.Errorf("H-121 %s lists %+v, %v; want %d", p.Name(), crawl, err, n)
		}
	}
}

func TestH159_AuthorisationFindsTheEMSPOfTheToken(t *testing.T) {
	c, e, e2 := market(t)
	for _, uid := range []string{"AAAA", "aaaa"} {
		reply, err := c.Authorize(t.Context(), uid, cpo, ocpi.PartyID{}, nil)
		if err != nil || !reply.OK() || ocpi.FindString(reply.Envelope.Data, "allowed") != "ALLOWED" || reply.Routing().From != emsp {
			t.Errorf("%s: %v, HTTP %d %s from %s", uid, err, reply.Status, reply.Body, reply.Routing().From)
		}
	}
	if calls := e2.Calls(ocpitest.Is(ocpi.Tokens, "POST")); len(calls) > 0 {
		t.Errorf("others were asked: %v", calls)
	}
	_ = e
}

func TestH155_H156_ATokenThatNobodyKnowsIsUnknownAndOneThatWasNotPushedIsAskedFor(t *testing.T) {
	c, e, e2 := market(t)
	reply, err := c.Authorize(t.Context(), "NOBODYS", cpo, ocpi.PartyID{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	want(t, reply, 404, 2004)
	for _, asked := range []*ocpitest.Platform{e, e2} {
		if n := len(asked.Calls(ocpitest.Is(ocpi.Tokens, "POST"))); n != 1 {
			t.Errorf("%s was asked %d times", asked.Name(), n)
		}
	}
	e2.Offer(ocpi.Tokens, []byte(token(emsp2, "CCCC")))
	reply, err = c.Authorize(t.Context(), "CCCC", cpo, ocpi.PartyID{}, nil)
	if err != nil || !reply.OK() || reply.Routing().From != emsp2 {
		t.Errorf("%v, HTTP %d %s from %s", err, reply.Status, reply.Body, reply.Routing().From)
	}
}

func TestH164_H165_H166_ACommandAndItsResultGoThroughTheHub(t *testing.T) {
	c, e, e2 := market(t)
	c.Follow(ocpitest.Script{Command: func(ocpitest.Command) ocpitest.Outcome { return ocpitest.Outcome{Again: "CANCELED_RESERVATION"} }})
	result, later, err := e.Command(t.Context(), ocpitest.Order{Name: "RESERVE_NOW", Body: []byte(
		`{"token":` + token(emsp, "AAAA") + `,"expiry_date":"2026-01-02T00:00:00Z","reservation_id":"R1","location_id":"L1","x":1.10}`)})
	if err != nil || result != "ACCEPTED" {
		t.Fatalf("%s, %v", result, err)
	}
	first, err := later.Wait(patient(t))
	if err != nil || first.Result() != "ACCEPTED" || first.Routing.From != cpo || first.Routing.To != emsp {
		t.Fatalf("the result is %v, %v", first, err)
	}
	if again, err := later.Wait(patient(t)); err != nil || again.Result() != "CANCELED_RESERVATION" {
		t.Errorf("H-168 the second result is %v, %v", again, err)
	}
	call := c.Calls(ocpitest.Is(ocpi.Commands, "POST"))[0]
	given := ocpi.FindString(call.Body, "response_url")
	if given == later.URL || !strings.Contains(given, "/callbacks/") || !strings.Contains(string(call.Body), `"x":1.10`) {
		t.Errorf("H-166 the CPO was given %s in %s", given, call.Body)
	}
	t.Run("H-167 to another platform the URL does not exist", func(t *testing.T) {
		reply := send(t, e2, ocpitest.Request{Module: ocpi.Commands, Method: "POST", URL: given, Body: []byte(`{"result":"ACCEPTED"}`)})
		want(t, reply, 404, 2000)
	})
	t.Run("H-172 the answer to the result has no data", func(t *testing.T) {
		reply := send(t, c, ocpitest.Request{Module: ocpi.Commands, Method: "POST", URL: given, Body: []byte(`{"result":"FAILED","y":2.50}`)})
		want(t, reply, 200, 1000)
		if len(reply.Envelope.Data) > 0 {
			t.Errorf("data is %s", reply.Envelope.Data)
		}
		if last, err := later.Wait(patient(t)); err != nil || string(last.Body) != `{"result":"FAILED","y":2.50}` {
			t.Errorf("the result arrived as %s, %v", last.Body, err)
		}
	})
	t.Run("H-179 CANCEL_RESERVATION finds the CPO by the reservation of this eMSP", func(t *testing.T) {
		result, _, err := e.Command(t.Context(), ocpitest.Order{Name: "CANCEL_RESERVATION", Body: []byte(`{"reservation_id":"R1"}`)})
		if err != nil || result != "ACCEPTED" {
			t.Errorf("%s, %v", result, err)
		}
		reply := send(t, e2, ocpitest.Request{
			Module: ocpi.Commands, Interface: ocpi.Receiver, Method: "POST", Path: "CANCEL_RESERVATION",
			Body: []byte(`{"reservation_id":"R1","response_url":"` + e2.NewCallback(ocpi.Commands).URL + `"}`),
		})
		want(t, reply, 200, 4001)
	})
}

func TestH171_AResponseURLInTheQueryIsReplacedAndNestedQueriesSurvive(t *testing.T) {
	c, e, _ := market(t)
	if _, err := c.Push(t.Context(), ocpi.Sessions, ocpi.PartyID{}, []byte(session(cpo, "S1", emsp))); err != nil {
		t.Fatal(err)
	}
	back := e.NewCallback(ocpi.ChargingProfiles)
	target := back.URL + "?a=1&b=x%20y"
	reply := send(t, e, ocpitest.Request{
		Module: ocpi.ChargingProfiles, Interface: ocpi.Receiver, Method: "GET", Path: "S1",
		Query: url.Values{"duration": {"900"}, "response_url": {target}},
	})
	want(t, reply, 200, 1000)
	got, err := back.Wait(patient(t))
	if err != nil || got.Query != "a=1&b=x%20y" {
		t.Errorf("the result came with query %q, %v", got.Query, err)
	}
	call := c.Calls(ocpitest.Is(ocpi.ChargingProfiles, "GET"))[0]
	if !strings.Contains(call.Query, "duration=900") || strings.Contains(call.Query, url.QueryEscape(target)) {
		t.Errorf("the CPO got the query %s", call.Query)
	}
}

func TestH116_AnIdThatSeveralOwnersUseIsNotGuessed(t *testing.T) {
	h := startHub(t)
	c := join(t, h, of(ocpi.CPO, cpo, cpo2))
	e := join(t, h, of(ocpi.EMSP, emsp))
	get := ocpitest.Request{Module: ocpi.Locations, Interface: ocpi.Sender, Method: "GET", Path: "L1"}
	for i, owner := range []ocpi.PartyID{cpo, cpo2} {
		if reply, err := c.Push(t.Context(), ocpi.Locations, hubParty, []byte(location(owner, "L1", t0))); err != nil || !reply.OK() {
			t.Fatal(err, reply.Status)
		}
		for _, to := range []ocpi.PartyID{{}, hubParty} {
			get.To = to
			if reply := send(t, e, get); i == 0 && !reply.OK() || i == 1 && reply.Code() != 4001 {
				t.Errorf("H-113, H-123 with %d owners, to %s: HTTP %d with %d", i+1, to, reply.Status, reply.Code())
			}
		}
	}
}

func TestH129_TheLinkOfAForwardedListLeadsThroughTheHub(t *testing.T) {
	c, e, _ := market(t)
	for _, id := range []string{"L2", "L3", "L4", "L5"} {
		c.Offer(ocpi.Locations, []byte(location(cpo, id, t0)))
	}
	crawl, err := e.GetAll(t.Context(), ocpitest.List{Module: ocpi.Locations, To: cpo, Limit: 2}, nil)
	if err != nil || crawl.Objects != 5 || crawl.Pages != 3 {
		t.Errorf("%+v, %v", crawl, err)
	}
	if calls := c.Calls(ocpitest.Is(ocpi.Locations, "GET")); len(calls) != 3 || calls[2].Routing.From != emsp {
		t.Errorf("the CPO was asked %v", calls)
	}
}

func TestH185_EveryPartyIsToldOfTheStatusOfTheOthers(t *testing.T) {
	h := startHub(t, watchful)
	c := join(t, h, of(ocpi.CPO, cpo))
	e := join(t, h, of(ocpi.EMSP, emsp))
	status := func(want string) func() bool {
		return func() bool {
			for _, info := range c.ClientInfos() {
				if info.Party.ID == emsp && info.Status == want {
					return true
				}
			}
			return false
		}
	}
	until(t, c, "H-192 CONNECTED", status("CONNECTED"))
	e.Stop()
	until(t, c, "H-190 OFFLINE after silence", status("OFFLINE"))
	want(t, send(t, c, putLocation(emsp, cpo, "L1", location(cpo, "L1", t0))), 200, 4003)
	if err := e.Start(); err != nil {
		t.Fatal(err)
	}
	until(t, c, "H-190 CONNECTED again", status("CONNECTED"))
	for _, call := range c.Calls(ocpitest.Is(ocpi.HubClientInfo, "PUT")) {
		if call.Routing != (ocpi.Routing{}) {
			t.Errorf("H-194 client info came with routing headers: %+v", call.Routing)
		}
	}
}

func watchful(c *hub.Config) { c.Alive.Interval = time.Second }

func TestH219_AModuleCanHaveATimeoutOfItsOwn(t *testing.T) {
	h := startHub(t, func(c *hub.Config) {
		c.Forward.Timeout, c.Forward.Timeouts.Sessions = time.Minute, 50*time.Millisecond
	})
	c, e := join(t, h, of(ocpi.CPO, cpo)), join(t, h, of(ocpi.EMSP, emsp))
	e.Fail(ocpitest.Fault{Module: ocpi.Sessions, Hang: true})
	reply, err := c.Push(t.Context(), ocpi.Sessions, emsp, []byte(session(cpo, "S1", emsp)))
	if err != nil {
		t.Fatal(err)
	}
	want(t, reply, 200, 4002)
}

func TestAPollIsAsLongAsTheFastestAllowed(t *testing.T) {
	h := startHub(t, func(c *hub.Config) { c.Authorize.Timeout, c.Authorize.FanOut = time.Hour, 2 })
	c, slow, e := join(t, h, of(ocpi.CPO, cpo)), join(t, h, of(ocpi.EMSP, emsp2)), join(t, h, of(ocpi.EMSP, emsp))
	slow.Fail(ocpitest.Fault{Module: ocpi.Tokens, Hang: true})
	e.Offer(ocpi.Tokens, []byte(token(emsp, "UNPUSHED")))
	reply, err := c.Authorize(patient(t), "UNPUSHED", cpo, ocpi.PartyID{}, nil)
	if err != nil || ocpi.FindString(reply.Envelope.Data, "allowed") != "ALLOWED" || reply.Routing().From != emsp {
		t.Errorf("got %v, HTTP %d %s", err, reply.Status, reply.Body)
	}
}

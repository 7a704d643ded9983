package e2e

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/ocpitest"
)

const sometime = "2026-01-01T10:00:00Z"

func cdrToken(driver ocpi.PartyID) string {
	return fmt.Sprintf(`"cdr_token":{"country_code":%q,"party_id":%q,"uid":"U1","type":"RFID","contract_id":"C1"}`, driver.Country, driver.ID)
}

func sessionOf(owner ocpi.PartyID, id string, driver ocpi.PartyID) string {
	return fmt.Sprintf(`{"country_code":%q,"party_id":%q,"id":%q,"start_date_time":%q,"kwh":1.50,%s,"auth_method":"WHITELIST",`+
		`"location_id":"L1","evse_uid":"1","connector_id":"1","currency":"EUR","status":"ACTIVE","last_updated":%q}`,
		owner.Country, owner.ID, id, sometime, cdrToken(driver), sometime)
}

func cdrOf(owner ocpi.PartyID, id string, driver ocpi.PartyID) string {
	return fmt.Sprintf(`{"country_code":%q,"party_id":%q,"id":%q,"start_date_time":%q,"end_date_time":%q,%s,"auth_method":"WHITELIST",`+
		`"cdr_location":{"id":"L1","address":"Dam 1","city":"Amsterdam","country":"NLD","coordinates":{"latitude":"52.370216","longitude":"4.895168"},`+
		`"evse_uid":"1","evse_id":"DE*ABC*E1","connector_id":"1","connector_standard":"IEC_62196_T2","connector_format":"SOCKET","connector_power_type":"AC_3_PHASE"},`+
		`"currency":"EUR","charging_periods":[{"start_date_time":%q,"dimensions":[{"type":"ENERGY","volume":12.50}]}],`+
		`"total_cost":{"excl_vat":4.00},"total_energy":12.50,"total_time":1.0,"last_updated":%q}`,
		owner.Country, owner.ID, id, sometime, sometime, cdrToken(driver), sometime, sometime)
}

func tokenOf(owner ocpi.PartyID, uid string) string {
	return fmt.Sprintf(`{"country_code":%q,"party_id":%q,"uid":%q,"type":"RFID","contract_id":"C1","issuer":"I","valid":true,`+
		`"whitelist":"NEVER","last_updated":%q}`, owner.Country, owner.ID, uid, sometime)
}

// push sends an object that must be taken.
func push(t *testing.T, by *ocpitest.Platform, m ocpi.ModuleID, to ocpi.PartyID, raw string) {
	t.Helper()
	if reply, err := by.Push(t.Context(), m, to, []byte(raw)); err != nil || !reply.OK() {
		t.Fatalf("push to %s: %v, %v", to, err, reply.Err())
	}
}

// ask makes a call and returns what the hub answered.
func ask(t *testing.T, by *ocpitest.Platform, req ocpitest.Request) ocpitest.Reply {
	t.Helper()
	reply, err := by.Do(t.Context(), req)
	if err != nil {
		t.Fatal(err)
	}
	return reply
}

func soon(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), untilDelivered)
	t.Cleanup(cancel)
	return ctx
}

func TestH114_OpenRoutingFindsTheReceiverByTheKeyOfEachMessage(t *testing.T) {
	t.Parallel()
	r := newRoaming(t)
	push(t, r.cpo, ocpi.Locations, hubParty, locationWith(abd, "LX", 1))
	push(t, r.two, ocpi.Tokens, hubParty, tokenOf(eco, "U-ECO"))
	push(t, r.three, ocpi.Tokens, hubParty, tokenOf(dr2, "U-DR2"))
	receiver := func(m ocpi.ModuleID, method, path, body string) ocpitest.Request {
		return ocpitest.Request{Module: m, Interface: ocpi.Receiver, Method: method, Path: path, Body: []byte(body)}
	}
	for _, row := range []struct {
		name       string
		by         *ocpitest.Platform
		from       ocpi.PartyID
		req        ocpitest.Request
		at         *ocpitest.Platform
		to         ocpi.PartyID
		correction func(*legs)
	}{
		{"a session by its cdr_token", r.cpo, abc, receiver(ocpi.Sessions, "PUT", "DE/ABC/SX", sessionOf(abc, "SX", dr2)), r.three, dr2, nil},
		{"a change of it by the session", r.cpo, abc, receiver(ocpi.Sessions, "PATCH", "DE/ABC/SX", `{"kwh":2.50,"last_updated":"2026-01-01T10:05:00Z"}`), r.three, dr2, nil},
		{"H-099 a CDR by its cdr_token", r.cpo, abc, receiver(ocpi.CDRs, "POST", "", cdrOf(abc, "CX", tn2)), r.emsp, tn2, nil},
		{"H-099 a CDR to the hub by its cdr_token", r.cpo, abc, receiver(ocpi.CDRs, "POST", "", cdrOf(abc, "CY", eco)), r.two, eco, toHub},
		{"a location by its id", r.three, drv, ocpitest.Request{Module: ocpi.Locations, Interface: ocpi.Sender, Method: "GET", Path: "LX"}, r.cpo, abd, nil},
		{"START_SESSION by location_id", r.emsp, tnm, command(r.emsp, "START_SESSION", `"location_id":"LX","token":`+tokenOf(tnm, "U1")), r.cpo, abd, nil},
		{"RESERVE_NOW by location_id", r.emsp, tnm, command(r.emsp, "RESERVE_NOW", `"location_id":"LX","reservation_id":"RX","expiry_date":"2026-12-01T00:00:00Z","token":`+tokenOf(tnm, "U1")), r.cpo, abd, nil},
		{"CANCEL_RESERVATION by reservation_id", r.emsp, tnm, command(r.emsp, "CANCEL_RESERVATION", `"reservation_id":"RX"`), r.cpo, abd, nil},
		{"STOP_SESSION by session_id", r.three, dr2, command(r.three, "STOP_SESSION", `"session_id":"SX"`), r.cpo, abc, nil},
		{"preferences by session id", r.three, dr2, ocpitest.Request{
			Module: ocpi.Sessions, Interface: ocpi.Sender, Method: "PUT", Path: "SX/charging_preferences", Body: []byte(`{"profile_type":"GREEN"}`),
		}, r.cpo, abc, nil},
		{"H-159 authorisation by the token", r.cpo, abc, ocpitest.Request{Module: ocpi.Tokens, Interface: ocpi.Sender, Method: "POST", Path: "U-ECO/authorize"}, r.two, eco, nil},
		{"H-163 authorisation by the token in other letters", r.mixed, mix, ocpitest.Request{Module: ocpi.Tokens, Interface: ocpi.Sender, Method: "POST", Path: "u-dr2/authorize"}, r.three, dr2, nil},
	} {
		t.Run(row.name, func(t *testing.T) {
			want := legsOf("open routing", row.from, row.to)
			if row.correction != nil {
				row.correction(&want)
			}
			wantLegs(t, strings.ReplaceAll(row.name, " ", "-"), row.by, row.req, row.at, want)
		})
	}
	t.Run("H-209 nobody else saw sessions, CDRs and commands", func(t *testing.T) {
		for at, modules := range map[*ocpitest.Platform][]ocpi.ModuleID{
			r.emsp: {ocpi.Sessions}, r.two: {ocpi.Sessions, ocpi.Commands}, r.three: {ocpi.CDRs}, r.mixed: {ocpi.Sessions, ocpi.CDRs, ocpi.Commands},
		} {
			for _, m := range modules {
				if calls := at.Calls(ocpitest.Is(m, "")); len(calls) > 0 {
					t.Errorf("%s saw %v", at.Name(), calls)
				}
			}
			if calls := at.Calls(ocpitest.Is(ocpi.Tokens, "POST")); at != r.two && at != r.three && len(calls) > 0 {
				t.Errorf("%s was asked to authorise: %v", at.Name(), calls)
			}
		}
	})
}

// toHub is for what names the hub and is routed by its content all the same.
func toHub(l *legs) { l.request.To = hubParty }

func TestH116_WhatSeveralOwnersMayMeanIs4001(t *testing.T) {
	t.Parallel()
	r := newRoaming(t)
	push(t, r.cpo, ocpi.Locations, hubParty, locationWith(abc, "TWICE", 1))
	push(t, r.mixed, ocpi.Locations, hubParty, locationWith(mix, "Twice", 1))
	push(t, r.cpo, ocpi.Sessions, ocpi.PartyID{}, sessionOf(abc, "S-TWICE", tnm))
	push(t, r.mixed, ocpi.Sessions, ocpi.PartyID{}, sessionOf(mix, "S-TWICE", tnm))
	for name, req := range map[string]ocpitest.Request{
		"a location":  {Module: ocpi.Locations, Interface: ocpi.Sender, Method: "GET", Path: "TWICE"},
		"a command":   command(r.emsp, "UNLOCK_CONNECTOR", `"location_id":"TWICE","evse_uid":"TWICE-0","connector_id":"1"`),
		"a session":   command(r.emsp, "STOP_SESSION", `"session_id":"S-TWICE"`),
		"preferences": {Module: ocpi.Sessions, Interface: ocpi.Sender, Method: "PUT", Path: "S-TWICE/charging_preferences", Body: []byte(`{"profile_type":"GREEN"}`)},
		"unknown":     command(r.emsp, "STOP_SESSION", `"session_id":"S-NONE"`),
	} {
		req.From = tnm
		if reply := ask(t, r.emsp, req); reply.Status != 200 || reply.Code() != 4001 {
			t.Errorf("%s: HTTP %d with %d", name, reply.Status, reply.Code())
		}
	}
	for _, at := range []*ocpitest.Platform{r.cpo, r.mixed} {
		if calls := at.Calls(func(c ocpitest.Call) bool { return c.Routing.From == tnm }); len(calls) > 0 {
			t.Errorf("%s was asked: %v", at.Name(), calls)
		}
	}
}

func TestH149_H150_TheLocationOfACDRLeadsBackThroughTheHub(t *testing.T) {
	t.Parallel()
	r := newRoaming(t)
	body := cdrOf(abc, "C1", drv)
	post := ask(t, r.cpo, ocpitest.Request{Module: ocpi.CDRs, Interface: ocpi.Receiver, Method: "POST", From: abc, To: drv, Body: []byte(body)})
	at := post.Header.Get("Location")
	if u, err := url.Parse(at); !post.OK() || err != nil || u.Host != r.hub.listen {
		t.Fatalf("%v, Location %q", post.Err(), at)
	}
	r.hub.kill()
	r.hub.start()
	get := ocpitest.Request{Module: ocpi.CDRs, Interface: ocpi.Receiver, Method: "GET", URL: at, From: abc}
	for _, get.To = range []ocpi.PartyID{drv, {}, hubParty} {
		got := ask(t, r.cpo, get)
		if got.Status != 200 || string(got.Envelope.Data) != body || got.Routing() != routing(abc, drv) {
			t.Errorf("GET of it, to %q, gives HTTP %d from %+v: %.200s", get.To, got.Status, got.Routing(), got.Body)
		}
	}
	get.To = tnm
	if got := ask(t, r.cpo, get); got.Status != 404 || len(r.emsp.Calls(ocpitest.Is(ocpi.CDRs, ""))) > 0 {
		t.Errorf("GET of it to somebody else gives HTTP %d: %.200s", got.Status, got.Body)
	}
	for _, stranger := range []*ocpitest.Platform{r.mixed, r.emsp} {
		reply, err := stranger.Do(t.Context(), ocpitest.Request{Module: ocpi.CDRs, Interface: ocpi.Receiver, Method: "GET", URL: at})
		if err != nil || reply.OK() || strings.Contains(string(reply.Body), "cdr_token") {
			t.Errorf("%s gets HTTP %d: %.200s", stranger.Name(), reply.Status, reply.Body)
		}
	}
	for e, n := range map[*ocpitest.Platform]int{r.three: 1, r.emsp: 0} {
		for _, party := range e.Parties() {
			want := 0
			if party.ID == drv {
				want = n
			}
			crawl, err := e.GetAll(t.Context(), ocpitest.List{Module: ocpi.CDRs, From: party.ID, To: hubParty}, nil)
			if err != nil || crawl.Objects != want || crawl.Total != want {
				t.Errorf("H-121 %s lists %+v, %v; want %d", party, crawl, err, want)
			}
		}
	}
}

func TestH168_H171_H172_ResultsComeAsOftenAsTheyAreSentToURLsInBodyAndQuery(t *testing.T) {
	t.Parallel()
	r := newRoaming(t)
	r.cpo.Follow(ocpitest.Script{Command: func(ocpitest.Command) ocpitest.Outcome { return ocpitest.Outcome{NoResult: true} }})
	push(t, r.cpo, ocpi.Sessions, ocpi.PartyID{}, sessionOf(abc, "S1", tn2))
	inBody, inQuery := r.emsp.NewCallback(ocpi.Commands), r.emsp.NewCallback(ocpi.ChargingProfiles)
	nested := inQuery.URL + "?a=1&b=x%20y%26z"
	reserve := wantLegs(t, "reserve", r.emsp, ocpitest.Request{
		Module: ocpi.Commands, Interface: ocpi.Receiver, Method: "POST", Path: "RESERVE_NOW",
		Body: []byte(`{"expiry_date":"2026-12-01T00:00:00Z","token":` + tokenOf(tn2, "U1") + `,"reservation_id":"R1","location_id":"L1","n":1.10,"response_url":"` + inBody.URL + `"}`),
	}, r.cpo, legsOf("via hub", tn2, abc))
	profile := wantLegs(t, "profile", r.emsp, ocpitest.Request{
		Module: ocpi.ChargingProfiles, Interface: ocpi.Receiver, Method: "GET", Path: "S1",
		Query: url.Values{"duration": {"900"}, "response_url": {nested}},
	}, r.cpo, legsOf("open routing", tn2, abc))
	query, err := url.ParseQuery(profile.Query)
	if err != nil || query.Get("duration") != "900" || len(query) != 2 {
		t.Errorf("the CPO got the query %s", profile.Query)
	}
	for _, way := range []struct {
		given string
		back  *ocpitest.Callback
		query string
	}{{ocpi.FindString(reserve.Body, "response_url"), inBody, ""}, {query.Get("response_url"), inQuery, "a=1&b=x%20y%26z"}} {
		if u, err := url.Parse(way.given); err != nil || u.Host != r.hub.listen {
			t.Fatalf("H-166 the CPO was given %q", way.given)
		}
		for _, result := range []string{`{"result":"ACCEPTED" , "n":1.10}`, `{"result":"CANCELED_RESERVATION","message":[]}`} {
			reply := ask(t, r.cpo, ocpitest.Request{Module: ocpi.Commands, Method: "POST", URL: way.given, From: abc, To: tn2, Body: []byte(result)})
			if !reply.OK() || len(reply.Envelope.Data) > 0 || reply.Routing() != routing(abc, tn2) {
				t.Errorf("the CPO is answered HTTP %d, %s, from %+v", reply.Status, reply.Body, reply.Routing())
			}
			got, err := way.back.Wait(soon(t))
			if err != nil || string(got.Body) != result || got.Query != way.query || got.Routing != routing(tn2, abc) {
				t.Errorf("the eMSP got %s with query %q from %+v, %v", got.Body, got.Query, got.Routing, err)
			}
		}
		if reply := ask(t, r.mixed, ocpitest.Request{Module: ocpi.Commands, Method: "POST", URL: way.given, Body: []byte(`{"result":"FAILED"}`)}); reply.Status != 404 {
			t.Errorf("H-167 a stranger is answered HTTP %d", reply.Status)
		}
	}
}

func TestH129_TheLinksOfAForwardedListLeadThroughTheHub(t *testing.T) {
	t.Parallel()
	r := newRoaming(t)
	for i := range 7 {
		r.cpo.Offer(ocpi.Locations, []byte(locationWith(abc, fmt.Sprint("L", i), 1)))
	}
	crawl, err := r.three.GetAll(t.Context(), ocpitest.List{
		Module: ocpi.Locations, From: drv, To: abc, Limit: 3, Query: url.Values{"date_from": {"2025-01-01T00:00:00Z"}},
	}, nil)
	if err != nil || crawl.Objects != 7 || crawl.Pages != 3 || crawl.Total != 7 {
		t.Errorf("%+v, %v", crawl, err)
	}
	calls := r.cpo.Calls(ocpitest.Is(ocpi.Locations, "GET"))
	if len(calls) != 3 {
		t.Fatalf("the CPO was asked %v", calls)
	}
	for _, c := range calls {
		if c.Routing != routing(abc, drv) || !strings.Contains(c.Query, "date_from") {
			t.Errorf("the CPO was asked %v with %s", c, c.Query)
		}
	}
}

func TestH080_IdsWithSlashesBlanksAndPercentSignsGoOnAsTheyCame(t *testing.T) {
	t.Parallel()
	r := newRoaming(t)
	for _, id := range []struct{ plain, path string }{
		{"DE*ABC/1 x", "DE*ABC%2F1%20x"}, {"a%2Fb", "a%252Fb"}, {"a+b#c", "a+b%23c"}, {"low", "l%6Fw"},
	} {
		body := strings.ReplaceAll(locationWith(abc, "ID", 1), `"ID"`, `"`+id.plain+`"`)
		for i, want := range []legs{legsOf("via hub", abc, tnm), legsOf("broadcast push", abc, eco)} {
			at := []*ocpitest.Platform{r.emsp, r.two}[i]
			call := wantLegs(t, "id", r.cpo, put(ocpi.Locations, "DE/ABC/"+id.path, body), at, want)
			if !strings.HasSuffix(call.Path, "/DE/ABC/"+id.path) {
				t.Errorf("%s arrived as %s", id.path, call.Path)
			}
		}
	}
}

func TestH218_AnOlderPushReachesOnePartyAndNotAll(t *testing.T) {
	t.Parallel()
	r := newRoaming(t)
	newer := locationWith(abc, "L1", 1)
	older := strings.ReplaceAll(strings.ReplaceAll(newer, "2026-01-01", "2025-01-01"), "Dam 1", "Dam 0")
	loc := func(body string) ocpitest.Request { return put(ocpi.Locations, "DE/ABC/L1", body) }
	wantLegs(t, "newer", r.cpo, loc(newer), r.three, legsOf("broadcast push", abc, drv))
	wantLegs(t, "older", r.cpo, loc(older), r.three, legsOf("via hub", abc, drv))
	all := loc(older)
	all.From, all.To = abc, hubParty
	if reply := ask(t, r.cpo, all); reply.Status != 200 || reply.Code() != 1000 {
		t.Errorf("an older push to all is answered HTTP %d with %d", reply.Status, reply.Code())
	}
	wantLegs(t, "next", r.cpo, put(ocpi.Locations, "DE/ABC/L1/L1-0", `{"uid":"L1-0","status":"CHARGING","connectors":[{"id":"1","standard":"IEC_62196_T2",`+
		`"format":"SOCKET","power_type":"AC_3_PHASE","max_voltage":230,"max_amperage":32,"last_updated":"2026-01-02T00:00:00Z"}],"last_updated":"2026-01-02T00:00:00Z"}`),
		r.three, legsOf("broadcast push", abc, drv))
	for _, c := range r.three.Calls(ocpitest.Is(ocpi.Locations, "PUT")) {
		if c.Routing.From == hubParty && strings.Contains(string(c.Body), "Dam 0") {
			t.Errorf("the older state went to all: %v", c)
		}
	}
	crawl, err := r.emsp.GetAll(t.Context(), ocpitest.List{Module: ocpi.Locations, From: tnm, To: hubParty}, func(raw []byte) error {
		if strings.Contains(string(raw), "Dam 0") || !strings.Contains(string(raw), "CHARGING") {
			t.Errorf("the catalog holds %s", raw)
		}
		return nil
	})
	if err != nil || crawl.Objects != 1 {
		t.Errorf("%+v, %v", crawl, err)
	}
}

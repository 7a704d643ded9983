package e2e

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/ocpitest"
)

// roaming is a hub with two platforms of CPOs and three of eMSPs, each of
// several parties; one platform is both, and one was connected by the hub.
type roaming struct {
	hub              *hubProcess
	cpo, mixed       *ocpitest.Platform
	emsp, two, three *ocpitest.Platform
}

var (
	abc = ocpi.NewPartyID("DE", "ABC") // CPOs of platform cpo
	abd = ocpi.NewPartyID("DE", "ABD")
	mix = ocpi.NewPartyID("BE", "MIX") // CPO and eMSP of platform mixed
	tnm = ocpi.NewPartyID("NL", "TNM") // eMSPs of platform emsp
	tn2 = ocpi.NewPartyID("NL", "TN2")
	eco = ocpi.NewPartyID("BE", "ECO") // eMSPs of platform two
	nsp = ocpi.NewPartyID("BE", "NAV") // NSP of platform two
	drv = ocpi.NewPartyID("FR", "DRV") // eMSPs of platform three
	dr2 = ocpi.NewPartyID("FR", "DR2")
)

func newRoaming(t *testing.T) *roaming {
	t.Helper()
	h := startHub(t)
	r := &roaming{hub: h}
	r.cpo = h.join(platformOf(ocpi.CPO, "DE*ABC", "DE*ABD"))
	mixed := platformOf(ocpi.CPO, "BE*MIX")
	mixed.Parties = append(mixed.Parties, ocpitest.Party{Role: ocpi.EMSP, ID: mix})
	r.mixed = h.join(mixed)
	r.emsp = h.join(platformOf(ocpi.EMSP, "NL*TNM", "NL*TN2"))
	two := platformOf(ocpi.EMSP, "BE*ECO")
	two.Parties = append(two.Parties, ocpitest.Party{Role: ocpi.NSP, ID: nsp})
	r.two = h.join(two)
	r.three = ocpitest.Run(t, platformOf(ocpi.EMSP, "FR*DRV", "FR*DR2"))
	var connected struct {
		Version string `json:"version"`
		Parties []any  `json:"parties"`
	}
	h.hubctl(&connected, "platforms", "connect", "--name", "third", "--versions-url", r.three.VersionsURL(), "--token", r.three.Invite())
	if connected.Version != "2.2.1" || len(connected.Parties) != 2 {
		t.Fatalf("connected as %+v", connected)
	}
	return r
}

// legs are the routing headers of a message as the tables of the specification
// (Message Routing) list them: of the request on both hops, and of the answer
// to the sender. The fourth leg, the receiver's own answer, is the request of
// the second hop turned round.
type legs struct{ request, secondHop, answer ocpi.Routing }

func routing(to, from ocpi.PartyID) ocpi.Routing { return ocpi.Routing{To: to, From: from} }

// wantLegs sends a message, finds the call that it became, and compares the
// headers of all four legs and the ids of both hops.
func wantLegs(t *testing.T, name string, by *ocpitest.Platform, req ocpitest.Request, at *ocpitest.Platform, want legs) ocpitest.Call {
	t.Helper()
	req.To, req.From = want.request.To, want.request.From
	req.RequestID, req.CorrelationID = "r-"+name, "c-"+name+fmt.Sprint(time.Now().UnixNano())
	reply, err := by.Do(t.Context(), req)
	if err != nil || !reply.OK() {
		t.Fatalf("%s: %v, %v", name, err, reply.Err())
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	call, err := at.WaitFor(ctx, func(c ocpitest.Call) bool {
		return c.CorrelationID() == req.CorrelationID && c.Routing.To == want.secondHop.To
	})
	if err != nil {
		t.Fatalf("%s: H-087 no call with the correlation id came to %s: %v", name, want.secondHop.To, err)
	}
	if call.Routing != want.secondHop {
		t.Errorf("%s: on the second hop the headers are %+v, want %+v", name, call.Routing, want.secondHop)
	}
	if reply.Routing() != want.answer {
		t.Errorf("%s: on the answer the headers are %+v, want %+v", name, reply.Routing(), want.answer)
	}
	if call.RequestID() == req.RequestID || call.RequestID() == "" {
		t.Errorf("%s: H-087 the request id of the second hop is %q", name, call.RequestID())
	}
	if reply.Header.Get("X-Request-ID") != req.RequestID || reply.Header.Get("X-Correlation-ID") != req.CorrelationID {
		t.Errorf("%s: H-085, H-086, H-088 the answer's ids are %v", name, reply.Header)
	}
	if string(call.Body) != string(req.Body) && call.Module != ocpi.Commands {
		t.Errorf("%s: H-076 the body arrived as %s", name, call.Body)
	}
	return call
}

func put(m ocpi.ModuleID, path, body string) ocpitest.Request {
	return ocpitest.Request{Module: m, Interface: ocpi.Receiver, Method: "PUT", Path: path, Body: []byte(body)}
}

func TestTheFourRoutingModesOnAllFourLegs(t *testing.T) {
	r := newRoaming(t)
	loc := func(owner ocpi.PartyID, id string) ocpitest.Request {
		return put(ocpi.Locations, owner.Country+"/"+owner.ID+"/"+id, locationWith(owner, id, 1))
	}
	t.Run("H-070 direct", func(t *testing.T) {
		wantLegs(t, "direct", r.cpo, loc(abc, "L1"), r.emsp, legsOf("via hub", abc, tnm))
		wantLegs(t, "back", r.three, ocpitest.Request{Module: ocpi.Locations, Interface: ocpi.Sender, Method: "GET"}, r.cpo, legsOf("via hub", drv, abd))
	})
	t.Run("H-093, H-094, H-096 broadcast push", func(t *testing.T) {
		for at, parties := range map[*ocpitest.Platform][]ocpi.PartyID{
			r.emsp: {tnm, tn2}, r.two: {eco, nsp}, r.three: {drv, dr2}, r.mixed: {mix},
		} {
			for _, party := range parties {
				wantLegs(t, "broadcast-"+party.ID, r.cpo, loc(abd, "B-"+party.ID), at, legsOf("broadcast push", abd, party))
			}
		}
		if calls := r.cpo.Calls(ocpitest.Is(ocpi.Locations, "PUT")); len(calls) > 0 {
			t.Errorf("H-103 it came back: %v", calls)
		}
	})
	t.Run("H-103 a broadcast of a party that has both roles does not come back to it", func(t *testing.T) {
		wantLegs(t, "mixed", r.mixed, loc(mix, "M1"), r.emsp, legsOf("broadcast push", mix, tn2))
		wantLegs(t, "mixed-too", r.mixed, loc(mix, "M1"), r.three, legsOf("broadcast push", mix, drv))
		if calls := r.mixed.Calls(func(c ocpitest.Call) bool { return strings.HasSuffix(c.Path, "/M1") }); len(calls) > 0 {
			t.Errorf("it came back: %v", calls)
		}
	})
	t.Run("H-110, H-111 open routing", func(t *testing.T) {
		session := fmt.Sprintf(`{"country_code":"DE","party_id":"ABC","id":"S1","start_date_time":"2026-01-01T10:00:00Z","kwh":1.50,`+
			`"cdr_token":{"country_code":"FR","party_id":"DR2","uid":"U1","type":"RFID","contract_id":"C1"},"auth_method":"WHITELIST",`+
			`"location_id":"B-ECO","evse_uid":"1","connector_id":"1","currency":"EUR","status":"ACTIVE","last_updated":%q}`, "2026-01-01T10:00:00Z")
		wantLegs(t, "session", r.cpo, put(ocpi.Sessions, "DE/ABC/S1", session), r.three, legsOf("open routing", abc, dr2))
		wantLegs(t, "stop", r.three, command(r.three, "STOP_SESSION", `"session_id":"S1"`), r.cpo, legsOf("open routing", dr2, abc))
		wantLegs(t, "start", r.two, command(r.two, "START_SESSION", `"location_id":"B-ECO","token":{}`), r.cpo, legsOf("open routing", eco, abd))
		for at, n := range map[*ocpitest.Platform]int{r.emsp: 0, r.two: 0, r.mixed: 0, r.three: 1} {
			if calls := at.Calls(ocpitest.Is(ocpi.Sessions, "PUT")); len(calls) != n {
				t.Errorf("H-209 %s saw %d sessions", at.Name(), len(calls))
			}
		}
	})
	t.Run("H-118, H-119 GET all", func(t *testing.T) {
		owners := map[string]int{}
		crawl, err := r.emsp.GetAll(t.Context(), ocpitest.List{Module: ocpi.Locations, From: tn2, To: hubParty, Limit: 3}, func(raw []byte) error {
			owners[ocpi.FindString(raw, "country_code")+"*"+ocpi.FindString(raw, "party_id")]++
			return nil
		})
		// Seven of DE*ABD and one of BE*MIX were for all; L1 was for NL*TNM alone.
		if err != nil || crawl.Objects != 8 || crawl.Total != 8 || owners["DE*ABD"] != 7 || owners["BE*MIX"] != 1 {
			t.Errorf("%+v, %v, %v", crawl, owners, err)
		}
		reply, err := r.emsp.Do(t.Context(), ocpitest.Request{Module: ocpi.Locations, Interface: ocpi.Sender, Method: "GET", From: tnm, To: hubParty})
		if err != nil || reply.Routing() != routing(tnm, hubParty) || reply.Header.Get("X-Total-Count") != "9" {
			t.Errorf("the answer's headers are %v, %v", reply.Header, err)
		}
	})
}

// command is a command with a response URL of its sender.
func command(by *ocpitest.Platform, name, members string) ocpitest.Request {
	return ocpitest.Request{
		Module: ocpi.Commands, Interface: ocpi.Receiver, Method: "POST", Path: name,
		Body: []byte(`{"response_url":"` + by.NewCallback(ocpi.Commands).URL + `",` + members + `}`),
	}
}

func TestH164_H166_AResultComesBackThroughTheHubOnAllFourLegs(t *testing.T) {
	r := newRoaming(t)
	back := r.three.NewCallback(ocpi.Commands)
	r.cpo.Follow(ocpitest.Script{Command: func(ocpitest.Command) ocpitest.Outcome { return ocpitest.Outcome{NoResult: true} }})
	call := wantLegs(t, "unlock", r.three, ocpitest.Request{
		Module: ocpi.Commands, Interface: ocpi.Receiver, Method: "POST", Path: "UNLOCK_CONNECTOR",
		Body: []byte(`{"response_url":"` + back.URL + `","location_id":"L1","evse_uid":"1","connector_id":"1"}`),
	}, r.cpo, legsOf("via hub", drv, abc))
	given := ocpi.FindString(call.Body, "response_url")
	if u, err := url.Parse(given); err != nil || u.Host != r.hub.listen || given == back.URL {
		t.Fatalf("H-166 the CPO was given %q", given)
	}
	if restored := strings.Replace(string(call.Body), given, back.URL, 1); !strings.Contains(restored, `"location_id":"L1","evse_uid":"1","connector_id":"1"}`) {
		t.Errorf("more than the response_url was changed: %s", call.Body)
	}
	r.hub.kill()
	r.hub.start()
	result := `{"result":"ACCEPTED","message":[{"language":"en","text":"caf\u00e9"}]}`
	reply, err := r.cpo.Do(t.Context(), ocpitest.Request{Module: ocpi.Commands, Method: "POST", URL: given, Body: []byte(result), RequestID: "rr", CorrelationID: "rc"})
	if err != nil || !reply.OK() || reply.Routing() != routing(abc, drv) || reply.Header.Get("X-Request-ID") != "rr" {
		t.Fatalf("the CPO is answered %v, %v, %v", err, reply.Err(), reply.Header)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	got, err := back.Wait(ctx)
	if err != nil || string(got.Body) != result || got.Routing != routing(drv, abc) || got.CorrelationID() != "rc" || got.RequestID() == "rr" {
		t.Errorf("H-092 the result arrived as %v %s, %v", got, got.Body, err)
	}
	stranger, err := r.mixed.Do(t.Context(), ocpitest.Request{Module: ocpi.Commands, Method: "POST", URL: given, Body: []byte(result)})
	if err != nil || stranger.Status != 404 {
		t.Errorf("H-167 a stranger is answered HTTP %d, %v", stranger.Status, err)
	}
}

package hub_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/ocpihub/ocpihub/hub"
	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/ocpitest"
)

var uuidForm = regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)

func TestTheIdsAndHeadersOfADirectMessageOnAllFourLegs(t *testing.T) {
	h := startHub(t)
	c, e := join(t, h, of(ocpi.CPO, cpo)), join(t, h, of(ocpi.EMSP, emsp))
	req := putLocation(emsp, cpo, "L1", location(cpo, "L1", t0))
	req.RequestID, req.CorrelationID = "774321", "corr-1"
	req.Header = map[string][]string{"Content-Type": {"application/json; charset=utf-8"}}
	reply := send(t, c, req)
	call := e.Calls(ocpitest.Is(ocpi.Locations, "PUT"))[0]
	for name, ok := range map[string]bool{
		"H-070 the second hop keeps the parties":             call.Routing == ocpi.Routing{To: emsp, From: cpo},
		"H-087 the second hop has a request id of its own":   call.RequestID() != "774321" && call.CorrelationID() == "corr-1",
		"H-090 which is a UUID":                              uuidForm.MatchString(call.RequestID()),
		"H-088 the answer carries the first hop's ids":       reply.Header.Get("X-Request-ID") == "774321" && reply.Header.Get("X-Correlation-ID") == "corr-1",
		"H-070 the answer's parties are turned round":        reply.Routing() == ocpi.Routing{To: cpo, From: emsp},
		"H-054 the receiver's 201 reaches the sender":        reply.Status == 201,
		"H-050 the body goes on as application/json":         call.Header.Get("Content-Type") == "application/json",
		"H-002 the hub's token is in Base64":                 strings.HasPrefix(call.Header.Get("Authorization"), "Token ") && call.Token != "",
		"H-037 an EVSE id with a foreign prefix is accepted": reply.OK(),
	} {
		if !ok {
			t.Errorf("%s: %v, answer %v", name, call.Header, reply.Header)
		}
	}
}

func TestH074_AMessageToAPartyOnTheSendersOwnPlatformComesBackToIt(t *testing.T) {
	h := startHub(t)
	both := join(t, h, ocpitest.Options{Name: "both", Parties: []ocpitest.Party{{Role: ocpi.CPO, ID: cpo}, {Role: ocpi.EMSP, ID: emsp}}})
	if reply := send(t, both, putLocation(emsp, cpo, "L1", location(cpo, "L1", t0))); !reply.OK() {
		t.Fatal(reply.Err())
	}
	if got := arrived(both, emsp, "L1"); got == "" {
		t.Error("it did not arrive")
	}
	want(t, send(t, both, putLocation(hubParty, cpo, "L2", location(cpo, "L2", t0))), 200, 1000)
	until(t, both, "H-103 a broadcast reaches the other party of the platform", func() bool { return arrived(both, emsp, "L2") != "" })
}

func TestH105_TheFailuresOfReceiversAreNotToldToWhoBroadcasts(t *testing.T) {
	h := startHub(t)
	c, e, e2 := join(t, h, of(ocpi.CPO, cpo)), join(t, h, of(ocpi.EMSP, emsp)), join(t, h, of(ocpi.EMSP, emsp2))
	e.Fail(ocpitest.Fault{Module: ocpi.Locations, Code: 2001})
	reply := send(t, c, putLocation(hubParty, cpo, "L1", location(cpo, "L1", t0)))
	if reply.Status != 200 || reply.Code() != 1000 || reply.Routing() != (ocpi.Routing{To: cpo, From: hubParty}) {
		t.Errorf("H-095, H-106: HTTP %d with %d, headers %+v", reply.Status, reply.Code(), reply.Routing())
	}
	until(t, e2, "the other receiver", func() bool { return arrived(e2, emsp2, "L1") != "" })
}

func TestH107_WithoutCatchUpAnAbsentReceiverGetsNothingLater(t *testing.T) {
	h := startHub(t, watchful, func(c *hub.Config) { c.Delivery.CatchUp = hub.CatchUpNone })
	c, e, e2 := join(t, h, of(ocpi.CPO, cpo)), join(t, h, of(ocpi.EMSP, emsp)), join(t, h, of(ocpi.EMSP, emsp2))
	e.Stop()
	until(t, e2, "OFFLINE is told", func() bool { return told(e2, emsp) == "OFFLINE" })
	want(t, send(t, c, putLocation(hubParty, cpo, "L1", location(cpo, "L1", t0))), 200, 1000)
	until(t, e2, "the other receiver", func() bool { return arrived(e2, emsp2, "L1") != "" })
	if err := e.Start(); err != nil {
		t.Fatal(err)
	}
	until(t, e2, "CONNECTED is told", func() bool { return told(e2, emsp) == "CONNECTED" })
	want(t, send(t, c, putLocation(hubParty, cpo, "L2", location(cpo, "L2", t0))), 200, 1000)
	until(t, e, "what comes now", func() bool { return arrived(e, emsp, "L2") != "" })
	if arrived(e, emsp, "L1") != "" {
		t.Error("what came meanwhile was sent")
	}
	crawl, err := e.GetAll(t.Context(), ocpitest.List{Module: ocpi.Locations, To: hubParty}, nil)
	if err != nil || crawl.Objects != 2 {
		t.Errorf("H-199 it can GET what it missed: %+v, %v", crawl, err)
	}
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

func TestTheParametersOfGetAll(t *testing.T) {
	h := startHub(t)
	c, e := join(t, h, of(ocpi.CPO, cpo)), join(t, h, of(ocpi.EMSP, emsp))
	for i := range 5 {
		id := fmt.Sprint("L", i)
		want(t, send(t, c, putLocation(hubParty, cpo, id, location(cpo, id, fmt.Sprintf("2026-01-0%dT00:00:00Z", i+1)))), 200, 1000)
	}
	c.Stop()
	get := func(query string) ocpitest.Reply {
		values, _ := url.ParseQuery(query)
		return send(t, e, ocpitest.Request{Module: ocpi.Locations, Interface: ocpi.Sender, Method: "GET", To: hubParty, Query: values})
	}
	for _, row := range []struct{ name, query, ids, total string }{
		{"H-120 objects of a party that is away are listed, H-125 from the first", "", "L0 L1 L2 L3 L4", "5"},
		{"H-125 limit and offset", "limit=2&offset=1", "L1 L2", "5"},
		{"H-126 dates", "date_from=2026-01-02T00:00:00Z&date_to=2026-01-04T00:00:00Z", "L1 L2", "2"},
		{"H-133 a limit above the hub's is lowered", "limit=200000", "L0 L1 L2 L3 L4", "5"},
		{"an offset behind the end", "offset=9", "", "5"},
	} {
		reply := get(row.query)
		var ids []string
		for o := range ocpi.Elements(reply.Envelope.Data) {
			ids = append(ids, ocpi.FindString(o, "id"))
		}
		if strings.Join(ids, " ") != row.ids || reply.Header.Get("X-Total-Count") != row.total || reply.Header.Get("X-Limit") != "1000" {
			t.Errorf("%s: %v, headers %v", row.name, ids, reply.Header)
		}
	}
	link, ok := ocpi.ParseLinkNext(get("limit=2&date_from=2025-01-01T00:00:00Z").Header.Values("Link"))
	u, err := url.Parse(link)
	if !ok || err != nil || u.Query().Get("offset") != "2" || u.Query().Get("limit") != "2" || u.Query().Get("date_from") == "" || u.Query().Get("cursor") == "" {
		t.Errorf("H-128 the Link is %q", link)
	}
	for _, bad := range []string{"limit=-1", "offset=x", "date_from=yesterday", "cursor=nonsense"} {
		want(t, get(bad), 200, 2001)
	}
	reply := send(t, e, ocpitest.Request{Module: ocpi.Sessions, Interface: ocpi.Sender, Method: "GET", To: hubParty})
	if reply.Code() != 2001 || !strings.Contains(reply.Envelope.StatusMessage, "date_from") {
		t.Errorf("H-127 a list of sessions without date_from: %d %s", reply.Code(), reply.Envelope.StatusMessage)
	}
}

func TestWhatSloppyPartiesSendPasses(t *testing.T) {
	r := newRoad(t)
	for _, row := range []struct{ rule, member string }{
		{"H-077 unknown fields", `"foo":{"bar":1}`},
		{"H-207 a name of 300 characters", `"name":"` + strings.Repeat("n", 300) + `"`},
		{"H-078, H-079 unknown enum values", `"parking_type":"ON_THE_MOON","facilities":["FOO"]`},
		{"H-204 any UTF-8", `"name":"Café 🚗"`},
		{"H-208 a number as a string", `"energy_mix":{"is_green_energy":true,"energy_sources":[{"source":"WIND","percentage":"100"}]}`},
		{"H-205 null for optional fields", `"images":null,"operator":null,"directions":[]`},
		{"H-206 an address of 200 characters", `"related_locations":[{"latitude":"1.10000","longitude":"2.20000","name":{"language":"nl","text":"` + strings.Repeat("a", 200) + `"}}]`},
	} {
		t.Log(row.rule)
		r.wantSame(row.member)
	}
	hidden := strings.Replace(location(cpo, "HID", t0), `"publish":true`, `"publish":false`, 1)
	want(t, send(t, r.c, putLocation(hubParty, cpo, "HID", hidden)), 200, 1000)
	until(t, r.e, "H-152 a location that is not for publication reaches receivers", func() bool { return arrived(r.e, emsp, "HID") == hidden })
}

func TestAuthorisationGoesOnAsItCame(t *testing.T) {
	c, e, _ := market(t)
	reply := send(t, c, ocpitest.Request{
		Module: ocpi.Tokens, Interface: ocpi.Sender, Method: "POST", Path: "AAAA/authorize", Query: url.Values{"type": {"RFID"}}, To: emsp,
	})
	call := e.Calls(ocpitest.Is(ocpi.Tokens, "POST"))[0]
	if !reply.OK() || len(call.Body) > 0 || call.Query != "type=RFID" {
		t.Errorf("H-154 HTTP %d; it arrived with %q and body %q", reply.Status, call.Query, call.Body)
	}
	e.Follow(ocpitest.Script{Authorize: func(ocpitest.Authorization) ocpitest.Verdict { return ocpitest.Verdict{Code: 2002, Message: "where?"} }})
	reply, err := c.Authorize(t.Context(), "AAAA", cpo, emsp, nil)
	if err != nil || reply.Code() != 2002 || reply.Envelope.StatusMessage != "where?" {
		t.Errorf("H-157 %v, %d %s", err, reply.Code(), reply.Envelope.StatusMessage)
	}
	e.Stop()
	reply, err = c.Authorize(t.Context(), "AAAA", cpo, emsp, nil)
	if err != nil || reply.Status != 200 || reply.Code() != 4003 {
		t.Errorf("H-161, H-062 an eMSP that is away: %v, HTTP %d with %d", err, reply.Status, reply.Code())
	}
}

func TestSessionsPreferencesAndProfilesFindTheirWay(t *testing.T) {
	c, e, _ := market(t)
	if reply, err := c.Push(t.Context(), ocpi.Sessions, ocpi.PartyID{}, []byte(session(cpo, "S1", emsp))); err != nil || !reply.OK() {
		t.Fatal(err, reply.Err())
	}
	reply := send(t, e, ocpitest.Request{
		Module: ocpi.Sessions, Interface: ocpi.Sender, Method: "PUT", Path: "S1/charging_preferences", Body: []byte(`{"profile_type":"GREEN"}`),
	})
	if !reply.OK() || !strings.HasPrefix(string(reply.Envelope.Data), `"`) {
		t.Errorf("H-182 HTTP %d, data %s", reply.Status, reply.Envelope.Data)
	}
	c.Fail(ocpitest.Fault{Module: ocpi.Sessions, HTTPStatus: 404, Code: 2001})
	reply = send(t, e, ocpitest.Request{
		Module: ocpi.Sessions, Interface: ocpi.Sender, Method: "PUT", Path: "S1/charging_preferences", Body: []byte(`{"profile_type":"GREEN"}`),
	})
	t.Run("H-183 an EVSE that cannot is 404 with 2001", func(t *testing.T) { want(t, reply, 404, 2001) })
	c.Heal()
	set := send(t, e, ocpitest.Request{
		Module: ocpi.ChargingProfiles, Interface: ocpi.Receiver, Method: "PUT", Path: "S1", To: cpo,
		Body: []byte(`{"charging_profile":{"charging_rate_unit":"W"},"response_url":"` + e.NewCallback(ocpi.ChargingProfiles).URL + `"}`),
	})
	want(t, set, 200, 1000)
	for _, to := range []ocpi.PartyID{emsp, {}} {
		reply := send(t, c, ocpitest.Request{
			Module: ocpi.ChargingProfiles, Interface: ocpi.Sender, Method: "PUT", Path: "S1", To: to,
			Body: []byte(`{"start_date_time":"2026-01-01T00:00:00Z","charging_profile":{"charging_rate_unit":"W"}}`),
		})
		if !reply.OK() || reply.Routing().From != emsp {
			t.Errorf("H-173, H-175 to %s: HTTP %d with %d from %s", to, reply.Status, reply.Code(), reply.Routing().From)
		}
	}
}

func TestH170_AResultThatCannotBeDeliveredIsNotTriedAgain(t *testing.T) {
	c, e, _ := market(t)
	c.Follow(ocpitest.Script{Command: func(ocpitest.Command) ocpitest.Outcome { return ocpitest.Outcome{NoResult: true} }})
	if _, _, err := e.Command(t.Context(), ocpitest.Order{Name: "UNLOCK_CONNECTOR", Body: []byte(`{"location_id":"L1","evse_uid":"L1-1","connector_id":"1"}`)}); err != nil {
		t.Fatal(err)
	}
	given := ocpi.FindString(c.Calls(ocpitest.Is(ocpi.Commands, "POST"))[0].Body, "response_url")
	e.Fail(ocpitest.Fault{Module: ocpi.Commands, HTTPStatus: 500})
	e.ForgetCalls()
	reply := send(t, c, ocpitest.Request{Module: ocpi.Commands, Method: "POST", URL: given, Body: []byte(`{"result":"ACCEPTED"}`)})
	want(t, reply, 200, 4000)
	if n := len(e.Calls(ocpitest.Is(ocpi.Commands, "POST"))); n != 1 {
		t.Errorf("it was tried %d times", n)
	}
}

func TestH148_ACDRThatIsSentTwiceIsForwardedTwice(t *testing.T) {
	c, e, _ := market(t)
	for range 2 {
		if reply, err := c.Push(t.Context(), ocpi.CDRs, emsp, []byte(cdr(cpo, "CDR1", emsp))); err != nil || !reply.OK() {
			t.Fatal(err, reply.Err())
		}
	}
	if n := len(e.Calls(ocpitest.Is(ocpi.CDRs, "POST"))); n != 2 {
		t.Errorf("the eMSP got it %d times", n)
	}
}

func TestH200_APlatformWithoutReceiverInterfacesIsSkippedAndCanPull(t *testing.T) {
	h := startHub(t)
	c := join(t, h, of(ocpi.CPO, cpo))
	o := of(ocpi.EMSP, emsp)
	o.Endpoints = func(all []ocpi.Endpoint) (out []ocpi.Endpoint) {
		for _, e := range all {
			if e.Module == ocpi.Credentials {
				out = append(out, e)
			}
		}
		return out
	}
	e := join(t, h, o)
	e2 := join(t, h, of(ocpi.EMSP, emsp2))
	want(t, send(t, c, putLocation(hubParty, cpo, "L1", location(cpo, "L1", t0))), 200, 1000)
	until(t, e2, "the other receiver", func() bool { return arrived(e2, emsp2, "L1") != "" })
	if calls := e.Calls(ocpitest.Is(ocpi.Locations, "")); len(calls) > 0 {
		t.Errorf("it was pushed to: %v", calls)
	}
	crawl, err := e.GetAll(t.Context(), ocpitest.List{Module: ocpi.Locations, To: hubParty}, nil)
	if err != nil || crawl.Objects != 1 {
		t.Errorf("it pulled %+v, %v", crawl, err)
	}
}

func TestH195_ClientInfoGoesToTheURLThatThePlatformGave(t *testing.T) {
	h := startHub(t)
	o := of(ocpi.CPO, cpo)
	o.TrailingSlash = true
	c := join(t, h, o)
	join(t, h, of(ocpi.EMSP, emsp))
	until(t, c, "the client info", func() bool { return told(c, emsp) == "CONNECTED" })
	reply := send(t, c, ocpitest.Request{Module: ocpi.HubClientInfo, Interface: ocpi.Sender, Method: "GET"})
	if list := string(reply.Envelope.Data); !strings.Contains(list, `"TNM"`) || strings.Contains(list, `"ABC"`) || reply.Header.Get("X-Total-Count") != "1" {
		t.Errorf("the list is %s, %v", list, reply.Header)
	}
}

func TestH210_NoLogLevelPrintsATokenATokenUIDOrAContractID(t *testing.T) {
	var log bytes.Buffer
	cfg := hub.Defaults()
	cfg.Listen, cfg.Admin.Listen, cfg.PublicURL, cfg.DataDir = "127.0.0.1:0", "127.0.0.1:0", "", t.TempDir()
	cfg.Egress.Allow = loopback
	h, err := hub.Start(t.Context(), cfg, slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})))
	if err != nil {
		t.Fatal(err)
	}
	c, e := join(t, h, of(ocpi.CPO, cpo)), join(t, h, of(ocpi.EMSP, emsp))
	const uid, contract = "SECRETUID", "SECRETCONTRACT"
	raw := strings.ReplaceAll(token(emsp, uid), `"C1"`, `"`+contract+`"`)
	for _, to := range []ocpi.PartyID{hubParty, cpo, other} {
		if _, err := e.Push(t.Context(), ocpi.Tokens, to, []byte(raw)); err != nil {
			t.Fatal(err)
		}
	}
	c.Fail(ocpitest.Fault{Module: ocpi.Tokens, Garbage: true})
	for _, id := range []string{uid, uid + "2"} {
		if _, err := c.Authorize(t.Context(), id, cpo, ocpi.PartyID{}, nil); err != nil {
			t.Fatal(err)
		}
	}
	send(t, e, ocpitest.Request{Module: ocpi.Tokens, Interface: ocpi.Receiver, Method: "PUT", To: cpo, Path: "NL/TNM/" + uid, Body: []byte(`{}`)})
	if err := c.UpdateCredentials(t.Context()); err != nil {
		t.Fatal(err)
	}
	partner, _ := c.Partner()
	secrets := []string{uid, contract, partner.Token}
	for _, call := range append(c.Calls(), e.Calls()...) {
		if call.Token != "" {
			secrets = append(secrets, call.Token)
		}
	}
	last := send(t, c, ocpitest.Request{Module: ocpi.Locations, Interface: ocpi.Sender, Method: "GET", To: hubParty})
	conversation(t, h, last.CorrelationID, 1)
	journal, err := h.Messages(t.Context(), "")
	if err != nil || !strings.Contains(fmt.Sprint(journal), "NL/TNM/***") {
		t.Fatalf("the journal holds %v, %v", journal, err)
	}
	if err := h.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
	for _, secret := range secrets {
		if strings.Contains(fmt.Sprintf("%+v", journal), secret) {
			t.Errorf("the journal holds a secret: %s", secret)
		}
		if strings.Contains(log.String(), secret) {
			i := strings.Index(log.String(), secret)
			t.Errorf("the log holds a secret: …%s…", log.String()[max(0, i-200):i])
		}
	}
}

func TestTheMetricsTellOfPlatformsMessagesAndDeliveries(t *testing.T) {
	h := startHub(t)
	c, e := join(t, h, of(ocpi.CPO, cpo)), join(t, h, of(ocpi.EMSP, emsp))
	want(t, send(t, c, putLocation(hubParty, cpo, "L1", location(cpo, "L1", t0))), 200, 1000)
	until(t, e, "the location", func() bool { return arrived(e, emsp, "L1") != "" })
	for _, line := range []string{
		`ocpi_hub_platforms{status="CONNECTED"} 2`,
		`ocpi_hub_requests_total{module="locations",outcome="ok",role="CPO",route="broadcast"} 1`,
		`ocpi_hub_deliveries_total{module="locations",outcome="delivered"}`,
		`ocpi_hub_deliveries_pending{platform_id=`,
	} {
		wantMetric(t, h, line)
	}
}

// wantMetric waits for a line on the page of numbers: what became of a message
// is counted after its receiver has it.
func wantMetric(t *testing.T, h *hub.Hub, line string) {
	t.Helper()
	for ctx := patient(t); !strings.Contains(metrics(t, h), line); time.Sleep(10 * time.Millisecond) {
		if ctx.Err() != nil {
			t.Fatalf("%s is not among the metrics", line)
		}
	}
}

// metrics reads the page of numbers.
func metrics(t *testing.T, h *hub.Hub) string {
	t.Helper()
	reply, err := http.Get("http://" + h.AdminAddr() + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer reply.Body.Close()
	page, err := io.ReadAll(reply.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(page)
}

func TestH211_ARetentionJobRemovesTheHubsCopiesOfSessionsAndCDRs(t *testing.T) {
	h := startHub(t, func(c *hub.Config) { c.Retention.CDRs = time.Second })
	c, e := join(t, h, of(ocpi.CPO, cpo)), join(t, h, of(ocpi.EMSP, emsp))
	for m, raw := range map[ocpi.ModuleID]string{ocpi.CDRs: cdr(cpo, "CDR1", emsp), ocpi.Sessions: session(cpo, "S1", emsp)} {
		if reply, err := c.Push(t.Context(), m, emsp, []byte(raw)); err != nil || !reply.OK() {
			t.Fatal(err, reply.Err())
		}
	}
	wantMetric(t, h, `ocpi_hub_removed_total{what="cdrs"} 1`)
	for m, want := range map[ocpi.ModuleID]int{ocpi.CDRs: 0, ocpi.Sessions: 1} {
		list := ocpitest.List{Module: m, To: hubParty, Query: url.Values{"date_from": {"2020-01-01T00:00:00Z"}}}
		if crawl, err := e.GetAll(t.Context(), list, nil); err != nil || crawl.Objects != want || crawl.Total != want {
			t.Errorf("the list of %s is %+v, %v; want %d", m, crawl, err, want)
		}
	}
}

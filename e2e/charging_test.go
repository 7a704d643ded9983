package e2e

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/ocpitest"
)

// referring adds an authorization_reference to a session or CDR.
func referring(raw, reference string) string {
	return string(ocpi.SetMember([]byte(raw), "authorization_reference", ocpi.Quote(reference)))
}

func TestH160_TheReferenceOfAnAuthorisationComesBackInSessionAndCDR(t *testing.T) {
	t.Parallel()
	h := startHub(t)
	c, e := h.join(platformOf(ocpi.CPO, "DE*ABC")), h.join(platformOf(ocpi.EMSP, "NL*TNM"))
	push(t, e, ocpi.Tokens, hubParty, tokenOf(tnm, "U1"))
	e.Follow(ocpitest.Script{Authorize: func(ocpitest.Authorization) ocpitest.Verdict {
		return ocpitest.Verdict{Reference: "AUTH-1"}
	}})
	reply, err := c.Authorize(t.Context(), "u1", abc, ocpi.PartyID{}, nil)
	given := ocpi.FindString(reply.Envelope.Data, "authorization_reference")
	if err != nil || given != "AUTH-1" {
		t.Fatalf("the CPO was given %q: %v, %.200s", given, err, reply.Body)
	}
	command := fmt.Sprintf(`{"token":%s,"location_id":"L1","authorization_reference":"START-2"}`, tokenOf(tnm, "U1"))
	if _, _, err := e.Command(t.Context(), ocpitest.Order{Name: "START_SESSION", To: abc, Body: []byte(command)}); err != nil {
		t.Fatal(err)
	}
	started := ocpi.FindString(c.Calls(ocpitest.Is(ocpi.Commands, "POST"))[0].Body, "authorization_reference")
	if started != "START-2" {
		t.Errorf("START_SESSION arrived with %q", started)
	}
	for id, reference := range map[string]string{"A": given, "S": started} {
		session, cdr := referring(sessionOf(abc, id, tnm), reference), referring(cdrOf(abc, id, tnm), reference)
		push(t, c, ocpi.Sessions, ocpi.PartyID{}, session)
		push(t, c, ocpi.CDRs, ocpi.PartyID{}, cdr)
		for m, want := range map[ocpi.ModuleID]string{ocpi.Sessions: session, ocpi.CDRs: cdr} {
			o, _ := e.Object(ocpitest.Key{Module: m, Owner: abc, ID: id}, tnm)
			if string(o.Raw) != want {
				t.Errorf("%s %s arrived as %s", m, id, o.Raw)
			}
			if listed := string(listedAs(t, e, m, tnm)[id]); listed != want {
				t.Errorf("%s %s is listed as %s", m, id, listed)
			}
		}
	}
}

// listedAs returns what a platform is listed by the hub, by id.
func listedAs(t *testing.T, p *ocpitest.Platform, m ocpi.ModuleID, reader ocpi.PartyID) map[string][]byte {
	t.Helper()
	out := map[string][]byte{}
	list := ocpitest.List{Module: m, To: hubParty, From: reader, Query: url.Values{"date_from": {"2020-01-01T00:00:00Z"}}}
	_, err := p.GetAll(t.Context(), list, func(raw []byte) error {
		out[ocpi.FindString(raw, "id")] = raw
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestH199_H220_AfterAnOutageAnEMSPFindsInTheListsWhatItMissedAndNothingOfOthers(t *testing.T) {
	t.Parallel()
	h := startHub(t)
	c := h.join(platformOf(ocpi.CPO, "DE*ABC"))
	e, e2 := h.join(platformOf(ocpi.EMSP, "NL*TNM")), h.join(platformOf(ocpi.EMSP, "BE*ECO"))
	e.Stop()
	for _, to := range []ocpi.PartyID{tnm, {}, hubParty} {
		for m, raw := range map[ocpi.ModuleID]string{
			ocpi.Sessions: sessionOf(abc, "S"+to.ID, tnm), ocpi.CDRs: cdrOf(abc, "C"+to.ID, tnm),
		} {
			reply, err := c.Push(t.Context(), m, to, []byte(raw))
			if err != nil || reply.Status != 200 || reply.Code() != 4003 {
				t.Errorf("H-198 %s to an eMSP that is away: %v, HTTP %d with %d", m, err, reply.Status, reply.Code())
			}
		}
	}
	push(t, c, ocpi.CDRs, eco, cdrOf(abc, "OTHER", eco))
	h.kill()
	if err := e.Start(); err != nil {
		t.Fatal(err)
	}
	h.start()
	for reader, want := range map[*ocpitest.Platform]map[ocpi.ModuleID]int{
		e: {ocpi.Sessions: 3, ocpi.CDRs: 3}, e2: {ocpi.Sessions: 0, ocpi.CDRs: 1},
	} {
		for m, n := range want {
			listed := listedAs(t, reader, m, reader.Parties()[0].ID)
			if _, others := listed["OTHER"]; len(listed) != n || others != (reader == e2 && m == ocpi.CDRs) {
				t.Errorf("%s finds %d %s, want %d: %v", reader.Name(), len(listed), m, n, listed)
			}
		}
	}
	if calls := e.Calls(ocpitest.Is(ocpi.CDRs, "POST")); len(calls) > 0 {
		t.Errorf("H-198 it was sent what was missed: %v", calls)
	}
}

func TestH148_ACDRIsKeptOnceAndACreditCDRIsAnObjectOfItsOwn(t *testing.T) {
	t.Parallel()
	h := startHub(t)
	c, e := h.join(platformOf(ocpi.CPO, "DE*ABC")), h.join(platformOf(ocpi.EMSP, "NL*TNM"))
	bill := cdrOf(abc, "BILL", tnm)
	credit := strings.Replace(cdrOf(abc, "CREDIT", tnm), `"currency"`, `"credit":true,"credit_reference_id":"BILL","currency"`, 1)
	for _, raw := range []string{bill, bill, credit} {
		push(t, c, ocpi.CDRs, tnm, raw)
	}
	if calls := e.Calls(ocpitest.Is(ocpi.CDRs, "POST")); len(calls) != 3 {
		t.Errorf("the eMSP got %d CDRs, want the first one twice", len(calls))
	}
	if got := listOf(t, e, ocpi.CDRs, tnm); fmt.Sprint(got) != "[BILL CREDIT]" {
		t.Errorf("the list is %v", got)
	}
	listed := listedAs(t, e, ocpi.CDRs, tnm)
	if string(listed["BILL"]) != bill || string(listed["CREDIT"]) != credit {
		t.Errorf("they are listed as %s", listed)
	}
}

func TestH182_H183_ChargingPreferencesReachTheCPOAndItsAnswerTheEMSP(t *testing.T) {
	t.Parallel()
	h := startHub(t)
	c, e := h.join(platformOf(ocpi.CPO, "DE*ABC")), h.join(platformOf(ocpi.EMSP, "NL*TNM"))
	push(t, c, ocpi.Sessions, ocpi.PartyID{}, sessionOf(abc, "S1", tnm))
	c.Follow(ocpitest.Script{Preferences: "DEPARTURE_REQUIRED"})
	prefer := ocpitest.Request{
		Module: ocpi.Sessions, Interface: ocpi.Sender, Method: "PUT", Path: "S1/charging_preferences",
		From: tnm, Body: []byte(`{"profile_type":"GREEN","energy_need":12.50}`),
	}
	for _, prefer.To = range []ocpi.PartyID{abc, {}} {
		reply := ask(t, e, prefer)
		if !reply.OK() || string(reply.Envelope.Data) != `"DEPARTURE_REQUIRED"` || reply.Routing() != routing(tnm, abc) {
			t.Errorf("H-182 to %q: HTTP %d, %s from %+v", prefer.To, reply.Status, reply.Envelope.Data, reply.Routing())
		}
	}
	if calls := c.Calls(ocpitest.Is(ocpi.Sessions, "PUT")); len(calls) != 2 || string(calls[0].Body) != string(prefer.Body) {
		t.Errorf("they arrived as %v", calls)
	}
	c.Fail(ocpitest.Fault{Module: ocpi.Sessions, HTTPStatus: 404, Code: 2001, Message: "EVSE not capable"})
	if reply := ask(t, e, prefer); reply.Status != 404 || reply.Code() != 2001 || reply.Envelope.StatusMessage != "EVSE not capable" {
		t.Errorf("H-183 an EVSE that cannot: HTTP %d with %d %q", reply.Status, reply.Code(), reply.Envelope.StatusMessage)
	}
}

func TestH161_H219_AnEMSPThatIsAwayOrSlowIsToldInTime(t *testing.T) {
	t.Parallel()
	h := startHub(t, "OCPI_HUB_AUTHORIZE_TIMEOUT=200ms", "OCPI_HUB_FORWARD_TIMEOUT=1h", "OCPI_HUB_FORWARD_TIMEOUTS_SESSIONS=200ms")
	c, e := h.join(platformOf(ocpi.CPO, "DE*ABC")), h.join(platformOf(ocpi.EMSP, "NL*TNM"))
	push(t, e, ocpi.Tokens, hubParty, tokenOf(tnm, "U1"))
	authorize := func() ocpi.StatusCode {
		reply, err := c.Authorize(t.Context(), "U1", abc, ocpi.PartyID{}, nil)
		if err != nil {
			t.Fatal(err)
		}
		return reply.Code()
	}
	for _, m := range []ocpi.ModuleID{ocpi.Tokens, ocpi.Sessions} {
		e.Fail(ocpitest.Fault{Module: m, Hang: true})
	}
	if code := authorize(); code != 4002 {
		t.Errorf("H-219 a slow eMSP: %d, want 4002", code)
	}
	if reply, err := c.Push(t.Context(), ocpi.Sessions, tnm, []byte(sessionOf(abc, "S1", tnm))); err != nil || reply.Code() != 4002 {
		t.Errorf("H-219 a slow receiver of sessions: %v, %d; want 4002", err, reply.Code())
	}
	e.Stop()
	if code := authorize(); code != 4003 {
		t.Errorf("H-161 an eMSP that is away: %d, want 4003", code)
	}
}

const (
	sessionsAtOnce  = 8
	periodsOfEach   = 40
	killedAtPeriods = 100
)

// charging is a session that gets charging periods until it has all of them.
type charging struct {
	cpo  *ocpitest.Platform
	id   string
	goOn chan struct{} // closed when the hub is up again
	sent *atomic.Int64
}

func (s charging) run(ctx context.Context) {
	s.tell(ctx, "PUT", sessionOf(abc, s.id, tnm))
	for n := range periodsOfEach {
		at := ocpi.FormatDateTime(time.Date(2026, 1, 1, 11, n, 0, 0, time.UTC))
		s.tell(ctx, "PATCH", fmt.Sprintf(`{"charging_periods":[{"start_date_time":%q,"dimensions":[{"type":"ENERGY","volume":%d.0}]}],"last_updated":%q}`, at, n, at))
		s.sent.Add(1)
	}
}

// tell repeats a change until it is acknowledged, as senders do when a
// connection broke.
func (s charging) tell(ctx context.Context, method, body string) {
	for ctx.Err() == nil {
		reply, err := s.cpo.Do(ctx, ocpitest.Request{
			Module: ocpi.Sessions, Interface: ocpi.Receiver, Method: method, Path: "DE/ABC/" + s.id, From: abc, To: tnm, Body: []byte(body),
		})
		if err == nil && reply.OK() {
			return
		}
		select {
		case <-s.goOn:
		case <-ctx.Done():
		}
	}
}

func TestH144_AfterKill9ASessionHasEveryAcknowledgedChargingPeriodOnce(t *testing.T) {
	t.Parallel()
	h := startHub(t)
	c, e := h.join(platformOf(ocpi.CPO, "DE*ABC")), h.join(platformOf(ocpi.EMSP, "NL*TNM"))
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var all sync.WaitGroup
	var sent atomic.Int64
	goOn := make(chan struct{})
	for i := range sessionsAtOnce {
		all.Go(func() { charging{c, fmt.Sprint("S", i), goOn, &sent}.run(ctx) })
	}
	for sent.Load() < killedAtPeriods && ctx.Err() == nil {
		time.Sleep(time.Millisecond)
	}
	h.kill()
	h.start()
	close(goOn)
	all.Wait()
	listed := listedAs(t, e, ocpi.Sessions, tnm)
	if len(listed) != sessionsAtOnce {
		t.Errorf("%d sessions are listed", len(listed))
	}
	for id, raw := range listed {
		periods, _ := ocpi.Find(raw, "charging_periods")
		var got []string
		for p := range ocpi.Elements(periods.Value) {
			got = append(got, ocpi.FindString(p, "start_date_time"))
		}
		for n := range max(len(got), periodsOfEach) {
			if want := ocpi.FormatDateTime(time.Date(2026, 1, 1, 11, n, 0, 0, time.UTC)); n >= len(got) || got[n] != want {
				t.Errorf("session %s has the periods %v", id, got)
				break
			}
		}
	}
}

func TestTheHubStandsInForAnEMSPThatIsAwayWhereTheirAgreementSaysSo(t *testing.T) {
	t.Parallel()
	h := startHub(t)
	c, e := h.join(platformOf(ocpi.CPO, "DE*ABC", "DE*ABD")), h.join(platformOf(ocpi.EMSP, "NL*TNM"))
	whitelisted := strings.Replace(tokenOf(tnm, "U1"), `"NEVER"`, `"ALLOWED_OFFLINE"`, 1)
	push(t, e, ocpi.Tokens, hubParty, whitelisted)
	push(t, e, ocpi.Tokens, hubParty, tokenOf(tnm, "U2")) // NEVER
	h.hubctl(nil, "agreements", "create", "--cpo", "DE*ABC", "--emsp", "NL*TNM", "--stand-in")
	h.hubctl(nil, "agreements", "create", "--cpo", "DE*ABD", "--emsp", "NL*TNM")
	authorize := func(uid string, from, to ocpi.PartyID) ocpitest.Reply {
		reply, err := c.Authorize(t.Context(), uid, from, to, []byte(`{"location_id":"L1"}`))
		if err != nil {
			t.Fatal(err)
		}
		return reply
	}
	if reply := authorize("U1", abc, ocpi.PartyID{}); reply.Routing().From != tnm {
		t.Errorf("while the eMSP is there, the answer is of %s", reply.Routing().From)
	}
	e.Stop()
	for _, to := range []ocpi.PartyID{{}, tnm} {
		reply := authorize("u1", abc, to)
		data := reply.Envelope.Data
		reference := ocpi.FindString(data, "authorization_reference")
		if !reply.OK() || ocpi.FindString(data, "allowed") != "ALLOWED" || reply.Routing() != routing(abc, hubParty) || !strings.HasPrefix(reference, "NLHUB-") {
			t.Errorf("the hub stands in with HTTP %d from %+v: %s", reply.Status, reply.Routing(), reply.Body)
		}
		if got := string(ocpi.FindObject(data, "token")); got != whitelisted {
			t.Errorf("H-158 the token is %s", got)
		}
	}
	if code := authorize("U2", abc, ocpi.PartyID{}).Code(); code != 4003 {
		t.Errorf("H-161 a token that must be asked about: %d, want 4003", code)
	}
	if code := authorize("U1", abd, ocpi.PartyID{}).Code(); code != 4003 {
		t.Errorf("H-159 an agreement without stand_in: %d, want 4003", code)
	}
	if err := h.stop(); err != nil {
		t.Fatal(err)
	}
	if log := h.Log(); strings.Count(log, "answered an authorisation for an eMSP") != 2 || !strings.Contains(log, `"authorization_reference":"NLHUB-`) || strings.Contains(log, `"U1"`) {
		t.Errorf("the log tells it as\n%s", log)
	}
}

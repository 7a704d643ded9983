package conformance

import (
	"net/http"
	"testing"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/ocpitest"
)

// market is a CPO and two eMSPs; a location, a session of the first eMSP and
// tokens of both are known to the hub.
type market struct {
	*stage
	cpo, emsp, other       *ocpitest.Platform
	location, session, uid string
	otherUID               string
}

func newMarket(t *testing.T) *market {
	t.Helper()
	return newMarketAt(newStage(t))
}

func newMarketAt(s *stage) *market {
	s.Helper()
	m := &market{stage: s, cpo: s.cpo(), emsp: s.emsp(), other: s.emsp()}
	m.location, m.session, m.uid, m.otherUID = s.id("L1"), s.id("S1"), s.id("U1"), s.id("U2")
	s.ok(m.cpo, put(ocpi.Locations, m.cpo.Hub(), location(id(m.cpo), m.location, s.at(0))))
	s.ok(m.cpo, put(ocpi.Sessions, nobody, session(id(m.cpo), m.session, id(m.emsp), s.at(0))))
	for p, uid := range map[*ocpitest.Platform]string{m.emsp: m.uid, m.other: m.otherUID} {
		raw := token(id(p), uid, s.at(0))
		offer(p, ocpi.Tokens, raw)
		s.ok(p, put(ocpi.Tokens, p.Hub(), raw))
	}
	return m
}

func TestH110_WithoutTOTheContentTellsTheReceiver(t *testing.T) {
	m := newMarket(t)
	reply := m.ok(m.cpo, put(ocpi.Sessions, nobody, session(id(m.cpo), m.id("S2"), id(m.other), m.at(0))))
	m.check(len(m.other.Calls(of(reply))) == 1 && len(m.emsp.Calls(of(reply))) == 0, "the session of the other eMSP went to %v", m.emsp.Calls(of(reply)))
}

func TestH111_OnAllFourLegsOfOpenRoutingThePartiesAreTheEndParties(t *testing.T) {
	m := newMarket(t)
	heard := listenTo(m.emsp)
	reply := m.ok(m.cpo, put(ocpi.Sessions, nobody, session(id(m.cpo), m.session, id(m.emsp), m.at(1))))
	m.check(m.came(m.emsp, reply).Routing == routing(id(m.emsp), id(m.cpo)), "to the receiver: %+v", m.came(m.emsp, reply).Routing)
	m.check(heard.of(reply) == routing(id(m.cpo), id(m.emsp)), "the receiver answered: %+v", heard.of(reply))
	m.check(reply.Routing() == routing(id(m.cpo), id(m.emsp)), "to the requester: %+v", reply.Routing())
}

func TestH112_AListNeedsAReceiver(t *testing.T) {
	m := newMarket(t)
	for _, module := range []ocpi.ModuleID{ocpi.Locations, ocpi.Tariffs, ocpi.CDRs, ocpi.Sessions} {
		m.refused(m.emsp, get(module, nobody, "", m.today()), 200, 2001, m.cpo)
	}
	m.refused(m.cpo, get(ocpi.Tokens, nobody, ""), 200, 2001, m.emsp)
}

func TestH113_AGETOfUnknownDestinationUsesOpenRouting(t *testing.T) {
	m := newMarket(t)
	offer(m.cpo, ocpi.Locations, location(id(m.cpo), m.location, m.at(0)))
	receiver := ocpitest.Request{Module: ocpi.Locations, Interface: ocpi.Receiver, Method: "GET", From: id(m.cpo), To: m.cpo.Hub(), Path: path(id(m.cpo), m.location)}
	m.refused(m.cpo, receiver, 200, 2001, m.emsp)
	reply := m.ok(m.emsp, get(ocpi.Locations, nobody, m.location))
	m.check(len(m.cpo.Calls(of(reply))) == 1 && reply.Routing() == routing(id(m.emsp), id(m.cpo)), "it was answered by %s", reply.Routing().From)
	m.check(field(string(reply.Envelope.Data), "id") == m.location, "with %s", reply.Envelope.Data)
}

func TestH114_EachKindOfMessageHasItsKey(t *testing.T) {
	m := newMarket(t)
	offer(m.cpo, ocpi.Locations, location(id(m.cpo), m.location, m.at(0)))
	command := func(name, members string) ocpitest.Request {
		req, _ := m.command(m.emsp, nobody, name, members)
		return req
	}
	reserve := `"token":` + token(id(m.emsp), m.uid, m.at(0)) + `,"expiry_date":"2030-01-01T00:00:00Z","reservation_id":"` + m.id("R") + `","location_id":"` + m.location + `"`
	profile := func(method, body string) ocpitest.Request {
		req := ocpitest.Request{Module: ocpi.ChargingProfiles, Interface: ocpi.Receiver, Method: method, Path: m.session}
		back := m.emsp.NewCallback(ocpi.ChargingProfiles).URL
		if body != "" {
			req.Body = []byte(`{"response_url":"` + back + `",` + body + `}`)
			return req
		}
		req.Query = map[string][]string{"response_url": {back}, "duration": {"900"}}
		return req
	}
	active := ocpitest.Request{
		Module: ocpi.ChargingProfiles, Interface: ocpi.Sender, Method: "PUT", Path: m.session,
		Body: []byte(`{"start_date_time":"2026-01-01T00:00:00Z","charging_profile":{"charging_rate_unit":"W"}}`),
	}
	for _, row := range []struct {
		name     string
		by, from *ocpitest.Platform
		req      ocpitest.Request
	}{
		{"a location by its id", m.emsp, m.cpo, get(ocpi.Locations, nobody, m.location)},
		{"an EVSE by the id of its location", m.emsp, m.cpo, get(ocpi.Locations, nobody, m.location+"/"+m.location+"-1")},
		{"PUT of a session by its cdr_token", m.cpo, m.emsp, put(ocpi.Sessions, nobody, session(id(m.cpo), m.session, id(m.emsp), m.at(1)))},
		{"PATCH of a session by the session", m.cpo, m.emsp, patch(ocpi.Sessions, nobody, id(m.cpo), `{"kwh":2,"last_updated":"`+m.at(2)+`"}`, m.session)},
		{"GET of a session by the session", m.cpo, m.emsp, ocpitest.Request{Module: ocpi.Sessions, Interface: ocpi.Receiver, Method: "GET", Path: path(id(m.cpo), m.session)}},
		{"preferences by the session", m.emsp, m.cpo, preferences(nobody, m.session)},
		{"a CDR by its cdr_token", m.cpo, m.emsp, put(ocpi.CDRs, nobody, cdr(id(m.cpo), m.id("C"), id(m.emsp), m.at(0)))},
		{"a token by uid and type", m.cpo, m.emsp, authorize(m.uid, nobody)},
		{"START_SESSION by the location", m.emsp, m.cpo, command("START_SESSION", `"location_id":"`+m.location+`","token":`+token(id(m.emsp), m.uid, m.at(0)))},
		{"STOP_SESSION by the session", m.emsp, m.cpo, command("STOP_SESSION", `"session_id":"`+m.session+`"`)},
		{"UNLOCK_CONNECTOR by the location", m.emsp, m.cpo, command("UNLOCK_CONNECTOR", `"location_id":"`+m.location+`","evse_uid":"1","connector_id":"1"`)},
		{"RESERVE_NOW by the location", m.emsp, m.cpo, command("RESERVE_NOW", reserve)},
		{"CANCEL_RESERVATION by the reservation", m.emsp, m.cpo, command("CANCEL_RESERVATION", `"reservation_id":"`+m.id("R")+`"`)},
		{"PUT of a charging profile by the session", m.emsp, m.cpo, profile("PUT", `"charging_profile":{"charging_rate_unit":"W"}`)},
		{"GET of a charging profile by the session", m.emsp, m.cpo, profile("GET", "")},
		{"DELETE of a charging profile by the session", m.emsp, m.cpo, profile("DELETE", "")},
		{"an active profile by who set it", m.cpo, m.emsp, active},
	} {
		reply := m.send(row.by, row.req)
		if !reply.OK() || reply.Routing() != routing(id(row.by), id(row.from)) || len(row.from.Calls(of(reply))) != 1 {
			t.Errorf("%s: HTTP %d with %d %q from %s", row.name, reply.Status, reply.Code(), reply.Envelope.StatusMessage, reply.Routing().From)
		}
	}
	for _, c := range m.other.Calls(func(c ocpitest.Call) bool { return c.Routing.From == id(m.emsp) || c.Module == ocpi.Sessions }) {
		t.Errorf("somebody else got %v", c)
	}
}

// preferences are a driver's wishes for a session.
func preferences(to ocpi.PartyID, session string) ocpitest.Request {
	return ocpitest.Request{
		Module: ocpi.Sessions, Interface: ocpi.Sender, Method: "PUT", To: to, Path: session + "/charging_preferences", Body: []byte(`{"profile_type":"GREEN"}`),
	}
}

func TestH115_OnlyAPushOfWhatIsForAllIsBroadcastWithoutTO(t *testing.T) {
	m := newMarket(t)
	for by, push := range map[*ocpitest.Platform]ocpitest.Request{
		m.cpo:  put(ocpi.Locations, nobody, location(id(m.cpo), m.id("L2"), m.at(0))),
		m.emsp: put(ocpi.Tokens, nobody, token(id(m.emsp), m.id("U3"), m.at(0))),
	} {
		reply := m.want(by, push, 200, 1000)
		at := map[*ocpitest.Platform]*ocpitest.Platform{m.cpo: m.emsp, m.emsp: m.cpo}[by]
		call := m.wait(at, "the copy", of(reply))
		m.check(call.Routing.From == by.Hub() && reply.Routing().From == by.Hub(), "it came from %s, answered by %s", call.Routing.From, reply.Routing().From)
	}
	req, _ := m.command(m.emsp, nobody, "UNLOCK_CONNECTOR", unlock)
	m.refused(m.emsp, req, 200, 4001, m.cpo)
	m.refused(m.cpo, patch(ocpi.Sessions, nobody, id(m.cpo), `{"kwh":2,"last_updated":"`+m.at(2)+`"}`, m.id("NONE")), 200, 4001, m.emsp)
	m.refused(m.emsp, preferences(nobody, m.id("NONE")), 200, 4001, m.cpo)
}

func TestH116_AnIdOfSeveralOwnersIsNotGuessed(t *testing.T) {
	m := newMarket(t)
	second := m.stage.cpo()
	offer(m.cpo, ocpi.Locations, location(id(m.cpo), m.location, m.at(0)))
	m.ok(m.emsp, get(ocpi.Locations, nobody, m.location))
	offer(second, ocpi.Locations, location(id(second), m.location, m.at(0)))
	m.ok(second, put(ocpi.Locations, second.Hub(), location(id(second), m.location, m.at(0))))
	m.refused(m.emsp, get(ocpi.Locations, nobody, m.location), 200, 4001, m.cpo)
	req, _ := m.command(m.emsp, nobody, "UNLOCK_CONNECTOR", `"location_id":"`+m.location+`","evse_uid":"1","connector_id":"1"`)
	m.refused(m.emsp, req, 200, 4001, second)
	m.ok(second, put(ocpi.Sessions, nobody, session(id(second), m.session, id(m.emsp), m.at(0))))
	m.refused(m.emsp, preferences(nobody, m.session), 200, 4001, second)
	m.ok(m.emsp, get(ocpi.Locations, id(second), m.location))
}

func TestH117_EmptyTOHeadersCountAsAbsent(t *testing.T) {
	m := newMarket(t)
	push := put(ocpi.Sessions, nobody, session(id(m.cpo), m.session, id(m.emsp), m.at(1)))
	push.Header = http.Header{ocpi.HeaderToCountry: {""}, ocpi.HeaderToParty: {" "}}
	reply := m.ok(m.cpo, push)
	m.check(len(m.emsp.Calls(of(reply))) == 1, "it went to %v", m.emsp.Calls(of(reply)))
}

package conformance

import (
	"net/url"
	"strings"
	"testing"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/ocpitest"
)

// asked is a command that a CPO has accepted, and whose result is still to come.
type asked struct {
	*stage
	cpo, emsp *ocpitest.Platform
	back      *ocpitest.Callback
	reply     ocpitest.Reply // the synchronous answer
	call      ocpitest.Call  // the command as the CPO got it
	given     string         // the response_url in it
}

// newAsked has a CPO accept UNLOCK_CONNECTOR, with these members beside its own.
func newAsked(t *testing.T, more string) *asked {
	t.Helper()
	s := newStage(t)
	return newAskedAt(s, "UNLOCK_CONNECTOR", func(cpo, _ *ocpitest.Platform) string { return s.unlocking(cpo) + more })
}

// returned waits for the next result at the eMSP.
func (a *asked) returned() ocpitest.Call {
	a.Helper()
	call, err := a.back.Wait(a.soon())
	if err != nil {
		a.Fatalf("the result: %v", err)
	}
	return call
}

func TestH164_ACommandIsAnsweredAtOnceAndItsResultComesLater(t *testing.T) {
	for _, response := range []string{"ACCEPTED", "REJECTED", "NOT_SUPPORTED", "UNKNOWN_SESSION"} {
		t.Run(response, func(t *testing.T) {
			s := newStage(t)
			cpo, emsp := s.pair()
			cpo.Follow(ocpitest.Script{Command: func(ocpitest.Command) ocpitest.Outcome {
				return ocpitest.Outcome{Response: response, Result: "TIMEOUT"}
			}})
			cmd, back := s.command(emsp, id(cpo), "STOP_SESSION", `"session_id":"S1"`)
			reply := s.ok(emsp, cmd)
			s.check(field(string(reply.Envelope.Data), "result") == response, "the answer is %s", reply.Envelope.Data)
			if response != "ACCEPTED" {
				return
			}
			got, err := back.Wait(s.soon())
			s.check(err == nil && got.Result() == "TIMEOUT" && got.Routing == routing(id(emsp), id(cpo)), "the result is %s from %+v, %v", got.Body, got.Routing, err)
		})
	}
}

func TestH165_TheResponseURLOfTheEMSPIsCalledExactlyAsItIs(t *testing.T) {
	s := newStage(t)
	cpo, emsp := s.pair()
	quiet(cpo)
	members := s.unlocking(cpo)
	cmd, back := s.command(emsp, id(cpo), "UNLOCK_CONNECTOR", members)
	cmd.Body = []byte(strings.Replace(string(cmd.Body), back.URL, back.URL+"?a=1&b=x%20y%26z", 1))
	given := field(string(s.came(cpo, s.ok(emsp, cmd)).Body), "response_url")
	s.ok(cpo, result(given, `{"result":"ACCEPTED"}`))
	got, err := back.Wait(s.soon())
	s.check(err == nil && got.Query == "a=1&b=x%20y%26z", "the query is %q, %v", got.Query, err)
	for _, target := range []string{"http://example.com/x", "http://169.254.169.254/", "not a url", ""} {
		bad, own := s.command(emsp, id(cpo), "UNLOCK_CONNECTOR", members)
		bad.Body = []byte(strings.Replace(string(bad.Body), own.URL, target, 1))
		s.refused(emsp, bad, 200, 2001, cpo)
	}
}

func TestH166_TheCPOIsGivenAURLOfTheHub(t *testing.T) {
	a := newAsked(t, `,"n":1.10`)
	u, err := url.Parse(a.given)
	a.check(err == nil && u.Host == a.hubHost() && len(u.Path) > 20 && a.given != a.back.URL, "the CPO was given %q", a.given)
	a.check(strings.Replace(string(a.call.Body), a.given, a.back.URL, 1) == `{"response_url":"`+a.back.URL+`",`+unlock+`,"n":1.10}`, "more was changed: %s", a.call.Body)
	body := `{"result":"ACCEPTED" , "n":1.10,"message":[{"language":"en","text":"caf\u00e9"}]}`
	reply := a.ok(a.cpo, result(a.given, body))
	got := a.returned()
	a.check(string(got.Body) == body && got.Routing == routing(id(a.emsp), id(a.cpo)), "the eMSP got %s from %+v", got.Body, got.Routing)
	a.check(reply.Routing() == routing(id(a.cpo), id(a.emsp)), "the CPO is answered from %+v", reply.Routing())
	own, _ := a.emsp.Partner()
	a.check(got.Token != "" && got.Token != own.Token, "the eMSP's own token was not used")
}

func TestH167_OnlyTheCPOOfTheCommandMayUseItsURL(t *testing.T) {
	a := newAsked(t, "")
	for _, stranger := range []*ocpitest.Platform{a.stage.cpo(), a.emsp} {
		a.want(stranger, result(a.given, `{"result":"FAILED"}`), 404, 2000)
	}
	a.check(a.raw("POST", a.given, nil, `{"result":"FAILED"}`).status == 401, "it opens without a token")
	a.ok(a.cpo, result(a.given, `{"result":"ACCEPTED"}`))
	a.check(a.returned().Result() == "ACCEPTED", "the first result is one of the strangers'")
}

func TestH168_AResponseURLMayBeCalledAgain(t *testing.T) {
	s := newStage(t)
	uid := s.id("U")
	a := newAskedAt(s, "RESERVE_NOW", func(_, emsp *ocpitest.Platform) string {
		return `"token":` + token(id(emsp), uid, s.at(0)) + `,"expiry_date":"2040-01-01T00:00:00Z","reservation_id":"` + s.id("R") + `","location_id":"L1"`
	})
	for _, body := range []string{`{"result":"ACCEPTED"}`, `{"result":"CANCELED_RESERVATION"}`} {
		a.ok(a.cpo, result(a.given, body))
		a.check(string(a.returned().Body) == body, "want %s", body)
	}
}

// newAskedAt is newAsked with another command.
func newAskedAt(s *stage, name string, members func(cpo, emsp *ocpitest.Platform) string) *asked {
	s.Helper()
	a := &asked{stage: s}
	a.cpo, a.emsp = s.pair()
	quiet(a.cpo)
	cmd, back := s.command(a.emsp, id(a.cpo), name, members(a.cpo, a.emsp))
	a.back, a.reply = back, s.ok(a.emsp, cmd)
	a.call = a.came(a.cpo, a.reply)
	a.given = field(string(a.call.Body), "response_url")
	return a
}

func TestH169_TheTimeoutOfACommandPassesAndALateResultIsDelivered(t *testing.T) {
	s := newStage(t)
	cpo, emsp := s.pair()
	cpo.Follow(ocpitest.Script{Command: func(ocpitest.Command) ocpitest.Outcome { return ocpitest.Outcome{NoResult: true, Timeout: 1} }})
	cmd, back := s.command(emsp, id(cpo), "UNLOCK_CONNECTOR", unlock)
	reply := s.ok(emsp, cmd)
	timeout, _ := ocpi.Find(reply.Envelope.Data, "timeout")
	s.check(string(timeout.Value) == "1", "the timeout became %s", timeout.Value)
	answered := s.came(cpo, reply)
	s.eventually("the timeout is over", func() bool { return s.since(answered) })
	s.ok(cpo, result(field(string(answered.Body), "response_url"), `{"result":"ACCEPTED"}`))
	got, err := back.Wait(s.soon())
	s.check(err == nil && got.Result() == "ACCEPTED", "the late result: %v", err)
}

func TestH170_AResultThatCannotBeDeliveredIsNotTriedAgain(t *testing.T) {
	a := newAsked(t, "")
	a.emsp.Fail(ocpitest.Fault{Module: ocpi.Commands, HTTPStatus: 500})
	reply := a.want(a.cpo, result(a.given, `{"result":"ACCEPTED"}`), 200, 4000)
	a.emsp.Heal()
	a.ok(a.cpo, result(a.given, `{"result":"FAILED"}`)) // what would be tried again comes before
	a.check(a.returned().Result() == "FAILED" && len(a.emsp.Calls(of(reply))) == 1, "it was tried %v", a.emsp.Calls(of(reply)))
	a.emsp.Stop()
	a.want(a.cpo, result(a.given, `{"result":"ACCEPTED"}`), 200, 4003)
}

func TestH171_AResponseURLInTheQueryIsReplacedWhatEverItHolds(t *testing.T) {
	s := newStage(t)
	cpo, emsp := s.pair()
	quiet(cpo)
	for _, method := range []string{"GET", "DELETE"} {
		back := emsp.NewCallback(ocpi.ChargingProfiles)
		nested := back.URL + "?a=1&b=x%20y"
		reply := s.ok(emsp, ocpitest.Request{
			Module: ocpi.ChargingProfiles, Interface: ocpi.Receiver, Method: method, Path: s.id("S"), To: id(cpo),
			Query: url.Values{"duration": {"900"}, "response_url": {nested}},
		})
		query, err := url.ParseQuery(s.came(cpo, reply).Query)
		given := query.Get("response_url")
		u, bad := url.Parse(given)
		s.check(err == nil && bad == nil && query.Get("duration") == "900" && len(query) == 2 && u.Host == s.hubHost(), "%s came with %v", method, query)
		s.ok(cpo, result(given, `{"result":"ACCEPTED"}`))
		got, err := back.Wait(s.soon())
		s.check(err == nil && got.Query == "a=1&b=x%20y", "the result came with %q, %v", got.Query, err)
	}
	back := emsp.NewCallback(ocpi.ChargingProfiles)
	set := s.ok(emsp, ocpitest.Request{
		Module: ocpi.ChargingProfiles, Interface: ocpi.Receiver, Method: "PUT", Path: s.id("S"), To: id(cpo),
		Body: []byte(`{"charging_profile":{"charging_rate_unit":"W"},"response_url":"` + back.URL + `"}`),
	})
	s.ok(cpo, result(field(string(s.came(cpo, set).Body), "response_url"), `{"result":"ACCEPTED"}`))
	_, err := back.Wait(s.soon())
	s.check(err == nil, "the result of PUT: %v", err)
}

func TestH172_TheAnswerToAResultHasNoData(t *testing.T) {
	a := newAsked(t, "")
	a.emsp.Follow(ocpitest.Script{Habits: []ocpitest.Habit{func(_ ocpitest.Call, w *ocpitest.Written) {
		w.Body = ocpi.SetMember(w.Body, "data", []byte(`{"result":"ACCEPTED"}`))
	}}})
	reply := a.want(a.cpo, result(a.given, `{"result":"ACCEPTED"}`), 200, 1000)
	a.check(!strings.Contains(string(reply.Body), `"data"`), "it is %s", reply.Body)
}

func TestH173_AnActiveProfileGoesToWhoSetTheProfile(t *testing.T) {
	s := newStage(t)
	cpo, emsp, other := s.cpo(), s.emsp(), s.emsp()
	active := ocpitest.Request{
		Module: ocpi.ChargingProfiles, Interface: ocpi.Sender, Method: "PUT", Path: s.id("S"),
		Body: []byte(`{"start_date_time":"2026-01-01T00:00:00Z","charging_profile":{"charging_rate_unit":"W"}}`),
	}
	s.refused(cpo, active, 200, 4001, emsp) // nobody has set one
	s.ok(emsp, ocpitest.Request{
		Module: ocpi.ChargingProfiles, Interface: ocpi.Receiver, Method: "PUT", Path: s.id("S"), To: id(cpo),
		Body: []byte(`{"charging_profile":{"charging_rate_unit":"W"},"response_url":"` + emsp.NewCallback(ocpi.ChargingProfiles).URL + `"}`),
	})
	for _, to := range []ocpi.PartyID{nobody, id(emsp)} {
		active.To = to
		reply := s.ok(cpo, active)
		s.check(len(emsp.Calls(of(reply))) == 1 && len(other.Calls(of(reply))) == 0, "to %s it went to %v", to, other.Calls(of(reply)))
	}
}

func TestH174_SessionIdsOfAnSCSPAreItsOwn(t *testing.T) {
	s := newStage(t)
	cpo, one, two := s.cpo(), s.join(s.options(ocpi.SCSP)), s.join(s.options(ocpi.SCSP))
	emsp := s.emsp()
	s.ok(cpo, put(ocpi.Sessions, nobody, session(id(cpo), s.id("S"), id(emsp), s.at(0))))
	for scsp, name := range map[*ocpitest.Platform]string{one: s.id("S-one"), two: s.id("S-two")} {
		reply := s.ok(scsp, ocpitest.Request{
			Module: ocpi.ChargingProfiles, Interface: ocpi.Receiver, Method: "GET", Path: name, To: id(cpo),
			Query: url.Values{"duration": {"900"}, "response_url": {scsp.NewCallback(ocpi.ChargingProfiles).URL}},
		})
		calls := cpo.Calls(of(reply))
		s.check(len(calls) == 1 && strings.HasSuffix(calls[0].Path, "/"+name) && calls[0].Routing == routing(id(cpo), id(scsp)), "it arrived as %v", calls)
	}
}

func TestH175_PUTOnTheSenderOfChargingProfilesIsThere(t *testing.T) {
	s := newStage(t)
	cpo, emsp := s.pair()
	body := `{"start_date_time":"2026-01-01T00:00:00Z","charging_profile":{"charging_rate_unit":"W","min_charging_rate":1.10}}`
	reply := s.ok(cpo, ocpitest.Request{Module: ocpi.ChargingProfiles, Interface: ocpi.Sender, Method: "PUT", Path: s.id("S"), To: id(emsp), Body: []byte(body)})
	calls := emsp.Calls(of(reply))
	s.check(len(calls) == 1 && calls[0].Method == "PUT" && string(calls[0].Body) == body && strings.HasSuffix(calls[0].Path, "/"+s.id("S")), "it arrived as %v", calls)
}

func TestH177_UNLOCK_CONNECTORIsForwardedInTheNameOfItsParty(t *testing.T) {
	a := newAsked(t, "")
	a.check(a.from(a.call, a.emsp, a.cpo), "it came with %+v", a.call.Routing)
	a.eventually("the operator sees whose it is", func() bool { return a.recorded(ocpi.Commands, a.emsp, a.cpo) })
}

func TestH178_ACommandWithATokenOfSomebodyElseIsRefusedWhereTheOperatorWantsIt(t *testing.T) {
	m := newMarketAt(special(t, watchful, "validation.command_tokens own"))
	foreign, _ := m.command(m.emsp, id(m.cpo), "START_SESSION", `"location_id":"`+m.location+`","token":`+token(id(m.other), m.otherUID, m.at(0)))
	m.refused(m.emsp, foreign, 200, 2001, m.cpo)
	own, _ := m.command(m.emsp, id(m.cpo), "START_SESSION", `"location_id":"`+m.location+`","token":`+token(id(m.emsp), m.uid, m.at(0)))
	m.ok(m.emsp, own)
}

func TestH179_ReservationsOfDifferentEMSPsAreDifferent(t *testing.T) {
	s := newStage(t)
	one, two, emsp, other := s.cpo(), s.cpo(), s.emsp(), s.emsp()
	for _, row := range []struct{ emsp, cpo *ocpitest.Platform }{{emsp, one}, {other, two}} {
		quiet(row.cpo)
		req, _ := s.command(row.emsp, id(row.cpo), "RESERVE_NOW", `"token":`+token(id(row.emsp), s.id("U"), s.at(0))+
			`,"expiry_date":"2040-01-01T00:00:00Z","reservation_id":"`+s.id("R")+`","location_id":"L1"`)
		s.ok(row.emsp, req)
	}
	for _, row := range []struct{ emsp, cpo *ocpitest.Platform }{{emsp, one}, {other, two}} {
		req, _ := s.command(row.emsp, nobody, "CANCEL_RESERVATION", `"reservation_id":"`+s.id("R")+`"`)
		reply := s.ok(row.emsp, req)
		s.check(reply.Routing().From == id(row.cpo), "that of %s went to %s", id(row.emsp), reply.Routing().From)
	}
	stranger := s.emsp()
	req, _ := s.command(stranger, nobody, "CANCEL_RESERVATION", `"reservation_id":"`+s.id("R")+`"`)
	s.refused(stranger, req, 200, 4001, one)
}

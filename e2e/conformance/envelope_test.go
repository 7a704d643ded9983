package conformance

import (
	"encoding/json"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/ocpitest"
)

func TestH050_BodiesAreApplicationJSON(t *testing.T) {
	s := newStage(t)
	cpo, emsp := s.pair()
	push := put(ocpi.Locations, id(emsp), location(id(cpo), s.id("L1"), s.at(0)))
	for _, given := range []string{"application/json", "application/json; charset=utf-8", "Application/JSON;charset=UTF-8"} {
		push.Header = http.Header{"Content-Type": {given}}
		call := s.came(emsp, s.ok(cpo, push))
		s.check(call.Header.Get("Content-Type") == "application/json", "from %q it became %q", given, call.Header.Get("Content-Type"))
	}
	change := patch(ocpi.Locations, id(emsp), id(cpo), `{"name":"x","last_updated":"`+s.at(1)+`"}`, s.id("L1"))
	call := s.came(emsp, s.ok(cpo, change))
	s.check(call.Header.Get("Content-Type") == "application/json", "a PATCH came as %q", call.Header.Get("Content-Type"))
	bill := put(ocpi.CDRs, id(emsp), cdr(id(cpo), s.id("C"), id(emsp), s.at(0)))
	call = s.came(emsp, s.ok(cpo, bill))
	s.check(call.Header.Get("Content-Type") == "application/json", "a POST came as %q", call.Header.Get("Content-Type"))
}

func TestH051_WhatIsNoJSONIs400(t *testing.T) {
	s := newStage(t)
	cpo, emsp := s.pair()
	push := put(ocpi.Locations, id(emsp), location(id(cpo), s.id("L1"), s.at(0)))
	for _, body := range []string{`{,}`, `{"a":1`, `{"a":1,}`, `{'a':1}`, `nonsense`, `{"a":01}`, "{\"a\":\"\xff\"}"} {
		push.Body = []byte(body)
		s.refused(cpo, push, 400, 2001, emsp)
	}
}

func TestH052_AValidRequestIsNeverAnHTTPError(t *testing.T) {
	s := newStage(t)
	cpo, emsp := s.pair()
	whole := location(id(cpo), s.id("L1"), s.at(0))
	for pointer, body := range map[string]string{
		"/city":           strings.Replace(whole, `"city":"Amsterdam",`, "", 1),
		"/name":           with(whole, "name", "7"),
		"/evses/0/status": strings.Replace(whole, `"status":"AVAILABLE",`, "", 1),
	} {
		reply := s.refused(cpo, put(ocpi.Locations, id(emsp), body), 200, 2001, emsp)
		s.check(strings.Contains(reply.Envelope.StatusMessage, pointer), "the message %q does not name %s", reply.Envelope.StatusMessage, pointer)
	}
}

func TestH053_GETOfWhatIsNotThereIs404(t *testing.T) {
	s := newStage(t)
	cpo, emsp := s.pair()
	own := ocpitest.Request{Module: ocpi.Locations, Interface: ocpi.Receiver, Method: "GET", From: id(cpo), Path: path(id(cpo), s.id("NONE"))}
	s.want(cpo, own, 404, 2000) // the hub's own copy
	own.To = id(emsp)
	s.want(cpo, own, 404, 2000) // that of a receiver
	s.want(emsp, get(ocpi.Locations, id(cpo), s.id("NONE")), 404, 2000)
}

func TestH054_TheReceiverTellsCreatedFromUpdated(t *testing.T) {
	s := newStage(t)
	cpo, emsp := s.pair()
	push := put(ocpi.Sessions, id(emsp), session(id(cpo), s.id("S"), id(emsp), s.at(0)))
	s.want(cpo, push, 201, 1000)
	s.want(cpo, push, 200, 1000)
}

func TestH055_EveryAnswerIsAnEnvelope(t *testing.T) {
	s := newStage(t)
	cpo, emsp := s.pair()
	s.ok(cpo, put(ocpi.Locations, cpo.Hub(), location(id(cpo), s.id("L1"), s.at(0))))
	for name, row := range map[string]struct {
		reply ocpitest.Reply
		data  string // how data begins; empty: there is none
	}{
		"a list":    {s.send(emsp, get(ocpi.Locations, emsp.Hub(), "", "limit=1")), "["},
		"an object": {s.send(emsp, ocpitest.Request{Module: ocpi.Credentials, Method: "GET"}), "{"},
		"a push":    {s.send(cpo, put(ocpi.Locations, cpo.Hub(), location(id(cpo), s.id("L1"), s.at(0)))), ""},
		"a refusal": {s.send(emsp, get(ocpi.Locations, emsp.Hub(), s.id("NONE"))), ""},
	} {
		var whole struct {
			Data       json.RawMessage `json:"data"`
			StatusCode *int            `json:"status_code"`
			Timestamp  string          `json:"timestamp"`
		}
		err := json.Unmarshal(row.reply.Body, &whole)
		at, bad := time.Parse(time.RFC3339, whole.Timestamp)
		if err != nil || bad != nil || whole.StatusCode == nil || !strings.HasSuffix(whole.Timestamp, "Z") || time.Since(at).Abs() > time.Hour ||
			!strings.HasPrefix(string(whole.Data), row.data) || row.data == "" && len(whole.Data) > 0 {
			s.Errorf("%s is answered %s", name, row.reply.Body)
		}
		s.check(row.reply.Header.Get("Content-Type") == "application/json", "%s is %q", name, row.reply.Header.Get("Content-Type"))
	}
}

func TestH056_WhateverDataAReceiverAddsIsPassedOn(t *testing.T) {
	s := newStage(t)
	cpo := s.cpo()
	var data atomic.Value
	edit, calls := s.stub(ocpi.Sessions, ocpi.Receiver, func(*http.Request, []byte) (int, http.Header, string) {
		return 200, nil, `{` + data.Load().(string) + `"status_code":1000,"timestamp":"2026-01-01T00:00:00Z"}`
	})
	data.Store("")
	o := s.options(ocpi.EMSP)
	o.Endpoints = edit
	emsp := s.driving(s.join(o))
	for _, part := range []string{``, `"data":null,`, `"data":{"a":1.10},`, `"data":"x",`, `"data":[],`, `"data":true,`} {
		data.Store(part)
		before := calls.Load()
		s.want(cpo, put(ocpi.Sessions, id(emsp), session(id(cpo), s.id("S"), id(emsp), s.at(0))), 200, 1000)
		s.check(calls.Load() > before, "with %q the receiver was not called", part)
	}
	reply := s.want(cpo, put(ocpi.Locations, cpo.Hub(), location(id(cpo), s.id("L2"), s.at(0))), 200, 1000)
	s.check(len(reply.Envelope.Data) == 0, "the hub itself adds %s", reply.Envelope.Data)
}

func TestH057_WhatTheReceiverSaysReachesTheRequesterUnchanged(t *testing.T) {
	s := newStage(t)
	cpo, emsp := s.pair()
	push := put(ocpi.Locations, id(emsp), location(id(cpo), s.id("L1"), s.at(0)))
	for _, code := range []ocpi.StatusCode{2000, 2001, 2002, 2003, 3000, 3001} {
		refail(emsp, ocpitest.Fault{Module: ocpi.Locations, Code: code, Message: "what it says"})
		reply := s.want(cpo, push, 200, code)
		s.check(reply.Envelope.StatusMessage == "what it says", "the message became %q", reply.Envelope.StatusMessage)
	}
	emsp.Fail(ocpitest.Fault{Module: ocpi.Locations, Code: 2003})
	push.To = cpo.Hub()
	s.wait(emsp, "the broadcast", of(s.want(cpo, push, 200, 1000)))
}

func TestH058_AnUnknownReceiverIsAnswered4001(t *testing.T) {
	s := newStage(t)
	cpo, emsp := s.pair()
	for _, nobody := range []ocpi.PartyID{s.party(), ocpi.NewPartyID("XX", "ZZZ")} {
		reply := s.refused(cpo, put(ocpi.Locations, nobody, location(id(cpo), s.id("L1"), s.at(0))), 200, 4001, emsp)
		s.check(strings.Contains(reply.Envelope.StatusMessage, nobody.String()), "the message is %q", reply.Envelope.StatusMessage)
	}
}

func TestH059_AReceiverThatHangsIsAnswered4002(t *testing.T) {
	s := special(t, watchful, "a short forward.timeout")
	cpo, emsp := s.pair()
	emsp.Fail(ocpitest.Fault{Module: ocpi.Locations, Hang: true})
	s.want(cpo, put(ocpi.Locations, id(emsp), location(id(cpo), s.id("L1"), s.at(0))), 200, 4002)
}

func TestH060_AReceiverThatIsNotConnectedIsAnswered4003(t *testing.T) {
	s := newStage(t)
	cpo, emsp := s.pair()
	emsp.Stop()
	for range 3 { // also once the hub knows
		s.want(cpo, put(ocpi.Locations, id(emsp), location(id(cpo), s.id("L1"), s.at(0))), 200, 4003)
	}
}

func TestH061_OtherErrorsOfTheHubAre4000AndNone49xx(t *testing.T) {
	s := newStage(t)
	cpo, emsp := s.pair()
	push := put(ocpi.Locations, id(emsp), location(id(cpo), s.id("L1"), s.at(0)))
	for _, fault := range []ocpitest.Fault{{Garbage: true}, {HTTPStatus: 500}, {HTTPStatus: 503}, {HTTPStatus: 302}, {HTTPStatus: 418}} {
		fault.Module = ocpi.Locations
		refail(emsp, fault)
		reply := s.send(cpo, push)
		s.check(reply.Code() < 4900, "%+v is answered %d", fault, reply.Code())
		if fault.Garbage || fault.HTTPStatus >= 500 {
			s.is(reply, 200, 4000)
		}
	}
}

func TestH062_ErrorsOfTheHubComeWithHTTP200(t *testing.T) {
	s := newStage(t)
	cpo, emsp := s.pair()
	away, bad := s.emsp(), s.emsp()
	away.Stop()
	bad.Fail(ocpitest.Fault{Module: ocpi.Locations, Garbage: true})
	for party, code := range map[ocpi.PartyID]ocpi.StatusCode{s.party(): 4001, id(away): 4003, id(bad): 4000} {
		s.refused(cpo, put(ocpi.Locations, party, location(id(cpo), s.id("L1"), s.at(0))), 200, code, emsp)
	}
}

func TestH063_HTTPErrorsOfTheReceiver(t *testing.T) {
	s := newStage(t)
	cpo, emsp := s.pair()
	push := put(ocpi.Locations, id(emsp), location(id(cpo), s.id("L1"), s.at(0)))
	for _, row := range []struct {
		fault  ocpitest.Fault
		status int
		code   ocpi.StatusCode
	}{
		{ocpitest.Fault{HTTPStatus: 400, Code: 2001}, 400, 2001},
		{ocpitest.Fault{HTTPStatus: 404, Code: 2003}, 404, 2003},
		{ocpitest.Fault{HTTPStatus: 405, Code: 2000}, 405, 2000},
		{ocpitest.Fault{HTTPStatus: 401, Code: 2002}, 200, 4000},
		{ocpitest.Fault{HTTPStatus: 403, Code: 2002}, 200, 4000},
		{ocpitest.Fault{HTTPStatus: 500, Code: 3000}, 200, 4000},
		{ocpitest.Fault{HTTPStatus: 404, Garbage: true}, 200, 4000},
		{ocpitest.Fault{Garbage: true}, 200, 4000},
	} {
		row.fault.Module, row.fault.Message = ocpi.Locations, "as it says"
		refail(emsp, row.fault)
		reply := s.want(cpo, push, row.status, row.code)
		s.check(row.code >= 4000 || reply.Envelope.StatusMessage == "as it says", "the message became %q", reply.Envelope.StatusMessage)
	}
}

func TestH064_AReceiverWithoutTheModuleIs4000(t *testing.T) {
	s := newStage(t)
	emsp := s.emsp()
	o := s.options(ocpi.CPO)
	o.Endpoints = without(ocpi.Commands)
	cpo := s.join(o)
	req, _ := s.command(emsp, id(cpo), "UNLOCK_CONNECTOR", unlock)
	reply := s.refused(emsp, req, 200, 4000, cpo)
	s.check(strings.Contains(reply.Envelope.StatusMessage, "commands"), "the message is %q", reply.Envelope.StatusMessage)
}

func TestH066_CustomCodesAreForwarded(t *testing.T) {
	s := newStage(t)
	cpo, emsp := s.pair()
	for _, code := range []ocpi.StatusCode{1950, 2950, 3950} {
		refail(emsp, ocpitest.Fault{Module: ocpi.Locations, Code: code, Message: "ours"})
		reply := s.want(cpo, put(ocpi.Locations, id(emsp), location(id(cpo), s.id("L1"), s.at(0))), 200, code)
		s.check(reply.Envelope.StatusMessage == "ours", "the message became %q", reply.Envelope.StatusMessage)
	}
}

package conformance

import (
	"net/http"
	"regexp"
	"testing"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/ocpitest"
)

var uuidForm = regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)

// numbered is a direct push with ids that are no UUIDs.
func (s *stage) numbered(cpo, emsp *ocpitest.Platform) ocpitest.Request {
	push := put(ocpi.Locations, id(emsp), location(id(cpo), s.id("L1"), s.at(0)))
	push.RequestID, push.CorrelationID = s.id("774321"), s.id("corr")
	return push
}

func TestH085_TheResponseRepeatsTheRequestId(t *testing.T) {
	s := newStage(t)
	cpo, emsp := s.pair()
	push := s.numbered(cpo, emsp)
	reply := s.ok(cpo, push)
	s.check(reply.Header.Get("X-Request-ID") == push.RequestID, "it is %q", reply.Header.Get("X-Request-ID"))
	for _, req := range []ocpitest.Request{
		{Module: ocpi.Credentials, Method: "GET"},
		get(ocpi.HubClientInfo, ocpi.PartyID{}, ""), put(ocpi.Locations, s.party(), string(push.Body)),
		{Module: ocpi.Credentials, Method: "PATCH"},
	} {
		req.RequestID = s.id("other")
		reply := s.send(cpo, req)
		s.check(reply.Header.Get("X-Request-ID") == s.id("other"), "%s %s repeats %q", req.Method, req.Module, reply.Header.Get("X-Request-ID"))
	}
	seen := map[string]bool{}
	for _, c := range append(cpo.Calls(), emsp.Calls()...) {
		s.check(c.RequestID() != "" && !seen[c.RequestID()], "%v has the request id %q, not one of its own", c, c.RequestID())
		seen[c.RequestID()] = true
	}
}

func TestH086_TheResponseRepeatsTheCorrelationId(t *testing.T) {
	s := newStage(t)
	cpo, emsp := s.pair()
	push := s.numbered(cpo, emsp)
	for _, receiver := range []ocpi.PartyID{id(emsp), cpo.Hub(), s.party()} {
		push.To = receiver
		reply := s.send(cpo, push)
		s.check(reply.Header.Get("X-Correlation-ID") == push.CorrelationID, "to %s it is %q", receiver, reply.Header.Get("X-Correlation-ID"))
	}
	for _, c := range append(cpo.Calls(), emsp.Calls()...) {
		s.check(c.CorrelationID() != "", "%v has no correlation id", c)
	}
}

func TestH087_AForwardedRequestHasANewRequestIdAndTheSameCorrelationId(t *testing.T) {
	s := newStage(t)
	cpo, emsp := s.pair()
	push := s.numbered(cpo, emsp)
	calls := emsp.Calls(of(s.ok(cpo, push)))
	s.check(len(calls) == 1 && calls[0].RequestID() != push.RequestID && calls[0].RequestID() != "", "it arrived as %v", calls)
}

func TestH088_TheRequesterGetsItsOwnRequestIdBack(t *testing.T) {
	s := newStage(t)
	cpo, emsp := s.pair()
	push := s.numbered(cpo, emsp)
	reply := s.ok(cpo, push)
	second := s.came(emsp, reply).RequestID()
	got := reply.Header.Values("X-Request-ID")
	s.check(len(got) == 1 && got[0] == push.RequestID && got[0] != second, "it got %q; the second hop had %q", got, second)
}

func TestH089_EachCopyOfABroadcastHasARequestIdOfItsOwn(t *testing.T) {
	s := newStage(t)
	cpo, emsp := s.cpo(), s.join(s.options(ocpi.EMSP, ocpi.EMSP, ocpi.NSP))
	push := s.numbered(cpo, emsp)
	push.To = cpo.Hub()
	reply := s.ok(cpo, push)
	seen := map[string]bool{push.RequestID: true}
	for _, receiver := range emsp.Parties() {
		call := s.wait(emsp, "a copy", of(reply), to(receiver.ID))
		s.check(!seen[call.RequestID()], "the request id %q is there twice", call.RequestID())
		seen[call.RequestID()] = true
	}
}

func TestH090_TheIdsOfTheHubAreUUIDs(t *testing.T) {
	s := newStage(t).informed()
	cpo, emsp := s.pair()
	s.ok(cpo, put(ocpi.Locations, id(emsp), location(id(cpo), s.id("L1"), s.at(0))))
	s.wait(cpo, "client info", ocpitest.Is(ocpi.HubClientInfo, "PUT"))
	for _, c := range append(cpo.Calls(), emsp.Calls()...) {
		s.check(uuidForm.MatchString(c.RequestID()), "%v has the request id %q", c, c.RequestID())
		s.check(c.Module.Functional() || uuidForm.MatchString(c.CorrelationID()), "%v has the correlation id %q", c, c.CorrelationID())
	}
}

func TestH091_MissingIdsAreMade(t *testing.T) {
	s := newStage(t)
	cpo, emsp := s.pair()
	push := put(ocpi.Locations, id(emsp), location(id(cpo), s.id("L1"), s.at(0)))
	push.Header = http.Header{ocpi.HeaderRequestID: nil, ocpi.HeaderCorrelationID: nil}
	reply := s.ok(cpo, push)
	made, correlation := reply.Header.Get("X-Request-ID"), reply.Header.Get("X-Correlation-ID")
	if spoken() == ocpi.V211 { // which sends none
		s.check(made != "" && correlation != "", "made are %q and %q", made, correlation)
		return
	}
	calls := emsp.Calls(func(c ocpitest.Call) bool { return c.CorrelationID() == correlation })
	s.check(made != "" && correlation != "" && len(calls) == 1 && calls[0].RequestID() != "", "made are %q and %q; it became %v", made, correlation, calls)
}

func TestH092_AResultHasANewRequestIdAndTheCorrelationIdOfTheCPO(t *testing.T) {
	s := newStage(t)
	cpo, emsp := s.pair()
	quiet(cpo)
	cmd, back := s.command(emsp, id(cpo), "UNLOCK_CONNECTOR", unlock)
	given := field(string(s.came(cpo, s.ok(emsp, cmd)).Body), "response_url")
	reply := s.ok(cpo, result(given, `{"result":"ACCEPTED"}`))
	got, err := back.Wait(s.soon())
	s.check(err == nil && got.CorrelationID() == reply.CorrelationID && got.RequestID() != reply.RequestID && got.RequestID() != "",
		"the result came with %q, %q, %v", got.RequestID(), got.CorrelationID(), err)
	s.check(reply.Header.Get("X-Request-ID") == reply.RequestID, "the CPO is answered %v", reply.Header)
}

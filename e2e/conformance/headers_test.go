package conformance

import (
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/ocpitest"
)

// answers remembers the headers with which a platform answered, by the
// correlation id.
type answers struct {
	mu    sync.Mutex
	known map[string]http.Header
}

// listenTo remembers the answers of a platform from now on.
func listenTo(p *ocpitest.Platform) *answers {
	a := &answers{known: map[string]http.Header{}}
	p.Follow(ocpitest.Script{Headers: func(c ocpitest.Call, h http.Header) {
		a.mu.Lock()
		defer a.mu.Unlock()
		a.known[c.CorrelationID()] = h.Clone()
	}})
	return a
}

func (a *answers) of(reply ocpitest.Reply) ocpi.Routing {
	a.mu.Lock()
	defer a.mu.Unlock()
	out, _ := ocpi.ParseRouting(a.known[reply.CorrelationID]) // zero if it is wrong
	return out
}

func routing(to, from ocpi.PartyID) ocpi.Routing { return ocpi.Routing{To: to, From: from} }

var routingHeaders = []string{ocpi.HeaderToParty, ocpi.HeaderToCountry, ocpi.HeaderFromParty, ocpi.HeaderFromCountry}

func TestH067_FunctionalRequestsAndResponsesCarryAllFourHeaders(t *testing.T) {
	s := newStage(t)
	cpo, emsp := s.pair()
	cmd, _ := s.command(emsp, id(cpo), "UNLOCK_CONNECTOR", unlock)
	for name, leg := range map[string]struct {
		by, at *ocpitest.Platform
		req    ocpitest.Request
	}{
		"a push":    {cpo, emsp, put(ocpi.Locations, id(emsp), location(id(cpo), s.id("L1"), s.at(0)))},
		"a list":    {emsp, cpo, get(ocpi.Tariffs, id(cpo), "")},
		"a command": {emsp, cpo, cmd},
		"a CDR":     {cpo, emsp, put(ocpi.CDRs, id(emsp), cdr(id(cpo), s.id("C"), id(emsp), s.at(0)))},
	} {
		reply := s.ok(leg.by, leg.req)
		for _, header := range routingHeaders {
			s.check(len(s.came(leg.at, reply).Header.Values(header)) == 1, "%s came without %s", name, header)
			s.check(len(reply.Header.Values(header)) == 1, "%s is answered without %s", name, header)
		}
	}
	reply := s.send(cpo, put(ocpi.Locations, s.party(), location(id(cpo), s.id("L1"), s.at(0))))
	s.check(reply.Routing() == routing(id(cpo), cpo.Hub()), "a refusal of the hub carries %+v", reply.Routing())
}

func TestH068_ConfigurationModulesHaveNoRoutingHeaders(t *testing.T) {
	s := newStage(t).informed()
	cpo, emsp := s.pair()
	s.wait(cpo, "client info", ocpitest.Is(ocpi.HubClientInfo, "PUT"))
	for _, p := range []*ocpitest.Platform{cpo, emsp} {
		for _, c := range p.Calls(func(c ocpitest.Call) bool { return !c.Module.Functional() }) {
			for _, header := range routingHeaders {
				s.check(c.Header.Get(header) == "", "%v came with %s", c, header)
			}
		}
	}
	nonsense := http.Header{ocpi.HeaderToParty: {"ZZZ"}, ocpi.HeaderFromCountry: {"XX"}, ocpi.HeaderFromParty: {"NOT"}}
	partner := s.partner(cpo)
	for _, at := range []string{s.site.versionsURL, partner.Endpoint(ocpi.Credentials, ocpi.Sender), partner.Endpoint(ocpi.HubClientInfo, ocpi.Sender)} {
		reply := s.want(cpo, ocpitest.Request{Module: ocpi.Versions, Method: "GET", URL: at, Header: nonsense}, 200, 1000)
		for _, header := range routingHeaders {
			s.check(reply.Header.Get(header) == "", "%s is answered with %s", at, header)
		}
	}
}

func TestH069_HeaderNamesAndValuesAreReadInAnyCase(t *testing.T) {
	s := newStage(t)
	cpo, emsp := s.pair()
	body := location(id(cpo), s.id("L1"), s.at(0))
	header := authorization(encoded(s.partner(cpo).Token))
	header["ocpi-TO-party-id"] = []string{strings.ToLower(id(emsp).ID)}
	header["OCPI-to-COUNTRY-code"] = []string{strings.ToLower(id(emsp).Country)}
	header["oCpI-from-party-id"] = []string{strings.ToLower(id(cpo).ID)}
	header["ocpi-from-country-code"] = []string{strings.ToLower(id(cpo).Country)}
	header["x-correlation-id"] = []string{s.id("corr")}
	at := ocpi.JoinURL(s.partner(cpo).Endpoint(ocpi.Locations, ocpi.Receiver), path(id(cpo), s.id("L1")))
	reply := s.raw("PUT", at, header, body)
	s.check(reply.status == 201 && reply.envelope().StatusCode == 1000, "HTTP %d %s", reply.status, reply.body)
	call := s.wait(emsp, "it", func(c ocpitest.Call) bool { return c.CorrelationID() == s.id("corr") })
	for name, want := range map[string]string{ocpi.HeaderToParty: id(emsp).ID, ocpi.HeaderToCountry: id(emsp).Country, ocpi.HeaderFromParty: id(cpo).ID} {
		s.check(strings.EqualFold(call.Header.Get(name), want), "%s arrived as %q", name, call.Header.Get(name))
	}
}

func TestH070_OnAllFourLegsOfADirectMessageThePartiesAreTheEndParties(t *testing.T) {
	s := newStage(t)
	cpo, emsp := s.pair()
	heard := listenTo(emsp)
	reply := s.ok(cpo, put(ocpi.Locations, id(emsp), location(id(cpo), s.id("L1"), s.at(0))))
	s.check(s.came(emsp, reply).Routing == routing(id(emsp), id(cpo)), "to the receiver: %+v", s.came(emsp, reply).Routing)
	s.check(heard.of(reply) == routing(id(cpo), id(emsp)), "the receiver answered: %+v", heard.of(reply))
	s.check(reply.Routing() == routing(id(cpo), id(emsp)), "to the requester: %+v", reply.Routing())
}

func TestH071_TheHubAddsHeadersThatTheReceiverLeavesOut(t *testing.T) {
	s := newStage(t)
	cpo, emsp := s.pair()
	for _, fault := range []ocpitest.Fault{{NoHeaders: true}, {WrongHeaders: true}} {
		fault.Module = ocpi.Locations
		refail(emsp, fault)
		reply := s.ok(cpo, put(ocpi.Locations, id(emsp), location(id(cpo), s.id("L1"), s.at(0))))
		s.check(reply.Routing() == routing(id(cpo), id(emsp)), "with %+v the requester gets %+v", fault, reply.Routing())
		s.check(reply.Header.Get(ocpi.HeaderRequestID) == reply.RequestID, "and the id %q", reply.Header.Get(ocpi.HeaderRequestID))
	}
}

func TestH072_TheSenderMustBeAPartyOfThePlatform(t *testing.T) {
	s := newStage(t)
	cpo, emsp := s.pair()
	other := s.cpo()
	push := put(ocpi.Locations, id(emsp), location(id(other), s.id("L1"), s.at(0)))
	s.check(push.From == id(other), "the test is wrong")
	s.refused(cpo, push, 200, 2001, emsp)
	push.To = cpo.Hub()
	s.refused(cpo, push, 200, 2001, emsp)
}

func TestH073_WithoutFROMTheOnlyFittingPartySpeaks(t *testing.T) {
	s := newStage(t)
	single, several, emsp := s.join(s.options(ocpi.CPO, ocpi.EMSP)), s.join(s.options(ocpi.CPO, ocpi.CPO)), s.emsp()
	anonymous := http.Header{ocpi.HeaderFromCountry: nil, ocpi.HeaderFromParty: nil}
	push := put(ocpi.Locations, id(emsp), location(id(single), s.id("L1"), s.at(0)))
	push.Header = anonymous
	call := s.came(emsp, s.ok(single, push))
	s.check(call.Routing == routing(id(emsp), id(single)), "it arrived with %+v", call.Routing)
	push = put(ocpi.Locations, id(emsp), location(id(several), s.id("L1"), s.at(0)))
	push.Header = anonymous
	s.refused(several, push, 200, 2001, emsp)
}

func TestH074_AMessageToAPartyOfTheSendersOwnPlatformComesBackToIt(t *testing.T) {
	s := newStage(t)
	both := s.join(s.options(ocpi.CPO, ocpi.EMSP))
	emsp := both.Parties()[1].ID
	reply := s.ok(both, put(ocpi.Locations, emsp, location(id(both), s.id("L1"), s.at(0))))
	calls := both.Calls(of(reply))
	s.check(len(calls) == 1 && calls[0].Routing == routing(emsp, id(both)), "the platform got %v", calls)
}

func TestH075_OneHeaderOfTwoIsRefused(t *testing.T) {
	s := newStage(t)
	cpo, emsp := s.pair()
	push := put(ocpi.Locations, id(emsp), location(id(cpo), s.id("L1"), s.at(0)))
	for _, missing := range []string{ocpi.HeaderToCountry, ocpi.HeaderToParty, ocpi.HeaderFromCountry, ocpi.HeaderFromParty} {
		push.Header = http.Header{missing: nil}
		s.refused(cpo, push, 200, 2001, emsp)
	}
}

func TestH076_BodiesArriveByteForByte(t *testing.T) {
	s := newStage(t)
	cpo, emsp := s.pair()
	body := " " + strings.ReplaceAll(location(id(cpo), s.id("L1"), s.at(0)), ",", " ,\n\t") + "\r\n"
	body = strings.Replace(body, `"Dam 1"`, `"D\u0061m \/ 1"`, 1)
	call := s.came(emsp, s.ok(cpo, put(ocpi.Locations, id(emsp), body)))
	s.check(string(call.Body) == body, "it arrived as %s", call.Body)
	forAll := strings.ReplaceAll(body, s.id("L1"), s.id("L2"))
	call = s.wait(emsp, "the broadcast", of(s.ok(cpo, put(ocpi.Locations, cpo.Hub(), forAll))))
	s.check(string(call.Body) == forAll, "to all it arrived as %s", call.Body)
	reply := s.ok(emsp, get(ocpi.Locations, emsp.Hub(), "", s.today()))
	s.check(strings.Contains(string(reply.Envelope.Data), strings.TrimSpace(forAll)), "the hub lists %s", reply.Envelope.Data)
}

// from says whether a call is one of a platform to another by its headers. In 2.1.1
// it has none.
func (s *stage) from(call ocpitest.Call, sender, receiver *ocpitest.Platform) bool {
	if receiver.Version() == ocpi.V211 {
		return headless(call.Header)
	}
	return call.Routing == routing(id(receiver), id(sender))
}

func TestH077_UnknownFieldsPass(t *testing.T) {
	s := newStage(t)
	cpo, emsp := s.pair()
	body := with(location(id(cpo), s.id("L1"), s.at(0)), "foo", `{"bar":[1.10,null]}`)
	body = strings.Replace(body, `"connectors":`, `"x-evse":true,"connectors":`, 1)
	s.passes(cpo, emsp, ocpi.Locations, body)
}

func TestH080_PathsGoOnEscapedAsTheyCame(t *testing.T) {
	s := newStage(t)
	cpo, emsp := s.pair()
	for plain, escaped := range map[string]string{
		"DE*ABC/1 x": "DE*ABC%2F1%20x", "a%2Fb": "a%252Fb", "a+b#c": "a+b%23c", "low": "l%6Fw", "é~!": "%C3%A9~!",
	} {
		push := put(ocpi.Tokens, id(cpo), token(id(emsp), plain, s.at(0))) // whose ids no version changes
		push.Path = path(id(emsp)) + "/" + escaped
		for _, receiver := range []ocpi.PartyID{id(cpo), cpo.Hub()} {
			push.To = receiver
			call := s.wait(cpo, "it", of(s.ok(emsp, push)))
			s.check(strings.HasSuffix(call.Path, "/"+path(id(emsp))+"/"+escaped), "%s to %s arrived as %s", escaped, receiver, call.Path)
		}
	}
}

func TestH081_NumbersAndTheOrderOfFieldsStay(t *testing.T) {
	s := newStage(t)
	cpo, emsp := s.pair()
	body := `{"z":12345678901234567890,"kwh":1.10,` + session(id(cpo), s.id("S"), id(emsp), s.at(0))[1:]
	body = strings.Replace(body, `"kwh":1.50,`, `"y":1E400,"n":-0.0,`, 1)
	s.passes(cpo, emsp, ocpi.Sessions, body)
	reply := s.ok(emsp, get(ocpi.Sessions, emsp.Hub(), "", s.today()))
	s.check(strings.Contains(string(reply.Envelope.Data), carried(ocpi.Sessions, body)), "GET all gives %s", reply.Envelope.Data)
}

// relay describes a platform of one hub behind which another hub stands: what
// arrives at the one goes out at the other with its routing headers unchanged.
func (s *stage) relay(parties ...ocpitest.Party) (o ocpitest.Options, join func(*ocpitest.Platform)) {
	var next *ocpitest.Platform
	edit, _ := s.stub(ocpi.Locations, ocpi.Receiver, func(r *http.Request, body []byte) (int, http.Header, string) {
		asked, err := ocpi.ParseRouting(r.Header)
		if err != nil {
			return 200, nil, `{"status_code":2001,"timestamp":"2026-01-01T00:00:00Z"}`
		}
		reply, err := next.Do(r.Context(), ocpitest.Request{
			Module: ocpi.Locations, Interface: ocpi.Receiver, Method: r.Method, Path: strings.TrimPrefix(r.URL.EscapedPath(), "/stub/"),
			From: asked.From, To: asked.To, Body: body, CorrelationID: r.Header.Get(ocpi.HeaderCorrelationID),
		})
		if err != nil {
			return 200, nil, `{"status_code":4003,"timestamp":"2026-01-01T00:00:00Z"}`
		}
		return reply.Status, nil, string(reply.Body)
	})
	o = s.options(ocpi.EMSP)
	o.Parties, o.Endpoints = parties, edit
	return o, func(p *ocpitest.Platform) { next = p }
}

func TestH082_OverTwoHubsThePartiesStayAndTheRequestIdDiffers(t *testing.T) {
	s := special(t, reporting, "another hub behind it")
	first := *s
	at, err := plain()
	if err != nil {
		t.Fatal(err)
	}
	first.site, first.number = at, serial.Add(1)
	cpo, emsp := first.cpo(), s.emsp()
	o, join := s.relay(emsp.Parties()...)
	behind := s.options(ocpi.CPO)
	behind.Parties = cpo.Parties()
	join(s.join(behind)) // the first hub as the second knows it
	first.join(o)        // the second hub as the first knows it
	reply := first.ok(cpo, put(ocpi.Locations, id(emsp), location(id(cpo), s.id("L1"), s.at(0))))
	call := s.wait(emsp, "it", of(reply))
	s.check(call.Routing == routing(id(emsp), id(cpo)) && reply.Routing() == routing(id(cpo), id(emsp)), "it arrived with %+v and is answered %+v", call.Routing, reply.Routing())
	s.check(call.RequestID() != reply.RequestID && call.CorrelationID() == reply.CorrelationID, "its ids are %q, %q", call.RequestID(), call.CorrelationID())
}

func TestH083_AMessageDoesNotGoRoundBetweenTwoHubs(t *testing.T) {
	s := special(t, reporting, "another hub beside it")
	first := *s
	at, err := plain()
	if err != nil {
		t.Fatal(err)
	}
	first.site, first.number = at, serial.Add(1)
	cpo, lost := first.cpo(), ocpitest.Party{Role: ocpi.EMSP, ID: s.party()}
	there, comesBack := s.relay(lost) // each hub takes the other for the home of the party
	here, goesOn := s.relay(lost)
	behind := s.options(ocpi.CPO)
	behind.Parties, behind.Endpoints = append(cpo.Parties(), lost), there.Endpoints
	before := first.options(ocpi.CPO)
	before.Parties, before.Endpoints = append(before.Parties, lost), here.Endpoints
	second := s.join(behind)
	goesOn(second)
	comesBack(cpo)
	first.join(before)
	reply := first.send(cpo, put(ocpi.Locations, lost.ID, location(id(cpo), s.id("L1"), s.at(0))))
	s.is(reply, 200, 4001)
}

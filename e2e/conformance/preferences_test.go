package conformance

import (
	"testing"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/ocpitest"
)

func TestH182_TheAnswerToPreferencesIsAString(t *testing.T) {
	m := newMarket(t)
	for _, word := range []string{"ACCEPTED", "DEPARTURE_REQUIRED", "NOT_POSSIBLE"} {
		m.cpo.Follow(ocpitest.Script{Preferences: word})
		for _, to := range []ocpi.PartyID{id(m.cpo), nobody} {
			reply := m.ok(m.emsp, preferences(to, m.session))
			m.check(string(reply.Envelope.Data) == `"`+word+`"` && len(m.cpo.Calls(of(reply))) == 1, "to %s the answer is %s", to, reply.Body)
		}
	}
}

func TestH183_AnEVSEThatCannotIs404With2001(t *testing.T) {
	m := newMarket(t)
	m.cpo.Fail(ocpitest.Fault{Module: ocpi.Sessions, HTTPStatus: 404, Code: 2001, Message: "not capable"})
	reply := m.want(m.emsp, preferences(id(m.cpo), m.session), 404, 2001)
	m.check(reply.Envelope.StatusMessage == "not capable", "the message is %q", reply.Envelope.StatusMessage)
}

func TestH184_BothSpellingsOfAReservedSessionPass(t *testing.T) {
	s := newStage(t)
	cpo, emsp := s.pair()
	for _, word := range []string{"RESERVED", "RESERVATION"} {
		body := with(session(id(cpo), s.id(word), id(emsp), s.at(0)), "status", `"`+word+`"`)
		call := s.came(emsp, s.ok(cpo, put(ocpi.Sessions, nobody, body)))
		s.check(string(call.Body) == body, "it arrived as %s", call.Body)
	}
}

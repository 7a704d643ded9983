package conformance

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/ocpitest"
)

// judge makes the first eMSP decide so on the tokens of this test. Those of
// others, of which it is asked too, it does not know.
func (m *market) judge(v ocpitest.Verdict) {
	m.emsp.Follow(ocpitest.Script{Authorize: func(a ocpitest.Authorization) ocpitest.Verdict {
		if !strings.HasSuffix(a.UID, m.id("")) {
			return ocpitest.Verdict{Unknown: true}
		}
		return v
	}})
}

func TestH154_AuthorisationIsForwardedWithItsTypeAndItsBodyIfAny(t *testing.T) {
	m := newMarket(t)
	bare := authorize(m.uid, id(m.emsp))
	call := m.came(m.emsp, m.ok(m.cpo, bare))
	m.check(len(call.Body) == 0 && call.Query == "", "without body and type it came with %q and %q", call.Body, call.Query)
	full := bare
	full.Query = url.Values{"type": {"RFID"}}
	full.Body = []byte(`{"location_id":"` + m.location + `","evse_uids":["1"],"x":1.10}`)
	reply := m.ok(m.cpo, full)
	call = m.came(m.emsp, reply)
	want := strings.Replace(string(full.Body), m.location, seen(m.emsp, id(m.cpo), m.location), 1)
	m.check(string(call.Body) == want && call.Query == "type=RFID", "it came with %q and %q", call.Body, call.Query)
	m.check(field(string(reply.Envelope.Data), "allowed") == "ALLOWED", "the answer is %s", reply.Envelope.Data)
	kind := either("OTHER", "APP_USER") // 2.1.1 has no others
	other := bare
	other.Query = url.Values{"type": {kind}}
	reply = m.want(m.cpo, other, 404, 2004) // the eMSP has no such token
	m.check(m.came(m.emsp, reply).Query == "type="+kind, "the type was not kept")
}

func TestH155_AnUnknownTokenIs404With2004AndNoData(t *testing.T) {
	m := newMarket(t)
	for _, to := range []ocpi.PartyID{id(m.emsp), nobody} {
		reply := m.want(m.cpo, authorize(m.id("NONE"), to), 404, 2004)
		m.check(len(reply.Envelope.Data) == 0, "to %s there is %s", to, reply.Envelope.Data)
	}
}

func TestH156_AnUnknownTokenMayBeToldIn200Or404(t *testing.T) {
	m := newMarket(t)
	for _, fault := range []ocpitest.Fault{{HTTPStatus: 200, Code: 2004}, {HTTPStatus: 404, Code: 2004}} {
		fault.Module, fault.Method = ocpi.Tokens, "POST"
		refail(m.emsp, fault)
		m.want(m.cpo, authorize(m.uid, id(m.emsp)), fault.HTTPStatus, 2004)
	}
	m.want(m.cpo, authorize(m.id("NONE"), nobody), 404, 2004) // what the hub says itself
}

func TestH157_TooLittleInformationReachesTheCPO(t *testing.T) {
	m := newMarket(t)
	m.judge(ocpitest.Verdict{Code: 2002, Message: "where?"})
	for _, to := range []ocpi.PartyID{id(m.emsp), nobody} {
		reply := m.want(m.cpo, authorize(m.uid, to), 200, 2002)
		m.check(reply.Envelope.StatusMessage == "where?", "to %s the message is %q", to, reply.Envelope.StatusMessage)
	}
}

func TestH158_TheAnswerHoldsTheFullToken(t *testing.T) {
	m := newMarket(t)
	for _, to := range []ocpi.PartyID{id(m.emsp), nobody} {
		reply := m.ok(m.cpo, authorize(m.uid, to))
		got := ocpi.FindObject(reply.Envelope.Data, "token")
		m.check(string(got) == token(id(m.emsp), m.uid, m.at(0)), "to %s the token is %s", to, got)
	}
}

func TestH159_TheOwnerOfATokenIsAskedAndTheHubNeverAnswersForIt(t *testing.T) {
	m := newMarket(t)
	allowed := strings.Replace(token(id(m.emsp), m.uid, m.at(1)), `"NEVER"`, `"ALWAYS"`, 1)
	m.ok(m.emsp, put(ocpi.Tokens, m.emsp.Hub(), allowed))
	m.judge(ocpitest.Verdict{Allowed: "NO_CREDIT"})
	reply := m.ok(m.cpo, authorize(m.uid, nobody))
	m.check(field(string(reply.Envelope.Data), "allowed") == "NO_CREDIT" && reply.Routing() == routing(id(m.cpo), id(m.emsp)), "it is answered %s", reply.Body)
	m.check(len(m.emsp.Calls(of(reply))) == 1 && len(m.other.Calls(of(reply))) == 0, "another eMSP was asked: %v", m.other.Calls(of(reply)))
	unpushed := m.id("UNPUSHED")
	offer(m.other, ocpi.Tokens, token(id(m.other), unpushed, m.at(0)))
	reply = m.ok(m.cpo, authorize(unpushed, nobody))
	m.check(reply.Routing().From == id(m.other), "one that was not pushed is answered by %s", reply.Routing().From)
}

func TestH160_TheAuthorizationReferenceIsNeverDropped(t *testing.T) {
	m := newMarket(t)
	m.judge(ocpitest.Verdict{Reference: "REF-1"})
	reply := m.ok(m.cpo, authorize(m.uid, nobody))
	m.check(field(string(reply.Envelope.Data), "authorization_reference") == "REF-1", "the CPO got %s", reply.Envelope.Data)
	start, _ := m.command(m.emsp, id(m.cpo), "START_SESSION", `"authorization_reference":"REF-1","location_id":"`+m.location+`","token":`+token(id(m.emsp), m.uid, m.at(0)))
	call := m.came(m.cpo, m.ok(m.emsp, start))
	m.check(field(string(call.Body), "authorization_reference") == "REF-1", "START_SESSION came as %s", call.Body)
	for _, push := range []ocpitest.Request{
		put(ocpi.Sessions, nobody, with(session(id(m.cpo), m.session, id(m.emsp), m.at(1)), "authorization_reference", `"REF-1"`)),
		put(ocpi.CDRs, nobody, with(cdr(id(m.cpo), m.id("C"), id(m.emsp), m.at(0)), "authorization_reference", `"REF-1"`)),
	} {
		call := m.came(m.emsp, m.ok(m.cpo, push))
		m.check(field(string(call.Body), "authorization_reference") == "REF-1", "it came as %s", call.Body)
	}
	for _, module := range []ocpi.ModuleID{ocpi.Sessions, ocpi.CDRs} {
		listed := m.all(m.emsp, module)
		m.check(len(listed) == 1 && field(listed[0], "authorization_reference") == "REF-1", "the hub lists %v", listed)
	}
}

func TestH161_AnEMSPThatIsAwayIsToldClearlyAndAtOnce(t *testing.T) {
	m := newMarket(t)
	m.emsp.Stop()
	began := time.Now()
	m.want(m.cpo, authorize(m.uid, id(m.emsp)), 200, 4003)
	m.want(m.cpo, authorize(m.uid, nobody), 200, 4003)
	m.check(time.Since(began) < patience, "it took %s", time.Since(began))
}

func TestH163_TheUIDIsComparedWithoutRegardToCase(t *testing.T) {
	m := newMarket(t)
	lower := strings.ToLower(m.uid)
	m.check(lower != m.uid, "the test is wrong")
	reply := m.ok(m.cpo, authorize(lower, nobody))
	m.check(reply.Routing().From == id(m.emsp) && len(m.other.Calls(of(reply))) == 0, "it is answered by %s", reply.Routing().From)
	m.ok(m.emsp, patch(ocpi.Tokens, m.emsp.Hub(), id(m.emsp), `{"valid":false,"last_updated":"`+m.at(1)+`"}`, lower))
	got := m.all(m.cpo, ocpi.Tokens)
	m.check(len(got) == 2, "the hub lists %v", got)
	app := put(ocpi.Tokens, m.emsp.Hub(), with(token(id(m.emsp), m.uid, m.at(0)), "type", `"APP_USER"`))
	app.Query = url.Values{"type": {"APP_USER"}}
	m.ok(m.emsp, app)
	m.check(len(m.all(m.cpo, ocpi.Tokens)) == 3, "one of another type is not another token")
}

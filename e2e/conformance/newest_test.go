package conformance

import (
	"encoding/json"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/ocpitest"
)

// What only 2.3.0 has: the parties behind the hub in its credentials, and what
// its lists leave open.

// shownTo are the roles and the hub_party_id of the hub's credentials, as they
// are written to a platform.
func (s *stage) shownTo(p *ocpitest.Platform) (hub string, roles []string) {
	s.Helper()
	var got struct {
		Hub   string `json:"hub_party_id"`
		Roles []struct {
			Role    string
			Country string `json:"country_code"`
			Party   string `json:"party_id"`
		}
	}
	reply := s.ok(p, ocpitest.Request{Module: ocpi.Credentials, Method: "GET"})
	if err := json.Unmarshal(reply.Envelope.Data, &got); err != nil {
		s.Fatal(err)
	}
	for _, r := range got.Roles {
		roles = append(roles, r.Role+":"+r.Country+"*"+r.Party)
	}
	return got.Hub, roles
}

// reaches says whether a platform was told that it can reach the parties of
// another.
func reaches(p, other *ocpitest.Platform) bool {
	known := p.Reachable()
	for _, party := range other.Parties() {
		if !slices.Contains(known, party) {
			return false
		}
	}
	return true
}

func TestH029_CredentialsNameThePartyOfTheHub(t *testing.T) {
	s := newStage(t)
	cpo := s.cpo()
	hub, _ := s.shownTo(cpo)
	s.check(regexp.MustCompile(`^[A-Z]{2}[A-Z0-9]{3}$`).MatchString(hub), "hub_party_id is %q", hub)
	s.check(s.partner(cpo).HubParty == cpo.Hub(), "the registration was answered with %s", s.partner(cpo).HubParty)
	s.ok(cpo, put(ocpi.Locations, cpo.Hub(), location(id(cpo), s.id("L1"), s.at(0))))
}

func TestH030_RolesListWhoIsReachableAndNoHUB(t *testing.T) {
	s := newStage(t)
	cpo := s.join(s.options(ocpi.CPO, ocpi.EMSP))
	emsp := s.emsp() // the answer to its registration names who is there already
	s.check(reaches(emsp, cpo), "it was told of %v", emsp.Reachable())
	_, roles := s.shownTo(emsp)
	for _, role := range roles {
		s.check(!strings.HasPrefix(role, "HUB:"), "a role is %s", role)
	}
	for _, p := range cpo.Parties() {
		s.check(slices.Contains(roles, p.String()), "%s is not among %v", p, roles)
	}
	s.check(s.ok(emsp, put(ocpi.Tokens, id(cpo), token(id(emsp), s.id("U"), s.at(0)))).OK(), "who is listed is not reached")
}

func TestH031_RolesThatChangeAreToldByPUTCredentials(t *testing.T) {
	s := newStage(t).informed()
	s.site = s.ownHub(soonTold)
	deaf := s.emsp() // it never refreshes its credentials
	deaf.Fail(ocpitest.Fault{Module: ocpi.Credentials, Method: "PUT", HTTPStatus: 405})
	emsp := s.emsp()
	cpo := s.cpo()
	s.until(emsp, "it is told who joined", func() bool { return reaches(emsp, cpo) })
	s.check(len(emsp.Calls(ocpitest.Is(ocpi.Credentials, "PUT"))) > 0, "it was told by %v", emsp.Calls())
	for _, p := range []*ocpitest.Platform{emsp, deaf} {
		s.until(p, "client info tells of it, too", func() bool { return told(p, id(cpo)) == "CONNECTED" })
		reply := s.ok(cpo, put(ocpi.Locations, id(p), location(id(cpo), s.id("L1"), s.at(0))))
		s.check(len(p.Calls(of(reply))) == 1, "%s is not reached", p.Name())
		s.ok(p, get(ocpi.Locations, id(cpo), ""))
	}
	if err := cpo.Unregister(s.soon()); err != nil {
		t.Fatal(err)
	}
	s.until(emsp, "it is told who left", func() bool { return !reaches(emsp, cpo) })
}

func TestH032_NobodyIsListedToItselfOrToWhoMayNotReachIt(t *testing.T) {
	s := special(t, agreed, "policy.default agreement")
	cpo, emsp, stranger := s.cpo(), s.emsp(), s.emsp()
	s.agree(cpo, emsp)
	s.until(cpo, "the other side of the agreement is listed", func() bool { return reaches(cpo, emsp) })
	for p, others := range map[*ocpitest.Platform][]*ocpitest.Platform{cpo: {cpo, stranger}, emsp: {emsp, stranger}, stranger: {stranger, cpo, emsp}} {
		_, roles := s.shownTo(p)
		for _, other := range others {
			s.check(!slices.Contains(roles, other.Parties()[0].String()), "%s is listed to %s: %v", other.Name(), p.Name(), roles)
		}
	}
}

func TestH049_IdentifiersOfTheExtensionsAreReadInAnySpelling(t *testing.T) {
	s := newStage(t)
	cpo := s.cpo()
	edit, calls := s.stub(ocpi.Bookings, ocpi.Receiver, func(*http.Request, []byte) (int, http.Header, string) {
		return 200, nil, `{"status_code":1000,"timestamp":"2026-01-01T00:00:00Z"}`
	})
	for n, spelled := range []ocpi.ModuleID{"Booking", "bookings", "BOOKINGS"} {
		o := s.options(ocpi.EMSP)
		o.Endpoints = func(all []ocpi.Endpoint) []ocpi.Endpoint {
			out := edit(all)
			for i := range out {
				if out[i].Module == ocpi.Bookings {
					out[i].Module = spelled
				}
			}
			return out
		}
		s.ok(cpo, s.bookingLocation(cpo, id(s.join(o))))
		s.check(calls.Load() == int64(n+1), "%s was not called", spelled)
	}
	for _, e := range s.details(cpo) { // and the hub's own are those of the module table
		s.check(e.Identifier == strings.ToLower(e.Identifier), "the hub lists %s", e.Identifier)
	}
}

func TestH078_ValuesOutsideAnOpenEnumPass(t *testing.T) {
	s := newStage(t)
	cpo, emsp := s.pair()
	s.operator()
	whole := location(id(cpo), s.id("L1"), s.at(0))
	for _, body := range []string{
		strings.Replace(whole, `"IEC_62196_T2"`, `"FOO"`, 1), with(whole, "parking_type", `"FOO"`), with(whole, "facilities", `["FOO"]`),
		strings.Replace(whole, `"status":`, `"capabilities":["FOO"],"parking_restrictions":["FOO"],"status":`, 1),
	} {
		s.passes(cpo, emsp, ocpi.Locations, body)
	}
	card := put(ocpi.Tokens, id(cpo), with(token(id(emsp), s.id("U"), s.at(0)), "type", `"FOO"`))
	s.check(string(s.came(cpo, s.ok(emsp, card)).Body) == string(card.Body), "a token of another type did not arrive")
	closed := strings.Replace(whole, `"AVAILABLE"`, `"FOO"`, 1)
	s.passes(cpo, emsp, ocpi.Locations, closed)
	s.eventually("only the value of the closed one is counted", func() bool { return s.found(id(cpo), "unknown_value", "evses.status") == 1 })
	for _, open := range []string{"evses.connectors.standard", "parking_type", "facilities", "evses.capabilities", "evses.parking_restrictions"} {
		s.check(s.found(id(cpo), "unknown_value", open) == 0, "%s is counted", open)
	}
}

func TestH162_AContractIdRoutesAnAuthorisationWhereTheOperatorSaysSo(t *testing.T) {
	s := newStage(t)
	s.operator()
	o, other := s.options(ocpi.EMSP), s.options(ocpi.EMSP)
	prefix := "NL-" + id2(o).ID
	s.site = s.ownHub("OCPI_HUB_AUTHORIZE_CONTRACTS=" + prefix + "=" + id2(o).String())
	emsp, second, cpo := s.join(o), s.join(other), s.cpo()
	for p, emaid := range map[*ocpitest.Platform]string{emsp: prefix + "-C1", second: "NL-QQQ-C1"} {
		offer(p, ocpi.Tokens, with(token(id(p), emaid, s.at(0)), "type", `"EMAID"`))
	}
	ask := func(emaid string) ocpitest.Request {
		req := authorize(emaid, nobody)
		req.Query = map[string][]string{"type": {"EMAID"}}
		return req
	}
	reply := s.ok(cpo, ask(prefix+"-C1"))
	s.check(reply.Routing().From == id(emsp) && len(second.Calls(of(reply))) == 0, "it was answered by %s", reply.Routing().From)
	reply = s.ok(cpo, ask("NL-QQQ-C1")) // of no prefix: all are asked
	s.check(reply.Routing().From == id(second), "it was answered by %s", reply.Routing().From)
	s.want(cpo, ask("NL-QQQ-C2"), 404, 2004)
}

// id2 is the first party of a platform that is yet to start.
func id2(o ocpitest.Options) ocpi.PartyID { return o.Parties[0].ID }

func TestH176_ACommandOutsideTheListIsForwarded(t *testing.T) {
	s := newStage(t)
	cpo, emsp := s.pair()
	cmd, back := s.command(emsp, id(cpo), "FOO", `"x":1.10`)
	call := s.came(cpo, s.ok(emsp, cmd))
	s.check(call.Below == "FOO" || call.Below == "/FOO", "it came to %s", call.Path)
	got, err := back.Wait(s.soon())
	s.check(err == nil && got.Result() == "ACCEPTED", "its result is %s, %v", got.Body, err)
}

func TestH189_TheHubItselfIsNotListed(t *testing.T) {
	s := newStage(t).informed()
	cpo := s.cpo()
	s.emsp()
	s.wait(cpo, "client info", ocpitest.Is(ocpi.HubClientInfo, "PUT"))
	for _, c := range s.infos(cpo) {
		s.check(c.Role != "HUB" && c.party() != cpo.Hub(), "listed is %+v", c)
	}
	for _, call := range cpo.Calls(ocpitest.Is(ocpi.HubClientInfo, "PUT")) {
		s.check(field(string(call.Body), "role") != "HUB", "told is %s", call.Body)
	}
}

package conformance

import (
	"slices"
	"strings"
	"testing"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/ocpitest"
)

// all reads a list at the hub and returns the objects of the test.
func (s *stage) all(by *ocpitest.Platform, m ocpi.ModuleID) []string {
	s.Helper()
	reply := s.want(by, get(m, by.Hub(), "", s.today(), "limit=1000"), 200, 1000)
	var out []string
	for o := range ocpi.Elements(reply.Envelope.Data) {
		out = append(out, string(o))
	}
	return out
}

// one is the only object of a list of the test.
func (s *stage) one(by *ocpitest.Platform, m ocpi.ModuleID) string {
	s.Helper()
	list := s.all(by, m)
	if len(list) != 1 {
		s.Fatalf("the hub lists %d %s, want one: %v", len(list), m, list)
	}
	return list[0]
}

// publish pushes a location of each CPO to the hub.
func (s *stage) publish(cpos ...*ocpitest.Platform) (bodies []string) {
	s.Helper()
	for _, p := range cpos {
		body := location(id(p), s.id("L1"), s.at(0))
		s.ok(p, put(ocpi.Locations, p.Hub(), body))
		bodies = append(bodies, body)
	}
	return bodies
}

func TestH118_AListAtTheHubHoldsTheObjectsOfAll(t *testing.T) {
	s := newStage(t)
	one, two, emsp := s.cpo(), s.cpo(), s.emsp()
	want := s.publish(one, two)
	reply := s.ok(emsp, get(ocpi.Locations, emsp.Hub(), "", s.today()))
	s.check(reply.Routing() == routing(id(emsp), emsp.Hub()), "its headers are %+v", reply.Routing())
	got := s.all(emsp, ocpi.Locations)
	slices.Sort(got)
	slices.Sort(want)
	s.check(slices.Equal(got, want), "it holds %v", got)
	s.ok(one, put(ocpi.Tariffs, one.Hub(), tariff(id(one), s.id("T"), s.at(0))))
	s.ok(emsp, put(ocpi.Tokens, emsp.Hub(), token(id(emsp), s.id("U"), s.at(0))))
	s.check(len(s.all(emsp, ocpi.Tariffs)) == 1 && len(s.all(one, ocpi.Tokens)) == 1, "tariffs or tokens are missing")
}

func TestH119_TheObjectsNameTheirOwners(t *testing.T) {
	s := newStage(t)
	one, two, emsp := s.cpo(), s.cpo(), s.emsp()
	s.publish(one, two)
	var owners []ocpi.PartyID
	for _, o := range s.all(emsp, ocpi.Locations) {
		owners = append(owners, ownerOf(o))
	}
	s.check(len(owners) == 2 && slices.Contains(owners, id(one)) && slices.Contains(owners, id(two)), "they are of %v", owners)
}

func TestH120_TheObjectsOfAPartyThatIsAwayAreListed(t *testing.T) {
	s := newStage(t)
	cpo, emsp := s.pair()
	body := s.publish(cpo)[0]
	cpo.Stop()
	s.want(emsp, get(ocpi.Locations, id(cpo), "", s.today()), 200, 4003) // it is away indeed
	got := s.all(emsp, ocpi.Locations)
	s.check(len(got) == 1 && got[0] == body, "the list is %v", got)
}

func TestH121_SessionsAndCDRsAreForTheEMSPOfTheirTokenAlone(t *testing.T) {
	s := newStage(t)
	cpo, emsp, other := s.cpo(), s.emsp(), s.emsp()
	second := s.join(s.options(ocpi.CPO, ocpi.OTHER))
	s.ok(cpo, put(ocpi.Sessions, nobody, session(id(cpo), s.id("S"), id(emsp), s.at(0))))
	s.ok(cpo, put(ocpi.CDRs, nobody, cdr(id(cpo), s.id("C"), id(emsp), s.at(0))))
	s.ok(cpo, put(ocpi.CDRs, id(emsp), cdr(id(cpo), s.id("C2"), id(emsp), s.at(0))))
	s.check(len(s.all(emsp, ocpi.Sessions)) == 1 && len(s.all(emsp, ocpi.CDRs)) == 2, "the eMSP itself lists %v", s.all(emsp, ocpi.CDRs))
	for _, m := range []ocpi.ModuleID{ocpi.Sessions, ocpi.CDRs} {
		s.check(len(s.all(other, m)) == 0, "another eMSP lists %v", s.all(other, m))
		req := get(m, second.Hub(), "", s.today())
		req.From = second.Parties()[1].ID
		s.check(ids(s.ok(second, req)) == "", "a third party lists %s", ids(s.ok(second, req)))
	}
}

func TestH122_EveryOwnerInAListIsAmongTheClientInfos(t *testing.T) {
	s := newStage(t)
	one, two, emsp := s.cpo(), s.cpo(), s.emsp()
	s.publish(one, two)
	var infos []string
	if _, err := emsp.GetAll(s.soon(), ocpitest.List{Module: ocpi.HubClientInfo}, func(raw []byte) error {
		infos = append(infos, ownerOf(string(raw)).String()+" "+field(string(raw), "role"))
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	for _, o := range s.all(emsp, ocpi.Locations) {
		s.check(slices.Contains(infos, ownerOf(o).String()+" CPO"), "%s is not among %v", ownerOf(o), infos)
	}
}

func TestH123_OneObjectAskedOfTheHubIsFoundByItsId(t *testing.T) {
	s := newStage(t)
	one, two, emsp := s.cpo(), s.cpo(), s.emsp()
	offer(one, ocpi.Locations, s.publish(one)[0])
	reply := s.ok(emsp, get(ocpi.Locations, emsp.Hub(), s.id("L1")))
	s.check(strings.Contains(string(reply.Envelope.Data), s.id("L1")) && len(one.Calls(of(reply))) <= 1, "it gave %s", reply.Envelope.Data)
	s.want(emsp, get(ocpi.Locations, emsp.Hub(), s.id("NONE")), 200, 4001)
	s.publish(two)
	s.want(emsp, get(ocpi.Locations, emsp.Hub(), s.id("L1")), 200, 4001)
}

package conformance

// What the operator does in the tests.

import (
	adminv1 "github.com/ocpihub/ocpihub/proto/ocpihub/admin/v1"

	"github.com/ocpihub/ocpihub/e2e/harness"
	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/ocpitest"
)

// operator is the operator's API of the hub.
func (s *stage) operator() *harness.Operator {
	s.Helper()
	if s.site.operator == nil {
		cannotRun(s.T, "an operator")
	}
	return s.site.operator
}

// connect has the hub register itself at a platform.
func (s *stage) connect(p *ocpitest.Platform) (*adminv1.Platform, error) {
	s.Helper()
	resp, err := s.operator().Platforms.Connect(s.soon(), &adminv1.PlatformsConnectRequest{
		Name: p.Name(), VersionsUrl: p.VersionsURL(), Token: p.Invite(), Claims: claims(p.Parties()),
	})
	return resp.GetPlatform(), err
}

// entry is what the operator sees of the first party of a platform.
func (s *stage) entry(p *ocpitest.Platform) *adminv1.Party {
	s.Helper()
	resp, err := s.operator().Parties.List(s.soon(), &adminv1.PartiesListRequest{})
	if err != nil {
		s.Fatal(err)
	}
	for _, q := range resp.GetParties() {
		if ocpi.NewPartyID(q.GetCountryCode(), q.GetPartyId()) == id(p) && q.GetRole() == string(p.Parties()[0].Role) {
			return q
		}
	}
	s.Fatalf("the operator does not know %s", id(p))
	return nil
}

// platformID is how the operator calls a platform, status how it is.
func (s *stage) platformID(p *ocpitest.Platform) string {
	s.Helper()
	return s.entry(p).GetPlatformId()
}
func (s *stage) status(p *ocpitest.Platform) string { s.Helper(); return s.entry(p).GetStatus() }

// suspend has the operator suspend a platform.
func (s *stage) suspend(p *ocpitest.Platform) {
	s.Helper()
	req := &adminv1.PlatformsSuspendRequest{PlatformId: s.platformID(p)}
	if _, err := s.operator().Platforms.Suspend(s.soon(), req); err != nil {
		s.Fatal(err)
	}
}

// away stops a platform and waits until the hub found out.
func (s *stage) away(p *ocpitest.Platform) {
	s.Helper()
	p.Stop()
	s.eventually("the hub finds out", func() bool { return s.status(p) == "OFFLINE" })
}

// back starts it again.
func (s *stage) back(p *ocpitest.Platform) {
	s.Helper()
	if err := p.Start(); err != nil {
		s.Fatal(err)
	}
	s.eventually("the hub finds out", func() bool { return s.status(p) == "CONNECTED" })
}

// recorded says whether the log of messages has one that was brought from a
// platform to another.
func (s *stage) recorded(m ocpi.ModuleID, from, to *ocpitest.Platform) bool {
	s.Helper()
	resp, err := adminv1.NewTrafficClient(s.operator().Conn).List(s.soon(), &adminv1.TrafficListRequest{
		Filter: &adminv1.TrafficFilter{Party: id(from).String(), Module: string(m)},
	})
	if err != nil {
		s.Fatal(err)
	}
	for _, r := range resp.GetRecords() {
		if r.GetAttempt() > 0 && r.GetFrom() == id(from).String() && r.GetTo() == id(to).String() {
			return true
		}
	}
	return false
}

// agree has the operator make an agreement between a CPO and an eMSP.
func (s *stage) agree(cpo, emsp *ocpitest.Platform, custom ...string) {
	s.Helper()
	if _, err := adminv1.NewAgreementsClient(s.operator().Conn).Create(s.soon(), &adminv1.AgreementsCreateRequest{
		Order: &adminv1.AgreementOrder{By: "the tests"}, Cpo: id(cpo).String(), Emsp: id(emsp).String(),
		Terms: &adminv1.AgreementTerms{CustomModules: custom},
	}); err != nil {
		s.Fatal(err)
	}
}

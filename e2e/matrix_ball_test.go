package e2e

import (
	"context"
	"fmt"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"github.com/ocpihub/ocpihub/e2e/harness"
	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/ocpitest"
	adminv1 "github.com/ocpihub/ocpihub/proto/ocpihub/admin/v1"
)

// ball is a hub on which the guests of the matrix are, with a round of deals.
type ball struct {
	t        *testing.T
	hub      *hubProcess
	operator *harness.Operator
	desk     adminv1.AgreementsClient
	at       map[string]*ocpitest.Platform // by home
	shop     *workshop
	table    table
	cells    int
}

func newBall(t *testing.T, rules table) *ball {
	t.Helper()
	h := startHub(t, "OCPI_HUB_POLICY_DEFAULT=agreement", "OCPI_HUB_DELIVERY_CATCH_UP="+rules.catchUp, pingSoon)
	operator, err := harness.NewOperator(h.admin, h.TokenFile())
	if err != nil {
		t.Fatal(err)
	}
	s := &ball{
		t: t, hub: h, operator: operator, desk: adminv1.NewAgreementsClient(operator.Conn),
		at: map[string]*ocpitest.Platform{}, shop: &workshop{seen: map[string]ocpi.PartyID{}}, table: rules,
	}
	s.welcome()
	s.agree()
	return s
}

// welcome connects the platforms of all guests.
func (s *ball) welcome() {
	s.t.Helper()
	server := httptest.NewServer(s.shop)
	s.t.Cleanup(server.Close)
	homes := map[string]*ocpitest.Options{}
	for _, g := range everybody {
		o := homes[g.home]
		if o == nil {
			o = &ocpitest.Options{Name: g.home, Endpoints: func(list []ocpi.Endpoint) []ocpi.Endpoint {
				return append(list, ocpi.Endpoint{Module: shop, Interface: ocpi.Receiver, URL: server.URL + "/" + g.home})
			}}
			homes[g.home] = o
		}
		o.Parties = append(o.Parties, ocpitest.Party{Role: g.role, ID: g.id})
	}
	for home, o := range homes {
		s.at[home] = s.hub.join(*o)
	}
	for _, g := range matrix {
		s.at[g.home].Offer(ocpi.Tokens, []byte(tokenOf(g.id, tokenOfGuest(g))))
	}
}

// agree makes the deals, and brings each into its state.
func (s *ball) agree() {
	s.t.Helper()
	var expire time.Time
	for i := range s.table.deals {
		d := &s.table.deals[i]
		if d.state == "none" {
			continue
		}
		made, err := s.desk.Create(s.ctx(), d.order(time.Now()))
		if err != nil {
			s.t.Fatalf("%s: %v", d, err)
		}
		d.id = made.GetAgreement().GetAgreementId()
		switch d.state {
		case "expired":
			expire = time.Now().Add(expiresIn)
		case "suspended", "resumed":
			s.suspend(d)
		case "ended":
			if _, err := s.desk.End(s.ctx(), &adminv1.AgreementsEndRequest{AgreementId: d.id}); err != nil {
				s.t.Fatal(err)
			}
		}
		if d.state == "resumed" {
			if _, err := s.desk.Resume(s.ctx(), &adminv1.AgreementsResumeRequest{AgreementId: d.id}); err != nil {
				s.t.Fatal(err)
			}
		}
	}
	eventually(s.t, untilDelivered, "what expires has expired", func() error {
		if left := time.Until(expire); left >= 0 {
			return fmt.Errorf("%s are left", left)
		}
		return nil
	})
}

func (s *ball) suspend(d *deal) {
	s.t.Helper()
	if _, err := s.desk.Suspend(s.ctx(), &adminv1.AgreementsSuspendRequest{AgreementId: d.id}); err != nil {
		s.t.Fatal(err)
	}
}

func (s *ball) ctx() context.Context { return soon(s.t) }

// dealOf tells what two parties agreed on, for failures.
func (s *ball) dealOf(x, y guest) string {
	for _, d := range s.table.deals {
		if d.cpo == x.id && d.emsp == y.id || d.cpo == y.id && d.emsp == x.id {
			return d.String()
		}
	}
	return "no agreement"
}

// outage takes receivers away, has the others push meanwhile, cuts the deals
// that are to be cut, and checks who is brought what after the return.
func (s *ball) outage() {
	s.t.Helper()
	back := s.leave("drivers", "others", "national")
	s.publish("away", mABC, mABD)
	s.cut()
	back()
	s.settled("second")
	s.wantCopies("away", table.owes, mABC, mABD)
	back = s.leave("points")
	s.publish("gone", mTNM, mOTH)
	back()
	s.settled("third")
	s.wantCopies("gone", table.owes, mTNM, mOTH)
}

// cut suspends the deals that are to be cut.
func (s *ball) cut() {
	s.t.Helper()
	for i := range s.table.deals {
		if d := &s.table.deals[i]; d.state == "cut" {
			s.suspend(d)
		}
	}
	s.table.cut = true
}

// leave stops platforms until the hub takes them for OFFLINE. back starts them
// again, and returns when the hub delivers to them.
func (s *ball) leave(homes ...string) (back func()) {
	s.t.Helper()
	for _, home := range homes {
		s.at[home].Stop()
	}
	s.wantStatus("OFFLINE", homes)
	return func() {
		s.t.Helper()
		for _, home := range homes {
			if err := s.at[home].Start(); err != nil {
				s.t.Fatal(err)
			}
		}
		s.wantStatus("CONNECTED", homes)
		eventually(s.t, untilDelivered, "they have caught up", s.idle)
	}
}

func (s *ball) wantStatus(status string, homes []string) {
	s.t.Helper()
	eventually(s.t, untilDelivered, "the platforms are "+status, func() error {
		list, err := s.operator.Platforms.List(s.ctx(), &adminv1.PlatformsListRequest{})
		if err != nil {
			return err
		}
		for _, p := range list.GetPlatforms() {
			if slices.Contains(homes, p.GetName()) && p.GetStatus() != status {
				return fmt.Errorf("%s is %s", p.GetName(), p.GetStatus())
			}
		}
		return nil
	})
}

// settled returns when all that was pushed to all has been dealt with: the
// usher's push, which came later, has arrived everywhere, and nothing waits.
func (s *ball) settled(tag string) {
	s.t.Helper()
	usherAt := s.at[usher.home]
	push(s.t, usherAt, ocpi.Locations, hubParty, locationWith(usher.id, tag, 1))
	push(s.t, usherAt, ocpi.Tokens, hubParty, tokenOf(usher.id, tag))
	for _, g := range []guest{mABC, mNAP, mTNM, mOTH} { // one of each platform
		module := ocpi.Locations
		if g.role == ocpi.CPO {
			module = ocpi.Tokens
		}
		holds(s.t, s.at[g.home], "the usher's "+tag, func() bool {
			_, ok := s.at[g.home].Object(ocpitest.Key{Module: module, Owner: usher.id, ID: tag}, g.id)
			return ok
		})
	}
	eventually(s.t, untilDelivered, "nothing waits", s.idle)
}

// idle fails while something waits for delivery.
func (s *ball) idle() error {
	list, err := s.operator.Deliveries.List(s.ctx(), &adminv1.DeliveriesListRequest{})
	if err != nil {
		return err
	}
	for _, d := range list.GetDeliveries() {
		if d.GetState() != "live" || d.GetPending() > 0 {
			return fmt.Errorf("%s is %s, %d wait", d.GetPlatformId(), d.GetState(), d.GetPending())
		}
	}
	return nil
}

package hub_test

import (
	"testing"
	"time"

	"github.com/ocpihub/ocpihub/hub"
	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/ocpitest"
	"github.com/ocpihub/ocpihub/parties"
)

// scene is a hub with a platform that changes its state, one that pushes and
// one that looks on.
type scene struct {
	hub             *hub.Hub
	subject         *ocpitest.Platform // CPO cpo2 and eMSP emsp2
	sender, witness *ocpitest.Platform
}

func newScene(t *testing.T) *scene {
	t.Helper()
	h := startHub(t, watchful)
	s := &scene{hub: h, sender: join(t, h, of(ocpi.CPO, cpo)), witness: join(t, h, of(ocpi.EMSP, emsp))}
	both := of(ocpi.CPO, cpo2)
	both.Parties = append(both.Parties, of(ocpi.EMSP, emsp2).Parties...)
	s.subject = join(t, h, both)
	want(t, send(t, s.subject, putLocation(hubParty, cpo2, "OWN", location(cpo2, "OWN", t0))), 200, 1000)
	until(t, s.witness, "the subject is known", func() bool {
		return told(s.witness, emsp2) == "CONNECTED" && told(s.witness, cpo2) == "CONNECTED"
	})
	until(t, s.subject, "the subject knows the others", func() bool {
		return told(s.subject, emsp) == "CONNECTED" && told(s.subject, cpo) == "CONNECTED"
	})
	return s
}

// id is the platform id of the subject.
func (s *scene) id() string { return s.hub.Registry().Directory().Homes(cpo2)[0].Platform.ID }

// listed says whether the witness finds the subject's location in the list of
// all.
func (s *scene) listed(t *testing.T) bool {
	t.Helper()
	found := false
	crawl, err := s.witness.GetAll(t.Context(), ocpitest.List{Module: ocpi.Locations, To: hubParty}, func(raw []byte) error {
		found = found || ocpi.FindString(raw, "id") == "OWN"
		return nil
	})
	if err != nil || crawl.Total != crawl.Objects {
		t.Errorf("the list of all: %+v, %v", crawl, err)
	}
	return found
}

// status is what the list of client info says of a party to the witness.
func (s *scene) status(t *testing.T, party ocpi.PartyID) (status string) {
	t.Helper()
	_, err := s.witness.GetAll(t.Context(), ocpitest.List{Module: ocpi.HubClientInfo}, func(raw []byte) error {
		if ocpi.FindString(raw, "party_id") == party.ID {
			status = ocpi.FindString(raw, "status")
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	return status
}

func TestH191_TheHubSendsNothingToAPartyThatIsNotConnected(t *testing.T) {
	tests := []struct {
		name   string
		change func(t *testing.T, s *scene)
		status string
		listed bool // its objects, in GET all
		code   ocpi.StatusCode
	}{
		{"OFFLINE", func(_ *testing.T, s *scene) { s.subject.Stop() }, "OFFLINE", true, 4003},
		{"SUSPENDED by the operator", func(t *testing.T, s *scene) {
			if _, err := s.hub.Registry().Suspend(t.Context(), s.id()); err != nil {
				t.Fatal(err)
			}
		}, "SUSPENDED", false, 4003},
		{"H-022 signed off", func(t *testing.T, s *scene) {
			if err := s.subject.Unregister(t.Context()); err != nil {
				t.Fatal(err)
			}
		}, "SUSPENDED", false, 4003},
		{"H-186 removed", func(t *testing.T, s *scene) {
			if _, err := s.hub.Registry().Remove(t.Context(), s.id()); err != nil {
				t.Fatal(err)
			}
		}, "SUSPENDED", false, 4003},
		{"H-193 PLANNED after a new invitation", func(t *testing.T, s *scene) {
			if _, err := s.hub.Registry().Remove(t.Context(), s.id()); err != nil {
				t.Fatal(err)
			}
			invite(t, s.hub, "again", s.subject.Parties()...)
		}, "PLANNED", true, 4003},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := newScene(t)
			test.change(t, s)
			for _, party := range []ocpi.PartyID{cpo2, emsp2} {
				until(t, s.witness, "H-185 the others are told", func() bool { return told(s.witness, party) == test.status })
				if got := s.status(t, party); got != test.status {
					t.Errorf("%s is listed as %q, want %s", party, got, test.status)
				}
			}
			s.subject.ForgetCalls()
			want(t, send(t, s.sender, putLocation(emsp2, cpo, "L1", location(cpo, "L1", t0))), 200, test.code)
			want(t, send(t, s.sender, putLocation(hubParty, cpo, "L2", location(cpo, "L2", t0))), 200, 1000)
			until(t, s.witness, "the others get their copies", func() bool {
				o, _ := s.witness.Object(ocpitest.Key{Module: ocpi.Locations, Owner: cpo, ID: "L2"}, emsp)
				return o.Raw != nil
			})
			if calls := s.subject.Calls(); len(calls) > 0 && test.status != "OFFLINE" { // which is stopped anyway
				t.Errorf("the hub called it: %v", calls)
			}
			if got := s.listed(t); got != test.listed {
				t.Errorf("its objects are in the list of all: %v, want %v", got, test.listed)
			}
		})
	}
}

func TestH191_AnInvitationThatWasWithdrawnIsSUSPENDEDAndNoReceiver(t *testing.T) {
	s := newScene(t)
	invite(t, s.hub, "late", of(ocpi.EMSP, other).Parties...)
	until(t, s.witness, "H-193 PLANNED is told", func() bool { return told(s.witness, other) == "PLANNED" })
	id := s.hub.Registry().Directory().Homes(other)[0].Platform.ID
	if _, err := s.hub.Registry().Remove(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	until(t, s.witness, "H-186 SUSPENDED is told", func() bool { return told(s.witness, other) == "SUSPENDED" })
	want(t, send(t, s.sender, putLocation(other, cpo, "L1", location(cpo, "L1", t0))), 200, 4001)
}

func TestH192_APlatformThatIsResumedIsToldOfBeforeItsObjectsAndGetsWhatItMissed(t *testing.T) {
	s := newScene(t)
	s.witness.Fail(ocpitest.Fault{Module: ocpi.HubClientInfo, Delay: slowly})
	if _, err := s.hub.Registry().Suspend(t.Context(), s.id()); err != nil {
		t.Fatal(err)
	}
	want(t, send(t, s.subject, putLocation(hubParty, cpo2, "NEW", location(cpo2, "NEW", t0))), 403, 2000)
	want(t, send(t, s.sender, putLocation(hubParty, cpo, "L2", location(cpo, "L2", t0))), 200, 1000)
	until(t, s.witness, "SUSPENDED is told", func() bool { return told(s.witness, cpo2) == "SUSPENDED" })
	invite(t, s.hub, "meanwhile", of(ocpi.CPO, other).Parties...)

	s.subject.ForgetCalls()
	s.witness.ForgetCalls()
	if _, err := s.hub.Registry().Resume(t.Context(), s.id()); err != nil {
		t.Fatal(err)
	}
	want(t, send(t, s.subject, putLocation(hubParty, cpo2, "NEW", location(cpo2, "NEW", t0))), 200, 1000)
	until(t, s.subject, "what it missed", func() bool {
		o, _ := s.subject.Object(ocpitest.Key{Module: ocpi.Locations, Owner: cpo, ID: "L2"}, emsp2)
		return o.Raw != nil && told(s.subject, other) == "PLANNED"
	})
	waitFor(t, s.witness, ocpitest.Is(ocpi.Locations, "PUT"))
	connected := s.witness.Calls(tells(cpo2, parties.Connected))
	pushed := s.witness.Calls(ocpitest.Is(ocpi.Locations, "PUT"))
	if len(connected) == 0 || !connected[0].At.Before(pushed[0].At) {
		t.Errorf("the object came at %v, client info %v", pushed[0].At, connected)
	}
	if !s.listed(t) {
		t.Error("its objects are not listed any more")
	}
}

func TestH022_AfterDELETENothingGoesToThePlatformAndANewInvitationStartsAfresh(t *testing.T) {
	s := newScene(t)
	id := s.id()
	if err := s.subject.Unregister(t.Context()); err != nil {
		t.Fatal(err)
	}
	until(t, s.witness, "SUSPENDED is told", func() bool { return told(s.witness, emsp2) == "SUSPENDED" })
	_, tokenA, err := s.hub.Registry().Rotate(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	until(t, s.witness, "H-193 PLANNED is told", func() bool { return told(s.witness, emsp2) == "PLANNED" })
	if err := s.subject.Register(t.Context(), s.hub.VersionsURL(), tokenA); err != nil {
		t.Fatal(err)
	}
	until(t, s.witness, "CONNECTED is told", func() bool { return told(s.witness, emsp2) == "CONNECTED" })
	if !s.listed(t) {
		t.Error("its objects are not listed any more")
	}
}

func TestRotationIsNobodysBusiness(t *testing.T) {
	s := newScene(t)
	s.witness.ForgetCalls()
	if _, _, err := s.hub.Registry().Rotate(t.Context(), s.id()); err != nil {
		t.Fatal(err)
	}
	join(t, s.hub, of(ocpi.CPO, other))
	waitFor(t, s.witness, tells(other, parties.Connected))
	if calls := s.witness.Calls(tells(cpo2, parties.Connected)); len(calls) > 0 {
		t.Errorf("the others were told: %v", calls)
	}
}

func TestH186_WhatTheOperatorDoesIsToldInItsOrder(t *testing.T) {
	s := newScene(t)
	s.witness.ForgetCalls()
	s.witness.Fail(ocpitest.Fault{Module: ocpi.HubClientInfo, Delay: slowly}) // so that changes meet
	r, id := s.hub.Registry(), s.id()
	for range 5 {
		if _, err := r.Suspend(t.Context(), id); err != nil {
			t.Fatal(err)
		}
		if _, err := r.Resume(t.Context(), id); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := r.Remove(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	invite(t, s.hub, "again", of(ocpi.EMSP, emsp2).Parties...)
	until(t, s.witness, "the last of it", func() bool {
		return told(s.witness, emsp2) == "PLANNED" && told(s.witness, cpo2) == "SUSPENDED"
	})
	last := map[ocpi.PartyID]time.Time{}
	calls := s.witness.Calls(ocpitest.Is(ocpi.HubClientInfo, "PUT"))
	for _, call := range calls {
		party := ocpi.NewPartyID(ocpi.FindString(call.Body, "country_code"), ocpi.FindString(call.Body, "party_id"))
		at, err := ocpi.ParseDateTime(ocpi.FindString(call.Body, "last_updated"))
		if err != nil || at.Before(last[party]) {
			t.Errorf("%s is told as of %s after %s", party, at, last[party])
		}
		last[party] = at
	}
	if len(calls) > 22 {
		t.Errorf("%d changes of one platform brought %d messages", 12, len(calls))
	}
}

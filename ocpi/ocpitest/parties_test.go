package ocpitest_test

import (
	"fmt"
	"net/http"
	"sync"
	"testing"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/ocpitest"
)

func TestEachPartyOfAPlatformHasItsOwnCopy(t *testing.T) {
	second := ocpi.NewPartyID("FR", "TWO")
	cpo, emsp := pair(t, func(_, e *ocpitest.Options) {
		e.Parties = append(e.Parties, ocpitest.Party{Role: ocpi.EMSP, ID: second})
	})
	ctx := within(t)
	for to, at := range map[ocpi.PartyID]string{drive: "2025-01-05T00:00:00Z", second: "2025-01-01T00:00:00Z"} {
		reply, err := cpo.Push(ctx, ocpi.Locations, to, location("LOC1", at))
		mustOK(t, reply, err)
	}
	if got := emsp.Objects(ocpi.Locations, nil); len(got) != 2 {
		t.Errorf("%d copies, want 2", len(got))
	}
	got, _ := emsp.Object(key("LOC1"), second)
	if s := ocpi.FindString(got.Raw, "last_updated"); s != "2025-01-01T00:00:00Z" || got.From != cedar {
		t.Errorf("the second party has the state of %s from %s", s, got.From)
	}
	if got := emsp.Regressions(); len(got) != 0 {
		t.Errorf("copies were compared with each other: %v", got)
	}
}

func TestAMessageToAForeignPartyIs2001(t *testing.T) {
	cpo, _ := pair(t, nil)
	reply, err := cpo.Push(within(t), ocpi.Locations, ocpi.NewPartyID("XX", "ZZZ"), location("LOC1", "2025-01-01T00:00:00Z"))
	if err != nil || reply.Status != http.StatusOK || reply.Code() != ocpi.StatusInvalidParameters {
		t.Errorf("got %d/%d, %v", reply.Status, reply.Code(), err)
	}
}

func TestHeadersOfACallCanBeReplacedAndTakenAway(t *testing.T) {
	cpo, emsp := pair(t, nil)
	_, err := cpo.Do(within(t), ocpitest.Request{
		Module: ocpi.Locations, Interface: ocpi.Receiver, Method: http.MethodGet, Path: "NL/CDR/LOC1", To: drive,
		Header: http.Header{ocpi.HeaderFromParty: nil, ocpi.HeaderFromCountry: nil, ocpi.HeaderRequestID: {"mine"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	call := emsp.Calls(ocpitest.Is(ocpi.Locations, ""))[0]
	if !call.Routing.From.IsZero() || call.Routing.To != drive || call.RequestID() != "mine" {
		t.Errorf("got %v with %v", call.Routing, call.Header)
	}
}

func TestAnEndpointWithoutItsSlashIsRedirectedOnDemand(t *testing.T) {
	cpo, emsp := pair(t, func(c, _ *ocpitest.Options) { c.TrailingSlash, c.RedirectSlash = true, true })
	partner, err := emsp.Partner()
	if err != nil {
		t.Fatal(err)
	}
	url := partner.Endpoint(ocpi.Locations, ocpi.Sender)
	for target, want := range map[string]int{url: http.StatusOK, url[:len(url)-1] + "?limit=1": http.StatusTemporaryRedirect} {
		reply, err := emsp.Do(within(t), ocpitest.Request{URL: target, Module: ocpi.Locations, Interface: ocpi.Sender, Method: http.MethodGet, To: cedar})
		if err != nil || reply.Status != want {
			t.Errorf("%s: got %d, %v, want %d", target, reply.Status, err, want)
		}
	}
	if got := len(cpo.Calls(ocpitest.Is(ocpi.Locations, ""))); got != 2 {
		t.Errorf("%d calls, want 2", got)
	}
}

func TestEndpointsMayChangeWithAnUpdate(t *testing.T) {
	cpo, emsp := pair(t, nil)
	cpo.SetEndpoints(func(all []ocpi.Endpoint) []ocpi.Endpoint { return all[:1] })
	if err := cpo.UpdateCredentials(within(t)); err != nil {
		t.Fatal(err)
	}
	partner, err := emsp.Partner()
	if err != nil || len(partner.Endpoints) != 1 {
		t.Errorf("the partner still knows %v, %v", partner.Endpoints, err)
	}
}

func TestManyCallsAtTheSameTimeAllArrive(t *testing.T) {
	cpo, emsp := pair(t, func(_, e *ocpitest.Options) { e.CallsKept = 10 })
	ctx := within(t)
	var crew sync.WaitGroup
	for w := range 8 {
		crew.Go(func() {
			for i := range 25 {
				reply, err := cpo.Push(ctx, ocpi.Locations, drive, location(fmt.Sprintf("L%d-%d", w, i), "2025-01-01T00:00:00Z"))
				if err != nil || !reply.OK() {
					t.Errorf("got %d, %v", reply.Status, err)
				}
			}
		})
	}
	crew.Wait()
	if got := len(emsp.Objects(ocpi.Locations, nil)); got != 200 {
		t.Errorf("%d locations arrived, want 200", got)
	}
	if got := len(emsp.Calls()); got != 10 {
		t.Errorf("%d calls are remembered, want 10", got)
	}
}

package e2e

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/ocpitest"
)

const (
	newcomers    = 60 // platforms, of two parties each
	newcomersNow = 8  // that register at a time
)

// TestH109_EachReceiverHearsOfANewPartyBeforeItsFirstObject registers many
// CPOs, who push to all and to one party as soon as they may, while another
// CPO keeps the hub busy.
func TestH109_EachReceiverHearsOfANewPartyBeforeItsFirstObject(t *testing.T) {
	t.Parallel()
	h := startHub(t)
	emsps := []*ocpitest.Platform{h.join(forgetful("NL*TNM")), h.join(forgetful("BE*ECO", "BE*EC2"))}
	for _, e := range emsps { // whatever is sent beside it would overtake it
		e.Fail(ocpitest.Fault{Module: ocpi.HubClientInfo, Delay: 10 * time.Millisecond})
	}
	pumps := publish(t, []*ocpitest.Platform{h.join(platformOf(ocpi.CPO, "DE*OLD"))})
	quiet := keepBusy(t, pumps)

	var rounds sync.WaitGroup
	slots := make(chan struct{}, newcomersNow)
	for n := range newcomers {
		o := platformOf(ocpi.CPO, newcomer("AT", n), newcomer("CH", n))
		o.CallsKept = -1
		tokenA := h.invite(o)
		slots <- struct{}{}
		rounds.Go(func() {
			defer func() { <-slots }()
			if err := onboard(t.Context(), h, o, tokenA, emsps[n%len(emsps)]); err != nil {
				t.Errorf("%s: %v", o.Name, err)
			}
		})
	}
	rounds.Wait()
	quiet()
	for _, e := range emsps {
		wantIntroductions(t, e)
	}
}

// forgetful describes an eMSP that remembers every call and no object.
func forgetful(ids ...string) ocpitest.Options {
	o := platformOf(ocpi.EMSP, ids...)
	o.CallsKept, o.Forget = 0, true
	return o
}

// keepBusy patches statuses until the function that it returns is called.
func keepBusy(t *testing.T, pumps []*pump) (quiet func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	var work sync.WaitGroup
	for w := range 2 {
		work.Go(func() {
			for i := w; ctx.Err() == nil; i += 2 {
				pumps[i%len(pumps)].patch(ctx)
			}
		})
	}
	return func() {
		cancel()
		work.Wait()
	}
}

// newcomer is the nth party of its kind.
func newcomer(prefix string, n int) string {
	return fmt.Sprintf("%s*%c%c%c", prefix, 'A'+n/26%26, 'A'+n%26, 'X')
}

// onboard registers a platform of two CPOs that pushes at once: to all in the
// name of one, to one party in the name of the other.
func onboard(ctx context.Context, h *hubProcess, o ocpitest.Options, tokenA string, e *ocpitest.Platform) error {
	p, err := ocpitest.New(o)
	if err != nil {
		return err
	}
	defer p.Close()
	if err := p.Register(ctx, h.versionsURL(), tokenA); err != nil {
		return err
	}
	for i, to := range []ocpi.PartyID{hubParty, e.Parties()[0].ID} {
		reply, err := p.Push(ctx, ocpi.Locations, to, []byte(locationWith(o.Parties[i].ID, "L1", 1)))
		if err == nil {
			err = reply.Err()
		}
		if err != nil {
			return fmt.Errorf("push to %s: %w", to, err)
		}
	}
	return nil
}

// wantIntroductions waits for the broadcasts of every newcomer and sees to it
// that its client info was taken before anything else of it came.
func wantIntroductions(t *testing.T, e *ocpitest.Platform) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	pushed := func() int {
		count := 0
		for _, c := range e.Calls(ocpitest.Is(ocpi.Locations, "PUT")) {
			if c.Below[:2] == "AT" {
				count++
			}
		}
		return count
	}
	if err := e.Until(ctx, func() bool { return pushed() >= newcomers*len(e.Parties()) }); err != nil {
		t.Fatalf("%s got %d locations: %v", e.Name(), pushed(), err)
	}
	known := map[ocpi.PartyID]time.Time{} // since when: the order of Calls is that of the answers
	for _, c := range e.Calls() {
		switch {
		case c.Module == ocpi.HubClientInfo && ocpi.FindString(c.Body, "status") == "CONNECTED":
			known[ocpi.NewPartyID(ocpi.FindString(c.Body, "country_code"), ocpi.FindString(c.Body, "party_id"))] = c.At
		case c.Module == ocpi.Locations && c.Method == "PUT":
			owner := ocpi.NewPartyID(c.Below[:2], c.Below[3:6])
			if since, ok := known[owner]; !ok || since.After(c.At) {
				t.Errorf("%s got %s %s from %s before it was told of %s", e.Name(), c.Method, c.Below, c.Routing.From, owner)
			}
		}
	}
}

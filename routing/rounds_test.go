package routing

import (
	"context"
	"sync"
	"testing"

	"github.com/ocpihub/ocpihub/internal/fault"
	"github.com/ocpihub/ocpihub/internal/peer"
	"github.com/ocpihub/ocpihub/ocpi"
)

func TestH083_AMessageThatComesRoundEndsWith4001(t *testing.T) {
	w := newWorld(t, aaa)
	locations := ocpi.Address{Version: ocpi.V221, Module: ocpi.Locations, Interface: ocpi.Receiver}
	var innermost error
	again := func() error {
		_, err := w.send("GET", locations, cpo.Country+"/"+cpo.ID+"/L1", "", aaa)
		return err
	}
	w.script[aaa] = func(context.Context, peer.Call) (peer.Reply, error) { // a hub that takes this one for the home of aaa
		if err := again(); err != nil {
			innermost = err
		}
		return reply(200, ocpi.StatusUnknownReceiver, ""), nil
	}
	if err := again(); err != nil {
		t.Errorf("the first hop got %v", err)
	}
	if !fault.Is(innermost, fault.UnknownReceiver) || len(w.calls) != mostRounds {
		t.Errorf("it went round %d times, and ended with %v", len(w.calls), innermost)
	}
	w.script[aaa] = says("")
	for range mostRounds + 1 { // one after the other is no loop
		if err := again(); err != nil {
			t.Fatalf("afterwards: %v", err)
		}
	}
}

func TestOneCorrelationIDForAllIsNoLoop(t *testing.T) {
	w := newWorld(t, aaa)
	locations := ocpi.Address{Version: ocpi.V221, Module: ocpi.Locations, Interface: ocpi.Receiver}
	ready := make(chan struct{})
	w.script[aaa] = func(context.Context, peer.Call) (peer.Reply, error) {
		<-ready
		return reply(200, ocpi.StatusOK, ""), nil
	}
	var senders sync.WaitGroup
	for range mostRounds {
		senders.Go(func() {
			for range 20 {
				if _, err := w.send("GET", locations, cpo.Country+"/"+cpo.ID+"/L1", "", aaa); err != nil {
					t.Error(err)
				}
			}
		})
	}
	close(ready)
	senders.Wait()
}

package fanout_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/routing/fanout"
)

// terms are what parties agreed on: by the id of the receiver.
type terms map[string]string

func (a terms) CatchUp(to ocpi.PartyID, _ fanout.Change) string { return a[to.ID] }

func (a terms) AnyLatest() bool {
	for _, mode := range a {
		if mode == fanout.CatchUpLatest {
			return true
		}
	}
	return false
}

func TestAnAgreementSaysWhatAPartyThatWasAwayGets(t *testing.T) {
	for _, mode := range []string{fanout.CatchUpLatest, fanout.CatchUpNone} {
		t.Run(mode, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := receiver("p1", "ALL", "NON", "HUB")
				w := newWorld(t, p)
				w.options.CatchUp = mode
				w.options.Terms = terms{"ALL": fanout.CatchUpLatest, "NON": fanout.CatchUpNone}
				w.start()
				w.put("L1")
				time.Sleep(time.Second)
				w.took(p)
				w.present(p, false)
				w.patch("L1", "")
				w.put("L2")
				w.announce(cpo, ocpi.CPO)
				time.Sleep(time.Minute)
				w.present(p, true)
				time.Sleep(time.Minute)
				got := map[string]int{}
				w.mu.Lock()
				for _, d := range p.got {
					if d.Key.Module == ocpi.Locations {
						got[d.To.ID]++
					}
				}
				w.mu.Unlock()
				want := map[string]int{"ALL": 2, "HUB": 2}
				if mode == fanout.CatchUpNone {
					want["HUB"] = 0
				}
				for _, party := range []string{"ALL", "NON", "HUB"} {
					if got[party] != want[party] {
						t.Errorf("%s got %d of what it missed, want %d", party, got[party], want[party])
					}
				}
				w.took(p)
				w.put("L2")
				time.Sleep(time.Second)
				w.expect(p, "PUT DE/CPO/L2", "PUT DE/CPO/L2", "PUT DE/CPO/L2")
				w.end()
			})
		})
	}
}

func TestWhatFollowsWhileAPlatformCatchesUpIsOwedToAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := receiver("p1", "NON")
		w := newWorld(t, p)
		w.options.Terms = terms{"NON": fanout.CatchUpNone}
		w.start()
		w.put("L1")
		time.Sleep(time.Second)
		w.took(p)
		w.present(p, false)
		w.patch("L1", "")
		time.Sleep(time.Second)
		w.present(p, true)
		w.put("L2")
		time.Sleep(time.Minute)
		w.expect(p, "PUT DE/CPO/L2")
		w.end()
	})
}

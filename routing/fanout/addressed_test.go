package fanout_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ocpihub/ocpihub/ocpi"
)

// bar lets a platform have only what is for it alone, or all again.
func (w *world) bar(p *platform, barred bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.barred = map[string]bool{p.id: barred}
}

func TestWhatIsForOnePlatformReachesThatOneAlone(t *testing.T) {
	p, q := receiver("p1", "AAA"), receiver("p2", "BBB")
	inWorld(t, []*platform{p, q}, func(_ *testing.T, w *world) {
		w.announceTo("p1", cpo, ocpi.CPO)
		synctest.Wait()
		w.expect(p, "PUT DE/CPO")
		w.expect(q)
	})
}

func TestAPlatformThatWasAwayCatchesUpWithWhatIsForItAndNotWithWhatIsForAnother(t *testing.T) {
	p, q := receiver("p1", "AAA"), receiver("p2", "BBB")
	other := ocpi.NewPartyID("FR", "OTH")
	inWorld(t, []*platform{p, q}, func(_ *testing.T, w *world) {
		w.present(p, false)
		w.present(q, false)
		w.announceTo("p1", cpo, ocpi.CPO)
		w.bar(p, true)
		w.announce(cpo, ocpi.CPO) // which p1 may not hear any more
		w.announceTo("p1", other, ocpi.CPO)
		time.Sleep(time.Minute)
		w.present(p, true)
		w.present(q, true)
		time.Sleep(time.Minute)
		w.expectSet(p, "PUT DE/CPO", "PUT FR/OTH")
		w.expect(q, "PUT DE/CPO")
	})
}

func TestWhatAPlatformMayNoLongerHaveIsNotSentFromItsQueue(t *testing.T) {
	p := receiver("p1", "AAA")
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, p)
		w.start()
		p.takes = time.Second
		for n := range 20 { // more than go out at a time
			w.put(fmt.Sprint("L", n))
		}
		time.Sleep(500 * time.Millisecond)
		w.bar(p, true)
		time.Sleep(time.Minute)
		if got := w.took(p); len(got) != 8 {
			t.Errorf("%d went out, want the 8 that were under way: %v", len(got), got)
		}
		if s := w.stat(p); s.Pending != 0 {
			t.Errorf("left over: %+v", s)
		}
		w.end()
	})
}

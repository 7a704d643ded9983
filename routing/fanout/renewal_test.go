package fanout_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/routing/fanout"
)

// renew brings a platform the newest state of a location.
func (w *world) renew(p *platform, id string) {
	w.t.Helper()
	c := fanout.Renewal(location(id), ocpi.CPO)
	c.For = p.id
	if err := w.engine.Accept(w.t.Context(), c); err != nil {
		w.t.Fatal(err)
	}
}

func TestARenewalBringsTheNewestStateToItsPlatformAlone(t *testing.T) {
	missed, other := receiver("p1", "AAA"), receiver("p2", "BBB")
	inWorld(t, []*platform{missed, other}, func(_ *testing.T, w *world) {
		w.put("L1")
		synctest.Wait()
		w.bar(missed, true)
		w.patch("L1", "E1")
		w.put("L2")
		synctest.Wait()
		w.expect(missed, "PUT DE/CPO/L1")
		w.expectSet(other, "PATCH DE/CPO/L1/E1", "PUT DE/CPO/L1", "PUT DE/CPO/L2")
		w.bar(missed, false)
		w.renew(missed, "L1")
		w.renew(missed, "L2")
		synctest.Wait()
		w.settled()
		w.expectSet(missed, "PUT DE/CPO/L1", "PUT DE/CPO/L2")
		w.expect(other)
	})
}

func TestARenewalOutlivesAKillAndMeetsLaterChanges(t *testing.T) {
	missed := receiver("p1", "AAA")
	inWorld(t, one(missed), func(_ *testing.T, w *world) {
		w.bar(missed, true)
		w.put("L1")
		w.put("L2")
		synctest.Wait()
		w.bar(missed, false)
		missed.takes = time.Second
		w.renew(missed, "L1")
		w.renew(missed, "L2")
		w.patch("L2", "E2")
		w.kill()
		w.start()
		time.Sleep(time.Minute)
		w.settled()
	})
}

func TestHowFarAPlatformIsServedIsTheTimeOfTheLastChangeBeforeItsFirstThatWaits(t *testing.T) {
	p := receiver("p1", "AAA")
	inWorld(t, one(p), func(t *testing.T, w *world) {
		time.Sleep(time.Hour)
		w.put("L1")
		time.Sleep(time.Minute)
		first := time.Now()
		synctest.Wait()
		p.takes = time.Hour
		w.put("L2")
		time.Sleep(time.Minute)
		w.put("L3")
		synctest.Wait()
		if at := w.engine.Reached("p1"); at.After(first) || at.Before(first.Add(-time.Minute)) {
			t.Errorf("with a change of %s that waits it is %s", first, at)
		}
		if at := w.engine.Reached("nobody"); !at.IsZero() {
			t.Errorf("of a platform that takes no pushes it is %s", at)
		}
		time.Sleep(3 * time.Hour)
		if at := w.engine.Reached("p1"); at.Before(first) {
			t.Errorf("with nothing that waits it is %s, want the time of the last change", at)
		}
	})
}

package fanout_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/ocpihub/ocpihub/routing/fanout"
)

func TestWhatIsSentAgainIsTheNewestStateAndKeepsItsPlace(t *testing.T) {
	p := receiver("p1", "AAA", "BBB")
	inWorld(t, one(p), func(t *testing.T, w *world) {
		again := func() bool {
			return w.engine.Resend("p1", fanout.Change{Key: location("L1"), Method: "PUT", Path: "DE/CPO/L1"})
		}
		w.put("L1")
		synctest.Wait()
		w.took(p)
		if !again() {
			t.Error("a live platform gets nothing")
		}
		synctest.Wait()
		w.expect(p, "PUT DE/CPO/L1", "PUT DE/CPO/L1")
		p.takes = time.Second
		w.patch("L1", "E1")
		synctest.Wait() // it is under way
		again()
		w.patch("L1", "E2")
		time.Sleep(time.Minute)
		w.expect(p, "PATCH DE/CPO/L1/E1", "PATCH DE/CPO/L1/E1", "PUT DE/CPO/L1", "PUT DE/CPO/L1")
		w.settled()
		w.present(p, false)
		if again() || w.engine.Resend("nobody", fanout.Change{Key: location("L1")}) {
			t.Error("a platform that is not there was sent something")
		}
	})
}

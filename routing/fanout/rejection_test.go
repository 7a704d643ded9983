package fanout_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/routing/catalog"
	"github.com/ocpihub/ocpihub/routing/fanout"
)

func TestARejectionIsKeptAndNotRepeated(t *testing.T) {
	p := receiver("p1", "AAA")
	inWorld(t, one(p), func(t *testing.T, w *world) {
		w.say(p, code(ocpi.StatusClientError))
		w.put("L1")
		time.Sleep(5 * time.Minute)
		w.expect(p, "PUT DE/CPO/L1")
		got := w.engine.Rejections("p1")
		if len(got) != 1 || got[0].Key != location("L1") || got[0].Status != ocpi.StatusClientError || got[0].Reason != fanout.ReasonRefused {
			t.Errorf("the rejections are %+v", got)
		}
		if s := w.stat(p); s.Rejected != 1 || s.Pending != 0 {
			t.Errorf("the platform: %+v", s)
		}
	})
}

func TestOnlyTheLastRejectionsAreKeptAndNoTokenIsNamed(t *testing.T) {
	p := receiver("p1", "AAA")
	inWorld(t, one(p), func(t *testing.T, w *world) {
		p.answers = func(fanout.Delivery) (fanout.Answer, error, bool) { return code(ocpi.StatusNotEnough), nil, true }
		for i := range 150 {
			c := fanout.Change{
				Key:    catalog.Key{Module: ocpi.Tokens, Owner: cpo, ID: fmt.Sprint("secret", i)},
				Method: http.MethodPut, CorrelationID: fmt.Sprint(i),
			}
			if err := w.engine.Accept(t.Context(), c); err != nil {
				t.Fatal(err)
			}
		}
		synctest.Wait()
		got := w.engine.Rejections("p1")
		if len(got) != 100 || strings.Contains(fmt.Sprint(got), "secret") {
			t.Errorf("%d rejections: %+v", len(got), got)
		}
		if other := w.engine.Rejections("nobody"); other != nil {
			t.Errorf("the rejections of nobody are %v", other)
		}
	})
}

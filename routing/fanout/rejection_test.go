package fanout_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ocpihub/ocpihub/internal/fault"
	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/routing/catalog"
	"github.com/ocpihub/ocpihub/routing/fanout"
)

// refuses makes a platform answer every delivery with 2000 and these words.
func (w *world) refuses(p *platform, words string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	p.answers = func(fanout.Delivery) (fanout.Answer, error, bool) {
		return fanout.Answer{HTTPStatus: http.StatusOK, Status: ocpi.StatusClientError, Message: words}, nil, true
	}
}

func (w *world) rejections() []fanout.Rejection { return w.engine.Rejections(fanout.RejectionQuery{}) }

// retried are the results of a retry.
func (w *world) retried(order fanout.RetryOrder) (results []fanout.RetryResult) {
	w.t.Helper()
	list, err := w.engine.Retry(w.t.Context(), order)
	if err != nil {
		w.breaks("retry: %v", err)
	}
	for _, r := range list {
		results = append(results, r.Result)
	}
	synctest.Wait()
	return results
}

func (w *world) wantRetried(order fanout.RetryOrder, want ...fanout.RetryResult) {
	w.t.Helper()
	if got := w.retried(order); !slices.Equal(got, want) {
		w.t.Errorf("the retry gave %v, want %v", got, want)
	}
}

func TestARejectionIsKeptAndNotRepeated(t *testing.T) {
	p := receiver("p1", "AAA")
	inWorld(t, one(p), func(t *testing.T, w *world) {
		w.refuses(p, "no thanks,\nreally")
		w.put("L1")
		time.Sleep(5 * time.Minute)
		w.expect(p, "PUT DE/CPO/L1")
		got := w.rejections()
		if len(got) != 1 {
			t.Fatalf("the rejections are %+v", got)
		}
		r := got[0]
		if r.Platform != "p1" || r.To.ID != "AAA" || r.Object() != "DE/CPO/L1" || r.Change.Key != location("L1") || r.Change.Method != http.MethodPut || r.Change.Body != nil ||
			r.Status != ocpi.StatusClientError || r.HTTPStatus != 200 || r.Reason != fanout.ReasonRefused || r.Message != "no thanks, really" ||
			r.Attempts != 1 || r.ID == "" || r.Change.CorrelationID != "c1" || time.Since(r.Time) < 5*time.Minute {
			t.Errorf("the rejection is %+v", r)
		}
		if s := w.stat(p); s.Rejected != 1 || s.Pending != 0 || s.Kept != 1 || s.Dropped != 0 {
			t.Errorf("the platform: %+v", s)
		}
	})
}

func TestRejectionsAreSelectedByPlatformModuleAndTime(t *testing.T) {
	p, q := receiver("p1", "AAA"), receiver("p2", "BBB")
	inWorld(t, []*platform{p, q}, func(t *testing.T, w *world) {
		w.refuses(p, "no")
		w.refuses(q, "no")
		w.put("L1")
		time.Sleep(time.Minute)
		since := time.Now()
		w.tariff("T1")
		synctest.Wait()
		for _, c := range []struct {
			q    fanout.RejectionQuery
			want int
		}{
			{fanout.RejectionQuery{}, 4},
			{fanout.RejectionQuery{Platform: "p1"}, 2},
			{fanout.RejectionQuery{Platform: "p1", Module: ocpi.Tariffs}, 1},
			{fanout.RejectionQuery{Since: since}, 2},
			{fanout.RejectionQuery{Platform: "nobody"}, 0},
		} {
			if got := w.engine.Rejections(c.q); len(got) != c.want {
				t.Errorf("%+v selects %d, want %d", c.q, len(got), c.want)
			}
		}
		if all := w.rejections(); all[0].Change.Key.Module != ocpi.Tariffs {
			t.Error("the newest is not the first")
		}
	})
}

func TestRejectionsOutliveTheProcessButNotTheirPlatform(t *testing.T) {
	p := receiver("p1", "AAA")
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, p)
		w.start()
		w.refuses(p, "no")
		w.put("L1")
		time.Sleep(time.Second)
		w.put("L2")
		synctest.Wait()
		w.kill() // L2 is written nowhere: neither that it was rejected nor that it is done
		w.start()
		time.Sleep(time.Second)
		if got := w.rejections(); len(got) != 2 {
			t.Errorf("after a kill there are %+v", got)
		}
		w.mu.Lock()
		w.platforms = nil
		w.mu.Unlock()
		if err := w.engine.Forget(t.Context(), "p1"); err != nil {
			t.Error(err)
		}
		if stored, _ := w.rejected.Load(t.Context()); len(w.rejections())+len(stored) > 0 {
			t.Error("the rejections of a platform that is gone stay")
		}
		w.end()
		w.verify()
	})
}

func TestOnlyTheLastRejectionsAreKeptAndNoTokenIsNamed(t *testing.T) {
	p := receiver("p1", "AAA")
	inWorld(t, one(p), func(t *testing.T, w *world) {
		w.refuses(p, "unknown token SECRETX of nl-cont-ract")
		for i := range 1050 {
			c := fanout.Change{
				Key:    catalog.Key{Module: ocpi.Tokens, Owner: cpo, ID: catalog.TokenID(fmt.Sprint("secretx", i), "RFID")},
				Method: http.MethodPut, Path: fmt.Sprint("DE/CPO/secretx", i), CorrelationID: fmt.Sprint(i),
				Body: []byte(`{"contract_id":"NL-CONT-RACT","group_id":"secretx"}`),
			}
			if err := w.engine.Accept(t.Context(), c); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(time.Second)
		got := w.rejections()
		if s := w.stat(p); len(got) != 1000 || s.Kept != 1000 || s.Dropped != 50 {
			t.Errorf("%d rejections, %d kept, %d dropped", len(got), s.Kept, s.Dropped)
		}
		for _, r := range got {
			if r.Object() != "DE/CPO/***" || r.Message != "unknown token *** of ***" {
				t.Fatalf("it shows %q, %q", r.Object(), r.Message)
			}
		}
		if stored, err := w.rejected.Load(t.Context()); len(stored) != 1000 || err != nil {
			t.Errorf("%d are stored, %v", len(stored), err)
		}
	})
}

func TestWhatIsTakenLaterIsNoRejectionAnyMore(t *testing.T) {
	for _, c := range []struct {
		name, rejected, taken string // parts; "put" is the whole location
		over                  bool
	}{
		{"the same object", "put", "put", true},
		{"an EVSE by the whole location", "E1", "put", true},
		{"the whole location by an EVSE", "put", "E1", false},
		{"an EVSE by another one", "E1", "E2", false},
		{"a PATCH by another PATCH, which may bring other members", "E1", "E1", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := receiver("p1", "AAA", "BBB")
			inWorld(t, one(p), func(t *testing.T, w *world) {
				w.stocked(2)
				push := func(what string) {
					if what == "put" {
						w.put("L1")
					} else {
						w.patch("L1", what)
					}
					time.Sleep(time.Second)
				}
				w.refuses(p, "no")
				push(c.rejected)
				w.behave(p, "mend")
				w.put("L0")
				push(c.taken)
				if got := w.rejections(); (len(got) == 0) != c.over || !c.over && len(got) != 2 {
					t.Errorf("the rejections are %+v", got)
				}
			})
		})
	}
}

func TestWhatIsRejectedAgainIsOneRejection(t *testing.T) {
	p := receiver("p1", "AAA")
	inWorld(t, one(p), func(t *testing.T, w *world) {
		w.refuses(p, "no")
		w.put("L1")
		synctest.Wait()
		first := w.rejections()
		w.refuses(p, "still no")
		w.wantRetried(fanout.RetryOrder{Platform: "p1"}, fanout.RetryQueued)
		got := w.rejections()
		if len(got) != 1 || got[0].ID != first[0].ID || got[0].Attempts != 2 || got[0].Message != "still no" {
			t.Errorf("the rejections are %+v", got)
		}
	})
}

func TestARetrySendsTheNewestStateOnceTheReceiverIsMended(t *testing.T) {
	p := receiver("p1", "AAA", "BBB")
	inWorld(t, one(p), func(t *testing.T, w *world) {
		w.refuses(p, "no")
		w.put("L1")
		w.put("L2")
		w.tariff("T1")
		synctest.Wait()
		w.behave(p, "mend")
		w.took(p)
		w.wantRetried(fanout.RetryOrder{Platform: "p1", Module: ocpi.Tariffs, Dry: true}, fanout.RetryQueued, fanout.RetryQueued)
		w.expect(p)
		w.wantRetried(fanout.RetryOrder{Platform: "p1", Module: ocpi.Tariffs}, fanout.RetryQueued, fanout.RetryQueued)
		w.expect(p, "PUT DE/CPO/T1", "PUT DE/CPO/T1")
		one := w.rejections()[0]
		w.wantRetried(fanout.RetryOrder{Platform: "p1", ID: one.ID}, fanout.RetryQueued)
		w.expect(p, "PUT "+one.Object())
		if n := len(w.rejections()); n != 3 {
			t.Errorf("%d rejections are left, want 3", n)
		}
		w.retried(fanout.RetryOrder{Platform: "p1"})
		if got := w.rejections(); len(got) > 0 {
			t.Errorf("left are %+v", got)
		}
		w.settled()
	})
}

func TestARetryThatCannotBeMadeSaysWhy(t *testing.T) {
	p := receiver("p1", "AAA")
	inWorld(t, one(p), func(t *testing.T, w *world) {
		w.refuses(p, "no")
		w.put("L1")
		synctest.Wait()
		w.behave(p, "mend")
		w.took(p)
		all := fanout.RetryOrder{Platform: "p1"}
		w.operate(p, "hold")
		w.wantRetried(all, fanout.RetryPaused)
		w.operate(p, "release")
		w.operate(p, "pause")
		w.wantRetried(all, fanout.RetryPaused)
		w.operate(p, "resume")
		w.present(p, false)
		w.wantRetried(all, fanout.RetryAway)
		w.present(p, true)
		w.barred = map[string]bool{"p1": true}
		w.wantRetried(all, fanout.RetryNotEntitled)
		w.barred = nil
		delete(w.catalog, "L1")
		w.wantRetried(fanout.RetryOrder{Platform: "p1", Dry: true}, fanout.RetryGone)
		w.wantRetried(all, fanout.RetryGone)
		w.expect(p)
		if got := w.rejections(); len(got) > 0 {
			t.Errorf("of what is gone the rejection stays: %+v", got)
		}
		for want, order := range map[string]fanout.RetryOrder{"nobody": {Platform: "nobody"}, "x": {Platform: "p1", ID: "x"}} {
			if _, err := w.engine.Retry(t.Context(), order); fault.KindOf(err) != fault.NotFound || !strings.Contains(err.Error(), want) {
				t.Errorf("%+v: %v", order, err)
			}
		}
	})
}

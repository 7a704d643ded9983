package fanout_test

import (
	"fmt"
	"net/http"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/ocpihub/ocpihub/internal/fault"
	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/routing/catalog"
	"github.com/ocpihub/ocpihub/routing/fanout"
)

func one(p *platform) []*platform { return []*platform{p} }

// say makes a platform answer with these, in their order, and then ordinarily.
func (w *world) say(p *platform, answers ...fanout.Answer) {
	w.mu.Lock()
	defer w.mu.Unlock()
	p.answers = func(fanout.Delivery) (fanout.Answer, error, bool) {
		if len(answers) == 0 {
			return fanout.Answer{}, nil, false
		}
		next := answers[0]
		answers = answers[1:]
		return next, nil, true
	}
}

func status(code int) fanout.Answer { return fanout.Answer{HTTPStatus: code} }

func code(c ocpi.StatusCode) fanout.Answer {
	return fanout.Answer{HTTPStatus: http.StatusOK, Status: c}
}

func (w *world) expect(p *platform, want ...string) {
	w.t.Helper()
	if diff := cmp.Diff(want, w.took(p)); diff != "" {
		w.t.Errorf("%s got (-want +got):\n%s", p.id, diff)
	}
}

func (w *world) count(p *platform) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(p.got)
}

func (w *world) stat(p *platform) fanout.Stat {
	w.t.Helper()
	stats := w.engine.Deliveries()
	i := slices.IndexFunc(stats, func(s fanout.Stat) bool { return s.Platform == p.id })
	if i < 0 {
		w.t.Fatalf("no deliveries to %s", p.id)
	}
	return stats[i]
}

func TestH104_AChangeGoesToEveryPartyOfAPlatformAsItCame(t *testing.T) {
	p := receiver("p1", "AAA", "BBB", "CCC")
	inWorld(t, one(p), func(t *testing.T, w *world) {
		want := fanout.Change{
			Key:    catalog.Key{Module: ocpi.Tokens, Owner: ocpi.PartyID{Country: "NL", ID: "EMS"}, ID: "012\x1fRFID"},
			Method: http.MethodPatch, Path: "nl/EMS/0%2F12", Query: "type=RFID", Body: []byte("{ \"valid\":\ttrue, \"x\": 1.10 }"),
			Role: ocpi.EMSP, Platform: "sender", Version: ocpi.V221, CorrelationID: "c",
		}
		if err := w.engine.Accept(t.Context(), want); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		w.mu.Lock()
		defer w.mu.Unlock()
		var to []string
		for _, d := range p.got {
			to = append(to, d.To.String())
			if diff := cmp.Diff(fanout.Delivery{Platform: "p1", To: d.To, Change: want, Attempt: 1}, d); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		}
		slices.Sort(to)
		if !slices.Equal(to, []string{"NL*AAA", "NL*BBB", "NL*CCC"}) {
			t.Errorf("the copies went to %v", to)
		}
	})
}

func TestChangesThatMeetGoOutAsTheNewestStateOfTheSmallestObjectThatCoversThem(t *testing.T) {
	tests := []struct {
		name   string
		pushes []string // parts; "put" is the whole location
		want   []string
	}{
		{"one goes as it came", []string{"E1"}, []string{"PATCH DE/CPO/L1/E1"}},
		{"two of one EVSE become a PUT of it", []string{"E1", "E1"}, []string{"PUT DE/CPO/L1/E1"}},
		{"sibling EVSEs do not meet", []string{"E1", "E2"}, []string{"PATCH DE/CPO/L1/E1", "PATCH DE/CPO/L1/E2"}},
		{"siblings keep their places", []string{"E1", "E2", "E1"}, []string{"PUT DE/CPO/L1/E1", "PATCH DE/CPO/L1/E2"}},
		{"the location covers its EVSEs", []string{"E1", "E2", "put"}, []string{"PUT DE/CPO/L1"}},
		{"an EVSE is covered by its location", []string{"put", "E2"}, []string{"PUT DE/CPO/L1"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			p := receiver("p1", "AAA")
			inWorld(t, one(p), func(_ *testing.T, w *world) {
				p.takes = time.Second
				w.put("L1")
				synctest.Wait() // it is under way
				for _, part := range test.pushes {
					if part == "put" {
						w.put("L1")
					} else {
						w.patch("L1", part)
					}
				}
				time.Sleep(time.Minute)
				w.expect(p, append([]string{"PUT DE/CPO/L1"}, test.want...)...)
				w.settled()
			})
		})
	}
}

func TestDifferentObjectsGoOutInParallelWithinTheBoundAndOneObjectInSingleFile(t *testing.T) {
	p := receiver("p1", "AAA")
	p.takes = time.Second
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, p)
		w.options.Parallel = 3
		w.start()
		for i := range 7 {
			w.put(fmt.Sprint("L", i))
		}
		w.put("L0")
		for _, want := range []int{0, 3, 6, 8} {
			synctest.Wait()
			if got := w.count(p); got != want {
				t.Errorf("%d deliveries have been made after %v, want %d", got, p.takes, want)
			}
			time.Sleep(time.Second)
		}
		w.end()
		w.verify()
	})
}

func TestASlowOrSenselessPlatformDoesNotDelayTheOthers(t *testing.T) {
	slow, senseless, sound := receiver("slow", "AAA"), receiver("senseless", "BBB"), receiver("sound", "CCC")
	inWorld(t, []*platform{slow, senseless, sound}, func(t *testing.T, w *world) {
		slow.takes = time.Minute
		w.behave(senseless, "garbage")
		for i := range 100 {
			w.put(fmt.Sprint("L", i))
		}
		synctest.Wait()
		if got := w.stat(sound); got.Delivered != 100 || got.Pending != 0 {
			t.Errorf("the sound platform: %+v", got)
		}
		w.behave(slow, "mend")
		w.behave(senseless, "mend")
		time.Sleep(2 * time.Minute)
		w.settled()
	})
}

func TestAnObjectThatFailsDoesNotHoldUpTheOthersOfItsPlatform(t *testing.T) {
	p := receiver("p1", "AAA")
	inWorld(t, one(p), func(t *testing.T, w *world) {
		p.answers = func(d fanout.Delivery) (fanout.Answer, error, bool) {
			if d.Key.ID == "L0" {
				return status(http.StatusInternalServerError), nil, true
			}
			return fanout.Answer{}, nil, false
		}
		for i := range 50 {
			w.put(fmt.Sprint("L", i))
		}
		time.Sleep(5 * time.Second)
		if got := w.stat(p); got.Delivered != 49 || got.Pending != 1 {
			t.Errorf("the platform: %+v", got)
		}
		for range 300 {
			w.patch("L1", "E1")
			time.Sleep(time.Second)
		}
		if attempts := w.count(p) - 49 - 300; attempts > 40 {
			t.Errorf("the object was tried %d times in five minutes", attempts)
		}
		w.behave(p, "mend")
		time.Sleep(time.Minute)
		w.settled()
	})
}

func TestAFailedDeliveryIsRepeatedWithGrowingWaitsUntilItSucceeds(t *testing.T) {
	for _, how := range []string{"refuse", "fail", "garbage"} {
		t.Run(how, func(t *testing.T) {
			p := receiver("p1", "AAA")
			inWorld(t, one(p), func(t *testing.T, w *world) {
				w.behave(p, how)
				w.put("L1")
				began := time.Now()
				synctest.Wait()
				for n := 2; n <= 12; n++ {
					last := w.count(p)
					most := min(30*time.Second, 250*time.Millisecond<<(n-2))
					time.Sleep(most/2 - time.Millisecond)
					if synctest.Wait(); w.count(p) != last {
						t.Fatalf("attempt %d came within %v", n, most/2)
					}
					for w.count(p) == last && time.Since(began) < 10*time.Minute {
						time.Sleep(time.Millisecond)
						synctest.Wait()
					}
				}
				w.behave(p, "mend")
				time.Sleep(31 * time.Second)
				w.settled()
				if got := w.stat(p); got.Delivered != 1 || got.Pending != 0 || got.LastError.Reason == "" {
					t.Errorf("at the end %+v", got)
				}
			})
		})
	}
}

func TestAPlatformInDoubtGetsOneDeliveryAtATime(t *testing.T) {
	p := receiver("p1", "AAA")
	inWorld(t, one(p), func(t *testing.T, w *world) {
		w.behave(p, "refuse")
		for i := range 20 {
			w.put(fmt.Sprint("L", i))
		}
		time.Sleep(5 * time.Minute)
		if attempts := w.count(p); attempts > 40 {
			t.Errorf("it was called %d times in five minutes", attempts)
		}
		w.behave(p, "mend")
		time.Sleep(time.Minute)
		w.settled()
	})
}

func TestARepeatedDeliveryTakesInWhatCameMeanwhile(t *testing.T) {
	p := receiver("p1", "AAA")
	inWorld(t, one(p), func(_ *testing.T, w *world) {
		w.put("L1")
		synctest.Wait()
		w.took(p)
		w.say(p, status(http.StatusBadGateway))
		w.patch("L1", "E1")
		synctest.Wait()
		w.patch("L1", "E1")
		w.patch("L1", "E2")
		time.Sleep(time.Second)
		w.expect(p, "PATCH DE/CPO/L1/E1", "PUT DE/CPO/L1/E1", "PATCH DE/CPO/L1/E2")
		w.settled()
	})
}

func TestAReceiverThatAsksForAPauseGetsNothingUntilItIsOver(t *testing.T) {
	p := receiver("p1", "AAA")
	inWorld(t, one(p), func(_ *testing.T, w *world) {
		for _, busy := range []int{http.StatusTooManyRequests, http.StatusServiceUnavailable} {
			w.say(p, fanout.Answer{HTTPStatus: busy, RetryAfter: 7 * time.Second})
			w.put("L1")
			synctest.Wait()
			w.put("L2")
			time.Sleep(7*time.Second - time.Millisecond)
			w.expect(p, "PUT DE/CPO/L1")
			time.Sleep(time.Second)
			if got := w.took(p); len(got) != 2 {
				w.t.Errorf("after the pause it got %v", got)
			}
		}
		w.settled()
	})
}

func TestAServerErrorOfOCPIIsRepeatedEightTimesAtMost(t *testing.T) {
	p := receiver("p1", "AAA")
	inWorld(t, one(p), func(t *testing.T, w *world) {
		p.answers = func(fanout.Delivery) (fanout.Answer, error, bool) { return code(ocpi.StatusServerError), nil, true }
		w.put("L1")
		time.Sleep(5 * time.Minute)
		if s := w.stat(p); w.count(p) != 8 || s.Rejected != 1 || s.Pending != 0 {
			t.Errorf("%d attempts; %+v", w.count(p), s)
		}
	})
}

func TestAReceiverThatLacksTheObjectOfAPatchGetsTheWhole(t *testing.T) {
	for name, lacking := range map[string]fanout.Answer{
		"2003": code(ocpi.StatusUnknownLocation), "2001": code(ocpi.StatusInvalidParameters), "404": status(http.StatusNotFound),
	} {
		t.Run(name, func(t *testing.T) {
			p := receiver("p1", "AAA")
			inWorld(t, one(p), func(t *testing.T, w *world) {
				w.say(p, code(ocpi.StatusClientError), lacking) // the first is lost on it
				w.put("L1")
				w.patch("L1", "E1")
				synctest.Wait()
				if got := w.took(p); got[len(got)-1] != "PUT DE/CPO/L1" {
					t.Errorf("it got %v", got)
				}
				w.settled()
			})
		})
	}
}

func TestAWholeObjectThatIsNotTakenEitherIsRejected(t *testing.T) {
	p := receiver("p1", "AAA")
	inWorld(t, one(p), func(t *testing.T, w *world) {
		w.put("L1")
		synctest.Wait()
		w.took(p)
		w.say(p, code(ocpi.StatusUnknownLocation), code(ocpi.StatusUnknownLocation))
		w.patch("L1", "E1")
		time.Sleep(5 * time.Minute)
		w.expect(p, "PATCH DE/CPO/L1/E1", "PUT DE/CPO/L1")
		if s := w.stat(p); s.Rejected != 1 {
			t.Errorf("the platform: %+v", s)
		}
	})
}

func TestH105_WhatReceiversAnswerDoesNotReachTheSender(t *testing.T) {
	p := receiver("p1", "AAA")
	inWorld(t, one(p), func(t *testing.T, w *world) {
		for _, answer := range []fanout.Answer{status(401), status(500), code(ocpi.StatusClientError), code(ocpi.StatusNotConnected)} {
			w.say(p, answer)
			c := fanout.Change{Key: catalog.Key{Module: ocpi.Tariffs, Owner: cpo, ID: "T"}, Method: http.MethodPut, Path: "DE/CPO/T"}
			if err := w.engine.Accept(t.Context(), c); err != nil {
				t.Errorf("the receiver answers %+v, the sender is told %v", answer, err)
			}
			synctest.Wait()
		}
	})
}

func TestAPushThatTheFeedDoesNotTakeIsNotAccepted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.start()
		defer w.end()
		w.behave(nil, "publish fails")
		for range 100 {
			err := w.engine.Accept(t.Context(), fanout.Change{})
			if err != nil {
				if !fault.Is(err, fault.Unavailable) {
					t.Errorf("got %v", err)
				}
				return
			}
		}
		t.Error("it was accepted a hundred times")
	})
}

func TestEveryAttemptIsObserved(t *testing.T) {
	p := receiver("p1", "AAA")
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, p)
		var seen []fanout.Attempt
		w.options.Observe = func(a fanout.Attempt) {
			w.mu.Lock()
			defer w.mu.Unlock()
			seen = append(seen, a)
		}
		w.start()
		p.takes = time.Second
		w.say(p, status(http.StatusInternalServerError))
		w.put("L1")
		time.Sleep(time.Minute)
		w.end()
		base := fanout.Attempt{
			Platform: "p1", To: p.parties[0], Module: ocpi.Locations, Method: http.MethodPut, CorrelationID: "c1", Took: time.Second,
		}
		failed, done := base, base
		failed.HTTPStatus, failed.Verdict = 500, fanout.Verdict{Outcome: fanout.Again, Reason: fanout.ReasonServerError}
		done.HTTPStatus, done.Status = 200, ocpi.StatusOK
		done.Verdict = fanout.Verdict{Outcome: fanout.Delivered, Reason: fanout.ReasonAccepted}
		if len(seen) != 2 || seen[0].Number != 1 || seen[1].Number != 2 || !seen[1].Began.After(seen[0].Began) || seen[1].Path == "" || len(seen[1].Bodies.Request) == 0 {
			t.Errorf("the attempts are told as %+v", seen)
		}
		few := cmpopts.IgnoreFields(fanout.Attempt{}, "Number", "Began", "Path", "Owner", "RequestID", "Bodies")
		if diff := cmp.Diff([]fanout.Attempt{failed, done}, seen, few); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}

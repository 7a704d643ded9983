package ocpitest_test

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/ocpitest"
)

func TestACommandIsAnsweredAndItsResultFollows(t *testing.T) {
	cpo, emsp := pair(t, nil)
	ctx := within(t)
	cpo.Follow(ocpitest.Script{Command: func(c ocpitest.Command) ocpitest.Outcome {
		return ocpitest.Outcome{Result: "EVSE_OCCUPIED", Again: "CANCELED_RESERVATION"}
	}})
	result, later, err := emsp.Command(ctx, ocpitest.Order{Name: "RESERVE_NOW", To: cedar, Body: []byte(`{"location_id":"LOC1"}`)})
	if err != nil || result != "ACCEPTED" {
		t.Fatalf("the command was answered %s, %v", result, err)
	}
	for _, want := range []string{"EVSE_OCCUPIED", "CANCELED_RESERVATION"} {
		call, err := later.Wait(ctx)
		if err != nil || call.Result() != want {
			t.Fatalf("got %s, %v, want %s", call.Result(), err, want)
		}
		if diff := cmp.Diff(ocpi.Routing{To: drive, From: cedar}, call.Routing); diff != "" {
			t.Errorf("routing headers of the result: %s", diff)
		}
	}
}

func TestARejectedCommandHasNoResult(t *testing.T) {
	cpo, emsp := pair(t, nil)
	ctx := within(t)
	cpo.Follow(ocpitest.Script{Command: func(ocpitest.Command) ocpitest.Outcome {
		return ocpitest.Outcome{Response: "REJECTED"}
	}})
	result, later, err := emsp.Command(ctx, ocpitest.Order{Name: "START_SESSION", To: cedar, Body: []byte(`{}`)})
	if err != nil || result != "REJECTED" {
		t.Fatalf("got %s, %v", result, err)
	}
	cpo.Close() // waits for all results to be sent
	gone, cancel := context.WithCancel(ctx)
	cancel()
	if call, err := later.Wait(gone); err == nil {
		t.Errorf("a result came: %s", call.Body)
	}
}

func TestAChargingProfileIsReportedToItsResponseURL(t *testing.T) {
	_, emsp := pair(t, nil)
	ctx := within(t)
	later := emsp.NewCallback(ocpi.ChargingProfiles)
	reply, err := emsp.Do(ctx, ocpitest.Request{
		Module: ocpi.ChargingProfiles, Interface: ocpi.Receiver, Method: http.MethodGet, Path: "S1", To: cedar,
		Query: url.Values{"duration": {"60"}, "response_url": {later.URL + "?x=1&y=2"}},
	})
	mustOK(t, reply, err)
	call, err := later.Wait(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if call.Query != "x=1&y=2" || ocpi.FindObject(call.Body, "profile") == nil || call.Module != ocpi.ChargingProfiles {
		t.Errorf("got %s with %s", call.Query, call.Body)
	}
}

func TestTokensAreAuthorisedByTheScript(t *testing.T) {
	cpo, emsp := pair(t, nil)
	ctx := within(t)
	emsp.Offer(ocpi.Tokens, []byte(`{"country_code":"DE","party_id":"DRV","uid":"good","type":"RFID","valid":true,"last_updated":"2025-01-01T00:00:00Z"}`))
	emsp.Offer(ocpi.Tokens, []byte(`{"country_code":"DE","party_id":"DRV","uid":"bad","type":"RFID","valid":false,"last_updated":"2025-01-01T00:00:00Z"}`))
	for uid, want := range map[string]string{"GOOD": "ALLOWED", "bad": "BLOCKED"} {
		reply, err := cpo.Authorize(ctx, uid, cedar, drive, nil)
		mustOK(t, reply, err)
		if got := ocpi.FindString(reply.Envelope.Data, "allowed"); got != want {
			t.Errorf("%s is %s, want %s", uid, got, want)
		}
	}
	reply, err := cpo.Authorize(ctx, "nobody", cedar, drive, nil)
	if err != nil || reply.Status != http.StatusNotFound || reply.Code() != ocpi.StatusUnknownToken {
		t.Errorf("an unknown token: %d/%d, %v", reply.Status, reply.Code(), err)
	}
	emsp.Follow(ocpitest.Script{Authorize: func(a ocpitest.Authorization) ocpitest.Verdict {
		return ocpitest.Verdict{Allowed: "NO_CREDIT", Reference: "ref-" + a.UID}
	}})
	reply, err = cpo.Authorize(ctx, "x", cedar, drive, []byte(`{"location_id":"LOC1"}`))
	mustOK(t, reply, err)
	if ocpi.FindString(reply.Envelope.Data, "authorization_reference") != "ref-x" || ocpi.FindObject(reply.Envelope.Data, "token") == nil {
		t.Errorf("got %s", reply.Envelope.Data)
	}
}

func TestEachFaultSpoilsTheAnswer(t *testing.T) {
	cpo, emsp := pair(t, nil)
	push := func(ctx context.Context) (ocpitest.Reply, error) {
		return cpo.Push(ctx, ocpi.Locations, drive, location("LOC1", "2025-01-01T00:00:00Z"))
	}
	tests := map[string]struct {
		fault ocpitest.Fault
		wrong func(ocpitest.Reply, error) bool
	}{
		"HTTP status": {ocpitest.Fault{HTTPStatus: 503, RetryAfter: time.Second}, func(r ocpitest.Reply, err error) bool {
			return err == nil && r.Status == 503 && r.Code() == 3000 && r.Header.Get("Retry-After") == "1"
		}},
		"status code": {ocpitest.Fault{Code: 2950, Message: "own"}, func(r ocpitest.Reply, err error) bool {
			return err == nil && r.Status == 200 && r.Code() == 2950 && r.Envelope.StatusMessage == "own"
		}},
		"garbage": {ocpitest.Fault{Garbage: true}, func(r ocpitest.Reply, err error) bool {
			return r.Status == 200 && errors.Is(err, ocpi.ErrNoEnvelope)
		}},
		"drop": {ocpitest.Fault{Drop: true}, func(r ocpitest.Reply, err error) bool { return err != nil && r.Status == 0 }},
		"no headers": {ocpitest.Fault{NoHeaders: true}, func(r ocpitest.Reply, err error) bool {
			return err == nil && r.OK() && r.Header.Get(ocpi.HeaderRequestID) == "" && r.Routing().From.IsZero()
		}},
		"wrong headers": {ocpitest.Fault{WrongHeaders: true}, func(r ocpitest.Reply, err error) bool {
			return err == nil && r.OK() && r.Header.Get(ocpi.HeaderRequestID) != r.RequestID && r.Routing().From != drive
		}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			test.fault.Module, test.fault.Method, test.fault.Times = ocpi.Locations, http.MethodPut, 1
			emsp.Fail(test.fault)
			if reply, err := push(within(t)); !test.wrong(reply, err) {
				t.Errorf("got %d/%d, %v", reply.Status, reply.Code(), err)
			}
			reply, err := push(within(t))
			mustOK(t, reply, err)
		})
	}
}

func TestAHangingCallEndsWhenThePlatformHeals(t *testing.T) {
	cpo, emsp := pair(t, nil)
	ctx := within(t)
	emsp.Fail(ocpitest.Fault{Module: ocpi.Locations, Hang: true})
	ended := make(chan error, 1)
	go func() {
		_, err := cpo.Push(ctx, ocpi.Locations, drive, location("LOC1", "2025-01-01T00:00:00Z"))
		ended <- err
	}()
	if _, err := emsp.WaitFor(ctx, ocpitest.Is(ocpi.Locations, http.MethodPut)); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-ended:
		t.Fatalf("the call ended by itself: %v", err)
	default:
	}
	emsp.Heal()
	if err := <-ended; err == nil {
		t.Error("the call was answered")
	}
	reply, err := cpo.Push(ctx, ocpi.Locations, drive, location("LOC1", "2025-01-01T00:00:00Z"))
	mustOK(t, reply, err)
}

func TestALostAnswerMayHaveTakenEffect(t *testing.T) {
	cpo, emsp := pair(t, nil)
	emsp.Fail(ocpitest.Fault{Drop: true, TakesEffect: true})
	if _, err := cpo.Push(within(t), ocpi.Locations, drive, location("LOC1", "2025-01-01T00:00:00Z")); err == nil {
		t.Fatal("the call was answered")
	}
	if _, ok := emsp.Object(key("LOC1"), drive); !ok {
		t.Error("the object did not arrive")
	}
}

func TestRetryAfterIsHonouredOnDemand(t *testing.T) {
	cpo, emsp := pair(t, func(c, _ *ocpitest.Options) { c.HonourRetryAfter = true })
	emsp.Fail(ocpitest.Fault{HTTPStatus: http.StatusTooManyRequests, Times: 1, RetryAfter: time.Millisecond})
	reply, err := cpo.Push(within(t), ocpi.Locations, drive, location("LOC1", "2025-01-01T00:00:00Z"))
	mustOK(t, reply, err)
	if got := len(emsp.Calls(ocpitest.Is(ocpi.Locations, ""))); got != 2 {
		t.Errorf("%d calls, want 2", got)
	}
}

func TestCallsAreCountedEvenWhenTheyAreNotKept(t *testing.T) {
	cpo, emsp := pair(t, func(_, e *ocpitest.Options) { e.CallsKept = -1 })
	ctx := within(t)
	for range 3 {
		reply, err := cpo.Push(ctx, ocpi.Locations, drive, location("LOC1", "2025-01-01T00:00:00Z"))
		mustOK(t, reply, err)
	}
	counts := emsp.Counts()
	put := ocpitest.Count{Module: ocpi.Locations, Interface: ocpi.Receiver, Method: http.MethodPut, Status: 200}
	if counts[put] != 2 || len(emsp.Calls()) != 0 {
		t.Errorf("counts %v, calls %v", counts, emsp.Calls())
	}
}

func TestUntilWakesWhenSomethingCame(t *testing.T) {
	cpo, emsp := pair(t, nil)
	ctx := within(t)
	go func() { _, _ = cpo.Push(ctx, ocpi.Locations, drive, location("LOC1", "2025-01-01T00:00:00Z")) }()
	if err := emsp.Until(ctx, func() bool { return len(emsp.Objects(ocpi.Locations, nil)) == 1 }); err != nil {
		t.Fatal(err)
	}
}

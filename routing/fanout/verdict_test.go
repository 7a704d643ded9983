package fanout_test

import (
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/ocpihub/ocpihub/internal/fault"
	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/routing/catalog"
	"github.com/ocpihub/ocpihub/routing/fanout"
)

var (
	put    = fanout.Change{Method: http.MethodPut}
	patch  = fanout.Change{Method: http.MethodPatch}
	ofEVSE = fanout.Change{Method: http.MethodPut, Part: catalog.Part{EVSE: "E1"}}
	del    = fanout.Change{Method: http.MethodDelete}
)

func TestJudgeDecidesByWhatTheReceiverSaid(t *testing.T) {
	for _, c := range []struct {
		name    string
		change  fanout.Change
		http    int
		ocpi    ocpi.StatusCode
		attempt int
		outcome fanout.Outcome
		reason  fanout.Reason
	}{
		{"taken", put, 200, 1000, 1, fanout.Delivered, fanout.ReasonAccepted},
		{"created", put, 201, 1000, 1, fanout.Delivered, fanout.ReasonAccepted},
		{"taken, with a custom success code", put, 200, 1950, 1, fanout.Delivered, fanout.ReasonAccepted},
		{"taken at a late attempt", put, 200, 1000, 99, fanout.Delivered, fanout.ReasonAccepted},
		{"a PATCH is taken", patch, 200, 1000, 1, fanout.Delivered, fanout.ReasonAccepted},

		{"refused", put, 200, 2001, 1, fanout.Rejected, fanout.ReasonRefused},
		{"a PUT of the whole is not lacking anything", put, 200, 2003, 1, fanout.Rejected, fanout.ReasonRefused},
		{"refused for a custom reason", put, 200, 2950, 1, fanout.Rejected, fanout.ReasonRefused},
		{"refused by 400", put, 400, 2001, 1, fanout.Rejected, fanout.ReasonRefused},
		{"refused by 400 without an envelope", put, 400, 0, 1, fanout.Rejected, fanout.ReasonRefused},
		{"refused by 404 with an envelope", put, 404, 2003, 1, fanout.Rejected, fanout.ReasonRefused},
		{"refused by 405", put, 405, 0, 1, fanout.Rejected, fanout.ReasonRefused},
		{"a redirect with an envelope", put, 302, 1000, 1, fanout.Rejected, fanout.ReasonRefused},

		{"PATCH of what is lacking", patch, 200, 2003, 1, fanout.Lacking, fanout.ReasonUnknownHere},
		{"PATCH of what is lacking, said vaguely", patch, 200, 2001, 1, fanout.Lacking, fanout.ReasonUnknownHere},
		{"PATCH of what is lacking, by 404", patch, 404, 0, 1, fanout.Lacking, fanout.ReasonUnknownHere},
		{"PATCH of what is lacking, by 400", patch, 400, 2001, 1, fanout.Lacking, fanout.ReasonUnknownHere},
		{"PATCH refused for another reason", patch, 200, 2002, 1, fanout.Rejected, fanout.ReasonRefused},
		{"PUT of an EVSE of a location that is lacking", ofEVSE, 200, 2003, 1, fanout.Lacking, fanout.ReasonUnknownHere},
		{"PUT of an EVSE of a location that is lacking, by 404", ofEVSE, 404, 0, 1, fanout.Lacking, fanout.ReasonUnknownHere},
		{"DELETE of what is lacking", del, 404, 0, 1, fanout.Delivered, fanout.ReasonUnknownHere},
		{"DELETE of what is lacking, with an envelope", del, 404, 2001, 1, fanout.Delivered, fanout.ReasonUnknownHere},

		{"an OCPI server error", put, 200, 3000, 1, fanout.Again, fanout.ReasonServerError},
		{"an OCPI server error, the last time but one", put, 200, 3000, 7, fanout.Again, fanout.ReasonServerError},
		{"an OCPI server error, once too often", put, 200, 3000, 8, fanout.Rejected, fanout.ReasonServerError},
		{"an error of another hub", put, 200, 4001, 1, fanout.Again, fanout.ReasonServerError},
		{"500", put, 500, 0, 1, fanout.Again, fanout.ReasonServerError},
		{"500 with an envelope", put, 500, 2001, 1, fanout.Again, fanout.ReasonServerError},
		{"502, however often", put, 502, 0, 1000, fanout.Again, fanout.ReasonServerError},
		{"503 without a time", put, 503, 0, 1, fanout.Again, fanout.ReasonServerError},
		{"500 to a PATCH", patch, 500, 2003, 1, fanout.Again, fanout.ReasonServerError},

		{"429", put, 429, 0, 1, fanout.Again, fanout.ReasonTooMany},
		{"401", put, 401, 2002, 1, fanout.Again, fanout.ReasonHubRefused},
		{"403", put, 403, 0, 1, fanout.Again, fanout.ReasonHubRefused},

		{"200 without an envelope", put, 200, 0, 1, fanout.Again, fanout.ReasonGarbage},
		{"204", put, 204, 0, 1, fanout.Again, fanout.ReasonGarbage},
		{"a redirect without an envelope", put, 302, 0, 1, fanout.Again, fanout.ReasonGarbage},
		{"404 without an envelope", put, 404, 0, 1, fanout.Again, fanout.ReasonGarbage},
		{"200 without an envelope to a PATCH", patch, 200, 0, 1, fanout.Again, fanout.ReasonGarbage},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := fanout.Judge(c.change, fanout.Answer{HTTPStatus: c.http, Status: c.ocpi}, nil, c.attempt)
			if want := (fanout.Verdict{Outcome: c.outcome, Reason: c.reason}); got != want {
				t.Errorf("got %+v, want %+v", got, want)
			}
		})
	}
}

func TestJudgeTriesAgainAfterEveryFailure(t *testing.T) {
	for _, c := range []struct {
		err    error
		reason fanout.Reason
	}{
		{fault.New(fault.NotConnected, "refused"), fanout.ReasonNotConnected},
		{fault.New(fault.Timeout, "late"), fanout.ReasonTimeout},
		{fault.New(fault.BadAnswer, "<html>"), fanout.ReasonGarbage},
		{fault.New(fault.Unavailable, "catalog"), fanout.ReasonNoState},
		{fault.New(fault.NoInterface, "gone"), fanout.ReasonNotConnected},
		{errors.New("anything"), fanout.ReasonNotConnected},
	} {
		for _, change := range []fanout.Change{put, patch, ofEVSE, del} {
			got := fanout.Judge(change, fanout.Answer{}, c.err, 1000)
			if want := (fanout.Verdict{Outcome: fanout.Again, Reason: c.reason}); got != want {
				t.Errorf("%v: got %+v, want %+v", c.err, got, want)
			}
		}
	}
}

func TestJudgeKeepsThePauseThatIsAskedFor(t *testing.T) {
	for _, c := range []struct {
		http       int
		asked, got time.Duration
	}{{429, 0, 0}, {429, time.Minute, time.Minute}, {503, time.Minute, time.Minute}, {429, 24 * time.Hour, 10 * time.Minute}} {
		got := fanout.Judge(put, fanout.Answer{HTTPStatus: c.http, RetryAfter: c.asked}, nil, 1)
		if want := (fanout.Verdict{fanout.Again, fanout.ReasonTooMany, c.got}); got != want {
			t.Errorf("%d after %s: got %+v, want %+v", c.http, c.asked, got, want)
		}
	}
}

func TestOnlyFailuresOfThePlatformRaiseDoubt(t *testing.T) {
	for reason, doubtful := range map[fanout.Reason]bool{
		fanout.ReasonAccepted: false, fanout.ReasonUnknownHere: false, fanout.ReasonRefused: false,
		fanout.ReasonTooMany: false, fanout.ReasonNoState: false,
		fanout.ReasonServerError: true, fanout.ReasonHubRefused: true, fanout.ReasonGarbage: true,
		fanout.ReasonTimeout: true, fanout.ReasonNotConnected: true,
	} {
		if got := reason.Doubtful(); got != doubtful {
			t.Errorf("%s: got %t", reason, got)
		}
	}
}

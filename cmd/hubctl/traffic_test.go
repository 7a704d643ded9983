package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/ocpihub/ocpihub/internal/fault"
	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/bridge"
	"github.com/ocpihub/ocpihub/routing/journal"
)

// talk is the log of a scene: a command with its result, as a hub notes it.
type talk struct{ empty bool }

func (l talk) entries() []journal.Entry {
	if l.empty {
		return nil
	}
	msp, cpo := ocpi.NewPartyID("NL", "MSP"), ocpi.NewPartyID("DE", "ACM")
	command := journal.Entry{
		Time: at(1), CorrelationID: "c-1", RequestID: "r-1", From: msp, To: cpo, FromPlatform: "p-2", Module: ocpi.Commands, Method: "POST",
		Object: "START_SESSION", Route: "direct", HTTPStatus: 200, OCPIStatus: 1000, Duration: 30 * time.Millisecond, Reason: "to_names_a_party",
		TraceID: "4bf92f3577b34da6a3ce929d0e0e4736",
	}
	command.Request = journal.Body{JSON: []byte(`{"response_url":"***","token":{"uid":"***"}}`), Bytes: 90}
	command.Answer = journal.Body{JSON: []byte(`{"data":{"result":"ACCEPTED"}}`), Bytes: 5000, Cut: true}
	call := command
	call.Answer = journal.Body{Bytes: 77}
	call.Time, call.RequestID, call.FromPlatform, call.ToPlatform, call.Attempt, call.Reason = at(1), "r-2", "", "p-1", 1, "accepted"
	result := journal.Entry{
		Time: at(2), CorrelationID: "c-2", RequestID: "r-3", From: cpo, To: msp, FromPlatform: "p-1", Module: ocpi.Commands, Method: "POST",
		Route: "callback", HTTPStatus: 200, OCPIStatus: 4002, Duration: 2 * time.Second, Reason: "timeout", Command: "c-1",
		TraceID: command.TraceID,
	}
	brought := result
	brought.RequestID, brought.FromPlatform, brought.ToPlatform, brought.Attempt, brought.Command = "r-4", "", "p-2", 1, ""
	brought.HTTPStatus, brought.OCPIStatus = 0, 0
	return []journal.Entry{brought, result, call, command}
}

func (l talk) List(_ context.Context, q journal.Query) ([]journal.Entry, error) {
	if q.Status == 599 {
		return nil, fault.New(fault.Unavailable, "no message log is kept: set journal.max_age")
	}
	entries := l.entries()
	switch q.CorrelationID {
	case "c-broadcast":
		entries = broadcast()
	case "c-versions":
		entries = versions()
	case "c-refused":
		entries = []journal.Entry{refusal()}
	}
	if !q.Bodies {
		for i := range entries {
			entries[i].Request, entries[i].Answer = journal.Body{}, journal.Body{}
		}
	}
	return entries, nil
}

// broadcast is a push to three receivers, of which one fails at first, and one
// gets it in the PUT of a later push.
func broadcast() []journal.Entry {
	message := journal.Entry{
		Time: at(1), CorrelationID: "c-broadcast", RequestID: "r-1", From: ocpi.NewPartyID("DE", "ACM"), To: ocpi.NewPartyID("NL", "HUB"),
		FromPlatform: "p-1", Module: ocpi.Locations, Method: "PATCH", Object: "DE/ACM/L1/E1", Route: "broadcast",
		HTTPStatus: 200, OCPIStatus: 1000, Duration: 2 * time.Millisecond, Reason: "to_names_the_hub",
	}
	copied := func(to string, attempt, http int, status ocpi.StatusCode, reason string) journal.Entry {
		e := message
		e.Time = e.Time.Add(time.Duration(attempt) * time.Second)
		e.RequestID, e.To, e.FromPlatform, e.ToPlatform = to+reason, ocpi.NewPartyID("NL", to), "", "p-"+to
		e.Attempt, e.HTTPStatus, e.OCPIStatus, e.Reason = attempt, http, status, reason
		return e
	}
	merged := copied("FOR", 1, 200, 1000, "accepted")
	merged.Method, merged.CorrelationID, merged.Covers = "PUT", "c-later", []string{"c-broadcast", "c-other"}
	return []journal.Entry{
		merged, copied("TWO", 2, 200, 1000, "accepted"), copied("TRE", 1, 200, 2001, "refused_by_receiver"),
		copied("TWO", 1, 503, 0, "receiver_server_error"), copied("ONE", 1, 200, 1000, "accepted"), message,
	}
}

// versions is a push to two receivers of 2.1.1, one of which gets it, and one
// that may not have it.
func versions() []journal.Entry {
	message := broadcast()[5]
	message.CorrelationID = "c-versions"
	crossed := func(to string, b journal.Bridged) journal.Entry {
		e := message
		b.Class, b.From, b.To = bridge.Location, ocpi.V221, ocpi.V211
		e.Time = e.Time.Add(time.Second)
		e.RequestID, e.To, e.FromPlatform, e.ToPlatform, e.Attempt, e.Bridged = "r-"+to, ocpi.NewPartyID("NL", to), "", "p-"+to, 1, []journal.Bridged{b}
		return e
	}
	taken := crossed("ONE", journal.Bridged{More: 2, Findings: []journal.Finding{
		{Reason: bridge.State, Pointer: "/state", Times: 1}, {Reason: bridge.Capabilities, Pointer: "/evses/0/capabilities/1", Times: 12},
	}})
	taken.Reason = "accepted"
	withheld := crossed("TWO", journal.Bridged{Withheld: bridge.NotPublished})
	withheld.Reason, withheld.HTTPStatus, withheld.OCPIStatus = "withheld", 0, 0
	return []journal.Entry{withheld, taken, message}
}

func refusal() journal.Entry {
	return journal.Entry{
		Time: at(1), CorrelationID: "c-refused", RequestID: "r-1", Module: ocpi.Tokens, Method: "PUT", Object: "NL/MSP/***",
		HTTPStatus: 401, OCPIStatus: 2000, Reason: "unauthorized", LeftOut: 4711,
	}
}

func (l talk) Follow(_ context.Context, _ journal.Query, each func(journal.Entry) error) error {
	for _, e := range l.entries() {
		if err := each(e); err != nil {
			return err
		}
	}
	return nil
}

func TestFollowingPrintsAnObjectALine(t *testing.T) {
	code, out, errs := start(t).hubctl(t, "traffic", "--follow", "-o", "json")
	lines := strings.Split(strings.TrimSpace(out), "\n")
	if code != 1 || len(lines) != 4 || !strings.Contains(errs, "has stopped") {
		t.Fatalf("exit code %d, %s\n%s", code, errs, out)
	}
	for _, line := range lines {
		var r struct{ Time, From, Route string }
		if err := json.Unmarshal([]byte(line), &r); err != nil || r.Route == "" || r.Time == "" || r.From == "" {
			t.Errorf("%s: %v", line, err)
		}
	}
}

func TestTrafficSaysWhatIsWrong(t *testing.T) {
	for arg, want := range map[string]string{
		"--since=yesterday": "--since", "--party=ABC": "party", "--limit=-1": "limit", "--limit=100000": "limit", "--status=599": "journal.max_age",
		"--bodies": "correlation_id", "--bodies=true --follow": "--follow",
	} {
		if code, _, errs := start(t).hubctl(t, append([]string{"traffic"}, strings.Fields(arg)...)...); code == 0 || !strings.Contains(errs, want) {
			t.Errorf("%s: exit code %d, %s", arg, code, errs)
		}
	}
}

func TestSinceIsADurationOrATime(t *testing.T) {
	now := at(30)
	for s, want := range map[string]time.Time{
		"10m": at(20), "2026-11-21": time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC), "2026-11-21T12:05:00Z": at(5),
	} {
		if got, err := readSince(s, now); err != nil || !got.AsTime().Equal(want) {
			t.Errorf("%s is read as %v, %v", s, got, err)
		}
	}
	if got, err := readSince("", now); got != nil || err != nil {
		t.Error(fmt.Sprint(got, err))
	}
}

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
	call := command
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
	return l.entries(), nil
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
	if code != 0 || len(lines) != 4 {
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
	} {
		if code, _, errs := start(t).hubctl(t, "traffic", arg); code == 0 || !strings.Contains(errs, want) {
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

package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/ocpihub/ocpihub/internal/cli"
	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/ocpitest"
)

func TestWrongUsageIsToldInOneLine(t *testing.T) {
	tests := map[string][]string{
		"nobody to connect to":   {"cpo"},
		"token A is missing":     {"cpo", "--hub-versions-url", "http://localhost/versions"},
		"two ways to connect":    {"cpo", "--hub-versions-url", "http://localhost/versions", "--token-a", "x", "--accept-token", "y"},
		"an eMSP without party":  {"emsp", "--accept-token", "x"},
		"a party written wrong":  {"cpo", "--accept-token", "x", "--party", "DEABC"},
		"an unknown fault":       {"cpo", "--accept-token", "x", "--fault", "slow"},
		"an unknown output":      {"cpo", "--accept-token", "x", "-o", "xml"},
		"a number of no changes": {"cpo", "--accept-token", "x", "--push-count", "3"},
		"an unknown role":        {"nsp"},
		"an unknown version":     {"cpo", "--accept-token", "x", "--ocpi", "2.2"},
		"2.1.1 without a party":  {"cpo", "--accept-token", "x", "--ocpi", "2.2.1,2.1.1"},
	}
	for name, args := range tests {
		t.Run(name, func(t *testing.T) {
			var errs bytes.Buffer
			root := newRoot()
			root.SetArgs(args)
			root.SetErr(&errs)
			root.SetOut(io.Discard)
			if code := cli.Execute(t.Context(), root); code != cli.WrongUsage || strings.Count(errs.String(), "\n") != 1 {
				t.Errorf("exit code %d, %q", code, errs.String())
			}
		})
	}
}

func TestARunTellsItsEventsAsJSONLines(t *testing.T) {
	hub := ocpitest.Run(t, ocpitest.Options{
		Name: "Hub", Parties: []ocpitest.Party{{Role: ocpi.EMSP, ID: ocpi.NewPartyID("NL", "HUB")}},
	})
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	var out bytes.Buffer
	root := newRoot()
	root.SetOut(&out)
	root.SetArgs([]string{
		"cpo", "--party", "DE*ABC", "--hub-versions-url", hub.VersionsURL(), "--token-a", hub.Invite(),
		"--publish", "--once", "-o", "json",
	})
	if code := cli.Execute(ctx, root); code != cli.Done {
		t.Fatalf("exit code %d", code)
	}
	var names []string
	for lines := bufio.NewScanner(&out); lines.Scan(); {
		var event struct{ Event, Time string }
		if err := json.Unmarshal(lines.Bytes(), &event); err != nil || event.Time == "" {
			t.Fatalf("%s: %v", lines.Text(), err)
		}
		if event.Event != "received" {
			names = append(names, event.Event)
		}
	}
	if got := strings.Join(names, " "); got != "listening registered published stopped" {
		t.Errorf("events: %s", got)
	}
}

func TestAHubThatIsNotThereIsAFailure(t *testing.T) {
	gone := ocpitest.Run(t, ocpitest.Options{
		Name: "Hub", Parties: []ocpitest.Party{{Role: ocpi.EMSP, ID: ocpi.NewPartyID("NL", "HUB")}},
	})
	gone.Stop()
	var errs bytes.Buffer
	root := newRoot()
	root.SetErr(&errs)
	root.SetOut(io.Discard)
	root.SetArgs([]string{"cpo", "--hub-versions-url", gone.VersionsURL(), "--token-a", "x"})
	if code := cli.Execute(t.Context(), root); code != cli.Failed || strings.Count(errs.String(), "\n") != 1 {
		t.Errorf("exit code %d, %q", code, errs.String())
	}
}

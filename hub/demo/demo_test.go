package demo_test

import (
	"context"
	"errors"
	"log/slog"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/ocpihub/ocpihub/hub"
	"github.com/ocpihub/ocpihub/hub/demo"
)

// play tells the story of a demo of its own.
func play(t *testing.T, o demo.Options) error {
	t.Helper()
	o.Out = t.Output()
	d, err := demo.Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(t.Context()); err != nil {
			t.Errorf("the demo did not stop cleanly: %v", err)
		}
	})
	return d.Tell(t.Context())
}

func TestEveryStepOfTheStoryIsVerified(t *testing.T) {
	if err := play(t, demo.Options{}); err != nil {
		t.Fatal(err)
	}
}

func TestTheSmallestCastTellsTheSameStory(t *testing.T) {
	if err := play(t, demo.Options{CPOs: 1, EMSPs: 1}); err != nil {
		t.Fatal(err)
	}
}

func TestTheStoryIsToldAtAHubThatRuns(t *testing.T) {
	cfg := hub.Defaults()
	cfg.Listen, cfg.Admin.Listen, cfg.PublicURL, cfg.DataDir = "127.0.0.1:0", "127.0.0.1:0", "", t.TempDir()
	cfg.Hub.PartyID, cfg.Alive.Interval = "ROA", 2*time.Second
	cfg.Egress.Allow = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
	given, err := hub.Start(t.Context(), cfg, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = given.Close(context.Background()) })
	o := demo.Options{CPOs: 1, EMSPs: 1, AdminAddr: given.AdminAddr(), TokenFile: cfg.AdminTokenFile()}
	if err := play(t, o); err != nil {
		t.Fatal(err)
	}
	if _, err := demo.Start(t.Context(), o); err == nil || !strings.Contains(err.Error(), "platforms: the demo needs one without") {
		t.Errorf("a second story at the same hub: got %v", err)
	}
}

func TestALocationThatIsNotPushedFailsTheStepThatMissesIt(t *testing.T) {
	err := play(t, demo.Options{Sabotage: demo.DropPush, Quiet: time.Second})
	step, ok := errors.AsType[*demo.StepError](err)
	if !ok || step.Number != 3 || !strings.Contains(err.Error(), "missing") {
		t.Errorf("got %v, want step 3 to miss a location", err)
	}
}

func TestOptionsThatMakeNoSenseAreRefused(t *testing.T) {
	for name, o := range map[string]demo.Options{
		"cpos":      {CPOs: 7}, // the sample has six operators
		"emsps":     {EMSPs: -1},
		"sabotage":  {Sabotage: "all"},
		"locations": {Locations: "none.jsonl"},
	} {
		if _, err := demo.Start(t.Context(), o); err == nil || !strings.HasPrefix(err.Error(), name+": ") {
			t.Errorf("got error %v, want one about %s", err, name)
		}
	}
}

package demo_test

import (
	"errors"
	"strings"
	"testing"
	"time"

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

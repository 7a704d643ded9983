package main

import (
	"context"
	"strings"
	"testing"

	"github.com/ocpihub/ocpihub/internal/fault"
	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/bridge"
	"github.com/ocpihub/ocpihub/routing/interpret"
)

// stock tells what versions make of the objects of a scene.
type stock struct{ *stage }

func (s stock) Report(_ context.Context, q interpret.Question) (interpret.Report, error) {
	switch {
	case q.Sample == 599:
		return interpret.Report{}, fault.New(fault.Unavailable, "the hub cannot look up what a translation needs: try again")
	case s.empty:
		return interpret.Report{}, nil
	case q.To == ocpi.V230:
		return interpret.Report{Modules: []interpret.ModuleReport{{Module: ocpi.Tokens, Held: 2, Looked: 2, Same: 2, Stored: map[ocpi.Version]int{ocpi.V221: 2}}}}, nil
	}
	return interpret.Report{
		Modules: []interpret.ModuleReport{{Module: ocpi.Locations, Held: 12000, Looked: q.Sample, Same: 3, Withheld: 17, Unreadable: 1, Stored: map[ocpi.Version]int{ocpi.V221: q.Sample}}, {Module: ocpi.Tariffs, Held: 4, Looked: 4, Stored: map[ocpi.Version]int{ocpi.V221: 1, ocpi.V230: 3}}},
		Rows: []interpret.Row{
			{Class: bridge.Location, Reason: bridge.NotPublished, Stored: ocpi.V221, Objects: 17, Times: 17, ObjectID: "LOC1"},
			{Class: bridge.Location, Reason: bridge.Capabilities, Stored: ocpi.V221, Objects: 700, Times: 1400, ObjectID: "LOC2", Pointer: "/evses/0/capabilities/1"},
			{Class: bridge.Tariff, Reason: bridge.PriceLimits, Stored: ocpi.V230, Objects: 4, Times: 4, ObjectID: "T\x1b1", Pointer: "/min_price"},
		},
	}, nil
}

func TestAReportSaysWhatIsWrong(t *testing.T) {
	for args, want := range map[string]string{
		"--from DE*ACM":                              "\"to\"",
		"--from ACM --to 2.1.1":                      "party",
		"--from DE*ACM --to 2.0":                     "2.1.1",
		"--from DE*ACM --to 2.1.1 --sample -1":       "sample",
		"--from DE*ACM --to 2.1.1 --sample 599":      "try again",
		"--from DE*ACM --to 2.1.1 --sample 99999999": "100000",
	} {
		if code, _, errs := start(t).hubctl(t, append([]string{"bridge", "report"}, strings.Fields(args)...)...); code == 0 || !strings.Contains(errs, want) {
			t.Errorf("%s: exit code %d, %s", args, code, errs)
		}
	}
}

func TestAReportOfNothingSaysSo(t *testing.T) {
	s := start(t)
	s.empty = true
	if code, out, errs := s.hubctl(t, "bridge", "report", "--from", "DE*ACM", "--to", "2.1.1"); code != 0 || !strings.Contains(out, "no objects of DE*ACM") {
		t.Errorf("exit code %d, %s %s", code, out, errs)
	}
}

package journal_test

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/bridge"
	"github.com/ocpihub/ocpihub/routing/journal"
)

func TestARecordKeepsEachFindingOnceWithItsNumber(t *testing.T) {
	c := bridge.Crossing{Class: bridge.Location, From: ocpi.V221, To: ocpi.V211, Withheld: bridge.NotPublished}
	for i := range 200 {
		c.Findings = append(c.Findings,
			bridge.Finding{Reason: bridge.Capabilities, Pointer: fmt.Sprintf("/evses/%d/capabilities/%d", i, i%3)},
			bridge.Finding{Reason: bridge.Unspecified, Pointer: fmt.Sprintf("/own%d/%s", i, strings.Repeat("x", 999))})
	}
	got := journal.Crossings([]bridge.Crossing{c, {Class: bridge.Token}, {}, {}, {}, {}})
	if len(got) != 4 || journal.Crossings(nil) != nil {
		t.Fatalf("%d are kept", len(got))
	}
	first := got[0]
	if diff := cmp.Diff(journal.Finding{Reason: bridge.Capabilities, Pointer: "/evses/0/capabilities/0", Times: 200}, first.Findings[0]); diff != "" {
		t.Error(diff)
	}
	if len(first.Findings) != 12 || first.More != 189 || len(first.Findings[1].Pointer) != 100 || first.Withheld != bridge.NotPublished {
		t.Errorf("%d and %d more: %v", len(first.Findings), first.More, first.Findings)
	}
}

func TestAPlaceIsCutShortBetweenItsLetters(t *testing.T) {
	for ahead := range 4 {
		c := bridge.Crossing{Findings: []bridge.Finding{{Reason: bridge.Unspecified, Pointer: "/" + strings.Repeat("x", ahead) + strings.Repeat("€", 99)}}}
		if got := journal.Crossings([]bridge.Crossing{c})[0].Findings[0].Pointer; !utf8.ValidString(got) || len(got) < 98 || len(got) > 100 {
			t.Errorf("%q of %d bytes", got, len(got))
		}
	}
}

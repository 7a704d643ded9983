package ocpi_test

import (
	"testing"

	"github.com/ocpihub/ocpihub/ocpi"
)

func TestVersionsAreOrderedByTheirNumbers(t *testing.T) {
	inOrder := []ocpi.Version{"", "2", "2.0", "2.1", "2.1.1", "2.2", "2.2.1", "2.2.1-d2", "2.3.0", "2.10", "3.0", "next"}
	for i, a := range inOrder {
		for j, b := range inOrder {
			if a.Before(b) != (i < j) {
				t.Errorf("%q before %q: %v", a, b, a.Before(b))
			}
		}
	}
}

func TestVersionsAreComparedWithoutMakingAnything(t *testing.T) {
	var older, headed bool
	made := testing.AllocsPerRun(100, func() { older, headed = ocpi.V211.Before(ocpi.V230), ocpi.V221.Headers() })
	if made != 0 || !older || !headed {
		t.Errorf("%v allocations; %t, %t", made, older, headed)
	}
}

func TestTheKnownVersionsAreListedOldestFirst(t *testing.T) {
	known := ocpi.KnownVersions()
	for i, v := range known {
		if ocpi.Classes(v) == nil || ocpi.FunctionalModules(v) == nil || i > 0 && !known[i-1].Before(v) {
			t.Errorf("%s", v)
		}
	}
}

func TestH084_MessagesOf211CarryNoRoutingHeaders(t *testing.T) {
	for v, want := range map[ocpi.Version]bool{"2.0": false, ocpi.V211: false, "2.2": true, ocpi.V221: true, ocpi.V230: true} {
		if v.Headers() != want {
			t.Errorf("%s: %v", v, v.Headers())
		}
	}
}

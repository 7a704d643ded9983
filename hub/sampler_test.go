package hub

import (
	"testing"
	"time"
)

func TestASampleIsRecordedAndTheRestCounted(t *testing.T) {
	var s sampler
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	recorded := 0
	for range 100 {
		if leftOut, ok := s.take("p-1", "unauthorized", now); ok {
			if recorded++; leftOut != 0 {
				t.Errorf("%d were left out before the first", leftOut)
			}
		}
	}
	if recorded != refusalsInARow {
		t.Errorf("%d were recorded", recorded)
	}
	for _, other := range []sample{{"p-2", "unauthorized"}, {"p-1", "malformed"}, {"", "unauthorized"}} {
		if _, ok := s.take(other.platform, other.reason, now); !ok {
			t.Errorf("%v pays for others", other)
		}
	}
	later := now.Add(time.Second)
	if leftOut, ok := s.take("p-1", "unauthorized", later); !ok || leftOut != 100-refusalsInARow {
		t.Errorf("a second later: %v, %d left out", ok, leftOut)
	}
	if _, ok := s.take("p-1", "unauthorized", later); ok {
		t.Error("a second one in the same second was recorded")
	}
}

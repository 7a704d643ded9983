package parties_test

import (
	"slices"
	"testing"

	"github.com/ocpihub/ocpihub/internal/fault"
	"github.com/ocpihub/ocpihub/ocpi"
)

// pauses is what a test does to one platform.
type pauses struct {
	*hub
	id string
}

func newPauses(t *testing.T) pauses {
	t.Helper()
	h := newHub(t)
	p, _, err := h.Invite(t.Context(), "one", nil)
	if err != nil {
		t.Fatal(err)
	}
	return pauses{h, p.ID}
}

// want runs an order and judges whether it changed something, and what is
// paused in the directory then.
func (h pauses) want(did, changed bool, err error, all bool, modules ...ocpi.ModuleID) {
	h.t.Helper()
	p, _ := h.Directory().Platform(h.id)
	if err != nil || did != changed || p.Paused.All != all || !slices.Equal(p.Paused.Modules, modules) {
		h.t.Errorf("changed: %t, %v; paused: %+v", did, err, p.Paused)
	}
}

func (h pauses) pause(changed bool, m ocpi.ModuleID, all bool, modules ...ocpi.ModuleID) {
	h.t.Helper()
	_, did, err := h.PauseDeliveries(h.t.Context(), h.id, m)
	h.want(did, changed, err, all, modules...)
}

func (h pauses) resume(changed bool, m ocpi.ModuleID, all bool, modules ...ocpi.ModuleID) {
	h.t.Helper()
	_, did, err := h.ResumeDeliveries(h.t.Context(), h.id, m)
	h.want(did, changed, err, all, modules...)
}

func TestPushesArePausedAndResumedModuleByModuleOrAltogether(t *testing.T) {
	h := newPauses(t)
	h.pause(true, ocpi.Tokens, false, ocpi.Tokens)
	h.pause(true, ocpi.Locations, false, ocpi.Locations, ocpi.Tokens)
	h.pause(false, ocpi.Tokens, false, ocpi.Locations, ocpi.Tokens)
	h.resume(true, ocpi.Tokens, false, ocpi.Locations)
	h.resume(false, ocpi.Tokens, false, ocpi.Locations)
	h.pause(true, "", true, ocpi.Locations)
	h.pause(false, "", true, ocpi.Locations)
	h.resume(true, "", false)
	h.resume(false, "", false)
}

func TestOfWhatIsPausedAltogetherNoModuleIsResumed(t *testing.T) {
	h := newPauses(t)
	h.pause(true, "", true)
	_, _, err := h.ResumeDeliveries(t.Context(), h.id, ocpi.Tokens)
	if fault.KindOf(err) != fault.Conflict {
		t.Errorf("got %v", err)
	}
	h.want(false, false, nil, true)
}

func TestAPauseThatIsRehearsedChangesNothingAndSaysWhatItWould(t *testing.T) {
	h := newPauses(t)
	before := h.Directory().Epoch()
	p, changed, err := h.Rehearse().PauseDeliveries(t.Context(), h.id, ocpi.Tokens)
	if err != nil || !changed || !p.Paused.Holds(ocpi.Tokens) || p.Paused.Holds(ocpi.Locations) {
		t.Errorf("it says %+v, %t, %v", p, changed, err)
	}
	if _, changed, err := h.Rehearse().ResumeDeliveries(t.Context(), h.id, ""); changed || err != nil {
		t.Errorf("to resume what is not paused changes something: %t, %v", changed, err)
	}
	if h.Directory().Epoch() != before {
		t.Error("something was saved")
	}
}

func TestPushesToNobodyCannotBePaused(t *testing.T) {
	h := newPauses(t)
	if _, _, err := h.PauseDeliveries(t.Context(), "nobody", ""); fault.KindOf(err) != fault.NotFound {
		t.Errorf("got %v", err)
	}
}

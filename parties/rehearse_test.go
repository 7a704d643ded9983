package parties_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ocpihub/ocpihub/internal/fault"
	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/parties"
)

func epochOf(t *testing.T, h *hub) uint64 {
	t.Helper()
	epoch, err := h.store.Epoch(t.Context())
	noError(t, err)
	return epoch
}

func TestARehearsedConnectReadsWhatThePartnerOffersAndSendsNothing(t *testing.T) {
	h := newHub(t)
	p, err := h.Rehearse().Connect(t.Context(), parties.Invitation{Name: "cpo", VersionsURL: theirURL, Token: "their-token-A"})
	noError(t, err)
	if p.Version != ocpi.V221 || len(p.Endpoints) != 3 || p.Status != parties.Planned {
		t.Errorf("got %+v", p)
	}
	want := []string{"GET " + theirURL + " their-token-A", "GET " + detailsURL + " their-token-A"}
	if diff := cmp.Diff(want, h.partner.took()); diff != "" {
		t.Errorf("the partner was called (-want +got):\n%s", diff)
	}
	if n, epoch := len(h.Directory().All()), epochOf(t, h); n != 0 || epoch != 0 || len(h.joined) != 0 {
		t.Errorf("%d platforms are left, at epoch %d, joined %v", n, epoch, h.joined)
	}
}

func TestARehearsalRefusesWhatWouldBeRefused(t *testing.T) {
	h := newHub(t)
	id, _ := h.register(abcCPO)
	_, err := h.Suspend(t.Context(), id)
	noError(t, err)
	_, _, err = h.Rehearse().Rotate(t.Context(), id)
	wantFault(t, err, fault.Conflict)
	_, err = h.Rehearse().Remove(t.Context(), "nobody")
	wantFault(t, err, fault.NotFound)
	_, _, err = h.Rehearse().Invite(t.Context(), "x", []parties.Claim{claim(ocpi.CPO, "NL", "HUB")})
	wantFault(t, err, fault.Invalid)
	h.partner.down = fault.New(fault.ClientUnusable, "their versions answer 404")
	_, err = h.Rehearse().Connect(t.Context(), parties.Invitation{Name: "x", VersionsURL: theirURL, Token: "their-token-A"})
	wantFault(t, err, fault.ClientUnusable)
}

func TestARehearsedRenewalOfTokensLeavesThemAsTheyAre(t *testing.T) {
	h := newHub(t)
	id, tokenC := h.register(abcCPO)
	planned, tokenA := h.invite()
	before := epochOf(t, h)
	p, token, err := h.Rehearse().Rotate(t.Context(), id)
	noError(t, err)
	if p.Version != ocpi.V221 || token != "" || len(h.partner.took()) != 2 {
		t.Errorf("got %+v", p)
	}
	_, _, err = h.Rehearse().Rotate(t.Context(), planned)
	noError(t, err)
	if !h.knows(tokenC) || !h.knows(tokenA) || epochOf(t, h) != before {
		t.Error("the tokens have changed")
	}
}

func TestARehearsalShowsWhatWouldBeAndChangesNothing(t *testing.T) {
	h := newHub(t)
	id, tokenC := h.register(abcCPO)
	before := epochOf(t, h)
	suspended, err := h.Rehearse().Suspend(t.Context(), id)
	noError(t, err)
	removed, err := h.Rehearse().Remove(t.Context(), id)
	noError(t, err)
	if suspended.Status != parties.Suspended || !removed.Removed {
		t.Errorf("got %+v and %+v", suspended, removed)
	}
	if p := h.platform(id); p.Status != parties.Connected || !h.knows(tokenC) || epochOf(t, h) != before {
		t.Errorf("it has changed: %+v", p)
	}
}

package parties_test

import (
	"strings"
	"testing"

	"github.com/ocpihub/ocpihub/internal/fault"
	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/parties"
)

func TestAPinnedPlatformRegistersInItsVersionAlone(t *testing.T) {
	h := newHub230(t)
	_, tokenA, err := h.InviteNewcomer(t.Context(), parties.Newcomer{Name: "platform", Claims: nil, Pinned: ocpi.V221})
	noError(t, err)
	_, err = h.Register(t.Context(), h.login(tokenA), ocpi.V230, credentials(tokenB, abcCPO))
	wantFault(t, err, fault.Unsupported)
	if got := h.partner.took(); len(got) > 0 {
		t.Errorf("it was called: %v", got)
	}
	answer, err := h.Register(t.Context(), h.login(tokenA), ocpi.V221, credentials(tokenB, abcCPO))
	noError(t, err)
	_, err = h.Update(t.Context(), h.login(answer.Token), ocpi.V230, credentials(newestToken, abcCPO))
	wantFault(t, err, fault.Unsupported)
}

func TestThePinOfARegisteredPlatformCountsAtItsNextRenewal(t *testing.T) {
	h := newHub230(t)
	id, answer := h.register230(abcCPO)
	p, err := h.Pin(t.Context(), id, ocpi.V221)
	noError(t, err)
	if p.Version != ocpi.V230 || p.Pinned != ocpi.V221 {
		t.Errorf("it speaks %s, pinned to %q", p.Version, p.Pinned)
	}
	_, err = h.Update(t.Context(), h.login(answer.Token), ocpi.V230, credentials(newestToken, abcCPO)) // as before
	noError(t, err)
	p, _, err = h.Rotate(t.Context(), id)
	noError(t, err)
	if p.Version != ocpi.V221 || p.Shown != "" || h.partner.sent[len(h.partner.sent)-1].Version != ocpi.V221 {
		t.Errorf("the hub moved it to %s", p.Version)
	}
	_, err = h.Pin(t.Context(), id, "")
	noError(t, err)
	p, _, err = h.Rotate(t.Context(), id)
	noError(t, err)
	if p.Version != ocpi.V221 {
		t.Errorf("a renewal moved it to %s", p.Version)
	}
}

func TestTheHubConnectsInTheVersionThatAPlatformIsPinnedTo(t *testing.T) {
	h := newHub230(t)
	in := parties.Invitation{Name: "x", VersionsURL: theirURL, Token: "A", Pinned: ocpi.V221}
	p, err := h.Connect(t.Context(), in)
	noError(t, err)
	if p.Version != ocpi.V221 || p.Pinned != ocpi.V221 {
		t.Errorf("it speaks %s, pinned to %q", p.Version, p.Pinned)
	}
	h = newHub(t) // has 2.2.1 alone
	in.Pinned = ocpi.V230
	_, err = h.Connect(t.Context(), in)
	wantFault(t, err, fault.Unsupported)
}

func TestAVersionThatCannotBeSpokenIsNoPin(t *testing.T) {
	h := newHub230(t)
	for _, v := range []ocpi.Version{"2.2", "x", ocpi.V211} { // 2.1.1: of nobody knows which side
		_, _, err := h.InviteNewcomer(t.Context(), parties.Newcomer{Name: "platform", Claims: nil, Pinned: v})
		wantFault(t, err, fault.Invalid)
	}
	p, _, err := h.InviteNewcomer(t.Context(), parties.Newcomer{Name: "platform", Claims: []parties.Claim{abcCPO}, Pinned: ocpi.V211})
	noError(t, err)
	_, err = h.Pin(t.Context(), p.ID, "7.0")
	if f := wantFault(t, err, fault.Invalid); !strings.Contains(f.Message, "2.3.0 or 2.2.1 or 2.1.1") {
		t.Errorf("it does not say what the hub offers: %s", f.Message)
	}
	if got := h.platform(p.ID).Pinned; got != ocpi.V211 {
		t.Errorf("it is pinned to %q", got)
	}
}

func TestAPinIsPartOfTheSetup(t *testing.T) {
	h := newHub230(t)
	apply := func(v ocpi.Version) (parties.Applied, error) {
		return h.Apply(t.Context(), parties.SetupOrder{}, parties.Setup{Platforms: []parties.PlatformSetup{{Name: "written down", Pinned: v}}})
	}
	_, err := apply(ocpi.V221)
	noError(t, err)
	if got := h.Directory().Setup(h.clock.now()).Platforms[0].Pinned; got != ocpi.V221 {
		t.Errorf("it is pinned to %q", got)
	}
	done, err := apply("")
	noError(t, err)
	if len(done.Changes) != 1 || done.Changes[0].Field != "pinned_version" || done.Changes[0].Old != "2.2.1" || done.Changes[0].New != "none" {
		t.Errorf("the changes are %+v", done.Changes)
	}
	if got := h.Directory().Setup(h.clock.now()).Platforms[0].Pinned; got != "" {
		t.Errorf("it is still pinned to %s", got)
	}
	_, err = apply("7.0")
	wantFault(t, err, fault.Invalid)
}

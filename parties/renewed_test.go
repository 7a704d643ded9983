package parties_test

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/ocpihub/ocpihub/internal/fault"
	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/parties"
)

func TestWhoHasRenewedIsNotLockedOutByPartiesThatItMayNotHave(t *testing.T) {
	h := newHub230(t)
	h.register(defCPO)
	id, old := h.register230(abcCPO)
	for name, roles := range map[string][]parties.Claim{
		"a party of another platform": {abcCPO, defCPO},
		"the role HUB":                {abcCPO, claim(ocpi.HUB, "FR", "HBB")},
		"no party":                    nil,
	} {
		h.answers(func(parties.RegisterCall) (parties.Credentials, error) {
			return credentials(newestToken+name[:1], roles...), nil
		})
		h.partner.sent = nil
		_, _, err := h.Rotate(t.Context(), id)
		if f := wantFault(t, err, fault.ClientUnusable); !strings.Contains(f.Message, "the tokens are renewed") {
			t.Errorf("%s: %s", name, f.Message)
		}
		p := h.platform(id)
		if token, _, _ := h.Token(p); token != newestToken+name[:1] || !h.knows(h.partner.sent[0].Send.Token) {
			t.Errorf("%s: the platform has changed its token, and the hub calls with %q", name, token)
		}
		if len(p.Parties) != 1 || p.Parties[0].Claim != abcCPO || p.Status != parties.Connected {
			t.Errorf("%s: it is %s as %v", name, p.Status, p.Parties)
		}
		if len(h.due()) > 0 {
			t.Errorf("%s: it was told whom it can reach, and is told again", name)
		}
	}
	h.clock.advance(grace)
	if h.knows(old.Token) {
		t.Error("the rotation did not end")
	}
}

func TestAPlatformIsNotMovedByBeingToldOfNewParties(t *testing.T) {
	h := newHub230(t)
	id, _ := h.register230(tnmEMSP)
	_, err := h.Pin(t.Context(), id, ocpi.V221)
	noError(t, err)
	h.register(abcCPO)
	h.partner.sent = nil
	h.answers(func(parties.RegisterCall) (parties.Credentials, error) { return credentials(newestToken, tnmEMSP), nil })
	noError(t, h.Show(t.Context(), id))
	if p := h.platform(id); p.Version != ocpi.V230 || len(h.partner.sent) != 1 || len(h.due()) > 0 {
		t.Errorf("it speaks %s after %d calls", p.Version, len(h.partner.sent))
	}
}

func TestAPlatformThatMovesWhileTheHubRenewsIsNotMovedBack(t *testing.T) {
	h := newHub230(t)
	id, old := h.register(abcCPO)
	h.partner.asked = func() { // the hub has seen its versions, and not begun yet
		h.partner.asked = nil
		_, err := h.Update(t.Context(), h.login(old), ocpi.V230, credentials(newestToken, abcCPO))
		noError(t, err)
	}
	_, _, err := h.Rotate(t.Context(), id)
	wantFault(t, err, fault.Conflict)
	if p := h.platform(id); p.Version != ocpi.V230 || len(h.partner.sent) > 0 {
		t.Errorf("it speaks %s after %d calls of the hub", p.Version, len(h.partner.sent))
	}
	_, _, err = h.Rotate(t.Context(), id)
	noError(t, err)
}

func TestAPlatformThatHasRegisteredSeveralPartiesIsNeitherOffered211NorMovedThere(t *testing.T) {
	h := newHub(t)
	id, _ := h.register(abcCPO, defCPO)
	p := h.platform(id)
	if got := p.Speakable([]ocpi.Version{ocpi.V221, ocpi.V211}); !slices.Equal(got, []ocpi.Version{ocpi.V221}) {
		t.Errorf("it can speak %v", got)
	}
	if faced, ok := p.Faced(); !ok || faced != ocpi.EMSP { // it is told why at the endpoint
		t.Errorf("it faces %q", faced)
	}
	_, err := h.Pin(t.Context(), id, ocpi.V211)
	if f := wantFault(t, err, fault.Invalid); !strings.Contains(f.Message, "has registered 2") {
		t.Error(f.Message)
	}
	h.partner.older()
	h.partner.sent = nil
	_, _, err = h.Rotate(t.Context(), id)
	wantFault(t, err, fault.Unsupported)
	if len(h.partner.sent) > 0 {
		t.Errorf("the hub sent %+v", h.partner.sent)
	}
}

func TestAFailedConnectLeavesWhatWasWrittenDownAndNothingElse(t *testing.T) {
	h := newHub230(t)
	fails := func(context.Context, parties.RegisterCall) (parties.Credentials, error) {
		return parties.Credentials{}, fault.New(fault.ClientUnusable, "HTTP 500")
	}
	h.partner.answer = fails
	in := parties.Invitation{Name: "cpo", VersionsURL: theirURL, Token: "their-token-A", Claims: []parties.Claim{defCPO}, Pinned: ocpi.V221}
	_, err := h.Connect(t.Context(), in)
	wantFault(t, err, fault.ClientUnusable)
	h.partner.answer = nil
	in.Claims, in.Pinned = nil, ""
	p, err := h.Connect(t.Context(), in)
	noError(t, err)
	if p.Version != ocpi.V230 || p.Pinned != "" || len(p.Claims) > 0 {
		t.Errorf("the failed try counts: %s, pinned to %q, may be %v", p.Version, p.Pinned, p.Claims)
	}

	written := parties.PlatformSetup{Name: "emsp", VersionsURL: theirURL + "/emsp", Claims: []parties.Claim{tnmEMSP}, Pinned: ocpi.V221}
	_, err = h.Apply(t.Context(), parties.SetupOrder{}, parties.Setup{Platforms: []parties.PlatformSetup{written}})
	noError(t, err)
	h.partner.answer = fails
	in = parties.Invitation{Name: "emsp", VersionsURL: theirURL + "/emsp", Token: "their-token-A", Claims: []parties.Claim{ecoEMSP}, Pinned: ocpi.V230}
	_, err = h.Connect(t.Context(), in)
	wantFault(t, err, fault.ClientUnusable)
	for _, p := range h.Directory().Platforms() {
		if p.Name == "emsp" && p.Status == parties.Planned && p.Pinned == ocpi.V221 && slices.Equal(p.Claims, written.Claims) && len(p.Keys) == 0 {
			return
		}
	}
	t.Errorf("what was written down is gone: %+v", h.Directory().Platforms())
}

func TestAPinOfASetupMustSuitThePartiesOfIt(t *testing.T) {
	h := newHub(t)
	apply := func(claims ...parties.Claim) error {
		_, err := h.Apply(t.Context(), parties.SetupOrder{}, parties.Setup{Platforms: []parties.PlatformSetup{{Name: "old", Claims: claims, Pinned: ocpi.V211}}})
		return err
	}
	noError(t, apply(abcCPO))
	wantFault(t, apply(), fault.Invalid) // it would be shown no version at all
}

func TestWhoeverOrderedItAndLeavesDoesNotPartTheTwoSides(t *testing.T) {
	h := newHub230(t)
	id, _ := h.register230(tnmEMSP)
	h.register(abcCPO)
	for name, order := range map[string]func(context.Context) error{
		"a renewal":   func(ctx context.Context) error { _, _, err := h.Rotate(ctx, id); return err },
		"a new party": func(ctx context.Context) error { return h.Show(ctx, id) },
		"a registration": func(ctx context.Context) error {
			_, err := h.Connect(ctx, parties.Invitation{Name: "n", VersionsURL: theirURL, Token: "their-token-A"})
			return err
		},
	} {
		ctx, leave := context.WithCancel(t.Context())
		h.partner.answer = func(ctx context.Context, call parties.RegisterCall) (parties.Credentials, error) {
			leave() // the platform has changed its token already
			who := tnmEMSP
			if call.Method == http.MethodPost {
				who = defCPO
			}
			return credentials("token-of-"+call.Method, who), ctx.Err()
		}
		noError(t, order(ctx))
		if last := h.partner.sent[len(h.partner.sent)-1]; !h.knows(last.Send.Token) {
			t.Errorf("%s: the two sides go by other tokens", name)
		}
	}
}

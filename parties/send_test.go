package parties_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ocpihub/ocpihub/internal/fault"
	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/parties"
)

const tokenFromThem = "token-A-of-the-cpo"

func (h *hub) connect() (*parties.Platform, error) {
	return h.Connect(h.t.Context(), parties.Invitation{Name: "cpo", VersionsURL: theirURL, Token: tokenFromThem})
}

// answers lets the partner answer the hub's credentials in this way.
func (h *hub) answers(answer func(parties.RegisterCall) (parties.Credentials, error)) {
	h.partner.answer = func(_ context.Context, call parties.RegisterCall) (parties.Credentials, error) { return answer(call) }
}

func TestH012_TheHubRegistersAsSender(t *testing.T) {
	h := newHub(t)
	p, err := h.connect()
	noError(t, err)
	want := []string{
		"GET " + theirURL + " " + tokenFromThem,
		"GET " + detailsURL + " " + tokenFromThem,
		"POST " + credsURL + " " + tokenFromThem,
	}
	if diff := cmp.Diff(want, h.partner.took()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if p.Status != parties.Connected || p.Version != ocpi.V221 || !p.Holds(abcCPO.Party) {
		t.Errorf("got %s, %s, %v", p.Status, p.Version, p.Parties)
	}
	token, encoding, err := h.Token(p)
	if token != tokenB || encoding != ocpi.TokenRaw || err != nil {
		t.Errorf("the hub calls with %q, %s, %v", token, encoding, err)
	}
	call := h.partner.sent[0]
	if call.Encoding != ocpi.TokenRaw {
		t.Errorf("the POST spelled the token as %s", call.Encoding)
	}
	if use := h.login(call.Send.Token).Key.Use; use != parties.ForAll {
		t.Errorf("the token that the partner got is for %s", use)
	}
	if diff := cmp.Diff([]string{p.ID}, h.joined); diff != "" {
		t.Errorf("joined: -want +got:\n%s", diff)
	}
}

func TestH028_TheHubSendsItsRoleHUBAndNoParties(t *testing.T) {
	h := newHub(t)
	_, err := h.connect()
	noError(t, err)
	sent := h.partner.sent[0].Send
	if len(sent.Roles) != 1 || sent.Roles[0].Role != ocpi.HUB || sent.URL != hubURL {
		t.Errorf("sent %v at %s", sent.Roles, sent.URL)
	}
}

func TestThePartnerMayReadTheHubsVersionsBeforeItAnswers(t *testing.T) {
	h := newHub(t)
	h.answers(func(call parties.RegisterCall) (parties.Credentials, error) {
		l := h.login(call.Send.Token)
		if l.Key.Use != parties.ForRegistration || l.Platform.Status != parties.Planned {
			t.Errorf("during the handshake the token is for %s, the platform %s", l.Key.Use, l.Platform.Status)
		}
		return credentials(tokenB, abcCPO), nil
	})
	_, err := h.connect()
	noError(t, err)
}

func TestH027_TheHighestMutualVersionIsChosen(t *testing.T) {
	h := newHub(t)
	h.partner.versions = []parties.VersionLink{
		{Version: "2.1.1", URL: "https://cpo.example/211"},
		{Version: "2.3.0", URL: detailsURL},
		{Version: "2.2.1", URL: "https://cpo.example/221"},
	}
	p, err := h.connect()
	noError(t, err)
	if p.Version != "2.3.0" {
		t.Errorf("chose %s", p.Version)
	}
}

func TestH026_WithoutACredentialsEndpointNothingIsPosted(t *testing.T) {
	h := newHub(t)
	h.partner.details.Endpoints = h.partner.details.Endpoints[1:]
	_, err := h.connect()
	wantFault(t, err, fault.NoMatching)
	for _, call := range h.partner.took() {
		if !strings.HasPrefix(call, http.MethodGet) {
			t.Errorf("sent %s", call)
		}
	}
}

func TestAFailedConnectLeavesNoPlatform(t *testing.T) {
	ours := func(call parties.RegisterCall) parties.Credentials { return call.Send }
	for name, test := range map[string]struct {
		prepare func(*hub)
		kind    fault.Kind
	}{
		"H-024 an API that is down": {func(h *hub) { h.partner.down = errors.New("refused") }, fault.ClientUnusable},
		"H-025 no mutual version":   {func(h *hub) { h.partner.versions = h.partner.versions[1:] }, fault.Unsupported},
		"a POST that fails": {func(h *hub) {
			h.answers(func(parties.RegisterCall) (parties.Credentials, error) {
				return parties.Credentials{}, errors.New("500")
			})
		}, fault.ClientUnusable},
		"the hub's own credentials as answer": {func(h *hub) {
			h.answers(func(c parties.RegisterCall) (parties.Credentials, error) { return ours(c), nil })
		}, fault.ClientUnusable},
		"the hub's own token as answer": {func(h *hub) {
			h.answers(func(c parties.RegisterCall) (parties.Credentials, error) {
				return credentials(c.Send.Token, abcCPO), nil
			})
		}, fault.ClientUnusable},
		"the hub's own role as answer": {func(h *hub) {
			h.answers(func(c parties.RegisterCall) (parties.Credentials, error) {
				return credentials(tokenB, claim(ocpi.HUB, "NL", "HUB")), nil
			})
		}, fault.ClientUnusable},
		"an answer without roles": {func(h *hub) {
			h.answers(func(parties.RegisterCall) (parties.Credentials, error) { return credentials(tokenB), nil })
		}, fault.ClientUnusable},
		"H-033 an answer with a party twice": {func(h *hub) {
			h.answers(func(parties.RegisterCall) (parties.Credentials, error) {
				return credentials(tokenB, abcCPO, abcCPO), nil
			})
		}, fault.ClientUnusable},
		"H-034 an answer with a party of another platform": {func(h *hub) { h.register(abcCPO) }, fault.Conflict},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHub(t)
			test.prepare(h)
			before := len(h.Directory().Platforms())
			_, err := h.connect()
			wantFault(t, err, test.kind)
			if after := len(h.Directory().Platforms()); after != before {
				t.Errorf("%d platforms are left over", after-before)
			}
			for _, call := range h.partner.sent {
				if call.Send.Token != "" && h.knows(call.Send.Token) {
					t.Error("the token that was given out still opens the hub")
				}
			}
		})
	}
}

func TestARefusedAnswerIsWithdrawnAtThePartner(t *testing.T) {
	h := newHub(t)
	h.register(abcCPO)
	h.partner.took()
	_, err := h.connect()
	wantFault(t, err, fault.Conflict)
	if last := h.partner.took(); !slices.Contains(last, "DELETE "+credsURL+" "+tokenB) {
		t.Errorf("the partner believes that it is registered: %v", last)
	}
}

func TestARetriedConnectMakesNoSecondPlatform(t *testing.T) {
	h := newHub(t)
	h.answers(func(parties.RegisterCall) (parties.Credentials, error) {
		return parties.Credentials{}, errors.New("timeout")
	})
	for range 3 {
		_, err := h.connect()
		wantFault(t, err, fault.ClientUnusable)
	}
	h.partner.answer = nil
	p, err := h.connect()
	noError(t, err)
	if n := len(h.Directory().All()); n != 1 {
		t.Errorf("%d platforms are kept", n)
	}
	_, err = h.connect()
	f := wantFault(t, err, fault.Conflict)
	if !strings.Contains(f.Message, p.ID) || len(h.Directory().Platforms()) != 1 {
		t.Errorf("got %q, %d platforms", f.Message, len(h.Directory().Platforms()))
	}
}

func TestAConnectTakesOverFromOneThatHangs(t *testing.T) {
	h := newHub(t)
	posted, release, first := make(chan struct{}), make(chan struct{}), make(chan error)
	h.answers(func(parties.RegisterCall) (parties.Credentials, error) {
		close(posted)
		<-release
		return credentials("late", abcCPO), nil
	})
	go func() { _, err := h.connect(); first <- err }()
	<-posted
	h.partner.answer = nil
	p, err := h.connect()
	noError(t, err)
	close(release)
	wantFault(t, <-first, fault.Conflict)
	token, _, err := h.Token(h.platform(p.ID))
	if token != tokenB || err != nil || len(h.Directory().Platforms()) != 1 {
		t.Errorf("token %q, %v, %d platforms", token, err, len(h.Directory().Platforms()))
	}
}

func TestALateFailureDoesNotRemoveARunningHandshake(t *testing.T) {
	h := newHub(t)
	posted, fail, first := make(chan struct{}), make(chan struct{}), make(chan error)
	h.answers(func(parties.RegisterCall) (parties.Credentials, error) {
		close(posted)
		<-fail
		return parties.Credentials{}, errors.New("timeout")
	})
	go func() { _, err := h.connect(); first <- err }()
	<-posted
	h.answers(func(call parties.RegisterCall) (parties.Credentials, error) {
		close(fail)
		wantFault(t, <-first, fault.ClientUnusable)
		if !h.knows(call.Send.Token) {
			t.Error("the token of the running handshake is dead")
		}
		return credentials(tokenB, abcCPO), nil
	})
	_, err := h.connect()
	noError(t, err)
}

func TestAPlatformSuspendedDuringTheHandshakeStaysSuspended(t *testing.T) {
	h := newHub(t)
	h.answers(func(call parties.RegisterCall) (parties.Credentials, error) {
		_, err := h.Suspend(t.Context(), h.login(call.Send.Token).Platform.ID)
		noError(t, err)
		return credentials(tokenB, abcCPO), nil
	})
	p, err := h.connect()
	noError(t, err)
	if p.Status != parties.Suspended || !p.Registered() {
		t.Errorf("status %s, registered %t", p.Status, p.Registered())
	}
}

func TestAPartnerThatTakesTheHubForRegisteredGetsPUT(t *testing.T) {
	h := newHub(t)
	h.answers(func(call parties.RegisterCall) (parties.Credentials, error) {
		if call.Method == http.MethodPost {
			return parties.Credentials{}, fault.New(fault.NoMethod, "405")
		}
		return credentials(tokenB, abcCPO), nil
	})
	p, err := h.connect()
	noError(t, err)
	if calls := h.partner.took(); !strings.HasPrefix(calls[len(calls)-1], "PUT "+credsURL) || p.Status != parties.Connected {
		t.Errorf("calls %v, status %s", calls, p.Status)
	}
}

func TestConnectRefusesWhatCannotWork(t *testing.T) {
	h := newHub(t)
	for name, call := range map[string][3]string{
		"no name":      {" ", theirURL, "t"},
		"no URL":       {"n", "cpo.example/versions", "t"},
		"no token":     {"n", theirURL, ""},
		"a wide token": {"n", theirURL, "tök"},
	} {
		_, err := h.Connect(t.Context(), parties.Invitation{Name: call[0], VersionsURL: call[1], Token: call[2]})
		if !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	if calls := h.partner.took(); calls != nil {
		t.Errorf("the partner was called: %v", calls)
	}
}

func TestH011_RotateRenewsTheTokensOfBothSides(t *testing.T) {
	h := newHub(t)
	id, old := h.register(abcCPO)
	h.answers(func(call parties.RegisterCall) (parties.Credentials, error) {
		if !h.knows(call.Send.Token) || !h.knows(old) {
			t.Error("during the PUT a token is not known")
		}
		return credentials(newestToken, abcCPO), nil
	})
	p, tokenA, err := h.Rotate(t.Context(), id)
	noError(t, err)
	want := []string{"GET " + theirURL + " " + tokenB, "GET " + detailsURL + " " + tokenB, "PUT " + credsURL + " " + tokenB}
	if diff := cmp.Diff(want, h.partner.took()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	token, _, _ := h.Token(p)
	if tokenA != "" || token != newestToken {
		t.Errorf("token A %q, the hub calls with %q", tokenA, token)
	}
	fresh := h.partner.sent[0].Send.Token
	h.clock.advance(grace)
	if h.knows(old) || !h.knows(fresh) {
		t.Errorf("old %t, new %t", h.knows(old), h.knows(fresh))
	}
}

func TestBothSidesCannotRenewAtOnceAndNobodyIsLockedOut(t *testing.T) {
	h := newHub(t)
	id, old := h.register(abcCPO)
	put := func() error {
		l, ok := h.Directory().Authenticate([]string{old}, h.clock.now())
		if !ok {
			t.Fatal("the old token is not known")
		}
		_, err := h.Update(t.Context(), l, ocpi.V221, credentials("token-of-the-other-renewal", abcCPO))
		return err
	}
	h.answers(func(parties.RegisterCall) (parties.Credentials, error) {
		wantFault(t, put(), fault.Conflict) // the partner had the same thought
		return credentials(newestToken, abcCPO), nil
	})
	p, _, err := h.Rotate(t.Context(), id)
	noError(t, err)
	h.clock.advance(grace / 2)
	if token, _, _ := h.Token(p); token != newestToken || !h.knows(h.partner.sent[0].Send.Token) {
		t.Error("the two sides go by different tokens")
	}
	noError(t, put()) // later it may
}

func TestAFailedRotationLocksNobodyOut(t *testing.T) {
	h := newHub(t)
	id, old := h.register(abcCPO)
	h.answers(func(parties.RegisterCall) (parties.Credentials, error) {
		return parties.Credentials{}, errors.New("the answer is lost")
	})
	_, _, err := h.Rotate(t.Context(), id)
	wantFault(t, err, fault.ClientUnusable)
	h.clock.advance(10 * grace)
	if sent := h.partner.sent[0].Send.Token; !h.knows(old) || !h.knows(sent) {
		t.Errorf("old %t, sent %t", h.knows(old), h.knows(sent))
	}
	if token, _, err := h.Token(h.platform(id)); token != tokenB || err != nil {
		t.Errorf("the hub calls with %q, %v", token, err)
	}
	h.partner.answer = nil
	_, _, err = h.Rotate(t.Context(), id)
	noError(t, err)
	h.clock.advance(grace)
	if sent := h.partner.sent[0].Send.Token; h.knows(old) || h.knows(sent) {
		t.Error("tokens from before the rotation still open the hub")
	}
}

func TestASuspendedPlatformIsNotRotated(t *testing.T) {
	h := newHub(t)
	id, _ := h.register(abcCPO)
	_, err := h.Suspend(t.Context(), id)
	noError(t, err)
	_, _, err = h.Rotate(t.Context(), id)
	wantFault(t, err, fault.Conflict)
	if calls := h.partner.took(); calls != nil {
		t.Errorf("the partner was called: %v", calls)
	}
}

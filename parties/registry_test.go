package parties_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ocpihub/ocpihub/internal/fault"
	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/parties"
	"github.com/ocpihub/ocpihub/parties/memstore"
)

func TestH013_AnInvitationGivesAPlannedPlatformAndTokenA(t *testing.T) {
	h := newHub(t)
	p, tokenA, err := h.Invite(t.Context(), "Stadtwerke", []parties.Claim{abcCPO})
	noError(t, err)
	if p.Status != parties.Planned || p.Name != "Stadtwerke" || p.ID == "" {
		t.Errorf("got %+v", p)
	}
	if l := h.login(tokenA); l.Platform.ID != p.ID {
		t.Errorf("token A belongs to %s", l.Platform.ID)
	}
}

func TestAnInvitationWithAFaultIsRefused(t *testing.T) {
	h := newHub(t)
	for name, claims := range map[string][]parties.Claim{
		"twice":       {abcCPO, abcCPO},
		"role HUB":    {claim(ocpi.HUB, "DE", "ABC")},
		"a bad role":  {claim("cpo", "DE", "ABC")},
		"a bad party": {claim(ocpi.CPO, "GERMANY", "ABC")},
		"the hub":     {claim(ocpi.CPO, "NL", "HUB")},
	} {
		_, _, err := h.Invite(t.Context(), "platform", claims)
		if !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	_, _, err := h.Invite(t.Context(), " ", nil)
	wantFault(t, err, fault.Invalid)
	if n := len(h.Directory().All()); n != 0 {
		t.Errorf("%d platforms were made", n)
	}
}

func TestSuspendAndResume(t *testing.T) {
	h := newHub(t)
	planned, _ := h.invite()
	registered, tokenC := h.register(abcCPO)
	for id, want := range map[string]parties.Status{planned: parties.Planned, registered: parties.Connected} {
		p, err := h.Suspend(t.Context(), id)
		if err != nil || p.Status != parties.Suspended {
			t.Fatalf("suspend: %v, %v", p, err)
		}
		noError(t, h.MarkOffline(t.Context(), id))
		noError(t, h.MarkConnected(t.Context(), id))
		if s := h.platform(id).Status; s != parties.Suspended {
			t.Errorf("the watchdog ended a suspension: %s", s)
		}
		p, err = h.Resume(t.Context(), id)
		if err != nil || p.Status != want {
			t.Errorf("resumed as %s, %v; want %s", p.Status, err, want)
		}
	}
	if !h.knows(tokenC) {
		t.Error("the token is lost")
	}
	noError(t, h.MarkOffline(t.Context(), registered))
	if p, err := h.Resume(t.Context(), registered); err != nil || p.Status != parties.Offline {
		t.Errorf("resume made an OFFLINE platform %s, %v", p.Status, err)
	}
}

func TestH186_ARemovedPlatformIsNotKnownAndItsPartiesAreSuspended(t *testing.T) {
	h := newHub(t)
	id, tokenC := h.register(abcCPO)
	p, err := h.Remove(t.Context(), id)
	noError(t, err)
	if _, ok := h.Directory().Platform(id); ok || h.knows(tokenC) || p.Registered() || p.Keys != nil {
		t.Error("something is left")
	}
	if diff := cmp.Diff([]string{"CPO:DE*ABC SUSPENDED"}, statuses(h.Directory())); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	h.register(abcCPO)
	if diff := cmp.Diff([]string{"CPO:DE*ABC CONNECTED"}, statuses(h.Directory())); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestAnUnknownPlatformIsNotFoundAndTheMessageSaysWhereToLook(t *testing.T) {
	h := newHub(t)
	gone, _ := h.invite()
	_, err := h.Remove(t.Context(), gone)
	noError(t, err)
	for _, id := range []string{"nobody", gone} {
		_, suspend := h.Suspend(t.Context(), id)
		_, resume := h.Resume(t.Context(), id)
		_, remove := h.Remove(t.Context(), id)
		_, _, rotate := h.Rotate(t.Context(), id)
		for _, err := range []error{suspend, resume, remove, rotate, h.MarkOffline(t.Context(), id)} {
			want := "platform " + id + " is not known: hubctl platforms list shows those that are"
			if f := wantFault(t, err, fault.NotFound); f.Message != want {
				t.Errorf("got %q", f.Message)
			}
		}
	}
}

func TestRotatingAnInvitationGivesANewTokenA(t *testing.T) {
	h := newHub(t)
	id, old := h.invite()
	p, tokenA, err := h.Rotate(t.Context(), id)
	noError(t, err)
	if h.knows(old) || h.login(tokenA).Platform.ID != id || p.Status != parties.Planned {
		t.Errorf("old known %t, status %s", h.knows(old), p.Status)
	}
}

func TestTheTokenIsOpenedOnceAndNotKeptLongerThanNeeded(t *testing.T) {
	h := newHub(t)
	id, tokenC := h.register(abcCPO)
	before := h.platform(id)
	for range 2 {
		if token, _, err := h.Token(before); token != tokenB || err != nil {
			t.Fatalf("got %q, %v", token, err)
		}
	}
	if allocs := testing.AllocsPerRun(100, func() { _, _, _ = h.Token(before) }); allocs != 0 {
		t.Errorf("%v allocations", allocs)
	}
	_, err := h.put(tokenC, credentials(newestToken, abcCPO))
	noError(t, err)
	if token, _, err := h.Token(h.platform(id)); token != newestToken || err != nil {
		t.Errorf("after a PUT: %q, %v", token, err)
	}
}

func TestATokenSealedWithAnotherKeyIsAnErrorWithTheToken(t *testing.T) {
	h := newHub(t)
	id, _ := h.register(abcCPO)
	p := h.platform(id).Clone()
	p.SealedToken = []byte{1, 2, 3}
	if _, _, err := h.Token(p); err == nil || !strings.Contains(err.Error(), id) {
		t.Errorf("got %v", err)
	}
}

func TestListenersHearEveryStateInOrder(t *testing.T) {
	h := newHub(t)
	var heard []string
	last := h.Directory()
	for _, name := range []string{"first", "second"} {
		h.OnChange(func(old, new *parties.Directory) {
			if name == "first" && old != last {
				t.Error("a state was left out")
			}
			last = new
			heard = append(heard, name)
		})
	}
	h.invite()
	h.invite()
	if diff := cmp.Diff([]string{"first", "second", "first", "second"}, heard); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestManyRegisterAtOnceAndOnePartyHasOneHome(t *testing.T) {
	h := newHub(t)
	logins := make([]parties.Login, 8)
	for i := range logins {
		_, tokenA := h.invite()
		logins[i] = h.login(tokenA)
	}
	var wg sync.WaitGroup
	results := make([]error, len(logins))
	for i, l := range logins {
		wg.Go(func() {
			_, results[i] = h.Register(context.WithoutCancel(t.Context()), l, ocpi.V221, credentials(tokenB, abcCPO))
		})
	}
	wg.Wait()
	won := 0
	for _, err := range results {
		if err == nil {
			won++
		} else {
			wantFault(t, err, fault.Invalid)
		}
	}
	if won != 1 || len(h.Directory().Homes(abcCPO.Party)) != 1 {
		t.Errorf("%d won, homes %v", won, h.Directory().Homes(abcCPO.Party))
	}
}

func TestOpenTellsThatTheStoreIsDown(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := parties.Open(ctx, parties.Options{Store: memstore.New()})
	if !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "load the registry") {
		t.Errorf("got %v", err)
	}
}

package parties_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/ocpihub/ocpihub/internal/fault"
	"github.com/ocpihub/ocpihub/parties"
	"github.com/ocpihub/ocpihub/parties/memstore"
)

// contested is a store into which others write just before a save.
type contested struct {
	parties.Store
	before func(*parties.Platform)
	times  int
}

func (c *contested) Save(ctx context.Context, p *parties.Platform) error {
	if c.before != nil && c.times > 0 {
		c.times--
		c.before(p)
	}
	return c.Store.Save(ctx, p)
}

// touch changes a platform in the store behind the registry's back.
func touch(t *testing.T, s parties.Store, id string, edit func(*parties.Platform)) {
	t.Helper()
	platforms, _, err := s.Load(t.Context())
	noError(t, err)
	for _, p := range platforms {
		if p.ID == id {
			edit(p)
			noError(t, s.Save(t.Context(), p))
		}
	}
}

func TestARegistrationThatMeetsAnotherChangeIsSavedOnTopOfIt(t *testing.T) {
	mem := memstore.New()
	store := &contested{Store: mem}
	h := newHubOn(t, store)
	id, tokenA := h.invite()
	store.times, store.before = 2, func(p *parties.Platform) {
		touch(t, mem, p.ID, func(p *parties.Platform) { p.Name += "!" })
	}
	_, err := h.post(tokenA, credentials(tokenB, abcCPO))
	noError(t, err)
	if p := h.platform(id); p.Name != "platform!!" || p.Status != parties.Connected {
		t.Errorf("got %s, %s", p.Name, p.Status)
	}
	if calls := h.partner.took(); len(calls) != 2 {
		t.Errorf("the partner was asked again: %v", calls)
	}
}

func TestARegistrationThatAlwaysMeetsAnotherChangeIsAConflict(t *testing.T) {
	mem := memstore.New()
	store := &contested{Store: mem}
	h := newHubOn(t, store)
	_, tokenA := h.invite()
	store.times, store.before = 100, func(p *parties.Platform) {
		touch(t, mem, p.ID, func(*parties.Platform) {})
	}
	_, err := h.post(tokenA, credentials(tokenB, abcCPO))
	wantFault(t, err, fault.Conflict)
	if !h.knows(tokenA) {
		t.Error("token A is dead")
	}
}

func TestAnInvitationWithdrawnDuringTheHandshakeIsNotUsed(t *testing.T) {
	mem := memstore.New()
	store := &contested{Store: mem}
	h := newHubOn(t, store)
	id, tokenA := h.invite()
	store.times, store.before = 1, func(p *parties.Platform) {
		touch(t, mem, p.ID, func(p *parties.Platform) { p.Keys = nil })
	}
	_, err := h.post(tokenA, credentials(tokenB, abcCPO))
	wantFault(t, err, fault.Unauthorized)
	if h.platform(id).Registered() {
		t.Error("the platform is registered")
	}
}

func TestH034_APartyTakenDuringTheHandshakeIsRefused(t *testing.T) {
	mem := memstore.New()
	store := &contested{Store: mem}
	h := newHubOn(t, store)
	_, tokenA := h.invite()
	store.times, store.before = 1, func(*parties.Platform) {
		noError(t, mem.Save(t.Context(), &parties.Platform{ID: "rival", Parties: []parties.Party{{Claim: abcCPO}}}))
	}
	_, err := h.post(tokenA, credentials(tokenB, abcCPO))
	if f := wantFault(t, err, fault.Invalid); !strings.Contains(f.Message, "CPO:DE*ABC") {
		t.Errorf("the message names no party: %s", f.Message)
	}
}

type broken struct{ parties.Store }

func (broken) Save(context.Context, *parties.Platform) error { return errors.New("disk full") }

func TestAStoreThatIsDownIsUnavailable(t *testing.T) {
	mem := memstore.New()
	first := newHubOn(t, mem)
	_, tokenA := first.invite()
	h := newHubOn(t, broken{mem})
	_, err := h.post(tokenA, credentials(tokenB, abcCPO))
	if f := wantFault(t, err, fault.Unavailable); f.RetryAfter <= 0 {
		t.Error("no time to try again")
	}
}

package ocpitest

import (
	"context"
	"crypto/rand"
	"errors"
	"slices"
	"sync"

	"github.com/ocpihub/ocpihub/ocpi"
)

// Partner is the platform at the other end, as the handshake left it.
type Partner struct {
	// VersionsURL is where the partner's versions are.
	VersionsURL string
	// Token is what the platform uses towards the partner.
	Token string
	// Version is the one that both speak.
	Version ocpi.Version
	// Endpoints are those of the version details.
	Endpoints []ocpi.Endpoint
	// Parties are the roles of the partner's credentials. The one party of
	// 2.1.1 has none.
	Parties []Party
	// HubParty is the hub_party_id of the credentials: who has one is a hub of
	// 2.3.0, and Parties are those that can be reached through it.
	HubParty ocpi.PartyID
}

// Endpoint returns the URL of one interface of a module, or "".
func (p Partner) Endpoint(m ocpi.ModuleID, i ocpi.Interface) string {
	for _, e := range p.Endpoints {
		if e.Module == m && (e.Interface == i || m == ocpi.Credentials) {
			return e.URL
		}
	}
	return ""
}

// ErrNotRegistered reports that there is no partner to call.
var ErrNotRegistered = errors.New("the platform is not registered: call Register, or let the partner connect")

// link is the state of the connection with the partner.
type link struct {
	mu sync.Mutex
	// invitation is the token A with which a partner may come; tried is the
	// token that the platform has sent in a handshake that is not done;
	// current and previous are those that the partner got.
	invitation, tried, current, previous string
	partner                              *Partner
	changed                              chan struct{} // closed and replaced at each change
}

// standing is what a token allows.
type standing int

const (
	stranger   standing = iota
	invited             // versions and credentials only (H-009)
	registered          // everything
)

// standing says what the likeliest of some tokens allows, and which it is.
func (l *link) standing(tokens []string) (standing, string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, token := range tokens {
		switch token {
		case l.current, l.previous, l.tried:
			return registered, token
		case l.invitation:
			return invited, token
		}
	}
	return stranger, ""
}

// enter keeps what a handshake brought: the partner, and the token that it
// uses from now on. The one before stays good, for calls that are under way,
// until the next change.
func (l *link) enter(partner *Partner, token string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.previous, l.current = l.current, token
	l.invitation, l.tried = "", ""
	l.partner = partner
	l.wake()
}

// part forgets the partner.
func (l *link) part() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.current, l.previous, l.tried, l.partner = "", "", "", nil
	l.wake()
}

func (l *link) wake() {
	if l.changed != nil {
		close(l.changed)
		l.changed = nil
	}
}

// try makes a token good while the platform registers with it.
func (l *link) try(token string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.tried = token
}

// get returns the partner, and a channel that tells of its next change.
func (l *link) get() (*Partner, <-chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.changed == nil {
		l.changed = make(chan struct{})
	}
	return l.partner, l.changed
}

// Invite makes a token A with which a partner may connect as Sender.
func (p *Platform) Invite() string {
	token := "A-" + rand.Text()
	p.AcceptToken(token)
	return token
}

// AcceptToken makes token the token A with which a partner may connect.
func (p *Platform) AcceptToken(token string) {
	p.link.mu.Lock()
	defer p.link.mu.Unlock()
	p.link.invitation = token
}

// Entrust makes a token good for everything: that of a registration which
// somebody else makes in the name of the platform.
func (p *Platform) Entrust(token string) {
	p.link.mu.Lock()
	defer p.link.mu.Unlock()
	p.link.current = token
}

// Partner returns the partner, or ErrNotRegistered.
func (p *Platform) Partner() (Partner, error) {
	partner, _ := p.link.get()
	if partner == nil {
		return Partner{}, ErrNotRegistered
	}
	out := *partner
	out.Endpoints, out.Parties = slices.Clone(out.Endpoints), slices.Clone(out.Parties)
	return out, nil
}

// Reachable returns the parties that a hub of 2.3.0 says can be reached through
// it; nil for other partners.
func (p *Platform) Reachable() []Party {
	partner, _ := p.link.get()
	if partner == nil || partner.HubParty.IsZero() {
		return nil
	}
	return slices.Clone(partner.Parties)
}

// Hub returns the party by which the partner is addressed itself: the one that
// it names as the hub, or in role HUB, else its first. It is zero before
// registration. In 2.1.1 nobody is addressed.
func (p *Platform) Hub() ocpi.PartyID {
	partner, _ := p.link.get()
	switch {
	case partner == nil:
		return ocpi.PartyID{}
	case !partner.HubParty.IsZero():
		return partner.HubParty
	case len(partner.Parties) == 0:
		return ocpi.PartyID{}
	}
	for _, party := range partner.Parties {
		if party.Role == ocpi.HUB {
			return party.ID
		}
	}
	return partner.Parties[0].ID
}

// WaitRegistered waits until a partner is registered.
func (p *Platform) WaitRegistered(ctx context.Context) error {
	for {
		partner, changed := p.link.get()
		if partner != nil {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

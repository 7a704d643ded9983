package parties

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/ocpihub/ocpihub/internal/fault"
	"github.com/ocpihub/ocpihub/ocpi"
)

// Invite makes a platform in state PLANNED and the one-time token A by which
// it may register (H-013). Claims limit what it may register; none allows any
// party that is free. The token is not kept and cannot be shown again.
func (r *Registry) Invite(ctx context.Context, name string, claims []Claim) (*Platform, string, error) {
	return r.InviteNewcomer(ctx, Newcomer{Name: name, Claims: claims})
}

// Newcomer is a platform that is to be invited.
type Newcomer struct {
	Name   string // what the operator calls it
	Claims []Claim
	// Pinned is the one version that it is kept to; empty: it may speak any.
	Pinned ocpi.Version
	// As is the one party that the hub stands for there; zero: for all.
	As ocpi.PartyID
}

// InviteNewcomer is Invite with all that can be said of a platform beforehand.
func (r *Registry) InviteNewcomer(ctx context.Context, n Newcomer) (*Platform, string, error) {
	if strings.TrimSpace(n.Name) == "" {
		return nil, "", fault.New(fault.Invalid, "a platform needs a name")
	}
	if err := r.checkClaims(n.Claims); err != nil {
		return nil, "", err
	}
	tokenA := newToken()
	p := r.newPlatform(n.Name)
	p.Claims, p.Pinned, p.As = slices.Clone(n.Claims), n.Pinned, n.As
	if err := r.checkNewcomer(p); err != nil {
		return nil, "", err
	}
	p.Keys = []Key{{Hash: HashToken(tokenA), Use: ForRegistration}}
	if err := r.save(ctx, p); err != nil {
		return nil, "", err
	}
	r.log.InfoContext(ctx, "platform invited", "platform_id", p.ID, "name", p.Name)
	return p, tokenA, nil
}

// checkClaims checks what an invitation names.
func (r *Registry) checkClaims(claims []Claim) error {
	for i, c := range claims {
		if err := r.checkClaim(c); err != nil {
			return err
		}
		if slices.Contains(claims[:i], c) {
			return fault.New(fault.Invalid, "%s is named twice", c)
		}
	}
	return nil
}

func (r *Registry) newPlatform(name string) *Platform {
	now := r.time()
	return &Platform{ID: newID(), Name: name, Status: Planned, Created: now, Updated: now}
}

// checkClaim says what no platform may register whatever its invitation says.
func (r *Registry) checkClaim(c Claim) error {
	switch {
	case !c.Party.Valid():
		return fault.New(fault.Invalid, "party %s: want a country code of two letters and a party id of letters and digits", c.Party)
	case c.Role == ocpi.HUB:
		return fault.New(fault.Invalid, "party %s: role HUB is the hub's own", c.Party)
	case !validRole(c.Role):
		return fault.New(fault.Invalid, "party %s: role %q is none, for example CPO or EMSP", c.Party, c.Role)
	case c.Party == r.self.Party:
		return fault.New(fault.Invalid, "party %s is the hub itself", c.Party)
	}
	return nil
}

// validRole lets roles of later versions pass: capitals and underscores.
func validRole(role ocpi.Role) bool {
	const longest = 36
	return role != "" && len(role) <= longest && strings.Trim(string(role), "ABCDEFGHIJKLMNOPQRSTUVWXYZ_") == ""
}

// Suspend stops all traffic with a platform until Resume. Its tokens stay.
func (r *Registry) Suspend(ctx context.Context, id string) (*Platform, error) {
	return r.setStatus(ctx, id, func(*Platform) Status { return Suspended })
}

// Resume ends a suspension: a registered platform is CONNECTED again, another
// one PLANNED. On a platform that is not suspended it does nothing.
func (r *Registry) Resume(ctx context.Context, id string) (*Platform, error) {
	return r.setStatus(ctx, id, resumed)
}

// resumed is the status of a platform when it is not suspended.
func resumed(p *Platform) Status {
	switch {
	case p.Status != Suspended:
		return p.Status
	case p.Registered():
		return Connected
	default:
		return Planned
	}
}

// MarkOffline notes that a connected platform does not answer. On a platform
// in another state it does nothing.
func (r *Registry) MarkOffline(ctx context.Context, id string) error {
	_, err := r.setStatus(ctx, id, replace(Connected, Offline))
	return err
}

// MarkConnected notes that a platform that was OFFLINE answers again. On a
// platform in another state it does nothing.
func (r *Registry) MarkConnected(ctx context.Context, id string) error {
	_, err := r.setStatus(ctx, id, replace(Offline, Connected))
	return err
}

func replace(from, to Status) func(*Platform) Status {
	return func(p *Platform) Status {
		if p.Status == from {
			return to
		}
		return p.Status
	}
}

func (r *Registry) setStatus(ctx context.Context, id string, next func(*Platform) Status) (*Platform, error) {
	var before Status
	p, err := r.change(ctx, id, func(p *Platform) error {
		before = p.Status
		if next(p) == before {
			return errUnchanged
		}
		p.Status = next(p)
		p.Updated = r.time()
		return nil
	})
	if err != nil {
		return nil, err
	}
	if p.Status != before {
		r.log.InfoContext(ctx, "platform changed", "platform_id", id, "status", p.Status, "was", before)
	}
	return p, nil
}

// Remove ends a platform for good. Its tokens are dropped; its parties stay
// listed as SUSPENDED (H-186), and are free for others.
func (r *Registry) Remove(ctx context.Context, id string) (*Platform, error) {
	p, err := r.change(ctx, id, func(p *Platform) error {
		p.remove(r.time())
		return nil
	})
	if err == nil {
		r.log.InfoContext(ctx, "platform removed", "platform_id", id)
	}
	return p, err
}

func (p *Platform) remove(now time.Time) {
	p.Removed = true
	p.disconnect()
	p.Status, p.Updated = Suspended, now
}

// disconnect drops all by which the two sides could call one another.
func (p *Platform) disconnect() {
	p.Keys = nil
	p.SealedToken, p.TokenEncoding, p.SealedOffer = nil, "", nil
	p.Shown, p.Untellable = "", false
	p.Version, p.VersionsURL, p.Endpoints = "", "", nil
}

// Rotate renews the tokens. With a registered platform the hub sends PUT
// credentials, which renews both sides' tokens at once (H-011); token A is
// empty then. Another platform gets a new token A, is PLANNED, and the old
// token A is dead.
func (r *Registry) Rotate(ctx context.Context, id string) (p *Platform, tokenA string, err error) {
	p, err = r.find(id)
	if err != nil {
		return nil, "", err
	}
	if p.Registered() {
		p, err = r.renew(ctx, p, renewal{wish: r.wishes(p, p.Version)})
		return p, "", err
	}
	tokenA = newToken()
	p, err = r.change(ctx, id, func(p *Platform) error {
		if p.Registered() {
			return fault.New(fault.Conflict, "platform %s has registered meanwhile: rotate it again if its tokens are to change", id)
		}
		p.Keys = []Key{{Hash: HashToken(tokenA), Use: ForRegistration}}
		p.Status, p.Updated = Planned, r.time()
		return nil
	})
	if err != nil {
		return nil, "", err
	}
	return p, tokenA, nil
}

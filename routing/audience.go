package routing

import (
	"slices"
	"time"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/parties"
	"github.com/ocpihub/ocpihub/routing/fanout"
)

// Audience says who gets a copy of a push, by the registry as it is now. It is
// the fan-out's way to ask Permit.
type Audience struct {
	Registry Registry
	Now      func() time.Time
}

var (
	_ fanout.Audience = Audience{}
	_ fanout.Terms    = Audience{}
)

// CatchUp says what the agreement of an owner and a receiver gives the receiver
// of what came while it was away.
func (a Audience) CatchUp(to ocpi.PartyID, c fanout.Change) string {
	if !c.Key.Module.Functional() {
		return ""
	}
	owner := parties.Claim{Role: c.Role, Party: c.Key.Owner}
	return string(a.Registry.Directory().CatchUp(owner, to, a.Now()))
}

// AnyLatest says whether an agreement gives somebody the latest state.
func (a Audience) AnyLatest() bool { return a.Registry.Directory().AnyCatchUp() }

// Platforms returns the registered platforms that offer a receiver interface.
func (a Audience) Platforms() []fanout.Target {
	var out []fanout.Target
	for _, p := range a.Registry.Directory().Platforms() {
		if p.Registered() && receives(p) {
			out = append(out, fanout.Target{
				Platform: p.ID, Away: p.Status != parties.Connected, Paused: p.Paused.All, Held: p.Paused.Modules,
			})
		}
	}
	return out
}

func receives(p *parties.Platform) bool {
	return slices.ContainsFunc(p.Endpoints, func(e ocpi.Endpoint) bool { return e.Interface == ocpi.Receiver })
}

// Receivers returns the parties of a platform that get a copy of a change: of
// an opposite role, behind an endpoint for the module, allowed to have it, and
// never the party that the object belongs to (H-093, H-101, H-103, H-104). Client info goes once to
// a platform, in the name of its first party.
func (a Audience) Receivers(platform string, c fanout.Change) []ocpi.PartyID {
	dir := a.Registry.Directory()
	p, ok := dir.Platform(platform)
	if !ok || len(p.Parties) == 0 {
		return nil // whether the platform is away is for Platforms to say
	}
	if _, ok := p.Endpoint(c.Key.Module, ocpi.Receiver); !ok || c.For != "" && c.For != platform || !p.StandsFor(c.Key.Owner) {
		return nil
	}
	if !c.Key.Module.Functional() {
		if !hears(dir, p, c, a.Now()) {
			return nil
		}
		return []ocpi.PartyID{p.Parties[0].Party}
	}
	var out []ocpi.PartyID
	x := parties.Exchange{From: parties.Claim{Role: c.Role, Party: c.Key.Owner}, Module: c.Key.Module}
	now := a.Now()
	once := make(map[ocpi.PartyID]bool, len(p.Parties)) // a party may have several roles, a platform a thousand parties
	for i := range p.Parties {
		x.To = p.Parties[i].Claim
		if x.To.Party != c.Key.Owner && ocpi.Broadcasts(c.Role, x.To.Role, c.Key.Module) && dir.Allows(x, now) && !once[x.To.Party] {
			once[x.To.Party] = true
			out = append(out, x.To.Party)
		}
	}
	return out
}

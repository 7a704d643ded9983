package routing

import (
	"context"
	"strings"
	"time"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/parties"
	"github.com/ocpihub/ocpihub/routing/catalog"
)

// Authorization bounds real-time authorisation.
type Authorization struct {
	// Timeout is for one authorisation as a whole, whoever is asked: a driver
	// stands at the charger. The bound of forwarded requests holds as well.
	Timeout time.Duration
	// FanOut is how many eMSPs are asked at a time about a token that nobody
	// gave to the hub.
	FanOut int
	// Contracts tell whose contracts begin how: an EMAID that no eMSP has pushed
	// is asked about at the one that its beginning names (H-162). Empty: at all.
	Contracts []ContractsOf
}

// ContractsOf are the contracts of an eMSP: those whose EMAID begins with Prefix.
// The two have nothing to do with one another in OCPI: the operator says so.
type ContractsOf struct {
	Prefix string
	EMSP   ocpi.PartyID
}

// issuer is the eMSP that the beginning of an EMAID names; the longest counts.
func (a *Authorization) issuer(emaid string) (emsp ocpi.PartyID, found bool) {
	emaid, longest := plainEMAID(emaid), 0
	for _, c := range a.Contracts {
		if prefix := plainEMAID(c.Prefix); len(prefix) > longest && strings.HasPrefix(emaid, prefix) {
			emsp, longest = c.EMSP, len(prefix)
		}
	}
	return emsp, longest > 0
}

// plainEMAID is an EMAID without its separators, which may be left out.
func plainEMAID(s string) string {
	return strings.ToUpper(strings.NewReplacer("-", "", "*", "").Replace(s))
}

// authorize answers a real-time authorisation by its eMSP, or, where the two
// parties agreed to it, for an eMSP that cannot be reached.
func (r *Router) authorize(ctx context.Context, m *Message, c *course) (Answer, error) {
	answer, err := r.askEMSP(ctx, m, c)
	if err != nil && unreachable(err) && ctx.Err() == nil {
		return r.standIn(ctx, m, c, err)
	}
	return answer, err
}

// askEMSP takes an authorisation to the eMSP of the token: the one that OCPI-to
// names; else the one that gave the token to the hub; for an unknown token every
// eMSP that may be asked.
func (r *Router) askEMSP(ctx context.Context, m *Message, c *course) (Answer, error) {
	ctx, cancel := context.WithTimeout(ctx, r.Authorization.Timeout)
	defer cancel()
	if c.plan.Way == Direct {
		return r.direct(ctx, m, c.plan)
	}
	owners, err := r.tokenOwners(ctx, m, c.plan.From)
	if err != nil {
		return Answer{}, err
	}
	switch len(owners) {
	case 0:
		c.plan.Reason = ByAskingAll
		return r.poll(ctx, m, c, askable(r.Registry.Directory(), c.plan.From, m.Rule, r.Now()))
	case 1:
		c.plan.To, c.plan.Reason = owners[0], ByContent
		return r.direct(ctx, m, c.plan)
	}
	c.plan.Reason = ByAskingOwners
	return r.poll(ctx, m, c, owners)
}

// tokenOwners returns the eMSPs that gave this token to the hub, be they away
// now; of an EMAID, which need not be pushed, else the one that its beginning
// names. One that the sender may not talk to is left out: to the sender its token
// is as unknown as any.
func (r *Router) tokenOwners(ctx context.Context, m *Message, from Speaker) ([]ocpi.PartyID, error) {
	held, err := r.Catalog.Owners(ctx, ocpi.Tokens, catalog.TokenID(m.id(), m.tokenType()), from.Party)
	if err != nil {
		return nil, unavailable(err)
	}
	var owners []ocpi.PartyID
	for _, k := range held {
		if known(r.Registry.Directory(), from, k.Owner, m.Rule, r.Now()) {
			owners = append(owners, k.Owner)
		}
	}
	if len(owners) > 0 || !strings.EqualFold(m.tokenType(), "EMAID") {
		return owners, nil
	}
	if emsp, named := r.Authorization.issuer(m.id()); named && known(r.Registry.Directory(), from, emsp, m.Rule, r.Now()) {
		owners = append(owners, emsp)
	}
	return owners, nil
}

// askable lists the parties that may be asked about a token now. One that is on
// both sides knows its own tokens: nothing comes back to its sender.
func askable(dir *parties.Directory, from Speaker, rule *ocpi.Rule, now time.Time) []ocpi.PartyID {
	var out []ocpi.PartyID
	for _, p := range dir.Platforms() {
		for _, party := range p.Parties {
			target, err := Permit(dir, from, party.Party, rule, now)
			if err == nil && party.Party != from.Party && target.Platform == p && party.Role.Plays(rule.Module, rule.Interface) {
				out = append(out, party.Party)
			}
		}
	}
	return out
}

package parties

import (
	"cmp"
	"slices"
	"time"

	"github.com/ocpihub/ocpihub/ocpi"
)

// Policy says who may exchange with whom.
type Policy string

// The policies.
const (
	PolicyOpen        Policy = "open"      // any two parties of fitting roles
	PolicyByAgreement Policy = "agreement" // only what an agreement in force allows
)

// pair is the two sides of an agreement.
type pair struct{ cpo, emsp ocpi.PartyID }

// Govern puts agreements and a policy into a directory, and returns it. It must
// be called before the directory is used, and takes over the agreements. Without
// it the policy is PolicyOpen and there are no agreements.
func (d *Directory) Govern(policy Policy, agreements []*Agreement) *Directory {
	d.policy = policy
	d.agreements = slices.SortedFunc(slices.Values(agreements), func(a, b *Agreement) int {
		return cmp.Or(a.Created.Compare(b.Created), cmp.Compare(a.ID, b.ID))
	})
	d.agreed = make(map[pair][]*Agreement, len(agreements))
	d.agreementByID = make(map[string]*Agreement, len(agreements))
	d.customized = map[ocpi.PartyID][]*Agreement{}
	for _, a := range d.agreements {
		d.agreed[pair{a.CPO, a.EMSP}] = append(d.agreed[pair{a.CPO, a.EMSP}], a)
		d.agreementByID[a.ID] = a
		if a.State == AgreementActive {
			d.catchesUp = d.catchesUp || a.CatchUp == CatchUpLatest
			d.skipsAway = d.skipsAway || a.CatchUp == CatchUpNone
		}
		if len(a.Custom) > 0 {
			d.customized[a.CPO] = append(d.customized[a.CPO], a)
			d.customized[a.EMSP] = append(d.customized[a.EMSP], a)
		}
	}
	return d
}

// With returns the state as it would be with an agreement in it, in the place of
// the one with its id, if there is one. It takes over the agreement.
func (d *Directory) With(a *Agreement) *Directory {
	next := *d
	next.catchesUp, next.skipsAway = false, false
	others := slices.DeleteFunc(slices.Clone(d.agreements), func(o *Agreement) bool { return o.ID == a.ID })
	return next.Govern(d.policy, append(others, a))
}

// CustomModules returns the custom modules that the parties of a platform have
// agreed on with others, by agreements in force now, in order. Before it has
// registered, its parties are those that it is invited with.
func (d *Directory) CustomModules(p *Platform, now time.Time) []ocpi.ModuleID {
	if len(d.customized) == 0 {
		return nil
	}
	var out []ocpi.ModuleID
	for _, c := range p.SpeaksFor() {
		for _, a := range d.customized[c.Party] {
			if a.InForce(now) {
				out = append(out, a.Custom...)
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// Policy returns the policy of the hub.
func (d *Directory) Policy() Policy { return d.policy }

// Agreements returns every agreement, oldest first.
func (d *Directory) Agreements() []*Agreement { return d.agreements }

// Agreement returns the agreement with an id.
func (d *Directory) Agreement(id string) (*Agreement, bool) {
	a, ok := d.agreementByID[id]
	return a, ok
}

// InForce returns the agreement between a CPO-side and an eMSP-side party that
// is in force now; there is at most one.
func (d *Directory) InForce(cpo, emsp ocpi.PartyID, now time.Time) (*Agreement, bool) {
	for _, a := range d.agreed[pair{cpo, emsp}] {
		if a.InForce(now) {
			return a, true
		}
	}
	return nil, false
}

// Exchange is a message that one party, in a role, would send to another.
type Exchange struct {
	From, To Claim
	Module   ocpi.ModuleID
}

// Allows says whether the policy lets a party send messages of a module to
// another now. Whether the two fit, are there and have endpoints is not asked,
// with two exceptions: under PolicyByAgreement parties that do not fit have no
// agreement, and a custom module needs one under every policy (H-044). A party
// needs none with itself.
func (d *Directory) Allows(x Exchange, now time.Time) bool {
	switch {
	case x.Module.Custom():
		// Which role a custom module belongs to is not known: the sides of the
		// agreement count.
		return d.covers(pair{x.From.Party, x.To.Party}, x.Module, true, now) ||
			d.covers(pair{x.To.Party, x.From.Party}, x.Module, false, now)
	case d.policy != PolicyByAgreement, x.From.Party == x.To.Party:
		return true
	}
	from, to := x.From, x.To
	return from.Role.Operates() && to.Role.Serves() && d.covers(pair{from.Party, to.Party}, x.Module, true, now) ||
		from.Role.Serves() && to.Role.Operates() && d.covers(pair{to.Party, from.Party}, x.Module, false, now)
}

func (d *Directory) covers(p pair, m ocpi.ModuleID, fromCPO bool, now time.Time) bool {
	a, ok := d.InForce(p.cpo, p.emsp, now)
	return ok && a.Covers(m, fromCPO)
}

// CatchUp says what a party that was away gets of an owner's pushes by their
// agreement in force now.
func (d *Directory) CatchUp(owner Claim, to ocpi.PartyID, now time.Time) CatchUp {
	if !d.catchesUp && !d.skipsAway {
		return CatchUpAsHub
	}
	if a, ok := d.InForce(owner.Party, to, now); ok && owner.Role.Operates() {
		return a.CatchUp
	}
	if a, ok := d.InForce(to, owner.Party, now); ok && owner.Role.Serves() {
		return a.CatchUp
	}
	return CatchUpAsHub
}

// AnyCatchUp says whether an agreement gives a party that was away the latest
// state.
func (d *Directory) AnyCatchUp() bool { return d.catchesUp }

// Arrears returns the agreements in force now that owe their two sides what was
// pushed while they were out of force, and when the next one comes into force by
// its date; zero when none does.
func (d *Directory) Arrears(now time.Time) (due []*Agreement, next time.Time) {
	for _, a := range d.agreements {
		switch {
		case a.Owed.IsZero():
		case a.InForce(now):
			due = append(due, a)
		case a.State == AgreementActive && now.Before(a.From) && (next.IsZero() || a.From.Before(next)):
			next = a.From
		}
	}
	return due, next
}

// linked says whether two parties have an agreement in force now, whatever it
// is about.
func (d *Directory) linked(x, y Claim, now time.Time) bool {
	for a := range d.between(x, y) {
		if a.InForce(now) {
			return true
		}
	}
	return false
}

// between yields the agreements of two parties in roles that fit, either way
// round.
func (d *Directory) between(x, y Claim) func(yield func(*Agreement) bool) {
	return func(yield func(*Agreement) bool) {
		for _, way := range [2][2]Claim{{x, y}, {y, x}} {
			cpo, emsp := way[0], way[1]
			if !cpo.Role.Operates() || !emsp.Role.Serves() {
				continue
			}
			for _, a := range d.agreed[pair{cpo.Party, emsp.Party}] {
				if !yield(a) {
					return
				}
			}
		}
	}
}

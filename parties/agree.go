package parties

import (
	"context"
	"fmt"
	"time"

	"github.com/ocpihub/ocpihub/internal/fault"
	"github.com/ocpihub/ocpihub/ocpi"
)

// Order is how an operator asks for a change of an agreement.
type Order struct {
	By  string // who asks, for the history; empty: the operator
	Dry bool   // only say what would change
}

// Proposal is an agreement that is to be made.
type Proposal struct {
	CPO, EMSP ocpi.PartyID
	Terms     // a zero From is now
	Draft     bool
}

// MakeAgreement makes an agreement. It is active unless it is a draft, and in
// force from its first day on. what says in words what was done. Faults: Invalid
// for what cannot be agreed, Conflict when another agreement of the two is or may
// be in force at the same time.
func (r *Registry) MakeAgreement(ctx context.Context, o Order, p Proposal) (a *Agreement, what string, err error) {
	now := r.time()
	if p.From.IsZero() {
		p.From = now
	}
	a = &Agreement{
		ID: newID(), CPO: p.CPO, EMSP: p.EMSP, Terms: p.Terms,
		State: AgreementActive, Changed: now, Created: now,
	}
	if p.Draft {
		a.State = AgreementDraft
	}
	if err := r.checkSides(r.Directory(), a); err != nil {
		return nil, "", err
	}
	if err := r.checkKnown(ctx, a); err != nil {
		return nil, "", err
	}
	if err := a.settle(now); err != nil {
		return nil, "", err
	}
	what = fmt.Sprintf("made for %s and %s, %s", a.CPO, a.EMSP, a.Status(now))
	return a, what, r.write(ctx, o, a, what)
}

// checkKnown refuses parties that the hub neither knows nor expects: most are
// misspelt. Another replica may have invited one just now.
func (r *Registry) checkKnown(ctx context.Context, a *Agreement) error {
	unknown := func() error {
		for _, side := range []struct {
			field, role string
			party       ocpi.PartyID
		}{{"cpo", "CPO", a.CPO}, {"emsp", "EMSP", a.EMSP}} {
			if len(r.Directory().MembersOf(side.party)) == 0 {
				return fault.New(fault.Invalid, "%s: the hub knows no party %s: invite it first (hubctl platforms invite --name NAME --party '%s:%s')",
					side.field, side.party, side.role, side.party)
			}
		}
		return nil
	}
	if unknown() == nil {
		return nil
	}
	if err := r.reload(ctx); err != nil {
		return err
	}
	return unknown()
}

// checkSides refuses parties that cannot agree, as they are in a directory.
// Faults begin with the field.
func (r *Registry) checkSides(dir *Directory, a *Agreement) error {
	for _, side := range []struct {
		field string
		party ocpi.PartyID
	}{{"cpo", a.CPO}, {"emsp", a.EMSP}} {
		if !side.party.Valid() {
			return fault.New(fault.Invalid, "%s: party %s: want a country code of two letters and a party id of letters and digits", side.field, side.party)
		}
		if side.party == r.self.Party {
			return fault.New(fault.Invalid, "%s: party %s is the hub itself, which needs no agreement", side.field, side.party)
		}
	}
	if a.CPO == a.EMSP {
		return fault.New(fault.Invalid, "emsp: %s is named on both sides: a party needs no agreement with itself", a.CPO)
	}
	if !plays(dir.Homes(a.CPO), ocpi.Role.Operates) {
		return fault.New(fault.Invalid, "cpo: %s is on this hub, but not as CPO or NAP: it cannot be the CPO side (are the two swapped?)", a.CPO)
	}
	if !plays(dir.Homes(a.EMSP), ocpi.Role.Serves) {
		return fault.New(fault.Invalid, "emsp: %s is on this hub as CPO only: it cannot be the eMSP side (are the two swapped?)", a.EMSP)
	}
	return nil
}

// plays says whether a party has a role that fits. One that is not on the hub yet
// may come in any.
func plays(homes []Home, fits func(ocpi.Role) bool) bool {
	for _, h := range homes {
		if fits(h.Role) {
			return true
		}
	}
	return len(homes) == 0
}

// AmendAgreement changes the terms of an agreement that has not ended. edit gets
// a copy and may refuse.
func (r *Registry) AmendAgreement(ctx context.Context, o Order, id string, edit func(*Terms) error) (*Agreement, string, error) {
	return r.changeAgreement(ctx, o, id, func(a *Agreement, now time.Time) (string, error) {
		before := a.Clone()
		if a.Status(now) == AgreementEnded {
			return "", fault.New(fault.Conflict, "agreement %s has ended: make a new one", id)
		}
		if err := edit(&a.Terms); err != nil {
			return "", err
		}
		if err := a.settle(now); err != nil {
			return "", err
		}
		if before.InForce(now) != a.InForce(now) {
			a.Changed = now
		}
		return amendment(before, a), nil
	})
}

// ActivateAgreement puts a draft into force, at once or from its first day on.
func (r *Registry) ActivateAgreement(ctx context.Context, o Order, id string) (*Agreement, string, error) {
	return r.moveAgreement(ctx, o, id, move{to: AgreementActive, from: AgreementDraft, done: "activated"})
}

// SuspendAgreement stops what an agreement allows until it is resumed.
func (r *Registry) SuspendAgreement(ctx context.Context, o Order, id string) (*Agreement, string, error) {
	return r.moveAgreement(ctx, o, id, move{to: AgreementSuspended, from: AgreementActive, done: "suspended"})
}

// ResumeAgreement ends the suspension of an agreement.
func (r *Registry) ResumeAgreement(ctx context.Context, o Order, id string) (*Agreement, string, error) {
	return r.moveAgreement(ctx, o, id, move{to: AgreementActive, from: AgreementSuspended, done: "resumed"})
}

// EndAgreement ends an agreement for good, whatever its state.
func (r *Registry) EndAgreement(ctx context.Context, o Order, id string) (*Agreement, string, error) {
	return r.moveAgreement(ctx, o, id, move{to: AgreementEnded, done: "ended"})
}

// move is a change of state.
type move struct {
	to   AgreementState
	from AgreementState // empty: any
	done string
}

// moveAgreement sets the state. An agreement that has it already stays as it is.
func (r *Registry) moveAgreement(ctx context.Context, o Order, id string, m move) (*Agreement, string, error) {
	return r.changeAgreement(ctx, o, id, func(a *Agreement, now time.Time) (string, error) {
		status := a.Status(now)
		switch {
		case a.State == m.to || status == m.to:
			return "", errUnchanged
		case status == AgreementEnded:
			return "", fault.New(fault.Conflict, "agreement %s has ended: make a new one", id)
		case m.from != "" && a.State != m.from:
			return "", fault.New(fault.Conflict, "agreement %s is %s: %s", id, status, remedy(a.State))
		}
		if a.State == AgreementDraft && a.From.Before(now) {
			a.From = now // what was a draft until now allowed nothing
		}
		a.State, a.Changed = m.to, now
		return m.done + ", was " + string(status), nil
	})
}

// remedy says what can be done in a state that does not fit.
func remedy(s AgreementState) string {
	switch s {
	case AgreementDraft:
		return "activate it first"
	case AgreementSuspended:
		return "resume it"
	case AgreementActive, AgreementScheduled, AgreementEnded:
	}
	return "only a draft can be activated"
}

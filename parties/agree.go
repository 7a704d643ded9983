package parties

import (
	"context"
	"errors"
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
	if err := r.checkSides(a); err != nil {
		return nil, "", err
	}
	if err := a.settle(now); err != nil {
		return nil, "", err
	}
	what = fmt.Sprintf("made for %s and %s, %s", a.CPO, a.EMSP, a.Status(now))
	return a, what, r.write(ctx, o, a, what)
}

// checkSides refuses parties that cannot agree.
func (r *Registry) checkSides(a *Agreement) error {
	for _, p := range []ocpi.PartyID{a.CPO, a.EMSP} {
		if !p.Valid() {
			return fault.New(fault.Invalid, "party %s: want a country code of two letters and a party id of letters and digits", p)
		}
		if p == r.self.Party {
			return fault.New(fault.Invalid, "party %s is the hub itself, which needs no agreement", p)
		}
	}
	if a.CPO == a.EMSP {
		return fault.New(fault.Invalid, "%s is named on both sides: a party needs no agreement with itself", a.CPO)
	}
	dir := r.Directory()
	if !plays(dir.Homes(a.CPO), ocpi.Role.Operates) {
		return fault.New(fault.Invalid, "%s is on this hub, but not as CPO or NAP: it cannot be the CPO side (are the two swapped?)", a.CPO)
	}
	if !plays(dir.Homes(a.EMSP), ocpi.Role.Serves) {
		return fault.New(fault.Invalid, "%s is on this hub as CPO only: it cannot be the eMSP side (are the two swapped?)", a.EMSP)
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

// NoteTold notes whether those who see an agreement were last told that it is in
// force.
func (r *Registry) NoteTold(ctx context.Context, id string, told bool) error {
	_, _, err := r.editAgreement(ctx, id, func(a *Agreement) (bool, error) {
		changed := a.Told != told
		a.Told = told
		return changed, nil
	})
	return err
}

// changeAgreement applies an edit to an agreement, with an entry in its history.
func (r *Registry) changeAgreement(
	ctx context.Context, o Order, id string, edit func(a *Agreement, now time.Time) (what string, err error),
) (a *Agreement, what string, err error) {
	a, changed, err := r.editAgreement(ctx, id, func(a *Agreement) (bool, error) {
		what, err = edit(a, r.time())
		if errors.Is(err, errUnchanged) || err == nil && what == "" {
			what = ""
			return false, nil
		}
		if err == nil {
			a.enter(r.time(), o, what)
		}
		return err == nil && !o.Dry, err
	})
	if err == nil && changed {
		r.log.InfoContext(ctx, "agreement changed", "agreement_id", id, "what", what, "by", o.By)
	}
	return a, what, err
}

// editAgreement applies edit to a copy of the agreement and saves it when edit
// says that it has changed. When somebody else was quicker, it does so again.
func (r *Registry) editAgreement(
	ctx context.Context, id string, edit func(*Agreement) (changed bool, err error),
) (a *Agreement, changed bool, err error) {
	for range attempts {
		stored, ok := r.Directory().Agreement(id)
		if !ok {
			return nil, false, fault.New(fault.NotFound, "agreement %s is not known: hubctl agreements list shows those that are", id)
		}
		a = stored.Clone()
		changed, err = edit(a)
		if err == nil {
			err = r.unopposed(a)
		}
		if err != nil || !changed {
			return a, false, err
		}
		if err = r.saveAgreement(ctx, a); !errors.Is(err, ErrConflict) {
			return a, err == nil, err
		}
	}
	return nil, false, fault.Wrap(fault.Conflict, ErrConflict, "agreement %s is being changed by somebody else: try again", id)
}

// write saves a new agreement, unless it is only tried.
func (r *Registry) write(ctx context.Context, o Order, a *Agreement, what string) error {
	a.enter(a.Created, o, what)
	if err := r.unopposed(a); err != nil || o.Dry {
		return err
	}
	if err := r.saveAgreement(ctx, a); err != nil {
		return err
	}
	r.log.InfoContext(ctx, "agreement made", "agreement_id", a.ID, "cpo", a.CPO.String(), "emsp", a.EMSP.String(), "by", o.By)
	return nil
}

// unopposed refuses what the store would refuse, for a dry run.
func (r *Registry) unopposed(a *Agreement) error {
	for _, other := range r.Directory().agreed[pair{a.CPO, a.EMSP}] {
		if a.Clashes(other) {
			return r.clash(&ClashError{Other: other})
		}
	}
	return nil
}

func (r *Registry) clash(c *ClashError) error {
	o := c.Other
	return fault.Wrap(fault.Conflict, c, "agreement %s between %s and %s is %s at that time: amend it, or end it first",
		o.ID, o.CPO, o.EMSP, o.Status(r.time()))
}

// saveAgreement writes an agreement and publishes the new state.
func (r *Registry) saveAgreement(ctx context.Context, a *Agreement) error {
	err := r.store.SaveAgreement(ctx, a)
	clash, clashes := errors.AsType[*ClashError](err)
	if err != nil && !clashes && !errors.Is(err, ErrConflict) {
		return unavailable(err)
	}
	if loadErr := r.reload(ctx); loadErr != nil {
		if err != nil {
			return unavailable(loadErr)
		}
		// It is saved: the poll publishes it when the store answers again.
		r.log.WarnContext(ctx, "an agreement is saved but not yet in use", "agreement_id", a.ID, "error", loadErr)
	}
	if clashes {
		return r.clash(clash)
	}
	return err
}

// enter adds a line to the history.
func (a *Agreement) enter(at time.Time, o Order, what string) {
	by := o.By
	if by == "" {
		by = "operator"
	}
	a.History = append(a.History, AgreementEvent{At: at, By: by, What: what})
}

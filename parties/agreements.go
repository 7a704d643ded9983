package parties

import (
	"context"
	"errors"
	"time"

	"github.com/ocpihub/ocpihub/internal/fault"
	"github.com/ocpihub/ocpihub/ocpi"
)

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

// NoteSettled notes that both sides of an agreement, as it was read, have been
// brought what was owed to them. One that has gone out of force meanwhile goes
// on owing.
func (r *Registry) NoteSettled(ctx context.Context, as *Agreement) error {
	_, _, err := r.editAgreement(ctx, as.ID, func(a *Agreement) (bool, error) {
		settled := a.Changed.Equal(as.Changed) && !a.Owed.IsZero()
		if settled {
			a.Owed = time.Time{}
		}
		return settled, nil
	})
	return err
}

// owe notes since when the two sides of an agreement that goes out of force may
// lack what the other pushed to all: what a platform has not got yet by now is
// not brought to it any more.
func (r *Registry) owe(a *Agreement, now time.Time) {
	if a.State == AgreementEnded || !a.Owed.IsZero() {
		return
	}
	a.Owed = now
	if r.reached == nil {
		return
	}
	for _, party := range []ocpi.PartyID{a.CPO, a.EMSP} {
		for _, home := range r.Directory().Homes(party) {
			if at := r.reached(home.Platform.ID); !at.IsZero() && at.Before(a.Owed) {
				a.Owed = at.UTC().Truncate(time.Millisecond)
			}
		}
	}
}

// changeAgreement applies an edit to an agreement, with an entry in its history.
func (r *Registry) changeAgreement(
	ctx context.Context, o Order, id string, edit func(a *Agreement, now time.Time) (what string, err error),
) (a *Agreement, what string, err error) {
	a, changed, err := r.editAgreement(ctx, id, func(a *Agreement) (bool, error) {
		now := r.time()
		inForce := a.InForce(now)
		what, err = edit(a, now)
		if inForce && !a.InForce(now) {
			r.owe(a, now)
		}
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
	if err == nil {
		r.spread(ctx)
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

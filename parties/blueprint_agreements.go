package parties

import (
	"fmt"

	"github.com/ocpihub/ocpihub/internal/fault"
)

func (b *blueprint) drawAgreements(list []AgreementSetup, after *Directory) error {
	found := make([]*Agreement, len(list))
	for i, want := range list { // all ids first: those without are looked for among who is left
		if want.ID == "" {
			continue
		}
		at := place(KindAgreement, i)
		if err := checkID("agreement_id", want.ID); err != nil {
			return within(at, err)
		}
		if err := b.use(want.ID, at); err != nil {
			return err
		}
		found[i], _ = b.dir.Agreement(want.ID)
	}
	for i, want := range list {
		at := place(KindAgreement, i)
		if want.ID == "" {
			var err error
			if found[i], err = b.between(want, at); err != nil {
				return err
			}
		}
		if err := b.drawAgreement(found[i], want, at, after); err != nil {
			return within(at, err)
		}
	}
	if b.order.PruneAgreements {
		b.pruneAgreements()
	}
	return nil
}

// between finds the agreement that a setup without id is about: the one of the
// two that begins when it says, or else the only one that is not over; none: it
// is a new one.
func (b *blueprint) between(want AgreementSetup, at string) (*Agreement, error) {
	if want.State == AgreementEnded {
		return nil, fault.New(fault.Invalid, "%s.agreement_id: say which agreement has ended", at)
	}
	var open []*Agreement
	for _, a := range b.dir.agreed[pair{want.CPO, want.EMSP}] {
		if _, taken := b.used[a.ID]; taken {
			continue
		}
		ended := a.Status(b.now) == AgreementEnded
		if a.From.Equal(want.From) && (!ended || a.Until.Equal(want.Until)) {
			return a, b.use(a.ID, at)
		}
		if !ended {
			open = append(open, a)
		}
	}
	switch len(open) {
	case 0:
		return nil, nil
	case 1:
		return open[0], b.use(open[0].ID, at)
	}
	return nil, fault.New(fault.Invalid, "%s.agreement_id: %s and %s have several agreements (%s, %s): say which one",
		at, want.CPO, want.EMSP, open[0].ID, open[1].ID)
}

// drawAgreement works out what must change on an agreement; nil is made.
func (b *blueprint) drawAgreement(stored *Agreement, want AgreementSetup, at string, after *Directory) error {
	switch want.State {
	case "", AgreementDraft, AgreementActive, AgreementSuspended, AgreementEnded:
	case AgreementScheduled:
		return fault.New(fault.Invalid, "state: %s is what an active agreement is before its first day: want %s", want.State, AgreementActive)
	default:
		return fault.New(fault.Invalid, "state: want draft, active, suspended or ended, got %q", want.State)
	}
	if stored == nil {
		return b.newAgreement(want, at, after)
	}
	if stored.CPO != want.CPO || stored.EMSP != want.EMSP {
		return fault.New(fault.Conflict, "agreement_id: agreement %s is between %s and %s, and its sides never change",
			stored.ID, stored.CPO, stored.EMSP)
	}
	a := stored.Clone()
	a.Terms = want.Terms
	if want.From.IsZero() {
		a.From = stored.From
	}
	if err := a.shape(); err != nil {
		return err
	}
	if stored.Status(b.now) == AgreementEnded {
		return b.drawEnded(stored, a, want)
	}
	return b.drawOpen(stored, a, want, at)
}

// drawEnded wants an agreement that is over to stay as it is.
func (b *blueprint) drawEnded(stored, a *Agreement, want AgreementSetup) error {
	if amendment(stored, a) != "" || want.State != "" && want.State != AgreementEnded && want.State != stored.State {
		return fault.New(fault.Conflict, "agreement_id: agreement %s has ended and stays as it was: leave out agreement_id to make a new one", stored.ID)
	}
	b.unchanged++
	return nil
}

// drawOpen changes terms and state of an agreement that is not over.
func (b *blueprint) drawOpen(stored, a *Agreement, want AgreementSetup, at string) error {
	if err := b.moveState(stored, a, want); err != nil {
		return err
	}
	what := amendment(stored, a)
	if what != "" && a.State != AgreementEnded {
		if err := a.settle(b.now); err != nil {
			return err
		}
	}
	old := stored.inWords()
	for i, t := range a.inWords() {
		b.differ(KindAgreement, a.ID, t.field, old[i].words, t.words)
	}
	b.differ(KindAgreement, a.ID, "state", string(stored.State), string(a.State))
	if a.State != stored.State {
		what = joined(what, string(a.State)+", was "+string(stored.State))
	}
	if what == "" {
		b.unchanged++
		return nil
	}
	if a.State != stored.State || a.InForce(b.now) != stored.InForce(b.now) {
		a.Changed = b.now
	}
	if stored.InForce(b.now) && !a.InForce(b.now) {
		b.r.owe(a, b.now)
	}
	b.keep(a, what, at)
	return nil
}

// moveState sets the state that is wanted.
func (b *blueprint) moveState(stored, a *Agreement, want AgreementSetup) error {
	if want.State == "" || want.State == stored.State {
		return nil
	}
	if want.State == AgreementDraft {
		return fault.New(fault.Conflict, "state: agreement %s is %s and cannot be a draft again: suspend or end it", stored.ID, stored.State)
	}
	a.State = want.State
	if stored.State == AgreementDraft && want.From.IsZero() && a.From.Before(b.now) {
		a.From = b.now // what was a draft until now allowed nothing
	}
	return nil
}

func joined(a, b string) string {
	if a == "" {
		return b
	}
	return a + "; " + b
}

// newAgreement makes an agreement.
func (b *blueprint) newAgreement(want AgreementSetup, at string, after *Directory) error {
	a := &Agreement{
		ID: want.ID, CPO: want.CPO, EMSP: want.EMSP, Terms: want.Terms, State: want.State, Changed: b.now, Created: b.now,
	}
	if a.ID == "" {
		a.ID = newID()
	}
	if a.State == "" {
		a.State = AgreementActive
	}
	if a.From.IsZero() {
		a.From = b.now
	}
	if err := b.checkNew(a, want.ID != "", after); err != nil {
		return err
	}
	what := fmt.Sprintf("%s and %s, %s", a.CPO, a.EMSP, a.Status(b.now))
	b.changes = append(b.changes, SetupChange{Action: ActionCreate, Kind: KindAgreement, ID: b.shown(want.ID, a.ID), New: what})
	b.keep(a, "made for "+what, at)
	return nil
}

// checkNew lets an agreement that is over be as it was, for its parties may have
// left since: one that has ended, or that has an id and so was somewhere before.
func (b *blueprint) checkNew(a *Agreement, named bool, after *Directory) error {
	if a.State == AgreementEnded || named && a.Status(b.now) == AgreementEnded {
		return a.shape()
	}
	if err := b.r.checkSides(after, a); err != nil {
		return err
	}
	return a.settle(b.now)
}

func (b *blueprint) keep(a *Agreement, what, at string) {
	a.enter(b.now, b.order.Order, what)
	b.agreements, b.placed = append(b.agreements, a), append(b.placed, at)
}

func (b *blueprint) pruneAgreements() {
	for _, stored := range b.dir.Agreements() {
		if _, stays := b.used[stored.ID]; stays || stored.Status(b.now) == AgreementEnded {
			continue
		}
		a := stored.Clone()
		a.State, a.Changed = AgreementEnded, b.now
		b.changes = append(b.changes, SetupChange{
			Action: ActionRemove, Kind: KindAgreement, ID: a.ID,
			Old: fmt.Sprintf("%s and %s, %s", a.CPO, a.EMSP, stored.Status(b.now)),
		})
		b.keep(a, "ended, was "+string(stored.Status(b.now)), string(KindAgreement)+"s")
	}
}

// checkClashes refuses two agreements of the same parties at one time, among all
// as they will be.
func (b *blueprint) checkClashes() error {
	changed := make(map[string]bool, len(b.agreements))
	for _, a := range b.agreements {
		changed[a.ID] = true
	}
	after := make(map[pair][]*Agreement, len(b.agreements))
	for _, a := range b.agreements {
		of := pair{a.CPO, a.EMSP}
		if _, looked := after[of]; !looked {
			for _, other := range b.dir.agreed[of] {
				if !changed[other.ID] {
					after[of] = append(after[of], other)
				}
			}
		}
		after[of] = append(after[of], a)
	}
	for i, a := range b.agreements {
		for _, other := range after[pair{a.CPO, a.EMSP}] {
			if a.Clashes(other) {
				return within(b.placed[i], b.r.clash(&ClashError{Other: other}))
			}
		}
	}
	return nil
}

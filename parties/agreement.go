package parties

import (
	"slices"
	"time"

	"github.com/ocpihub/ocpihub/ocpi"
)

// AgreementState is where an agreement stands. An operator sets all of them but
// Scheduled; dates end an agreement, and let it begin, without anybody's doing.
type AgreementState string

// The states of an agreement.
const (
	AgreementDraft     AgreementState = "draft"     // written down, allows nothing
	AgreementActive    AgreementState = "active"    // in force
	AgreementSuspended AgreementState = "suspended" // stopped until it is resumed
	AgreementEnded     AgreementState = "ended"     // over for good
	// AgreementScheduled is a status only: active, but its first day is ahead.
	AgreementScheduled AgreementState = "scheduled"
)

// CatchUp says what a party that was away gets of another's pushes when it is
// back.
type CatchUp string

// The ways to catch up.
const (
	CatchUpAsHub  CatchUp = ""       // as delivery.catch_up says
	CatchUpLatest CatchUp = "latest" // the newest state of each object that changed
	CatchUpNone   CatchUp = "none"
)

// AgreementOptions are what two parties agreed on beside who may send what.
type AgreementOptions struct {
	// StandIn: the hub may answer a real-time authorisation for the eMSP side
	// from the whitelist of its tokens while it cannot be reached.
	StandIn bool
	// CatchUp overrides delivery.catch_up between the two.
	CatchUp CatchUp
}

// Terms are what two parties agreed on. Module ids are in lower case.
type Terms struct {
	// Modules are the functional modules that the two may use between them;
	// empty: all.
	Modules []ocpi.ModuleID
	// CPOOnly and EMSPOnly narrow that: in these modules only the one side may
	// send requests, the other may only answer them.
	CPOOnly, EMSPOnly []ocpi.ModuleID
	// Custom are the modules outside the specification that the hub carries
	// between the two, whatever its policy.
	Custom []ocpi.ModuleID
	// From is when the agreement begins, Until when it is over; a zero Until
	// means that it does not end by itself.
	From, Until time.Time
	AgreementOptions
}

// Agreement lets two parties exchange: one that runs charge points, in the role
// CPO (or NAP), and one that serves drivers, in the role eMSP, NSP, NAP, SCSP or
// OTHER. It is about parties, wherever they are connected, and may be made
// before they are. One read from a Directory is shared and must not be changed;
// Clone it first.
type Agreement struct {
	ID string
	// CPO and EMSP are the two sides. They never change.
	CPO, EMSP ocpi.PartyID
	Terms
	// State is what the operator set; Status is what holds now.
	State AgreementState
	// Changed is when an operator last put it into force or took it out.
	Changed time.Time
	// Told: those who can see that it is in force have been told so.
	Told bool
	// Owed is since when the two sides may have missed what the other pushed to
	// all, because the agreement was out of force: that is brought to them when it
	// is in force again. Zero: nothing is owed.
	Owed time.Time

	Created time.Time
	// History is what was done to it, oldest first.
	History []AgreementEvent
	// Revision counts the saved changes; Store.SaveAgreement compares it.
	Revision uint64
}

// AgreementEvent is one change of an agreement by an operator.
type AgreementEvent struct {
	At   time.Time
	By   string // who, as they named themselves
	What string // what was done, in words
}

// Status is where the agreement stands now, by its state and its dates.
func (a *Agreement) Status(now time.Time) AgreementState {
	switch {
	case a.State == AgreementEnded || !a.Until.IsZero() && !now.Before(a.Until):
		return AgreementEnded
	case a.State == AgreementActive && !a.begun(now):
		return AgreementScheduled
	}
	return a.State
}

// begun says whether the first day has come. It had when the operator put the
// agreement into force on it or later, whatever a clock says that is behind.
func (a *Agreement) begun(now time.Time) bool {
	return !now.Before(a.From) || !a.Changed.Before(a.From)
}

// InForce says whether the agreement allows anything now.
func (a *Agreement) InForce(now time.Time) bool {
	return a.State == AgreementActive && a.begun(now) && (a.Until.IsZero() || now.Before(a.Until))
}

// Covers says whether one side may send messages of a module to the other, the
// CPO side or the other one.
func (a *Agreement) Covers(m ocpi.ModuleID, fromCPO bool) bool {
	theirs := a.CPOOnly
	if fromCPO {
		theirs = a.EMSPOnly
	}
	switch {
	case slices.Contains(theirs, m):
		return false
	case m.Custom():
		return slices.Contains(a.Custom, m)
	}
	return len(a.Modules) == 0 || slices.Contains(a.Modules, m)
}

// Clashes says whether two agreements of the same parties would be in force at
// the same time. Drafts clash with nothing.
func (a *Agreement) Clashes(o *Agreement) bool {
	return a.ID != o.ID && a.CPO == o.CPO && a.EMSP == o.EMSP && a.stands() && o.stands() &&
		a.begins(o.Until) && o.begins(a.Until)
}

// stands says whether the agreement is or may come into force.
func (a *Agreement) stands() bool { return a.State == AgreementActive || a.State == AgreementSuspended }

// begins says whether the agreement begins before an end; zero is no end.
func (a *Agreement) begins(end time.Time) bool { return end.IsZero() || a.From.Before(end) }

// turned returns the last time at which the agreement came into force or went
// out of it by now; zero for a draft.
func (a *Agreement) turned(now time.Time) time.Time {
	if a.State == AgreementDraft {
		return time.Time{}
	}
	last := a.Changed
	for _, date := range []time.Time{a.From, a.Until} {
		if a.State == AgreementActive && date.After(last) && !date.After(now) {
			last = date
		}
	}
	return last
}

// next returns the first date after now at which the agreement comes into force
// or goes out of it by itself; zero when there is none.
func (a *Agreement) next(now time.Time) time.Time {
	switch {
	case a.State != AgreementActive:
	case !a.begun(now):
		return a.From
	case now.Before(a.Until):
		return a.Until
	}
	return time.Time{}
}

// Clone returns a copy that may be changed.
func (a *Agreement) Clone() *Agreement {
	c := *a
	c.Modules = slices.Clone(a.Modules)
	c.CPOOnly = slices.Clone(a.CPOOnly)
	c.EMSPOnly = slices.Clone(a.EMSPOnly)
	c.Custom = slices.Clone(a.Custom)
	c.History = slices.Clone(a.History)
	return &c
}

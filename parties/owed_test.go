package parties_test

import (
	"testing"
	"time"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/parties"
	"github.com/ocpihub/ocpihub/parties/memstore"
)

// owing is a registry on which ABC and JJJ have an agreement, and JJJ's platform
// has had everything up to a time.
func owing(t *testing.T, reached time.Time) (r *parties.Registry, a *parties.Agreement, at func(time.Time)) {
	t.Helper()
	now, store := noon, memstore.New()
	for _, p := range []*parties.Platform{platform("c", 1, abcCPO), platform("e", 2, jjjEMSP)} {
		noError(t, store.Save(t.Context(), p))
	}
	r, err := parties.Open(t.Context(), parties.Options{
		Store: store, Sealer: newSealer(t), Partner: newPartner(), Now: func() time.Time { return now },
		Self: parties.Self{Party: hubID, VersionsURL: hubURL, Versions: []ocpi.Version{"2.2.1"}},
		Reached: func(platform string) time.Time {
			if platform == "e" {
				return reached
			}
			return time.Time{}
		},
	})
	noError(t, err)
	return r, make1(t, r), func(at time.Time) { now = at }
}

func TestASuspendedAgreementOwesWhatItsSidesMissUntilItIsSettled(t *testing.T) {
	reached := noon.Add(-3 * time.Minute) // the platform is behind
	r, a, at := owing(t, reached)
	due := func() *parties.Agreement {
		t.Helper()
		list, _ := r.Directory().Arrears(noon.Add(time.Hour))
		switch len(list) {
		case 0:
			return nil
		case 1:
			return list[0]
		}
		t.Fatalf("%d agreements are in arrears", len(list))
		return nil
	}
	move := func(minute int, do func() (*parties.Agreement, string, error)) {
		t.Helper()
		at(noon.Add(time.Duration(minute) * time.Minute))
		_, _, err := do()
		noError(t, err)
	}
	suspend := func() (*parties.Agreement, string, error) { return r.SuspendAgreement(t.Context(), ann, a.ID) }
	resume := func() (*parties.Agreement, string, error) { return r.ResumeAgreement(t.Context(), ann, a.ID) }
	if due() != nil {
		t.Error("a new agreement owes something")
	}
	move(1, suspend)
	if due() != nil {
		t.Error("what is suspended is due")
	}
	move(2, resume)
	first := due()
	if first == nil || !first.Owed.Equal(reached) {
		t.Fatalf("due is %+v, want what came since %s", first, reached)
	}
	move(3, suspend)
	move(4, resume)
	noError(t, r.NoteSettled(t.Context(), first))
	if again := due(); again == nil || !again.Owed.Equal(reached) {
		t.Errorf("a suspension while it was settled is forgotten: %+v", again)
	}
	noError(t, r.NoteSettled(t.Context(), due()))
	if due() != nil {
		t.Error("what is settled is due")
	}
	move(5, func() (*parties.Agreement, string, error) { return r.EndAgreement(t.Context(), ann, a.ID) })
	if ended, _ := r.Directory().Agreement(a.ID); !ended.Owed.IsZero() {
		t.Errorf("what has ended owes what came since %s", ended.Owed)
	}
}

func TestAnAgreementThatIsPutOffOwesFromItsNewFirstDayOn(t *testing.T) {
	r, a, _ := owing(t, noon.Add(time.Hour)) // as if by another clock
	_, _, err := r.AmendAgreement(t.Context(), ann, a.ID, func(terms *parties.Terms) error {
		terms.From = noon.AddDate(0, 0, 1)
		return nil
	})
	noError(t, err)
	if due, next := r.Directory().Arrears(noon); len(due) > 0 || !next.Equal(noon.AddDate(0, 0, 1)) {
		t.Errorf("%v are due, the next at %s", due, next)
	}
	if due, _ := r.Directory().Arrears(noon.AddDate(0, 0, 1)); len(due) != 1 || !due[0].Owed.Equal(noon) {
		t.Errorf("on its first day due is %+v", due)
	}
}

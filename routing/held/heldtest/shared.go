package heldtest

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/routing/held"
)

// Common is a store that several replicas use.
type Common interface {
	held.Store
	held.Shared
}

// RunShared judges what replicas share; open returns an empty store as two of
// them see it.
func RunShared(t *testing.T, open func(t *testing.T) (one, two Common)) {
	owner, other := ocpi.NewPartyID("DE", "ABC"), ocpi.NewPartyID("NL", "TNM")
	count := func(t *testing.T, s Common, owner ocpi.PartyID, listed int, ids ...string) held.Window {
		t.Helper()
		w, err := s.Count(t.Context(), held.Removals{Owner: owner, IDs: ids, Listed: listed, Window: time.Hour})
		must(t, err)
		return w
	}
	t.Run("what one changes the other notices", func(t *testing.T) {
		one, two := open(t)
		seen := map[uint64]bool{changesOf(t, two): true}
		step := func(what string, err error) {
			t.Helper()
			must(t, err)
			if n := changesOf(t, two); seen[n] {
				t.Errorf("%s: the number of changes is still %d", what, n)
			} else {
				seen[n] = true
			}
		}
		e, err := one.Add(t.Context(), Entry(0), nil)
		step("an entry comes", err)
		step("it goes", one.Remove(t.Context(), []uint64{e.ID}))
		step("a hold begins", one.Hold(t.Context(), owner, true))
		step("it ends", one.Hold(t.Context(), owner, false))
	})
	t.Run("a party that one holds is held at the other", func(t *testing.T) {
		one, two := open(t)
		must(t, one.Hold(t.Context(), owner, true))
		must(t, one.Hold(t.Context(), other, true))
		must(t, two.Hold(t.Context(), other, false))
		got, err := two.Holding(t.Context())
		if diff := cmp.Diff([]ocpi.PartyID{owner}, got); diff != "" || err != nil {
			t.Errorf("held: %v, %s", err, diff)
		}
	})
	t.Run("removals at both count together, each EVSE once", func(t *testing.T) {
		one, two := open(t)
		if w := count(t, one, owner, -1, "a"); w.Open {
			t.Errorf("a window is open from the start: %+v", w)
		}
		count(t, one, owner, 10, "a", "b")
		if w := count(t, two, owner, -1, "b", "c"); w != (held.Window{Open: true, Listed: 10, Removed: 3}) {
			t.Errorf("counted %+v", w)
		}
		if w := count(t, two, other, 5, "a"); w != (held.Window{Open: true, Listed: 5, Removed: 1}) {
			t.Errorf("of another party %+v", w)
		}
		must(t, two.Hold(t.Context(), owner, false))
		if w := count(t, one, owner, -1, "d"); w.Open {
			t.Errorf("the end of a hold leaves the window open: %+v", w)
		}
	})
}

func changesOf(t *testing.T, s Common) uint64 {
	t.Helper()
	n, err := s.Changes(t.Context())
	must(t, err)
	return n
}

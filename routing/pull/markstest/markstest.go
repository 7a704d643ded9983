// Package markstest judges implementations of pull.Marks.
package markstest

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/routing/pull"
)

var (
	abc  = ocpi.NewPartyID("DE", "ABC")
	xyz  = ocpi.NewPartyID("DE", "XYZ")
	mark = pull.Mark{Newest: time.Date(2026, 1, 1, 0, 0, 0, 123456789, time.UTC), Read: time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC)}
)

// Run judges a store; open returns an empty one.
func Run(t *testing.T, open func(t *testing.T) pull.Marks) {
	t.Run("a platform without marks has none", func(t *testing.T) {
		want(t, open(t), "p", map[pull.List]pull.Mark{})
	})
	t.Run("marks come back as they were saved, each for its own list and platform", func(t *testing.T) {
		s, all := open(t), map[pull.List]pull.Mark{}
		for i, l := range []pull.List{{Module: ocpi.Locations, Party: abc}, {Module: ocpi.Locations, Party: xyz}, {Module: ocpi.CDRs, Party: abc}} {
			m := mark
			m.Newest, m.Doubt = m.Newest.Add(time.Duration(i)*time.Hour), i == 1
			all[l] = m
			must(t, s.Save(t.Context(), "p", l, m))
			must(t, s.Save(t.Context(), "p2", l, pull.Mark{}))
		}
		want(t, s, "p", all)
		want(t, s, "", map[pull.List]pull.Mark{})
	})
	t.Run("a mark replaces the one before", func(t *testing.T) {
		s, l := open(t), pull.List{Module: ocpi.Locations, Party: abc}
		must(t, s.Save(t.Context(), "p", l, pull.Mark{Doubt: true}))
		must(t, s.Save(t.Context(), "p", l, mark))
		want(t, s, "p", map[pull.List]pull.Mark{l: mark})
	})
	t.Run("a platform is forgotten, and no other", func(t *testing.T) {
		s, l := open(t), pull.List{Module: ocpi.Locations, Party: abc}
		for _, platform := range []string{"p", "p2", "q"} {
			must(t, s.Save(t.Context(), platform, l, mark))
			must(t, s.Save(t.Context(), platform, pull.List{Module: ocpi.Tokens, Party: abc}, mark))
		}
		must(t, s.Forget(t.Context(), "p"))
		must(t, s.Forget(t.Context(), "never seen"))
		want(t, s, "p", map[pull.List]pull.Mark{})
		for _, platform := range []string{"p2", "q"} {
			if got, err := s.Load(t.Context(), platform); err != nil || len(got) != 2 {
				t.Errorf("%s has %v, %v", platform, got, err)
			}
		}
	})
	t.Run("an ended context ends the call", func(t *testing.T) {
		s := open(t)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := s.Load(ctx, "p")
		if err == nil || s.Save(ctx, "p", pull.List{}, mark) == nil || s.Forget(ctx, "p") == nil {
			t.Error("a call went on")
		}
	})
	t.Run("calls may come at once", func(t *testing.T) {
		s := open(t)
		var group sync.WaitGroup
		for i := range 16 {
			group.Go(func() {
				platform := fmt.Sprint("p", i%4)
				must(t, s.Save(t.Context(), platform, pull.List{Module: ocpi.ModuleID(fmt.Sprint("m", i)), Party: abc}, mark))
				_, err := s.Load(t.Context(), platform)
				must(t, err)
			})
		}
		group.Wait()
		if got, err := s.Load(t.Context(), "p0"); err != nil || len(got) != 4 {
			t.Errorf("got %v, %v", got, err)
		}
	})
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Error(err)
	}
}

func want(t *testing.T, s pull.Marks, platform string, marks map[pull.List]pull.Mark) {
	t.Helper()
	got, err := s.Load(t.Context(), platform)
	if diff := cmp.Diff(marks, got); diff != "" || err != nil {
		t.Errorf("marks of %q: %v, %s", platform, err, diff)
	}
}

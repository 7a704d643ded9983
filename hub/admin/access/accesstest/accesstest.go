// Package accesstest judges implementations of access.Store.
package accesstest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/ocpihub/ocpihub/hub/admin/access"
)

// at is a moment with the precision that stores keep.
func at(minute int) time.Time {
	return time.Date(2026, 11, 21, 12, minute, 0, int(250*time.Millisecond), time.UTC)
}

// Named is a token with all that a store keeps.
func Named(name string) access.Token {
	return access.Token{Name: name, Role: access.Operator, Hash: access.HashOf("secret of " + name), Created: at(1), By: "root", Expires: at(59)}
}

// Run judges a store; open returns an empty one.
func Run(t *testing.T, open func(t *testing.T) access.Store) {
	t.Run("a store begins empty", func(t *testing.T) { want(t, open(t)) })
	t.Run("tokens come back as they were added", func(t *testing.T) {
		s, bare := open(t), access.Token{Name: "b@x.y", Role: access.Viewer, Hash: access.HashOf("b"), Created: at(2), By: "a"}
		must(t, s.Add(t.Context(), Named("a")))
		must(t, s.Add(t.Context(), bare))
		want(t, s, Named("a"), bare)
	})
	t.Run("a name that is taken is refused, and what is there stays", func(t *testing.T) {
		s, other := open(t), Named("a")
		must(t, s.Add(t.Context(), Named("a")))
		other.Role, other.Hash = access.Admin, access.HashOf("other")
		epoch := epochOf(t, s)
		if err := s.Add(t.Context(), other); !errors.Is(err, access.ErrTaken) {
			t.Errorf("got %v", err)
		}
		want(t, s, Named("a"))
		if got := epochOf(t, s); got != epoch {
			t.Errorf("the epoch went from %d to %d", epoch, got)
		}
	})
	t.Run("a token is removed, and no other; its name is free again", func(t *testing.T) {
		s := open(t)
		must(t, s.Add(t.Context(), Named("a")))
		must(t, s.Add(t.Context(), Named("ab")))
		must(t, s.Remove(t.Context(), "a"))
		want(t, s, Named("ab"))
		if err := s.Remove(t.Context(), "a"); !errors.Is(err, access.ErrUnknown) {
			t.Errorf("removed twice: %v", err)
		}
		must(t, s.Add(t.Context(), Named("a")))
		want(t, s, Named("a"), Named("ab"))
	})
	t.Run("each change raises the epoch, and nothing else does", func(t *testing.T) { runEpoch(t, open(t)) })
	t.Run("the last use is kept, never an earlier one", func(t *testing.T) { runUse(t, open(t)) })
	t.Run("an ended context ends the call", func(t *testing.T) {
		s := open(t)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, _, load := s.Load(ctx)
		_, epoch := s.Epoch(ctx)
		for i, err := range []error{load, epoch, s.Add(ctx, Named("a")), s.Remove(ctx, "a"), s.Use(ctx, nil)} {
			if !errors.Is(err, context.Canceled) {
				t.Errorf("call %d went on: %v", i, err)
			}
		}
	})
	t.Run("of adds with one name at once one wins", func(t *testing.T) { runTogether(t, open(t)) })
}

func runEpoch(t *testing.T, s access.Store) {
	seen := map[uint64]bool{epochOf(t, s): true}
	step := func(what string, changes bool, err error) {
		t.Helper()
		must(t, err)
		now := epochOf(t, s)
		if seen[now] == changes {
			t.Errorf("%s: the epoch is %d", what, now)
		}
		seen[now] = true
	}
	step("add", true, s.Add(t.Context(), Named("a")))
	step("add another", true, s.Add(t.Context(), Named("b")))
	step("use", false, s.Use(t.Context(), map[access.Hash]time.Time{Named("a").Hash: at(3)}))
	step("remove", true, s.Remove(t.Context(), "a"))
	step("add again", true, s.Add(t.Context(), Named("a")))
}

func runUse(t *testing.T, s access.Store) {
	must(t, s.Add(t.Context(), Named("a")))
	must(t, s.Add(t.Context(), Named("b")))
	a, b := Named("a"), Named("b")
	use := func(h access.Hash, minute int) {
		t.Helper()
		must(t, s.Use(t.Context(), map[access.Hash]time.Time{h: at(minute), access.HashOf("nobody's"): at(9)}))
	}
	use(a.Hash, 5)
	a.Used = at(5)
	want(t, s, a, b)
	use(a.Hash, 4)
	want(t, s, a, b)
	use(a.Hash, 6)
	a.Used = at(6)
	want(t, s, a, b)
	// A new token of the same name was not used by the holder of the old one.
	must(t, s.Remove(t.Context(), "a"))
	fresh := Named("a")
	fresh.Hash = access.HashOf("fresh")
	must(t, s.Add(t.Context(), fresh))
	use(a.Hash, 7)
	want(t, s, fresh, b)
}

func runTogether(t *testing.T, s access.Store) {
	var group sync.WaitGroup
	results := make([]error, 16)
	for i := range results {
		group.Go(func() {
			results[i] = s.Add(t.Context(), Named(fmt.Sprint("n", i%4)))
			_, _, err := s.Load(t.Context())
			must(t, err)
			must(t, s.Use(t.Context(), map[access.Hash]time.Time{Named("n0").Hash: at(i)}))
		})
	}
	group.Wait()
	won := 0
	for _, err := range results {
		if err == nil {
			won++
		} else if !errors.Is(err, access.ErrTaken) {
			t.Error(err)
		}
	}
	if tokens, _, err := s.Load(t.Context()); err != nil || len(tokens) != 4 || won != 4 {
		t.Errorf("%d adds won, there are %d tokens, %v", won, len(tokens), err)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Error(err)
	}
}

func epochOf(t *testing.T, s access.Store) uint64 {
	t.Helper()
	epoch, err := s.Epoch(t.Context())
	must(t, err)
	return epoch
}

func want(t *testing.T, s access.Store, tokens ...access.Token) {
	t.Helper()
	got, epoch, err := s.Load(t.Context())
	slices.SortFunc(got, func(a, b access.Token) int { return cmp.Compare(a.Name, b.Name) })
	if diff := gocmp.Diff(append([]access.Token{}, tokens...), append([]access.Token{}, got...)); diff != "" || err != nil {
		t.Errorf("tokens: %v, %s", err, diff)
	}
	if now := epochOf(t, s); now != epoch {
		t.Errorf("Load says epoch %d, Epoch %d", epoch, now)
	}
}

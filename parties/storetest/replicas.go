package storetest

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ocpihub/ocpihub/parties"
)

// Member is what one replica of a hub needs of the others.
type Member interface {
	parties.Replicas
	parties.Sightings
	parties.Locks
}

// RunReplicas judges what replicas tell one another. Each call of open gives what
// is new and empty; what it returns gives a replica by its id.
func RunReplicas(t *testing.T, open func(t *testing.T) (join func(id string) Member)) {
	t.Helper()
	for name, test := range map[string]func(*testing.T, func(id string) Member){
		"a replica alone has nobody behind":              alone,
		"one that uses an older state is behind":         behind,
		"one that has left is behind no more":            left,
		"one that is silent for long counts as dead":     silent,
		"the newest time counts for all":                 sighted,
		"who comes later learns everything":              sightedBefore,
		"a name is one replica's until it is given back": claimedName,
		"the name of a dead replica is free":             deadClaim,
		"replicas do nothing for an ended context":       replicasEnd,
	} {
		t.Run(name, func(t *testing.T) { test(t, open(t)) })
	}
}

func expectBehind(t *testing.T, m Member, epoch uint64, want int) {
	t.Helper()
	if got, err := m.Behind(t.Context(), epoch); err != nil || got != want {
		t.Errorf("%d are behind epoch %d, %v; want %d", got, epoch, err, want)
	}
}

func beatAt(t *testing.T, m Member, epoch uint64) {
	t.Helper()
	if err := m.Beat(t.Context(), epoch); err != nil {
		t.Fatal(err)
	}
}

func alone(t *testing.T, join func(string) Member) {
	a := join("a")
	expectBehind(t, a, 1, 0)
	beatAt(t, a, 0)
	expectBehind(t, a, 1, 0)
}

func behind(t *testing.T, join func(string) Member) {
	a, b, c := join("a"), join("b"), join("c")
	beatAt(t, a, 10)
	beatAt(t, b, 9)
	beatAt(t, c, 10)
	expectBehind(t, a, 10, 1)
	expectBehind(t, b, 10, 0)
	expectBehind(t, c, 11, 2)
	beatAt(t, b, 11)
	expectBehind(t, a, 10, 0)
}

func left(t *testing.T, join func(string) Member) {
	a, b := join("a"), join("b")
	beatAt(t, b, 1)
	if err := b.Leave(t.Context()); err != nil {
		t.Fatal(err)
	}
	expectBehind(t, a, 2, 0)
}

func silent(t *testing.T, join func(string) Member) {
	a, b := join("a"), join("b")
	beatAt(t, b, 1)
	expectBehind(t, a, 2, 1)
	for end := time.Now().Add(patience); ; time.Sleep(50 * time.Millisecond) {
		n, err := a.Behind(t.Context(), 2)
		if err == nil && n == 0 {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("%d are behind, %v", n, err)
		}
	}
}

func share(t *testing.T, m Member, seen map[string]time.Time) map[string]time.Time {
	t.Helper()
	all, err := m.Share(t.Context(), seen)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func sighted(t *testing.T, join func(string) Member) {
	a, b := join("a"), join("b")
	share(t, a, map[string]time.Time{"p": morning, "q": morning.Add(time.Second)})
	got := share(t, b, map[string]time.Time{"p": morning.Add(1500 * time.Microsecond), "q": morning})
	want := map[string]time.Time{"p": morning.Add(time.Millisecond), "q": morning.Add(time.Second)}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if at := share(t, a, nil)["p"]; !at.Equal(want["p"]) {
		t.Errorf("the first learns of %s, want %s", at, want["p"])
	}
}

func sightedBefore(t *testing.T, join func(string) Member) {
	a := join("a")
	share(t, a, map[string]time.Time{"p": morning})
	share(t, a, map[string]time.Time{"q": morning.Add(time.Hour)})
	want := map[string]time.Time{"p": morning, "q": morning.Add(time.Hour)}
	if diff := cmp.Diff(want, share(t, join("b"), nil)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// claim tries to take a name, and says whether it did.
func claim(t *testing.T, m Member, name string) (release func(), ok bool) {
	t.Helper()
	release, ok, err := m.Claim(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	return release, ok
}

func claimedName(t *testing.T, join func(string) Member) {
	a, b := join("a"), join("b")
	beatAt(t, a, 1)
	release, ok := claim(t, a, "n")
	if !ok {
		t.Fatal("a free name was not given")
	}
	for _, m := range []Member{a, b} {
		if _, ok := claim(t, m, "n"); ok {
			t.Error("a name was given twice")
		}
	}
	if _, ok := claim(t, b, "other"); !ok {
		t.Error("another name is not free")
	}
	release()
	if _, ok := claim(t, b, "n"); !ok {
		t.Error("a name that was given back is not free")
	}
}

func deadClaim(t *testing.T, join func(string) Member) {
	a, b := join("a"), join("b")
	beatAt(t, a, 1)
	if _, ok := claim(t, a, "n"); !ok {
		t.Fatal("a free name was not given")
	}
	if err := a.Leave(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, ok := claim(t, b, "n"); !ok {
		t.Error("the name of a dead replica is not free")
	}
}

func replicasEnd(t *testing.T, join func(string) Member) {
	a := join("a")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, failed := a.Behind(ctx, 1)
	_, shared := a.Share(ctx, map[string]time.Time{"p": morning})
	_, _, claimed := a.Claim(ctx, "n")
	for _, err := range []error{a.Beat(ctx, 1), failed, shared, claimed} {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
	}
}

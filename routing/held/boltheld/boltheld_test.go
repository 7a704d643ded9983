package boltheld_test

import (
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ocpihub/ocpihub/routing/held"
	"github.com/ocpihub/ocpihub/routing/held/boltheld"
	"github.com/ocpihub/ocpihub/routing/held/heldtest"
)

func open(t *testing.T, path string) *boltheld.Store {
	t.Helper()
	s, err := boltheld.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func TestBoltKeepsHeldPushes(t *testing.T) {
	heldtest.Run(t, func(t *testing.T) held.Store { return open(t, filepath.Join(t.TempDir(), "held.db")) })
}

func TestHeldPushesAndTheirNumbersSurviveTheProcess(t *testing.T) {
	path := filepath.Join(t.TempDir(), "held.db")
	s := open(t, path)
	var last held.Entry
	for n := range 3 {
		e, err := s.Add(t.Context(), heldtest.Entry(n), nil)
		if err != nil {
			t.Fatal(err)
		}
		last = e
	}
	if err := s.Remove(t.Context(), []uint64{1, 2, 3}); err != nil {
		t.Fatal(err)
	}
	kept, err := s.Add(t.Context(), heldtest.Entry(3), nil)
	if err != nil || kept.ID <= last.ID {
		t.Fatalf("number %d after %d, %v", kept.ID, last.ID, err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	got, err := open(t, path).List(t.Context())
	if diff := cmp.Diff([]held.Entry{kept}, got); diff != "" || err != nil {
		t.Errorf("after a new start: %v, %s", err, diff)
	}
}

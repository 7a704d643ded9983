package boltmarks_test

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/routing/pull"
	"github.com/ocpihub/ocpihub/routing/pull/boltmarks"
	"github.com/ocpihub/ocpihub/routing/pull/markstest"
)

func open(t *testing.T, path string) *boltmarks.Store {
	t.Helper()
	s, err := boltmarks.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func TestBoltKeepsMarks(t *testing.T) {
	markstest.Run(t, func(t *testing.T) pull.Marks { return open(t, filepath.Join(t.TempDir(), "pulls.db")) })
}

func TestMarksSurviveTheProcess(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pulls.db")
	l := pull.List{Module: ocpi.Locations, Party: ocpi.NewPartyID("DE", "ABC")}
	m := pull.Mark{Newest: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), Doubt: true}
	s := open(t, path)
	if err := s.Save(t.Context(), "p", l, m); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if got, err := open(t, path).Load(t.Context(), "p"); err != nil || got[l] != m {
		t.Errorf("after a new start the marks are %v, %v", got, err)
	}
}

package bolttrail_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ocpihub/ocpihub/internal/boltfile"
	"github.com/ocpihub/ocpihub/routing/trail"
	"github.com/ocpihub/ocpihub/routing/trail/bolttrail"
	"github.com/ocpihub/ocpihub/routing/trail/trailtest"
)

func open(t *testing.T, path string) *bolttrail.Store {
	t.Helper()
	s, err := bolttrail.Open(path, func() time.Time { return trailtest.Now })
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestAFileKeepsTrails(t *testing.T) {
	trailtest.Run(t, func(t *testing.T) trail.Store {
		s := open(t, filepath.Join(t.TempDir(), "trails.db"))
		t.Cleanup(func() { _ = s.Close() })
		return s
	})
}

func TestH168_ATrailOutlivesTheProcess(t *testing.T) {
	path := filepath.Join(t.TempDir(), "trails.db")
	s := open(t, path)
	want := trail.Trail{Kind: trail.Callback, Key: "k", URL: "https://x/", Expires: trailtest.Now.Add(time.Hour)}
	if err := s.Remember(t.Context(), want); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = open(t, path)
	defer s.Close()
	if got, err := s.Recall(t.Context(), trail.Callback, "k", trailtest.Now); err != nil || got.URL != want.URL {
		t.Errorf("after reopening: %+v, %v", got, err)
	}
}

func TestASecondProcessIsToldThatTheFileIsInUse(t *testing.T) {
	path := filepath.Join(t.TempDir(), "trails.db")
	s := open(t, path)
	defer s.Close()
	if _, err := bolttrail.Open(path, time.Now); err == nil || !strings.Contains(err.Error(), "in use") {
		t.Errorf("got %v", err)
	}
}

func TestAFileOfAnotherFormatIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "trails.db")
	db, err := boltfile.Open(path, 99)
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if s, err := bolttrail.Open(path, time.Now); s != nil || err == nil || !strings.Contains(err.Error(), "format") {
		t.Errorf("got %v, %v", s, err)
	}
}

func TestAWriteSweepsAFewOnly(t *testing.T) {
	path := filepath.Join(t.TempDir(), "trails.db")
	now := trailtest.Now
	s, err := bolttrail.Open(path, func() time.Time { return now })
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for i := range 30 {
		mustRemember(t, s, trail.Trail{Kind: trail.Callback, Key: fmt.Sprint(i), Expires: now.Add(time.Minute)})
	}
	now = now.Add(time.Hour)
	for i, want := range []int{23, 16, 9, 4, 5} { // eight go and one comes, until only those that live are there
		mustRemember(t, s, trail.Trail{Kind: trail.Callback, Key: fmt.Sprint("new", i), Expires: now.Add(time.Hour)})
		if n := s.Len(); n != want {
			t.Errorf("%d trails are there after %d writes, want %d", n, i+1, want)
		}
	}
}

func mustRemember(t *testing.T, s trail.Store, r trail.Trail) {
	t.Helper()
	if err := s.Remember(t.Context(), r); err != nil {
		t.Fatal(err)
	}
}

func TestExpiredTrailsLeaveTheFile(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "trails.db"))
	defer s.Close()
	for i := range 50 {
		old := trail.Trail{Kind: trail.Callback, Key: fmt.Sprint(i), Expires: trailtest.Now.Add(-time.Hour)}
		if err := s.Remember(t.Context(), old); err != nil {
			t.Fatal(err)
		}
	}
	if n := s.Len(); n > 2 {
		t.Errorf("%d trails are still there", n)
	}
}

package boltwatch_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/ocpihub/ocpihub/internal/boltfile"
	"github.com/ocpihub/ocpihub/routing/watch"
	"github.com/ocpihub/ocpihub/routing/watch/boltwatch"
	"github.com/ocpihub/ocpihub/routing/watch/watchtest"
)

func open(t *testing.T, path string) *boltwatch.Store {
	t.Helper()
	s, err := boltwatch.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestAFileKeepsRhythmsAndAlerts(t *testing.T) {
	watchtest.Run(t, func(t *testing.T) watch.Store {
		s := open(t, filepath.Join(t.TempDir(), "alerts.db"))
		t.Cleanup(func() { _ = s.Close() })
		return s
	})
}

func TestAlertsOutliveTheProcess(t *testing.T) {
	path := filepath.Join(t.TempDir(), "alerts.db")
	s := open(t, path)
	if err := s.Save(t.Context(), watchtest.Full(), nil); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = open(t, path)
	defer s.Close()
	if got, err := s.Load(t.Context()); err != nil || len(got.Alerts) != 2 || len(got.Rhythms) != 2 {
		t.Errorf("after reopening: %+v, %v", got, err)
	}
}

func TestAFileOfAnotherFormatIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "alerts.db")
	db, err := boltfile.Open(path, 99)
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if s, err := boltwatch.Open(path); s != nil || err == nil || !strings.Contains(err.Error(), "format") {
		t.Errorf("got %v, %v", s, err)
	}
}

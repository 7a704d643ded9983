package boltquality_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/ocpihub/ocpihub/internal/boltfile"
	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/routing/quality"
	"github.com/ocpihub/ocpihub/routing/quality/boltquality"
	"github.com/ocpihub/ocpihub/routing/quality/qualitytest"
)

func open(t *testing.T, path string) *boltquality.Store {
	t.Helper()
	s, err := boltquality.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestAFileKeepsFindings(t *testing.T) {
	qualitytest.Run(t, func(t *testing.T) quality.Store {
		s := open(t, filepath.Join(t.TempDir(), "quality.db"))
		t.Cleanup(func() { _ = s.Close() })
		return s
	})
}

func TestFindingsOutliveTheProcess(t *testing.T) {
	path := filepath.Join(t.TempDir(), "quality.db")
	s := open(t, path)
	row := quality.Row{Place: quality.Place{Party: ocpi.NewPartyID("DE", "ABC"), Kind: ocpi.TooLong, Field: "city"}, Count: 3}
	if err := s.Add(t.Context(), []quality.Row{row}); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = open(t, path)
	defer s.Close()
	if rows, err := s.Rows(t.Context()); err != nil || len(rows) != 1 || rows[0].Count != 3 {
		t.Errorf("after reopening: %+v, %v", rows, err)
	}
}

func TestAFileOfAnotherFormatIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "quality.db")
	db, err := boltfile.Open(path, 99)
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if s, err := boltquality.Open(path); s != nil || err == nil || !strings.Contains(err.Error(), "format") {
		t.Errorf("got %v, %v", s, err)
	}
}

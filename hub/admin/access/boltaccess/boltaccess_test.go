package boltaccess_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ocpihub/ocpihub/hub/admin/access"
	"github.com/ocpihub/ocpihub/hub/admin/access/accesstest"
	"github.com/ocpihub/ocpihub/hub/admin/access/boltaccess"
	"github.com/ocpihub/ocpihub/internal/boltfile"
)

func open(t *testing.T, path string) *boltaccess.Store {
	t.Helper()
	s, err := boltaccess.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func TestAFileKeepsTokens(t *testing.T) {
	accesstest.Run(t, func(t *testing.T) access.Store { return open(t, filepath.Join(t.TempDir(), "admin.db")) })
}

func TestTokensAndTheEpochOutliveTheProcess(t *testing.T) {
	path := filepath.Join(t.TempDir(), "admin.db")
	s := open(t, path)
	if err := s.Add(t.Context(), accesstest.Named("ann")); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	tokens, epoch, err := open(t, path).Load(t.Context())
	if err != nil || epoch != 1 || len(tokens) != 1 || tokens[0] != accesstest.Named("ann") {
		t.Errorf("after a new start: %+v, %d, %v", tokens, epoch, err)
	}
	raw, err := os.ReadFile(path)
	if err != nil || bytes.Contains(raw, []byte("secret of ann")) {
		t.Errorf("the file holds the token itself (%v)", err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file has mode %v, %v", info.Mode(), err)
	}
}

func TestAFileOfAnotherFormatIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "admin.db")
	db, err := boltfile.Open(path, 99)
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if s, err := boltaccess.Open(path); s != nil || err == nil || !strings.Contains(err.Error(), "format") {
		t.Errorf("got %v, %v", s, err)
	}
}

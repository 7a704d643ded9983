package boltstore_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.etcd.io/bbolt"

	"github.com/ocpihub/ocpihub/parties"
	"github.com/ocpihub/ocpihub/parties/boltstore"
	"github.com/ocpihub/ocpihub/parties/storetest"
)

func open(t *testing.T, path string) *boltstore.Store {
	t.Helper()
	s, err := boltstore.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func TestTheFileKeepsThePortsContract(t *testing.T) {
	storetest.Run(t, func(t *testing.T) parties.Store {
		return open(t, filepath.Join(t.TempDir(), "parties.db"))
	})
}

func TestTheFileIsABook(t *testing.T) {
	storetest.RunBook(t, func(t *testing.T) storetest.Notes {
		return open(t, filepath.Join(t.TempDir(), "parties.db"))
	})
}

func TestWhatWasSavedIsThereAfterReopening(t *testing.T) {
	path := filepath.Join(t.TempDir(), "data", "parties.db")
	first := open(t, path)
	want := storetest.Full("p1")
	if err := first.Save(t.Context(), want); err != nil {
		t.Fatal(err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	second := open(t, path)
	platforms, epoch, err := second.Load(t.Context())
	if err != nil || len(platforms) != 1 || epoch != 1 {
		t.Fatalf("got %d platforms, epoch %d, %v", len(platforms), epoch, err)
	}
	if diff := storetest.Compare(want, platforms[0]); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	rival := storetest.Full("p2")
	if err := second.Save(t.Context(), rival); !errors.Is(err, parties.ErrClaimed) {
		t.Errorf("the claims are forgotten: got %v", err)
	}
}

func TestAFileInUseIsRefusedWithItsName(t *testing.T) {
	path := filepath.Join(t.TempDir(), "parties.db")
	open(t, path)
	_, err := boltstore.Open(path)
	if err == nil || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), "in use") {
		t.Errorf("got %v", err)
	}
}

func TestAFileOfAnotherFormatIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "parties.db")
	if err := open(t, path).Close(); err != nil {
		t.Fatal(err)
	}
	db, err := bbolt.Open(path, 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	err = db.Update(func(tx *bbolt.Tx) error {
		return tx.Bucket([]byte("meta")).Put([]byte("format"), []byte{0, 0, 0, 0, 0, 0, 0, 9})
	})
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	if _, err := boltstore.Open(path); err == nil || !strings.Contains(err.Error(), "format is 9") {
		t.Errorf("got %v", err)
	}
}

func TestTheFileIsForItsOwnerOnly(t *testing.T) {
	path := filepath.Join(t.TempDir(), "parties.db")
	open(t, path)
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
}

func TestAClosedFileGivesErrors(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "parties.db"))
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := s.Save(context.WithoutCancel(t.Context()), storetest.Full("p1")); err == nil {
		t.Error("save on a closed file succeeds")
	}
	if _, err := s.Epoch(t.Context()); err == nil {
		t.Error("epoch of a closed file succeeds")
	}
}

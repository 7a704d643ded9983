package boltrejections_test

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ocpihub/ocpihub/parties"
	"github.com/ocpihub/ocpihub/routing/fanout"
	"github.com/ocpihub/ocpihub/routing/fanout/boltrejections"
	"github.com/ocpihub/ocpihub/routing/fanout/rejectiontest"
)

func sealer(t *testing.T, first byte) boltrejections.Sealer {
	t.Helper()
	s, err := parties.NewSealer(append([]byte{first}, make([]byte, 31)...))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func open(t *testing.T, path string, s boltrejections.Sealer, log *slog.Logger) *boltrejections.Store {
	t.Helper()
	store, err := boltrejections.Open(path, s, log)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	return store
}

func TestRejections(t *testing.T) {
	rejectiontest.Run(t, func(t *testing.T) fanout.Rejections {
		return open(t, filepath.Join(t.TempDir(), "r.db"), sealer(t, 1), slog.New(slog.DiscardHandler))
	})
}

func TestTheFileNamesNoTokenAndIsReadOnlyWithItsKey(t *testing.T) {
	path := filepath.Join(t.TempDir(), "r.db")
	s := open(t, path, sealer(t, 1), slog.New(slog.DiscardHandler))
	if err := s.Write(t.Context(), []fanout.Rejection{rejectiontest.Full("p1", "a", 1)}, nil); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(path)
	if err != nil || bytes.Contains(raw, []byte(rejectiontest.Secret)) {
		t.Errorf("the file names the token, %v", err)
	}
	var log strings.Builder
	other := open(t, path, sealer(t, 2), slog.New(slog.NewTextHandler(&log, nil)))
	if got, err := other.Load(t.Context()); len(got) > 0 || err != nil || !strings.Contains(log.String(), "count=1") {
		t.Errorf("with another key: %v, %v, log %q", got, err, log.String())
	}
	_ = other.Close()
	again := open(t, path, sealer(t, 1), slog.New(slog.DiscardHandler))
	if got, err := again.Load(t.Context()); len(got) != 1 || err != nil {
		t.Errorf("with its key again: %v, %v", got, err)
	}
}

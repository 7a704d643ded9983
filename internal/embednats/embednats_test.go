package embednats_test

import (
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/ocpihub/ocpihub/internal/embednats"
)

func start(t *testing.T, dir string) *embednats.Server {
	t.Helper()
	s, err := embednats.Start(dir, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestTheServerKeepsItsStreamsOverARestart(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "nats")
	s := start(t, dir)
	js, err := jetstream.New(s.Conn())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := js.CreateStream(t.Context(), jetstream.StreamConfig{Name: "S", Subjects: []string{"s"}}); err != nil {
		t.Fatal(err)
	}
	if _, err := js.Publish(t.Context(), "s", []byte("kept")); err != nil {
		t.Fatal(err)
	}
	closeServer(t, s)
	s = start(t, dir)
	defer closeServer(t, s)
	if js, err = jetstream.New(s.Conn()); err != nil {
		t.Fatal(err)
	}
	stream, err := js.Stream(t.Context(), "S")
	if err != nil {
		t.Fatal(err)
	}
	if msg, err := stream.GetMsg(t.Context(), 1); err != nil || string(msg.Data) != "kept" {
		t.Errorf("got %v, %v", msg, err)
	}
}

func closeServer(t *testing.T, s *embednats.Server) {
	t.Helper()
	for range 2 { // any number of times
		if err := s.Close(t.Context()); err != nil {
			t.Error(err)
		}
	}
}

func TestADirectoryThatCannotBeMadeIsAnError(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if s, err := embednats.Start(filepath.Join(file, "nats"), slog.New(slog.DiscardHandler)); err == nil {
		closeServer(t, s)
		t.Error("it started")
	}
}

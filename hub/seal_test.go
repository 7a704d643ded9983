package hub

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/ocpihub/ocpihub/internal/embednats"
	"github.com/ocpihub/ocpihub/internal/redistest"
	"github.com/ocpihub/ocpihub/parties"
	"github.com/ocpihub/ocpihub/parties/redisstore"
)

// bucketOf is the bucket of a stream of the test's own.
func bucketOf(t *testing.T) keyBucket {
	t.Helper()
	server, err := embednats.Start(t.TempDir(), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close(context.Background()) })
	return keyBucket{
		conn: server.Conn(), replicas: 1, file: filepath.Join(t.TempDir(), "seal.key"), store: redisstore.New(redistest.Fresh(t)),
	}
}

func mark(t *testing.T, b keyBucket) string {
	t.Helper()
	s, err := b.open(context.WithoutCancel(t.Context()))
	if err != nil {
		t.Error(err)
		return ""
	}
	return s.Fingerprint()
}

func TestReplicasThatStartAtOnceHaveOneSealingKey(t *testing.T) {
	b := bucketOf(t)
	var all sync.WaitGroup
	marks := make([]string, 8)
	for i := range marks {
		all.Go(func() { marks[i] = mark(t, b) })
	}
	all.Wait()
	for _, m := range marks {
		if m == "" || m != marks[0] {
			t.Fatalf("keys differ: %v", marks)
		}
	}
}

func TestTheKeyOfAHubThatRanAloneIsTakenAlong(t *testing.T) {
	b := bucketOf(t)
	alone, err := parties.OpenKeyFile(b.file)
	if err != nil {
		t.Fatal(err)
	}
	if got := mark(t, b); got != alone.Fingerprint() {
		t.Errorf("got key %s, want %s", got, alone.Fingerprint())
	}
	if err := os.Remove(b.file); err != nil {
		t.Fatal(err)
	}
	if got := mark(t, b); got != alone.Fingerprint() {
		t.Errorf("another replica got key %s, want %s", got, alone.Fingerprint())
	}
}

func TestASealingKeyThatIsGoneIsNotReplaced(t *testing.T) {
	b := bucketOf(t)
	if err := b.store.CheckSeal(t.Context(), "0123456789abcdef"); err != nil {
		t.Fatal(err)
	}
	if _, err := b.open(t.Context()); !errors.Is(err, errKeyGone) {
		t.Errorf("got %v", err)
	}
}

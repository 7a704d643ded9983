package jsfeed_test

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/ocpihub/ocpihub/internal/embednats"
	"github.com/ocpihub/ocpihub/routing/fanout"
	"github.com/ocpihub/ocpihub/routing/fanout/feedtest"
	"github.com/ocpihub/ocpihub/routing/fanout/jsfeed"
)

// written collects log lines for readers beside the one who writes.
type written struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (w *written) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.buf.Write(p)
}

func (w *written) lines() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return strings.Count(w.buf.String(), "is skipped")
}

func TestAMessageThatIsNoChangeIsSkippedCountedOnceAndLogged(t *testing.T) {
	server, err := embednats.Start(t.TempDir(), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close(context.WithoutCancel(t.Context())) })
	log := &written{}
	o := roomy
	o.Conn, o.Log = server.Conn(), slog.New(slog.NewTextHandler(log, nil))
	f, err := jsfeed.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	alien := func(head string) {
		m := nats.NewMsg("ocpi.feed.locations")
		m.Header.Set("Ocpi-Change", head)
		m.Data = []byte("what is this")
		if _, err := server.Conn().RequestMsg(m, 10*time.Second); err != nil {
			t.Fatal(err)
		}
	}
	seqs := feedtest.Publish(t, f, 1)
	alien("no JSON")
	alien(`{"v":99}`)
	seqs = append(seqs, feedtest.Publish(t, f, 1)...)
	alien("")
	for range 2 { // as several readers do
		var got []uint64
		for _, r := range feedtest.Read(t, f, 0, 2) {
			got = append(got, r.Seq)
		}
		if len(got) != 2 || got[0] != seqs[0] || got[1] != seqs[1] {
			t.Errorf("it read %v, want %v", got, seqs)
		}
		keys := 0
		if err := f.Keys(t.Context(), 0, 5, func(fanout.Record) error { keys++; return nil }); err != nil || keys != 2 {
			t.Errorf("%d keys, %v; want 2", keys, err)
		}
	}
	if n := f.Skipped(); n != 3 || log.lines() != 3 {
		t.Errorf("%d are counted and %d logged, want 3", n, log.lines())
	}
}

package hub_test

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/ocpihub/ocpihub/hub"
	"github.com/ocpihub/ocpihub/internal/embednats"
	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/ocpitest"
)

const journalStream = "OCPI_JOURNAL"

// pair is a hub with a CPO and an eMSP.
type pair struct {
	hub  *hub.Hub
	cpo  *ocpitest.Platform
	emsp *ocpitest.Platform
}

func startPair(t testing.TB, edit ...func(*hub.Config)) pair {
	t.Helper()
	h := startHub(t, edit...)
	return pair{h, join(t, h, of(ocpi.CPO, cpo)), join(t, h, of(ocpi.EMSP, emsp))}
}

// message sends a message to one party, which must arrive, and returns its
// correlation id.
func (p pair) message(t testing.TB, id string) string {
	t.Helper()
	reply := send(t, p.cpo, putLocation(emsp, cpo, id, location(cpo, id, t0)))
	want(t, reply, 201, 1000)
	return reply.CorrelationID
}

func (p pair) streams(t testing.TB) jetstream.JetStream {
	t.Helper()
	js, err := jetstream.New(p.hub.Stream())
	if err != nil {
		t.Fatal(err)
	}
	return js
}

// dropped waits until records were dropped.
func (p pair) dropped(t testing.TB) {
	t.Helper()
	for ctx := patient(t); p.hub.Dropped() == 0; time.Sleep(10 * time.Millisecond) {
		if ctx.Err() != nil {
			t.Fatal("nothing was counted as dropped")
		}
	}
}

// back proves that a message is recorded, after those that were dropped.
func (p pair) back(t testing.TB) {
	t.Helper()
	for ctx := patient(t); ; time.Sleep(100 * time.Millisecond) {
		id := p.message(t, "AGAIN")
		for soon := time.Now().Add(3 * time.Second); time.Now().Before(soon); time.Sleep(20 * time.Millisecond) {
			if entries, err := p.hub.Messages(t.Context(), id); err == nil && len(entries) == 2 {
				return
			}
		}
		if ctx.Err() != nil {
			t.Fatal("messages are not recorded again")
		}
	}
}

func TestALogWhoseStreamWasDeletedIsMadeAgain(t *testing.T) {
	p := startPair(t)
	conversation(t, p.hub, p.message(t, "L1"), 2)
	if err := p.streams(t).DeleteStream(t.Context(), journalStream); err != nil {
		t.Fatal(err)
	}
	conversation(t, p.hub, p.message(t, "L2"), 2)
}

func TestALogThatIsFullCostsItsRecordsAndNoMessage(t *testing.T) {
	p := startPair(t)
	conversation(t, p.hub, p.message(t, "L1"), 2)
	bound := func(bytes int64) {
		t.Helper()
		stream, err := p.streams(t).Stream(t.Context(), journalStream)
		if err != nil {
			t.Fatal(err)
		}
		cfg := stream.CachedInfo().Config
		cfg.Discard, cfg.MaxBytes = jetstream.DiscardNew, bytes
		if _, err := p.streams(t).UpdateStream(t.Context(), cfg); err != nil {
			t.Fatal(err)
		}
	}
	bound(1)
	p.message(t, "L2")
	p.dropped(t)
	bound(1 << 30)
	p.back(t)
}

// silent takes the place of the stream of the log, and never answers.
func (p pair) silent(t testing.TB) (end func()) {
	t.Helper()
	if err := p.streams(t).DeleteStream(t.Context(), journalStream); err != nil {
		t.Fatal(err)
	}
	sub, err := p.hub.Stream().Subscribe("ocpi.journal", func(*nats.Msg) {})
	if err == nil {
		err = p.hub.Stream().Flush()
	}
	if err != nil {
		t.Fatal(err)
	}
	return func() { _ = sub.Unsubscribe() }
}

func TestALogThatHangsDelaysNoMessage(t *testing.T) {
	p := startPair(t)
	conversation(t, p.hub, p.message(t, "L1"), 2)
	end := p.silent(t)
	p.message(t, "L2")
	p.dropped(t)
	end()
	p.back(t)
}

func TestAHubStartsWithoutItsLogAndOpensItWhenItCan(t *testing.T) {
	dir := t.TempDir()
	server, err := embednats.Start(filepath.Join(dir, "nats"), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	js, err := jetstream.New(server.Conn())
	if err == nil { // its subjects are taken
		_, err = js.CreateStream(t.Context(), jetstream.StreamConfig{Name: "OTHER", Subjects: []string{"ocpi.journal"}, NoAck: true})
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
	p := startPair(t, func(c *hub.Config) { c.DataDir = dir })
	p.message(t, "L1")
	p.dropped(t)
	if err := p.streams(t).DeleteStream(t.Context(), "OTHER"); err != nil {
		t.Fatal(err)
	}
	p.back(t)
}

// That a record waits for half a second at most is proven in routing/journal, on
// a clock of its own.
func TestARecordIsSoonThere(t *testing.T) {
	p := startPair(t)
	for n := range 3 {
		began := time.Now()
		conversation(t, p.hub, p.message(t, fmt.Sprint("L", n)), 2)
		t.Logf("message %d and its attempt were there after %s", n, time.Since(began))
	}
}

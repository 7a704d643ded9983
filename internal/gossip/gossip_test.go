package gossip_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"

	"github.com/ocpihub/ocpihub/internal/gossip"
)

// stream starts a server without files.
func stream(t *testing.T) *server.Server {
	t.Helper()
	s, err := server.NewServer(&server.Options{Host: "127.0.0.1", Port: -1, NoSigs: true, NoLog: true})
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	if !s.ReadyForConnections(30 * time.Second) {
		t.Fatal("the server is not ready")
	}
	t.Cleanup(func() { s.Shutdown(); s.WaitForShutdown() })
	return s
}

// join returns a member of the circle that runs until the test ends.
func join(t *testing.T, s *server.Server, id string) *gossip.Circle {
	t.Helper()
	conn, err := nats.Connect(s.ClientURL())
	if err != nil {
		t.Fatal(err)
	}
	c := gossip.New(gossip.Options{Conn: conn, ID: id, Every: 10 * time.Millisecond})
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- c.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		conn.Close()
	})
	return c
}

// ear remembers what is heard.
type ear struct {
	mu    sync.Mutex
	heard []string
}

func listen(t *testing.T, c *gossip.Circle, topic string) *ear {
	t.Helper()
	e := &ear{}
	if err := c.Hear(topic, func(note string) {
		e.mu.Lock()
		defer e.mu.Unlock()
		e.heard = append(e.heard, note)
	}); err != nil {
		t.Fatal(err)
	}
	return e
}

func (e *ear) notes() []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Sorted(slices.Values(e.heard))
}

// await says a note again until it is heard: who listens may not be known to the
// server yet.
func (e *ear) await(t *testing.T, say func()) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); len(e.notes()) == 0; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("nothing is heard")
		}
		say()
	}
}

func TestEveryOtherReplicaHearsANote(t *testing.T) {
	s := stream(t)
	a, b, c := join(t, s, "a"), join(t, s, "b"), join(t, s, "c")
	own, atB, atC := listen(t, a, "seen"), listen(t, b, "seen"), listen(t, c, "seen")
	other := listen(t, b, "doubt")
	say := func() { a.Say("seen", "P1") }
	atB.await(t, say)
	atC.await(t, say)
	if got := append(own.notes(), other.notes()...); len(got) > 0 {
		t.Errorf("heard by itself, or on another topic: %v", got)
	}
}

func TestNotesThatAreTheSameAreSentOnce(t *testing.T) {
	s := stream(t)
	a, b := join(t, s, "a"), join(t, s, "b")
	at, marker := listen(t, b, "seen"), listen(t, b, "marker")
	marker.await(t, func() { a.Say("marker", "heard") })
	for range 100_000 {
		a.Say("seen", "P1")
	}
	at.await(t, func() {})
	if n := len(at.notes()); n >= 10_000 {
		t.Errorf("heard %d times", n)
	}
}

func TestWhatDoesNotFitIntoABatchIsDroppedAndCounted(t *testing.T) {
	conn, err := nats.Connect(stream(t).ClientURL())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	c := gossip.New(gossip.Options{Conn: conn, ID: "a"})
	for i := range 5000 {
		c.Say("seen", fmt.Sprint(i))
		c.Say("seen", "0")
	}
	if got := c.Dropped(); got != 5000-4096 {
		t.Errorf("dropped %d", got)
	}
}

func TestWhoIsAloneTalksToNobody(t *testing.T) {
	c := gossip.New(gossip.Options{})
	if err := c.Hear("seen", func(string) { t.Error("heard") }); err != nil {
		t.Error(err)
	}
	c.Say("seen", "P1")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := c.Run(ctx); err != nil {
		t.Error(err)
	}
}

package jsjournal_test

import (
	"bytes"
	"errors"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/ocpihub/ocpihub/routing/journal"
	"github.com/ocpihub/ocpihub/routing/journal/jsjournal"
)

func withBody(id string, size int) journal.Entry {
	text := append(append([]byte{'"'}, bytes.Repeat([]byte("x"), size)...), '"')
	return journal.Entry{Time: time.Now(), CorrelationID: id, Request: journal.Body{JSON: text, Bytes: len(text)}}
}

// bodies returns the length of what is kept of the request bodies of a
// conversation.
func bodies(t *testing.T, l journal.Log, id string) (lengths []int) {
	t.Helper()
	entries, err := journal.New(journal.Options{Log: l}).List(t.Context(), journal.Query{CorrelationID: id, Bodies: true})
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		lengths = append(lengths, len(e.Request.JSON))
	}
	return lengths
}

func TestManyLargeBodiesOfABatchAreAllFound(t *testing.T) {
	l := open(t, serve(t, t.TempDir()), 1<<30)
	var batch []journal.Entry
	for n := range 200 { // 3 MiB
		batch = append(batch, withBody(id(n), 16<<10+n))
	}
	if err := l.Append(t.Context(), batch); err != nil {
		t.Fatal(err)
	}
	for _, n := range []int{0, 31, 32, 33, 199} {
		if got := bodies(t, l, id(n)); len(got) != 1 || got[0] != 16<<10+n+2 {
			t.Errorf("of %d there is %v", n, got)
		}
	}
}

func TestBodiesGoBeforeTheirRecords(t *testing.T) {
	s := serve(t, t.TempDir())
	l := open(t, s, 1<<30)
	stream, err := streams(t, s).Stream(t.Context(), "OCPI_JOURNAL_BODIES")
	if err != nil || stream.CachedInfo().Config.MaxAge != time.Minute {
		t.Fatal(stream.CachedInfo().Config, err)
	}
	for _, name := range []string{"old", "new"} {
		if err := l.Append(t.Context(), []journal.Entry{withBody(name, 10)}); err != nil {
			t.Fatal(err)
		}
	}
	if err := stream.Purge(t.Context(), jetstream.WithPurgeSequence(2)); err != nil {
		t.Fatal(err)
	}
	if old, young := bodies(t, l, "old"), bodies(t, l, "new"); len(old) != 1 || old[0] != 0 || len(young) != 1 || young[0] != 12 {
		t.Errorf("got %v and %v", old, young)
	}
	drop(t, s, "OCPI_JOURNAL_BODIES")
	if got := bodies(t, l, "new"); len(got) != 1 || got[0] != 0 {
		t.Errorf("got %v", got)
	}
	if err := l.Append(t.Context(), []journal.Entry{withBody("newer", 20)}); err != nil {
		t.Fatal(err)
	}
	if got := bodies(t, l, "newer"); len(got) != 1 || got[0] != 22 {
		t.Errorf("got %v", got)
	}
}

func TestRecordsAreKeptThoughTheirBodiesCannotBe(t *testing.T) {
	s := serve(t, t.TempDir())
	l := open(t, s, 1<<30)
	drop(t, s, "OCPI_JOURNAL_BODIES")
	sub, err := s.Conn().SubscribeSync("ocpi.journal-bodies") // takes, and never answers
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = sub.Unsubscribe() }()
	if err := l.Append(t.Context(), []journal.Entry{withBody("a", 10)}); !errors.Is(err, journal.ErrBodies) {
		t.Errorf("got %v", err)
	}
	if got := bodies(t, l, "a"); len(got) != 1 || got[0] != 0 {
		t.Errorf("got %v", got)
	}
}

func TestBodiesThatAreNotWantedAreNotKept(t *testing.T) {
	s := serve(t, t.TempDir())
	l := unprepared(t, s, func(o *jsjournal.Options) { o.BodiesMaxAge = 0 })
	if err := l.Append(t.Context(), []journal.Entry{withBody("a", 10)}); err != nil {
		t.Fatal(err)
	}
	if got := bodies(t, l, "a"); len(got) != 1 || got[0] != 0 {
		t.Errorf("got %v", got)
	}
	if _, err := streams(t, s).Stream(t.Context(), "OCPI_JOURNAL_BODIES"); !errors.Is(err, jetstream.ErrStreamNotFound) {
		t.Errorf("got %v", err)
	}
}

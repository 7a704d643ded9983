package jsjournal_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/ocpihub/ocpihub/internal/embednats"
	"github.com/ocpihub/ocpihub/routing/journal"
)

func streams(t testing.TB, s *embednats.Server) jetstream.JetStream {
	t.Helper()
	js, err := jetstream.New(s.Conn())
	if err != nil {
		t.Fatal(err)
	}
	return js
}

func drop(t testing.TB, s *embednats.Server, names ...string) {
	t.Helper()
	for _, name := range names {
		if err := streams(t, s).DeleteStream(t.Context(), name); err != nil {
			t.Fatal(err)
		}
	}
}

// note writes a record for each correlation id, in a batch of its own.
func note(t testing.TB, l journal.Log, ids ...string) {
	t.Helper()
	for _, id := range ids {
		if err := l.Append(t.Context(), []journal.Entry{{Time: time.Now(), CorrelationID: id}}); err != nil {
			t.Fatal(err)
		}
	}
}

func wantOne(t testing.TB, l journal.Log, ids ...string) {
	t.Helper()
	for _, id := range ids {
		if n, _ := find(t, l, journal.Query{CorrelationID: id}); n != 1 {
			t.Errorf("of %s there are %d records", id, n)
		}
	}
}

func TestAStreamThatIsGoneIsMadeAgain(t *testing.T) {
	s := serve(t, t.TempDir())
	l := open(t, s, 1<<30)
	note(t, l, "lost-1", "lost-2", "lost-3")
	if err := l.Close(t.Context()); err != nil { // the index knows them
		t.Fatal(err)
	}
	drop(t, s, "OCPI_JOURNAL")
	note(t, l, "new-1", "new-2")
	wantOne(t, l, "new-1", "new-2")
	drop(t, s, "OCPI_JOURNAL")
	list(t, l) // reads, and makes it again
	note(t, l, "newer")
	wantOne(t, l, "newer")
}

func TestWithoutItsIndexEverythingIsFound(t *testing.T) {
	s := serve(t, t.TempDir())
	l := open(t, s, 1<<30)
	note(t, l, "a", "b")
	_ = l.Close(t.Context())
	drop(t, s, "OCPI_JOURNAL_INDEX")
	note(t, l, "c")
	wantOne(t, l, "a", "b", "c")
	_ = l.Close(t.Context())
	if info, err := streams(t, s).Stream(t.Context(), "OCPI_JOURNAL_INDEX"); err != nil || info.CachedInfo().State.Msgs != 1 {
		t.Errorf("the index was not made again: %v", err)
	}
}

func TestAfterACrashAndAStopEverythingIsFound(t *testing.T) {
	dir := t.TempDir()
	for life, end := range []func(*testing.T, interface{ Close(context.Context) error }){
		func(*testing.T, interface{ Close(context.Context) error }) {}, // as a crash: the index lacks what was pending
		func(t *testing.T, l interface{ Close(context.Context) error }) { _ = l.Close(t.Context()) },
		func(*testing.T, interface{ Close(context.Context) error }) {},
	} {
		t.Run("", func(t *testing.T) {
			l := open(t, serve(t, dir), 1<<30)
			note(t, l, id(2*life), id(2*life+1))
			for n := range 2*life + 2 {
				wantOne(t, l, id(n))
			}
			end(t, l)
		})
	}
}

func TestWhatIsTooOldIsNotFoundByTheIndex(t *testing.T) {
	s := serve(t, t.TempDir())
	l := open(t, s, 1<<30)
	note(t, l, "a", "b", "c")
	_ = l.Close(t.Context())
	stream, err := streams(t, s).Stream(t.Context(), "OCPI_JOURNAL")
	if err == nil {
		err = stream.Purge(t.Context(), jetstream.WithPurgeSequence(3))
	}
	if err != nil {
		t.Fatal(err)
	}
	wantOne(t, l, "c")
	if n, _ := find(t, l, journal.Query{CorrelationID: "a"}); n != 0 {
		t.Errorf("%d records", n)
	}
	if err := stream.Purge(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n, _ := find(t, l, journal.Query{CorrelationID: "c"}); n != 0 || len(list(t, l)) != 0 {
		t.Errorf("%d records", n)
	}
	note(t, l, "d")
	wantOne(t, l, "d")
}

func TestReadingLeavesNothingOnTheServer(t *testing.T) {
	s := serve(t, t.TempDir())
	l := open(t, s, 1<<30)
	note(t, l, "a", "b")
	for range 100 {
		wantOne(t, l, "a")
		list(t, l)
	}
	for _, name := range []string{"OCPI_JOURNAL", "OCPI_JOURNAL_INDEX"} {
		stream, err := streams(t, s).Stream(t.Context(), name)
		if err != nil || stream.CachedInfo().State.Consumers != 0 {
			t.Errorf("%s: %v, %v", name, stream.CachedInfo().State, err)
		}
	}
}

func TestAFullStreamRefusesRecordsUntilThereIsRoom(t *testing.T) {
	s := serve(t, t.TempDir())
	l := open(t, s, 1<<30)
	note(t, l, "before")
	limit := func(bytes int64) {
		t.Helper()
		stream, err := streams(t, s).Stream(t.Context(), "OCPI_JOURNAL")
		if err != nil {
			t.Fatal(err)
		}
		cfg := stream.CachedInfo().Config
		cfg.Discard, cfg.MaxBytes = jetstream.DiscardNew, bytes
		if _, err := streams(t, s).UpdateStream(t.Context(), cfg); err != nil {
			t.Fatal(err)
		}
	}
	limit(1)
	if err := l.Append(t.Context(), []journal.Entry{{CorrelationID: "full"}}); err == nil {
		t.Error("it was taken")
	}
	limit(1 << 30)
	note(t, l, "after")
	wantOne(t, l, "before", "after")
}

func TestAServerThatDoesNotAnswerCostsTheTimeThatIsGivenOnly(t *testing.T) {
	s := serve(t, t.TempDir())
	l := open(t, s, 1<<30)
	drop(t, s, "OCPI_JOURNAL")
	sub, err := s.Conn().SubscribeSync("ocpi.journal") // takes, and never answers
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if err := l.Append(ctx, []journal.Entry{{}}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
	if err := sub.Unsubscribe(); err != nil {
		t.Fatal(err)
	}
	note(t, l, "after")
	wantOne(t, l, "after")
}

func TestTheStreamIsMadeWhenTheServerIsThereAtLast(t *testing.T) {
	s := serve(t, t.TempDir())
	sub, err := s.Conn().SubscribeSync("$JS.API.STREAM.>") // beside the server: a look at what is asked
	if err != nil {
		t.Fatal(err)
	}
	l := unprepared(t, s)
	if n, _, _ := sub.Pending(); n != 0 {
		t.Errorf("%d requests at the start", n)
	}
	note(t, l, "first")
	wantOne(t, l, "first")
}

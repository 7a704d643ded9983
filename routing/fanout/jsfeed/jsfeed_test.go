package jsfeed_test

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go/jetstream"
	"go.uber.org/goleak"

	"github.com/ocpihub/ocpihub/internal/embednats"
	"github.com/ocpihub/ocpihub/routing/fanout"
	"github.com/ocpihub/ocpihub/routing/fanout/feedtest"
	"github.com/ocpihub/ocpihub/routing/fanout/jsfeed"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// start starts a server on a directory; stop ends it in good order, once.
func start(t testing.TB, dir string, o jsfeed.Options) (feed *jsfeed.Feed, stop func()) {
	t.Helper()
	server, err := embednats.Start(dir, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	stopped := false
	stop = func() {
		if stopped {
			return
		}
		stopped = true
		ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), 20*time.Second)
		defer cancel()
		if err := server.Close(ctx); err != nil {
			t.Errorf("close: %v", err)
		}
	}
	t.Cleanup(stop)
	o.Conn = server.Conn()
	feed, err = jsfeed.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	return feed, stop
}

var roomy = jsfeed.Options{Retention: 24 * time.Hour, Bytes: 1 << 30}

func TestFeed(t *testing.T) {
	feedtest.Run(t, func(t *testing.T) (fanout.Feed, fanout.Progress) {
		f, _ := start(t, t.TempDir(), roomy)
		return f, f
	})
}

// marked saves a mark and returns what must be loaded later.
func marked(t *testing.T, f *jsfeed.Feed) map[string]fanout.Mark {
	t.Helper()
	marks := map[string]fanout.Mark{"p1": {Seq: 7, At: time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)}}
	l, err := f.Take(t.Context(), fanout.ShardOf("p1", 2))
	if err == nil {
		err = l.Save(t.Context(), marks)
	}
	if err != nil {
		t.Fatal(err)
	}
	return marks
}

func wantAll(t *testing.T, f *jsfeed.Feed, seqs []uint64, marks map[string]fanout.Mark) {
	t.Helper()
	feedtest.Want(t, feedtest.Read(t, f, 0, len(seqs)), seqs, 1)
	got, err := f.Marks(t.Context(), fanout.ShardOf("p1", 2))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(marks, got); diff != "" {
		t.Errorf("marks (-saved +loaded):\n%s", diff)
	}
	if next := feedtest.Publish(t, f, 1)[0]; next != seqs[len(seqs)-1]+1 {
		t.Errorf("the next sequence is %d, want one more than %d", next, seqs[len(seqs)-1])
	}
}

func TestEverythingIsThereAfterAStop(t *testing.T) {
	dir := t.TempDir()
	f, stop := start(t, dir, roomy)
	seqs, marks := feedtest.Publish(t, f, 50), marked(t, f)
	stop()
	f, _ = start(t, dir, roomy)
	wantAll(t, f, seqs, marks)
}

// The files of a running server are what a killed one leaves behind.
func TestWhatWasAcknowledgedIsThereWithoutAStop(t *testing.T) {
	dir, left := t.TempDir(), t.TempDir()
	f, _ := start(t, dir, roomy)
	seqs, marks := feedtest.Publish(t, f, 50), marked(t, f)
	copyTree(t, dir, left)
	f, _ = start(t, left, roomy)
	wantAll(t, f, seqs, marks)
}

func copyTree(t *testing.T, from, to string) {
	t.Helper()
	err := filepath.WalkDir(from, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		place, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		if d.IsDir() {
			return os.MkdirAll(filepath.Join(to, place), 0o700)
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(to, place), content, 0o600)
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestTheOldestChangesGoWhenTheFeedIsFull(t *testing.T) {
	f, _ := start(t, t.TempDir(), jsfeed.Options{Retention: 24 * time.Hour, Bytes: 20_000})
	seqs := feedtest.Publish(t, f, 100)
	first, last, err := f.Bounds(t.Context())
	if err != nil || first <= 1 || last != 100 {
		t.Fatalf("bounds are %d to %d, %v; want a later first", first, last, err)
	}
	held := seqs[first-1:]
	feedtest.Want(t, feedtest.Read(t, f, 0, len(held)), held, int(first))
	for _, c := range []struct {
		upTo uint64
		want int
	}{{first - 1, 0}, {last, len(held)}} {
		got := 0
		err := f.Keys(t.Context(), 0, c.upTo, func(fanout.Record) error { got++; return nil })
		if got != c.want || err != nil {
			t.Errorf("%d keys up to %d, %v; want %d", got, c.upTo, err, c.want)
		}
	}
}

func TestMarksThatWereWrittenBeforeThereWereShardsAreFound(t *testing.T) {
	server, err := embednats.Start(t.TempDir(), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close(context.WithoutCancel(t.Context())) })
	o := roomy
	o.Conn = server.Conn()
	f, err := jsfeed.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	js, err := jetstream.New(server.Conn())
	if err != nil {
		t.Fatal(err)
	}
	bucket, err := js.KeyValue(t.Context(), "OCPI_PROGRESS")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := bucket.Put(t.Context(), "marks", []byte(`{"a":{"seq":7,"at":"2026-06-01T00:00:00Z","new":true},"b":{"seq":9,"at":"2026-06-01T00:00:00Z"}}`)); err != nil {
		t.Fatal(err)
	}
	found := map[string]fanout.Mark{}
	for i := range 2 {
		l, err := f.Take(t.Context(), fanout.Shard{Index: i, Of: 2})
		if err != nil {
			t.Fatal(err)
		}
		maps.Copy(found, l.Marks())
	}
	at := time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)
	if diff := cmp.Diff(map[string]fanout.Mark{"a": {Seq: 7, At: at, New: true}, "b": {Seq: 9, At: at}}, found); diff != "" {
		t.Errorf("(-written +found):\n%s", diff)
	}
}

func TestAllProcessesHaveOneNumberOfShards(t *testing.T) {
	f, _ := start(t, t.TempDir(), roomy)
	agree := func(want int, alone bool, agreed int) {
		t.Helper()
		if n, err := f.Agree(t.Context(), want, func(context.Context) bool { return alone }); n != agreed || err != nil {
			t.Errorf("%d, %v; want %d", n, err, agreed)
		}
	}
	take := func(of int) error {
		_, err := f.Take(t.Context(), fanout.Shard{Index: 1, Of: of})
		return err
	}
	if err := take(2); err != nil { // nobody has said anything
		t.Error(err)
	}
	agree(8, false, 8)
	agree(4, false, 8) // the others have eight
	if err := take(8); err != nil {
		t.Error(err)
	}
	agree(4, true, 4)
	agree(4, false, 4)
	if err := take(8); !errors.Is(err, fanout.ErrReshaped) {
		t.Errorf("a process that slept through it took a shard: %v", err)
	}
}

package jsjournal_test

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/ocpihub/ocpihub/internal/embednats"
	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/routing/journal"
	"github.com/ocpihub/ocpihub/routing/journal/journaltest"
	"github.com/ocpihub/ocpihub/routing/journal/jsjournal"
)

func serve(t testing.TB, dir string) *embednats.Server {
	t.Helper()
	s, err := embednats.Start(dir, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return s
}

// unprepared is a log that has asked nothing of the server yet.
func unprepared(t testing.TB, s *embednats.Server, edit ...func(*jsjournal.Options)) *jsjournal.Log {
	t.Helper()
	o := jsjournal.Options{Conn: s.Conn(), MaxAge: time.Hour, Bytes: 1 << 30, Lazy: true, BodiesMaxAge: time.Minute}
	for _, e := range edit {
		e(&o)
	}
	l, err := jsjournal.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func open(t testing.TB, s *embednats.Server, bytes int64) *jsjournal.Log {
	t.Helper()
	l := unprepared(t, s, func(o *jsjournal.Options) { o.Bytes = bytes })
	if err := l.Prepare(t.Context()); err != nil {
		t.Fatal(err)
	}
	return l
}

func TestTheStreamIsALog(t *testing.T) {
	journaltest.Run(t, func(t *testing.T) journal.Log { return open(t, serve(t, t.TempDir()), 1<<30) })
}

func TestRecordsAreThereAfterARestart(t *testing.T) {
	dir := t.TempDir()
	t.Run("before", func(t *testing.T) {
		if err := open(t, serve(t, dir), 1<<30).Append(t.Context(), []journal.Entry{{CorrelationID: "kept"}}); err != nil {
			t.Fatal(err)
		}
	})
	if got := list(t, open(t, serve(t, dir), 1<<30)); len(got) != 1 || got[0].CorrelationID != "kept" {
		t.Errorf("read %v", got)
	}
}

func TestTheOldestRecordsGoWhenThereAreTooManyBytes(t *testing.T) {
	l := open(t, serve(t, t.TempDir()), 4096)
	for n := range 100 {
		if err := l.Append(t.Context(), []journal.Entry{{HTTPStatus: n, Object: "DE/ABC/LOCATION-WITH-A-LONG-ID"}}); err != nil {
			t.Fatal(err)
		}
	}
	got := list(t, l)
	if len(got) == 0 || len(got) > 50 || got[0].HTTPStatus != 99 || got[len(got)-1].HTTPStatus != 100-len(got) {
		t.Errorf("%d records are left", len(got))
	}
}

func list(t testing.TB, l journal.Log) []journal.Entry {
	t.Helper()
	got, err := journal.New(journal.Options{Log: l}).List(t.Context(), journal.Query{})
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// BenchmarkAppend writes one record of a full batch.
func BenchmarkAppend(b *testing.B) {
	l := open(b, serve(b, b.TempDir()), 1<<30)
	batch := make([]journal.Entry, 256)
	for i := range batch {
		batch[i] = journal.Entry{
			Time: time.Now(), CorrelationID: "3f1c8f1e-43a8-4a56-8d5a-ffffffffffff", RequestID: "3f1c8f1e-43a8-4a56-8d5a-ffffffffffff",
			From: ocpi.NewPartyID("DE", "ABC"), To: ocpi.NewPartyID("NL", "TNM"), Module: ocpi.Locations, Method: "PUT",
			Object: "DE/ABC/L1", Route: "direct", HTTPStatus: 200, OCPIStatus: 1000, Attempt: 1, Reason: "accepted",
		}
	}
	b.ReportAllocs()
	for n := 0; n < b.N; n += len(batch) {
		if err := l.Append(b.Context(), batch); err != nil {
			b.Fatal(err)
		}
	}
}

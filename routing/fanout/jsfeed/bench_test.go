package jsfeed_test

import (
	"log/slog"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ocpihub/ocpihub/internal/embednats"
	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/routing/catalog"
	"github.com/ocpihub/ocpihub/routing/fanout"
	"github.com/ocpihub/ocpihub/routing/fanout/jsfeed"
)

func open(tb testing.TB, dir string) *jsfeed.Feed {
	tb.Helper()
	server, err := embednats.Start(dir, slog.New(slog.DiscardHandler))
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = server.Close(tb.Context()) })
	f, err := jsfeed.Open(tb.Context(), jsfeed.Options{Conn: server.Conn(), Retention: 24 * time.Hour, Bytes: 1 << 30})
	if err != nil {
		tb.Fatal(err)
	}
	return f
}

var body = make([]byte, 2000)

func BenchmarkPublish(b *testing.B) {
	f := open(b, b.TempDir())
	b.SetParallelism(32)
	var n atomic.Int64
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			n.Add(1)
			_, err := f.Publish(b.Context(), fanout.Change{Key: catalog.Key{Module: ocpi.Locations, ID: "L1"}, Method: "PUT", Body: body})
			if err != nil {
				b.Error(err)
			}
		}
	})
}

func BenchmarkPublishAlone(b *testing.B) {
	f := open(b, b.TempDir())
	for b.Loop() {
		_, err := f.Publish(b.Context(), fanout.Change{Key: catalog.Key{Module: ocpi.Locations, ID: "L1"}, Method: "PUT", Body: body})
		if err != nil {
			b.Error(err)
		}
	}
}

func BenchmarkBounds(b *testing.B) {
	f := open(b, b.TempDir())
	for b.Loop() {
		if _, _, err := f.Bounds(b.Context()); err != nil {
			b.Error(err)
		}
	}
}

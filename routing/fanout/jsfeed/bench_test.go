package jsfeed_test

import (
	"fmt"
	"sync"
	"testing"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/routing/catalog"
	"github.com/ocpihub/ocpihub/routing/fanout"
)

// BenchmarkPublish measures one push of 2 kB into the embedded stream, on disk.
func BenchmarkPublish(b *testing.B) {
	for _, publishers := range []int{1, 32} {
		b.Run(fmt.Sprintf("%d publishers", publishers), func(b *testing.B) {
			f, _ := start(b, b.TempDir(), roomy)
			change := fanout.Change{Key: catalog.Key{Module: ocpi.Locations, ID: "L1"}, Method: "PUT", Body: make([]byte, 2000)}
			due := make(chan struct{}, publishers)
			var all sync.WaitGroup
			for range publishers {
				all.Go(func() {
					for range due {
						if _, err := f.Publish(b.Context(), change); err != nil {
							b.Error(err)
						}
					}
				})
			}
			for b.Loop() {
				due <- struct{}{}
			}
			close(due)
			all.Wait()
		})
	}
}

// BenchmarkBounds measures a look at the ends of the stream.
func BenchmarkBounds(b *testing.B) {
	f, _ := start(b, b.TempDir(), roomy)
	for b.Loop() {
		if _, _, err := f.Bounds(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
}

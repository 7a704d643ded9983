package feedtest

import (
	"sync"

	"github.com/google/go-cmp/cmp"

	"github.com/ocpihub/ocpihub/routing/fanout"
)

const publishers, each = 8, 25

// publishMany publishes from several goroutines, and returns which change got
// which sequence.
func (b *bench) publishMany() map[uint64]int {
	b.Helper()
	var mu sync.Mutex
	var all sync.WaitGroup
	took := map[uint64]int{}
	for p := range publishers {
		all.Go(func() {
			for i := range each {
				n := p*each + i
				seq, err := b.feed.Publish(b.Context(), Change(n))
				if err != nil {
					b.Errorf("publish: %v", err)
				}
				mu.Lock()
				took[seq] = n
				mu.Unlock()
			}
		})
	}
	all.Wait()
	if len(took) != publishers*each {
		b.Fatalf("%d changes have %d sequences", publishers*each, len(took))
	}
	return took
}

func publishAtOnce(b *bench) {
	took := b.publishMany()
	for _, r := range Read(b.T, b.feed, 0, len(took)) {
		n, ok := took[r.Seq]
		if !ok {
			b.Errorf("sequence %d was given to nobody, or comes twice", r.Seq)
		}
		delete(took, r.Seq)
		if diff := cmp.Diff(Change(n), r.Change); diff != "" {
			b.Errorf("sequence %d (-published +read):\n%s", r.Seq, diff)
		}
	}
}

func readAtOnce(b *bench) {
	var readers sync.WaitGroup
	const n = publishers * each
	got := make([][]fanout.Record, 3)
	for i := range got {
		readers.Go(func() {
			_ = b.feed.Read(b.Context(), 0, func(r fanout.Record) error { // ends with errEnough
				if got[i] = append(got[i], r); len(got[i]) == n {
					return errEnough
				}
				return nil
			})
		})
	}
	b.publishMany()
	readers.Wait()
	for i := range got {
		if diff := cmp.Diff(got[0], got[i]); diff != "" {
			b.Errorf("reader %d (-other reader +this):\n%.2000s", i, diff)
		}
	}
}

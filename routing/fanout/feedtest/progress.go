package feedtest

import (
	"fmt"
	"sync"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/routing/fanout"
)

func (b *bench) marks() map[string]fanout.Mark {
	b.Helper()
	marks, err := b.progress.Load(b.Context())
	if err != nil {
		b.Fatalf("load: %v", err)
	}
	return marks
}

func (b *bench) save(marks map[string]fanout.Mark) {
	b.Helper()
	if err := b.progress.Save(b.Context(), marks); err != nil {
		b.Fatalf("save: %v", err)
	}
}

func (b *bench) wantMarks(want map[string]fanout.Mark) {
	b.Helper()
	if diff := cmp.Diff(want, b.marks()); diff != "" {
		b.Errorf("(-want +got):\n%s", diff)
	}
}

func keepsMarks(b *bench) {
	b.wantMarks(map[string]fanout.Mark{})
	at := time.Date(2026, 6, 1, 12, 0, 0, 123456789, time.UTC)
	one, two := fanout.Mark{Seq: 1<<53 + 1, At: at}, fanout.Mark{Seq: 2, At: at.Add(time.Second), New: true, Owed: []fanout.Owed{
		{Module: ocpi.Locations, Seq: 7, At: at, Count: 3},
		{Module: ocpi.Tokens, Resync: true, Cursor: "AAA_", Count: 1},
	}}
	b.save(map[string]fanout.Mark{"a": one, "plattform ü/*.>": two})
	b.wantMarks(map[string]fanout.Mark{"a": one, "plattform ü/*.>": two})
	b.save(map[string]fanout.Mark{"a": two})
	b.wantMarks(map[string]fanout.Mark{"a": two, "plattform ü/*.>": two})
	for range 2 { // the second time there is nothing to forget
		if err := b.progress.Forget(b.Context(), "a"); err != nil {
			b.Fatalf("forget: %v", err)
		}
	}
	b.marks()["x"] = one // what Load returned is the caller's own
	b.wantMarks(map[string]fanout.Mark{"plattform ü/*.>": two})
}

func marksAtOnce(b *bench) {
	var all sync.WaitGroup
	want := map[string]fanout.Mark{}
	for p := range publishers {
		name := fmt.Sprintf("p%d", p)
		want[name] = fanout.Mark{Seq: 10}
		all.Go(func() {
			for seq := range uint64(11) {
				if err := b.progress.Save(b.Context(), map[string]fanout.Mark{name: {Seq: seq}}); err != nil {
					b.Errorf("save: %v", err)
				}
			}
		})
	}
	all.Wait()
	b.wantMarks(want)
}

package feedtest

import (
	"errors"
	"fmt"
	"maps"
	"sync"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/routing/fanout"
)

// first is the shard that the suite works on; "a", "b" and "plattform ü/*.>" are
// of it, being of the only one.
var first = fanout.Shard{Index: 0, Of: 1}

func (b *bench) take(s fanout.Shard) fanout.Ledger {
	b.Helper()
	l, err := b.progress.Take(b.Context(), s)
	if err != nil {
		b.Fatalf("take: %v", err)
	}
	return l
}

func (b *bench) save(l fanout.Ledger, marks map[string]fanout.Mark) {
	b.Helper()
	if err := l.Save(b.Context(), marks); err != nil {
		b.Fatalf("save: %v", err)
	}
}

// wantMarks judges what is written of a shard: for who looks at it, and for who
// takes it.
func (b *bench) wantMarks(s fanout.Shard, want map[string]fanout.Mark) {
	b.Helper()
	got, err := b.progress.Marks(b.Context(), s)
	if err != nil {
		b.Fatalf("marks: %v", err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		b.Errorf("written (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(want, b.take(s).Marks()); diff != "" {
		b.Errorf("taken (-want +got):\n%s", diff)
	}
}

var markTime = time.Date(2026, 6, 1, 12, 0, 0, 123456789, time.UTC)

func keepsMarks(b *bench) {
	b.wantMarks(first, map[string]fanout.Mark{})
	one, two := fanout.Mark{Seq: 1<<53 + 1, At: markTime}, fanout.Mark{Seq: 2, At: markTime.Add(time.Second), New: true, Owed: []fanout.Owed{
		{Module: ocpi.Locations, Seq: 7, At: markTime, Count: 3},
		{Module: ocpi.Tokens, Resync: true, Cursor: "AAA_", Count: 1},
	}}
	l := b.take(first)
	b.save(l, map[string]fanout.Mark{"a": one, "plattform ü/*.>": two})
	b.save(l, map[string]fanout.Mark{"a": two})
	b.wantMarks(first, map[string]fanout.Mark{"a": two, "plattform ü/*.>": two})
	l = b.take(first)
	for range 2 { // the second time there is nothing to forget
		if err := l.Forget(b.Context(), "a"); err != nil {
			b.Fatalf("forget: %v", err)
		}
	}
	l.Marks()["x"] = one // what Marks returns is the caller's own
	b.save(l, map[string]fanout.Mark{"b": one})
	b.wantMarks(first, map[string]fanout.Mark{"b": one, "plattform ü/*.>": two})
}

func marksAtOnce(b *bench) {
	var all sync.WaitGroup
	want := map[string]fanout.Mark{}
	l := b.take(first)
	for p := range publishers {
		name := fmt.Sprintf("p%d", p)
		want[name] = fanout.Mark{Seq: 10}
		all.Go(func() {
			for seq := range uint64(11) {
				if err := l.Save(b.Context(), map[string]fanout.Mark{name: {Seq: seq}}); err != nil {
					b.Errorf("save: %v", err)
				}
			}
		})
	}
	all.Wait()
	b.wantMarks(first, want)
}

// Who took a shard before may be stopped for any time and go on then.
func oneLedgerWrites(b *bench) {
	before := b.take(first)
	b.save(before, map[string]fanout.Mark{"a": {Seq: 5}})
	now := b.take(first)
	for _, err := range []error{
		before.Save(b.Context(), map[string]fanout.Mark{"a": {Seq: 6}, "b": {Seq: 6}}), before.Forget(b.Context(), "a"),
	} {
		if !errors.Is(err, fanout.ErrOvertaken) {
			b.Errorf("the ledger before wrote: %v", err)
		}
	}
	b.save(now, map[string]fanout.Mark{"b": {Seq: 7}})
	b.save(now, map[string]fanout.Mark{"b": {Seq: 8}})
	b.wantMarks(first, map[string]fanout.Mark{"a": {Seq: 5}, "b": {Seq: 8}})
}

func shardsAreApart(b *bench) {
	const of = 3
	ledgers := make([]fanout.Ledger, of)
	for i := range ledgers {
		ledgers[i] = b.take(fanout.Shard{Index: i, Of: of})
	}
	want := make([]map[string]fanout.Mark, of)
	for n := range 20 {
		name := fmt.Sprintf("p%d", n)
		i := fanout.ShardOf(name, of).Index
		if want[i] == nil {
			want[i] = map[string]fanout.Mark{}
		}
		want[i][name] = fanout.Mark{Seq: uint64(n + 1)}
		b.save(ledgers[i], map[string]fanout.Mark{name: want[i][name]})
	}
	for i := range want {
		b.wantMarks(fanout.Shard{Index: i, Of: of}, want[i])
	}
}

// An operator changes the number of shards while all processes are stopped.
func anotherNumberOfShards(b *bench) {
	want := map[string]fanout.Mark{}
	for round, of := range []int{2, 5, 3, 2, 1} {
		for n := range 10 { // all move, and one more each time
			want[fmt.Sprintf("p%d", n+round)] = fanout.Mark{Seq: uint64(round*100 + n + 1)}
		}
		for i := range of {
			s := fanout.Shard{Index: i, Of: of}
			mine := maps.Clone(want)
			maps.DeleteFunc(mine, func(name string, _ fanout.Mark) bool { return !s.Has(name) })
			b.save(b.take(s), mine)
		}
	}
	b.wantMarks(first, want)
	for i := range 2 {
		s := fanout.Shard{Index: i, Of: 2} // whose own marks are old
		mine := maps.Clone(want)
		maps.DeleteFunc(mine, func(name string, _ fanout.Mark) bool { return !s.Has(name) })
		if diff := cmp.Diff(mine, b.take(s).Marks()); diff != "" {
			b.Errorf("shard %v (-want +got):\n%s", s, diff)
		}
	}
}

func forgottenStaysForgotten(b *bench) {
	two := fanout.ShardOf("a", 2)
	b.save(b.take(two), map[string]fanout.Mark{"a": {Seq: 1}})
	l := b.take(first)
	b.save(l, map[string]fanout.Mark{"b": {Seq: 1}})
	if err := l.Forget(b.Context(), "a"); err != nil {
		b.Fatalf("forget: %v", err)
	}
	b.wantMarks(first, map[string]fanout.Mark{"b": {Seq: 1}})
}

func (b *bench) wantArrived(want map[string]fanout.Mark) {
	b.Helper()
	got, err := b.progress.Arrived(b.Context())
	if err != nil {
		b.Fatalf("arrived: %v", err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		b.Errorf("arrived (-want +got):\n%s", diff)
	}
}

func (b *bench) arrive(platform string, m fanout.Mark) {
	b.Helper()
	if err := b.progress.Arrive(b.Context(), platform, m); err != nil {
		b.Fatalf("arrive: %v", err)
	}
}

func keepsArrivals(b *bench) {
	b.wantArrived(map[string]fanout.Mark{})
	one, two := fanout.Mark{Seq: 3, At: markTime, New: true}, fanout.Mark{Seq: 4, At: markTime.Add(time.Minute), New: true}
	b.arrive("a", one)
	b.arrive("plattform ü/*.>", one)
	b.wantArrived(map[string]fanout.Mark{"a": one, "plattform ü/*.>": one})
	seen := map[string]fanout.Mark{"a": one, "plattform ü/*.>": one, "never": one}
	b.arrive("a", two) // once more, behind the back of who saw it
	for range 2 {
		if err := b.progress.Settle(b.Context(), seen); err != nil {
			b.Fatalf("settle: %v", err)
		}
	}
	b.wantArrived(map[string]fanout.Mark{"a": two})
	b.wantMarks(first, map[string]fanout.Mark{})
}

func arrivalsAtOnce(b *bench) {
	var all sync.WaitGroup
	want := map[string]fanout.Mark{}
	for p := range publishers {
		name := fmt.Sprintf("p%d", p)
		m := fanout.Mark{Seq: 1, New: true}
		want[name] = m
		all.Go(func() {
			b.arrive(name, m)
			b.arrive(name+" gone", m)
			if err := b.progress.Settle(b.Context(), map[string]fanout.Mark{name + " gone": m}); err != nil {
				b.Errorf("settle: %v", err)
			}
		})
	}
	all.Wait()
	b.wantArrived(want)
}

// Package feedtest judges implementations of fanout.Feed and fanout.Progress.
package feedtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/routing/catalog"
	"github.com/ocpihub/ocpihub/routing/fanout"
)

// Run judges a feed and the progress that is kept beside it; open returns them
// empty.
func Run(t *testing.T, open func(t *testing.T) (fanout.Feed, fanout.Progress)) {
	for _, test := range []struct {
		name string
		run  func(*bench)
	}{
		{"a new feed has no bounds", emptyHasNoBounds},
		{"bounds are the first and the last change", boundsAreFirstAndLast},
		{"changes are read in the order of their sequences", readsInOrder},
		{"reading goes on with changes that come later", readsOn},
		{"reading resumes after a sequence", resumes},
		{"reading ends with the error of the one who reads", endsWithError},
		{"every field and every byte survives", everythingSurvives},
		{"keys are heads without bodies", keysAreHeads},
		{"keys stay between their two sequences", keysStayBetween},
		{"keys end with the error of the one who reads", keysEndWithError},
		{"publishers at once lose, double and mix up nothing", publishAtOnce},
		{"a feed is read by several at once", readAtOnce},
		{"a call that is given up does not block", givesUp},
		{"marks are kept, overwritten and forgotten", keepsMarks},
		{"marks of different platforms are written at once", marksAtOnce},
		{"only the ledger that was taken last writes", oneLedgerWrites},
		{"shards are apart", shardsAreApart},
		{"marks are found whatever number of shards there was", anotherNumberOfShards},
		{"what was forgotten stays forgotten", forgottenStaysForgotten},
		{"who has registered is kept until that is settled", keepsArrivals},
		{"platforms register at once", arrivalsAtOnce},
	} {
		t.Run(test.name, func(t *testing.T) {
			feed, progress := open(t)
			test.run(&bench{t, feed, progress})
		})
	}
}

// bench is a feed under test.
type bench struct {
	*testing.T
	feed     fanout.Feed
	progress fanout.Progress
}

// patience bounds a wait for what must come.
const patience = 30 * time.Second

var errEnough = errors.New("enough")

// Change returns a change that uses every field, with ids that are easily
// spoilt.
func Change(n int) fanout.Change {
	return fanout.Change{
		Key: catalog.Key{
			Module: ocpi.Tokens, Owner: ocpi.NewPartyID("DE", "ABC"), ID: fmt.Sprintf("a\x1fé \"ü\"\r\n%%2F<&>\u2028%d", n),
		},
		Part:   catalog.Part{EVSE: " BE*BEC*E0 41503001 ", Connector: "ä/1", Calendar: "k\u2028/"},
		Method: http.MethodPatch, Path: "DE/ABC/a%1F%C3%A9%20%2F", Query: "type=APP_USER&x=%C3%A9",
		Body: fmt.Appendf(nil, "{ \"n\" : %d, \"x\":1.10}\r\n\x00", n),
		Role: ocpi.EMSP, Platform: "p-1", Version: ocpi.V221, For: "p-2", Newest: n%2 == 0, CorrelationID: fmt.Sprintf("c-%d", n),
		Traceparent: fmt.Sprintf("00-4bf92f3577b34da6a3ce929d0e0e4736-%016x-01", n),
	}
}

// Publish publishes changes number 1 to n.
func Publish(t *testing.T, feed fanout.Feed, n int) []uint64 {
	t.Helper()
	seqs := make([]uint64, 0, n)
	for i := range n {
		seq, err := feed.Publish(t.Context(), Change(i+1))
		if err != nil {
			t.Fatalf("publish: %v", err)
		}
		seqs = append(seqs, seq)
	}
	return seqs
}

// Read reads n records after a sequence.
func Read(t *testing.T, feed fanout.Feed, after uint64, n int) []fanout.Record {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	var got []fanout.Record
	err := feed.Read(ctx, after, func(r fanout.Record) error {
		if got = append(got, r); len(got) == n {
			return errEnough
		}
		return nil
	})
	if !errors.Is(err, errEnough) {
		t.Fatalf("read after %d: %v, with %d of %d changes", after, err, len(got), n)
	}
	return got
}

func (b *bench) bounds() (first, last uint64) {
	b.Helper()
	first, last, err := b.feed.Bounds(b.Context())
	if err != nil {
		b.Fatalf("bounds: %v", err)
	}
	return first, last
}

func (b *bench) keys(after, upTo uint64) []fanout.Record {
	b.Helper()
	var got []fanout.Record
	err := b.feed.Keys(b.Context(), after, upTo, func(r fanout.Record) error {
		got = append(got, r)
		return nil
	})
	if err != nil {
		b.Fatalf("keys of %d to %d: %v", after, upTo, err)
	}
	return got
}

// Want compares records with the changes that were published under these
// sequences.
func Want(t *testing.T, got []fanout.Record, seqs []uint64, first int) {
	t.Helper()
	if len(got) != len(seqs) {
		t.Fatalf("got %d changes, want %d", len(got), len(seqs))
	}
	for i, r := range got {
		if r.Seq != seqs[i] {
			t.Errorf("place %d has sequence %d, want %d", i, r.Seq, seqs[i])
		}
		if diff := cmp.Diff(Change(first+i), r.Change); diff != "" {
			t.Errorf("sequence %d (-published +read):\n%s", r.Seq, diff)
		}
	}
}

func emptyHasNoBounds(b *bench) {
	if first, last := b.bounds(); first != 0 || last != 0 {
		b.Errorf("got %d to %d, want 0 to 0", first, last)
	}
	if got := b.keys(0, 10); len(got) != 0 {
		b.Errorf("an empty feed has keys: %v", got)
	}
}

func boundsAreFirstAndLast(b *bench) {
	seqs := Publish(b.T, b.feed, 3)
	first, last := b.bounds()
	if seqs[0] != 1 || first != seqs[0] || last != seqs[2] {
		b.Errorf("got %d to %d, want %d to %d, from 1", first, last, seqs[0], seqs[2])
	}
}

func readsInOrder(b *bench) {
	began := time.Now().Add(-time.Second)
	seqs := Publish(b.T, b.feed, 20)
	got := Read(b.T, b.feed, 0, 20)
	Want(b.T, got, seqs, 1)
	for i, r := range got {
		if i > 0 && (r.Seq <= got[i-1].Seq || r.Time.Before(got[i-1].Time)) {
			b.Errorf("%d at %s follows %d at %s", r.Seq, r.Time, got[i-1].Seq, got[i-1].Time)
		}
		if r.Time.Before(began) || r.Time.After(time.Now().Add(time.Second)) {
			b.Errorf("sequence %d has the time %s", r.Seq, r.Time)
		}
	}
}

func readsOn(b *bench) {
	ctx, cancel := context.WithTimeout(b.Context(), patience)
	defer cancel()
	read := make(chan fanout.Record)
	var reader sync.WaitGroup
	defer reader.Wait()
	reader.Go(func() {
		_ = b.feed.Read(ctx, 0, func(r fanout.Record) error { // it ends with ctx, below
			select {
			case read <- r:
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		})
	})
	defer cancel()
	for n := range 5 {
		seq, err := b.feed.Publish(ctx, Change(n))
		if err != nil {
			b.Fatalf("publish: %v", err)
		}
		select {
		case r := <-read:
			if r.Seq != seq {
				b.Errorf("got sequence %d, want %d", r.Seq, seq)
			}
		case <-ctx.Done():
			b.Fatalf("change %d never came", n)
		}
	}
}

func resumes(b *bench) {
	seqs := Publish(b.T, b.feed, 10)
	Want(b.T, Read(b.T, b.feed, seqs[3], 6), seqs[4:], 5)
	Want(b.T, Read(b.T, b.feed, seqs[8], 1), seqs[9:], 10)
}

func endsWithError(b *bench) {
	Publish(b.T, b.feed, 5)
	calls := 0
	err := b.feed.Read(b.Context(), 0, func(fanout.Record) error {
		calls++
		return errEnough
	})
	if !errors.Is(err, errEnough) || calls != 1 {
		b.Errorf("got %v after %d changes, want the reader's own error after 1", err, calls)
	}
}

func everythingSurvives(b *bench) {
	big := Change(1)
	big.Body = bytes.Repeat([]byte("0123456789abcdef"), 1<<16) // 1 MiB
	bare := fanout.Change{Key: catalog.Key{Module: ocpi.Tariffs, ID: "1"}, Method: http.MethodDelete}
	for _, want := range []fanout.Change{Change(7), big, bare} {
		seq, err := b.feed.Publish(b.Context(), want)
		if err != nil {
			b.Fatalf("publish: %v", err)
		}
		got := Read(b.T, b.feed, seq-1, 1)[0]
		if !bytes.Equal(got.Body, want.Body) {
			b.Errorf("%d bytes are not the %d bytes that were published", len(got.Body), len(want.Body))
		}
		want.Body, got.Body = nil, nil
		if diff := cmp.Diff(want, got.Change); diff != "" {
			b.Errorf("(-published +read):\n%s", diff)
		}
	}
}

func keysAreHeads(b *bench) {
	seqs := Publish(b.T, b.feed, 3)
	for i, r := range b.keys(0, seqs[2]) {
		want := Change(i + 1)
		want.Body = nil
		if len(r.Body) != 0 {
			b.Errorf("sequence %d has a body", r.Seq)
		}
		r.Body = nil
		if diff := cmp.Diff(want, r.Change); diff != "" || r.Seq != seqs[i] || r.Time.IsZero() {
			b.Errorf("sequence %d at %s, want %d (-want +got):\n%s", r.Seq, r.Time, seqs[i], diff)
		}
	}
}

func keysStayBetween(b *bench) {
	seqs := Publish(b.T, b.feed, 8)
	for _, c := range []struct {
		name        string
		after, upTo uint64
		want        []uint64
	}{
		{"all", 0, seqs[7], seqs},
		{"some in the middle", seqs[1], seqs[4], seqs[2:5]},
		{"one", seqs[6], seqs[7], seqs[7:]},
		{"none", seqs[4], seqs[4], nil},
		{"up to a sequence behind the first", seqs[4], seqs[2], nil},
		{"up to a sequence that is not there yet", seqs[5], seqs[7] + 100, seqs[6:]},
		{"after a sequence that is not there yet", seqs[7] + 10, seqs[7] + 100, nil},
	} {
		var got []uint64
		for _, r := range b.keys(c.after, c.upTo) {
			got = append(got, r.Seq)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			b.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
}

func keysEndWithError(b *bench) {
	seqs := Publish(b.T, b.feed, 3)
	err := b.feed.Keys(b.Context(), 0, seqs[2], func(fanout.Record) error { return errEnough })
	if !errors.Is(err, errEnough) {
		b.Errorf("got %v, want the reader's own error", err)
	}
}

func givesUp(b *bench) {
	ctx, cancel := context.WithCancel(b.Context())
	cancel()
	if _, err := b.feed.Publish(ctx, Change(1)); err == nil {
		b.Error("publish succeeds")
	}
	if err := b.feed.Read(ctx, 0, func(fanout.Record) error { return nil }); err == nil {
		b.Error("read succeeds")
	}
	if _, _, err := b.feed.Bounds(ctx); err == nil {
		b.Error("bounds succeeds")
	}
}

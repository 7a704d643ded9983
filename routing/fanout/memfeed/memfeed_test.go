package memfeed_test

import (
	"testing"
	"time"

	"github.com/ocpihub/ocpihub/routing/fanout"
	"github.com/ocpihub/ocpihub/routing/fanout/feedtest"
	"github.com/ocpihub/ocpihub/routing/fanout/memfeed"
)

func TestFeed(t *testing.T) {
	feedtest.Run(t, func(*testing.T) (fanout.Feed, fanout.Progress) {
		f := memfeed.New(time.Now)
		return f, f
	})
}

func TestWhatHasExpiredIsNotRead(t *testing.T) {
	f := memfeed.New(time.Now)
	feedtest.Publish(t, f, 10)
	f.Expire(4)
	if first, last, err := f.Bounds(t.Context()); first != 5 || last != 10 || err != nil {
		t.Errorf("bounds are %d to %d, %v; want 5 to 10", first, last, err)
	}
	feedtest.Want(t, feedtest.Read(t, f, 0, 6), []uint64{5, 6, 7, 8, 9, 10}, 5)
	for _, c := range []struct{ after, upTo, want uint64 }{{0, 3, 0}, {0, 6, 2}, {7, 20, 3}} {
		var got uint64
		err := f.Keys(t.Context(), c.after, c.upTo, func(fanout.Record) error { got++; return nil })
		if got != c.want || err != nil {
			t.Errorf("%d keys of %d to %d, %v; want %d", got, c.after, c.upTo, err, c.want)
		}
	}
	f.Expire(100)
	if first, last, err := f.Bounds(t.Context()); first != 11 || last != 10 || err != nil {
		t.Errorf("bounds are %d to %d, %v; want 11 to 10", first, last, err)
	}
	if seqs := feedtest.Publish(t, f, 1); seqs[0] != 11 {
		t.Errorf("the next sequence is %d, want 11", seqs[0])
	}
}

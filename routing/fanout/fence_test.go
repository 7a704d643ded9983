package fanout

import (
	"context"
	"errors"
	"testing"
)

// bounded is a feed of which only the end is asked.
type bounded struct {
	Feed
	last  uint64
	err   error
	asked int
}

func (b *bounded) Bounds(context.Context) (first, last uint64, err error) {
	b.asked++
	return 1, b.last, b.err
}

func TestTheEndOfTheFeedIsAskedForOnlyAfterAFailedPublish(t *testing.T) {
	feed := &bounded{last: 9}
	var e end
	expect := func(want uint64, asked int) {
		t.Helper()
		got, err := e.seq(t.Context(), feed)
		if got != want || err != nil || feed.asked != asked {
			t.Errorf("the end is %d, %v, asked %d times; want %d, asked %d times", got, err, feed.asked, want, asked)
		}
	}
	e.note(5)
	e.note(4) // an answer that was overtaken
	expect(5, 0)
	e.failed.Add(1) // the change may be in the feed all the same
	expect(9, 1)
	expect(9, 1)
	e.note(12)
	e.failed.Add(1)
	expect(12, 2)
}

func TestWithoutAnEndNoStateGoesOut(t *testing.T) {
	feed := &bounded{err: errors.New("down")}
	var e end
	e.failed.Add(1)
	if _, err := e.seq(t.Context(), feed); err == nil {
		t.Error("there is an end")
	}
	feed.err, feed.last = nil, 3
	if got, err := e.seq(t.Context(), feed); got != 3 || err != nil {
		t.Errorf("the end is %d, %v", got, err)
	}
}

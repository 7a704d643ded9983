package bell_test

import (
	"context"
	"testing"

	"github.com/ocpihub/ocpihub/parties/internal/bell"
)

func TestStrokesThatNobodyTookAreMerged(t *testing.T) {
	var b bell.Bell
	b.Ring() // nobody listens
	heard := b.Listen(t.Context())
	for range 3 {
		b.Ring()
	}
	<-heard
	select {
	case <-heard:
		t.Error("a second stroke was kept")
	default:
	}
	b.Ring()
	<-heard
}

func TestEachListenerHearsAndLeavesAlone(t *testing.T) {
	var b bell.Bell
	ctx, leave := context.WithCancel(t.Context())
	gone, stays := b.Listen(ctx), b.Listen(t.Context())
	leave()
	if _, open := <-gone; open {
		t.Error("heard a stroke that nobody made")
	}
	b.Ring()
	<-stays
}

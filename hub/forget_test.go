package hub

import (
	"context"
	"log/slog"
	"testing"

	"github.com/ocpihub/ocpihub/parties"
)

func TestTheProgressOfARemovedPlatformIsForgottenAndThatOfOthersKept(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	forgotten := make(chan string, 2)
	f := newForgetter(func(_ context.Context, id string) error { forgotten <- id; return nil }, slog.New(slog.DiscardHandler))
	done := make(chan struct{})
	go func() { defer close(done); _ = f.run(ctx) }()
	before := parties.NewDirectory([]*parties.Platform{{ID: "stays"}, {ID: "goes"}}, 1)
	after := parties.NewDirectory([]*parties.Platform{{ID: "stays", Status: parties.Offline}, {ID: "goes", Removed: true}}, 2)
	f.changed(before, after)
	f.changed(after, after)
	if id := <-forgotten; id != "goes" {
		t.Errorf("%s was forgotten", id)
	}
	cancel()
	<-done
	if len(forgotten) > 0 {
		t.Errorf("%s was forgotten too", <-forgotten)
	}
}

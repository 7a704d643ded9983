package peer

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/valyala/fasthttp"
)

func TestACallThatIsCancelledWhileItConnectsReturnsAtOnceAndLeavesTheConnectionToOthers(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	connect, released := make(chan struct{}), make(chan struct{})
	cancel()
	_, err := await(ctx, func() (*connection, error) {
		<-connect
		return &connection{release: func() { close(released) }}, nil
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want it cancelled", err)
	}
	close(connect)
	<-released
}

func TestNoConnectionWithinTheDeadlineIsNoLateAnswer(t *testing.T) {
	ctx, cancel := context.WithDeadline(t.Context(), time.Now())
	defer cancel()
	connect := make(chan struct{})
	defer close(connect)
	_, err := await(ctx, func() (*connection, error) {
		<-connect
		return nil, errors.New("too late")
	})
	if !errors.Is(err, fasthttp.ErrDialTimeout) {
		t.Errorf("got %v, want a failure to connect", err)
	}
}

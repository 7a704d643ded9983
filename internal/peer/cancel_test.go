package peer_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/ocpihub/ocpihub/internal/fault"
)

func TestACancelledCallReturnsAtOnceAndTheReceiverNotices(t *testing.T) {
	began, gone := make(chan struct{}), make(chan struct{})
	url := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		close(began)
		<-r.Context().Done() // the connection was dropped
		close(gone)
	})
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-began
		cancel()
	}()
	c := call("POST", url)
	c.Timeout = time.Hour
	_, err := newClient(t).Do(ctx, c)
	wantKind(t, err, fault.Timeout)
	<-gone
}

func TestACancelledIdempotentCallIsNotRepeated(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	calls := make(chan struct{}, 8)
	s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		calls <- struct{}{}
		cancel()
		<-r.Context().Done()
	}))
	_, err := newClient(t).Do(ctx, call("GET", s.URL))
	wantKind(t, err, fault.Timeout)
	s.Close() // waits for every call
	if len(calls) != 1 {
		t.Errorf("the receiver saw %d calls, want 1", len(calls))
	}
}

func TestAfterACancelledCallOthersGoOnAndNothingIsLeftRunning(t *testing.T) {
	hang := make(chan struct{})
	url := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/hang" {
			hang <- struct{}{}
			<-r.Context().Done()
		}
	})
	client := newClient(t)
	for range 50 {
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() {
			_, err := client.Do(ctx, call("POST", url+"/hang"))
			done <- err
		}()
		<-hang
		cancel()
		wantKind(t, <-done, fault.Timeout)
		if reply, err := client.Do(t.Context(), call("POST", url+"/")); err != nil || reply.Status != http.StatusOK {
			t.Fatalf("a call after a cancelled one: %d, %v", reply.Status, err)
		}
	}
	for stacks(t) != 0 {
		runtime.Gosched()
	}
}

// stacks counts the goroutines that are in the package under test.
func stacks(t *testing.T) int {
	t.Helper()
	buf := make([]byte, 1<<20)
	return strings.Count(string(buf[:runtime.Stack(buf, true)]), "internal/peer.await")
}

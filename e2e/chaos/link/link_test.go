package link_test

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"os"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/ocpihub/ocpihub/e2e/chaos/link"
)

// echo answers each line with itself, and counts what came.
func echo(t *testing.T) (addr string, came *atomic.Int64) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	came = &atomic.Int64{}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				for lines := bufio.NewScanner(c); lines.Scan(); {
					came.Add(1)
					fmt.Fprintln(c, lines.Text())
				}
			}()
		}
	}()
	return l.Addr().String(), came
}

func open(t *testing.T, targets ...string) *link.Link {
	t.Helper()
	l, err := link.Open("a link", "127.0.0.1:0", func() []string { return targets })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.Close)
	return l
}

func connect(t *testing.T, l *link.Link) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", l.Addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// say sends a line; hear returns the next one, or why none came.
func say(t *testing.T, c net.Conn, line string) {
	t.Helper()
	if _, err := fmt.Fprintln(c, line); err != nil {
		t.Fatal(err)
	}
}

func hear(c net.Conn, within time.Duration) (string, error) {
	_ = c.SetReadDeadline(time.Now().Add(within))
	line, err := bufio.NewReader(c).ReadString('\n')
	return line, err
}

func wantEcho(t *testing.T, c net.Conn, line string) {
	t.Helper()
	say(t, c, line)
	if got, err := hear(c, 10*time.Second); got != line+"\n" {
		t.Fatalf("heard %q, %v", got, err)
	}
}

func wantReset(t *testing.T, c net.Conn) {
	t.Helper()
	if got, err := hear(c, 10*time.Second); got != "" || !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("heard %q, %v; want a reset", got, err)
	}
}

func TestALinkPassesWhatItIsGivenToTheFirstTargetThatIsThere(t *testing.T) {
	addr, _ := echo(t)
	c := connect(t, open(t, "127.0.0.1:1", addr))
	wantEcho(t, c, "hello")
	wantEcho(t, c, "again")
}

func TestACutLinkResetsConnectionsOldAndNewUntilItIsHealed(t *testing.T) {
	addr, _ := echo(t)
	l := open(t, addr)
	c := connect(t, l)
	wantEcho(t, c, "hello")
	l.Set(link.Cut, 0)
	wantReset(t, c)
	if fresh, err := net.Dial("tcp", l.Addr); err == nil { // the reset may come as early as that
		wantReset(t, fresh)
	} else if !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("a new connection: %v", err)
	}
	l.Set(link.Pass, 0)
	wantEcho(t, connect(t, l), "hello")
}

func TestWhatAStalledLinkHeldBackNeverArrives(t *testing.T) {
	addr, came := echo(t)
	l := open(t, addr)
	old := connect(t, l)
	wantEcho(t, old, "hello")
	l.Set(link.Stalled, 0)
	fresh := connect(t, l)
	for _, c := range []net.Conn{old, fresh} {
		say(t, c, "lost")
		if got, err := hear(c, 50*time.Millisecond); got != "" || !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("heard %q, %v over a stalled link", got, err)
		}
	}
	l.Set(link.Pass, 0)
	for _, c := range []net.Conn{old, fresh} {
		if got, err := hear(c, 10*time.Second); err == nil {
			t.Errorf("heard %q after the stall", got)
		}
	}
	wantEcho(t, connect(t, l), "new")
	if n := came.Load(); n != 2 {
		t.Errorf("%d lines arrived, want 2", n)
	}
}

func TestOverAHalfOpenLinkRequestsArriveAndAnswersDoNot(t *testing.T) {
	addr, came := echo(t)
	l := open(t, addr)
	c := connect(t, l)
	l.Set(link.HalfOpen, 0)
	say(t, c, "hello")
	for came.Load() == 0 {
		time.Sleep(time.Millisecond)
	}
	if got, err := hear(c, 50*time.Millisecond); got != "" || !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("heard %q, %v", got, err)
	}
	l.Set(link.Pass, 0)
	if got, err := hear(c, 10*time.Second); err == nil {
		t.Errorf("heard %q after it was healed", got)
	}
}

func TestASlowLinkTakesItsTime(t *testing.T) {
	addr, _ := echo(t)
	l := open(t, addr)
	c := connect(t, l)
	l.Set(link.Slow, 40*time.Millisecond)
	began := time.Now()
	wantEcho(t, c, "hello")
	if took := time.Since(began); took < 40*time.Millisecond { // half of it each way at least
		t.Errorf("there and back in %s", took)
	}
}

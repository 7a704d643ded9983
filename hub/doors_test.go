package hub

import (
	"bufio"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// pipes is a listener whose connections live in the time of a bubble.
type pipes struct{ dialled chan net.Conn }

func (p pipes) Accept() (net.Conn, error) {
	if conn, open := <-p.dialled; open {
		return conn, nil
	}
	return nil, net.ErrClosed
}

func (p pipes) Close() error   { return nil }
func (p pipes) Addr() net.Addr { return &net.TCPAddr{} }

func (p pipes) dial(t *testing.T) net.Conn {
	client, server := net.Pipe()
	t.Cleanup(func() { _ = client.Close() })
	p.dialled <- server
	return client
}

// echoing is the front-end server of a hub, with a door that answers with the
// body of the request.
func echoing(t *testing.T) pipes {
	t.Helper()
	h := &Hub{cfg: Defaults(), log: slog.New(slog.DiscardHandler), doors: doors{connections: newConnections(10)}}
	h.doors.ocpiDoor = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.Copy(w, r.Body) })
	server, l := h.frontServer(), pipes{make(chan net.Conn)}
	go func() { _ = server.Serve(l) }()
	t.Cleanup(func() { close(l.dialled); _ = server.Close(); synctest.Wait() })
	return l
}

func TestAConnectionMayWaitForARequestLongerThanClientsKeepOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		conn := echoing(t).dial(t)
		answers := bufio.NewReader(conn)
		for n := range 3 { // the first request of a connection is no different
			time.Sleep(90 * time.Second)
			if got := asked(t, conn, answers, 30*time.Second); got != "hello" {
				t.Fatalf("request %d after 90 s: %q", n, got)
			}
		}
	})
}

func TestARequestThatIsNeverWholeEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := echoing(t)
		for _, begun := range []string{"", "PUT / HT", "PUT / HTTP/1.1\r\nHost: hub\r\nContent-Length: 5\r\n\r\nhel"} {
			conn, began := l.dial(t), time.Now()
			if _, err := io.WriteString(conn, begun); err != nil {
				t.Fatal(err)
			}
			_, _ = io.Copy(io.Discard, conn) // until the hub closes it
			if took := time.Since(began); took > waitForRequest+timeForRequest+time.Second {
				t.Errorf("%q was waited for %s", begun, took)
			}
		}
	})
}

// asked sends a request whose body comes late, and returns the body of the answer.
func asked(t *testing.T, conn net.Conn, answers *bufio.Reader, late time.Duration) string {
	t.Helper()
	const body = "hello"
	if _, err := fmt.Fprintf(conn, "PUT / HTTP/1.1\r\nHost: hub\r\nContent-Length: %d\r\n\r\n", len(body)); err != nil {
		t.Fatal(err)
	}
	time.Sleep(late)
	if _, err := io.Copy(conn, strings.NewReader(body)); err != nil {
		t.Fatal(err)
	}
	answer, err := http.ReadResponse(answers, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	got, _ := io.ReadAll(answer.Body)
	return string(got)
}

package hub_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ocpihub/ocpihub/hub"
	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/ocpitest"
)

// pushed are the calls of the tests below.
func pushed(c ocpitest.Call) bool { return c.Module == ocpi.Locations && c.Method == http.MethodPut }

// tallied counts answers by HTTP status and OCPI code.
type tallied struct {
	sync.Mutex
	of map[string]int
}

func (c *tallied) add(r ocpitest.Reply) {
	c.Lock()
	defer c.Unlock()
	if c.of == nil {
		c.of = map[string]int{}
	}
	c.of[fmt.Sprint(r.Status, " ", r.Code())]++
}

// knock is the smallest request.
func knock(h *hub.Hub) ocpitest.Request {
	return ocpitest.Request{Module: ocpi.Versions, Method: "GET", URL: h.VersionsURL()}
}

// hang has a platform take requests and not answer them before it is healed.
func hang(p *ocpitest.Platform) {
	p.Fail(ocpitest.Fault{Module: ocpi.Locations, Hang: true})
}

func TestReceiversThatHangTakeNothingFromOthers(t *testing.T) {
	const part = 40
	h := startHub(t, unlimited, func(c *hub.Config) {
		c.Forward.Timeout = 30 * time.Second
		c.Limits.Requests, c.Limits.RequestsOf, c.Limits.CallsTo = 4*part, 2*part, part
		c.Alive.Interval = time.Hour
	})
	c, c2 := join(t, h, of(ocpi.CPO, cpo)), join(t, h, of(ocpi.CPO, cpo2))
	hanging := join(t, h, of(ocpi.EMSP, emsp))
	join(t, h, of(ocpi.EMSP, emsp2))
	hang(hanging)

	ctx, cancel := context.WithCancel(t.Context())
	var all sync.WaitGroup
	var got tallied
	for i := range 6 * part {
		all.Go(func() {
			id := fmt.Sprint("L", i)
			reply, err := c.Do(ctx, putLocation(emsp, cpo, id, location(cpo, id, t0)))
			if err == nil {
				got.add(reply)
				if reply.Status == http.StatusTooManyRequests && reply.Header.Get("Retry-After") == "" {
					t.Error("a refusal does not say when to try again")
				}
			}
		})
	}
	await(t, "the receiver has as much as it is given", func() bool { return len(hanging.Calls(pushed)) >= part })
	if n := len(hanging.Calls(pushed)); n > part {
		t.Errorf("the platform that hangs has %d calls at once, want at most %d", n, part)
	}
	// Others, and the same sender to another receiver, go on.
	for i := range 20 {
		id := fmt.Sprint("W", i)
		want(t, send(t, c2, putLocation(emsp2, cpo2, id, location(cpo2, id, t0))), 201, 1000)
	}
	await(t, "the sender has room again", func() bool {
		reply := send(t, c, putLocation(emsp2, cpo, "W", location(cpo, "W", t0)))
		return reply.Code() == 1000
	})
	cancel()
	all.Wait()
	hanging.Heal()
	t.Log(got.of)
	for outcome := range got.of {
		if outcome != "429 2000" && outcome != "200 4003" && outcome != "200 4002" && outcome != "200 1000" {
			t.Errorf("an answer was %s: %v", outcome, got.of)
		}
	}
	await(t, "all that was begun has ended", func() bool { return underWay() == 0 })
}

// underWay is how many goroutines route a message.
func underWay() int {
	stacks := make([]byte, 16<<20)
	return strings.Count(string(stacks[:runtime.Stack(stacks, true)]), "routing.(*Router).Route(")
}

// await waits until something holds.
func await(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for ctx := patient(t); !holds(); time.Sleep(5 * time.Millisecond) {
		if ctx.Err() != nil {
			t.Fatal("not yet: ", what)
		}
	}
}

func TestIdleConnectionsKeepNobodyOut(t *testing.T) {
	const bound, idle = 500, 3000
	h := startHub(t, unlimited, func(c *hub.Config) { c.Limits.Connections = bound })
	c := join(t, h, of(ocpi.CPO, cpo))
	heap := memory()
	var conns []net.Conn
	defer func() {
		for _, conn := range conns {
			_ = conn.Close()
		}
	}()
	var d net.Dialer
	for i := range idle {
		conn, err := d.DialContext(t.Context(), "tcp", h.FrontAddr())
		if err != nil {
			t.Fatal(err)
		}
		conns = append(conns, conn)
		if i%500 == 0 {
			want(t, send(t, c, knock(h)), 200, 1000)
		}
	}
	await(t, "those too many are closed", func() bool { return h.Connections() <= bound })
	want(t, send(t, c, knock(h)), 200, 1000)
	t.Logf("%d connections, %d bytes more than before", h.Connections(), memory()-heap)
	if grown := memory() - heap; grown > 64<<20 {
		t.Errorf("the memory grew by %d bytes", grown)
	}
}

// memory is what is in use.
func memory() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc + m.StackInuse)
}

func TestBodiesAreBoundedAsAWhole(t *testing.T) {
	const most = 8 << 20
	h := startHub(t, unlimited, func(c *hub.Config) {
		c.Limits.BodyBytes, c.Limits.Bodies, c.Forward.Timeout = 1<<20, most, 30*time.Second
	})
	c, e := join(t, h, of(ocpi.CPO, cpo)), join(t, h, of(ocpi.EMSP, emsp))
	hang(e)
	var all sync.WaitGroup
	var got tallied
	ctx, cancel := context.WithCancel(t.Context())
	for i := range 40 {
		all.Go(func() {
			id := fmt.Sprint("L", i)
			body := strings.Replace(location(cpo, id, t0), `"x-new":`, `"x-long":"`+strings.Repeat("x", 900<<10)+`","x-new":`, 1)
			reply, err := c.Do(ctx, putLocation(emsp, cpo, id, body))
			if err == nil {
				got.add(reply)
			} else if !errors.Is(err, context.Canceled) {
				t.Error(err)
			}
		})
	}
	await(t, "all that do not fit are refused", func() bool {
		got.Lock()
		defer got.Unlock()
		return got.of["429 2000"] >= 36
	})
	if n := h.BodyBytes(); n > most/4 {
		t.Errorf("%d bytes of one platform are held, want at most %d", n, most/4)
	}
	cancel()
	all.Wait()
	await(t, "nothing is held any more", func() bool { return h.BodyBytes() == 0 })
	e.Heal()
	want(t, send(t, c, putLocation(emsp, cpo, "L", location(cpo, "L", t0))), 201, 1000)
}

func TestAHubThatIsFullSaysSo(t *testing.T) {
	h := startHub(t, unlimited, func(c *hub.Config) { c.Limits.Requests, c.Forward.Timeout = 4, 30*time.Second })
	c, e := join(t, h, of(ocpi.CPO, cpo)), join(t, h, of(ocpi.EMSP, emsp))
	hang(e)
	ctx, cancel := context.WithCancel(t.Context())
	var all sync.WaitGroup
	for i := range 4 {
		all.Go(func() {
			id := fmt.Sprint("L", i)
			_, _ = c.Do(ctx, putLocation(emsp, cpo, id, location(cpo, id, t0)))
		})
	}
	await(t, "four are under way", func() bool { return len(e.Calls(pushed)) == 4 })
	reply := send(t, c, knock(h))
	want(t, reply, http.StatusServiceUnavailable, 3000)
	if reply.Header.Get("Retry-After") != "1" {
		t.Errorf("Retry-After is %q", reply.Header.Get("Retry-After"))
	}
	health, err := http.Get("http://" + h.AdminAddr() + "/healthz")
	if err != nil || health.StatusCode != 200 {
		t.Errorf("a full hub is not healthy: %v, %v", health, err)
	}
	cancel()
	all.Wait()
	await(t, "there is room again", func() bool {
		return send(t, c, knock(h)).Status == 200
	})
}

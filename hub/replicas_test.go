package hub_test

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ocpihub/ocpihub/hub"
	"github.com/ocpihub/ocpihub/internal/natstest"
	"github.com/ocpihub/ocpihub/internal/redistest"
	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/ocpitest"
	"github.com/ocpihub/ocpihub/routing/fanout"
)

// replicas are several hubs over one Redis and one NATS, behind a balancer.
type replicas struct {
	*testing.T
	edits []func(*hub.Config)
	hubs  []*hub.Hub
	// live are the hubs that the balancer asks in turn.
	live atomic.Pointer[[]*hub.Hub]
	next atomic.Int64
	dead map[*hub.Hub]bool // they cannot stop cleanly
}

// startReplicas starts n hubs.
func startReplicas(t *testing.T, n int, edit ...func(*hub.Config)) *replicas {
	t.Helper()
	r := &replicas{T: t, dead: map[*hub.Hub]bool{}}
	r.live.Store(&[]*hub.Hub{})
	front, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	balancer := &http.Server{ReadHeaderTimeout: time.Minute, Handler: &httputil.ReverseProxy{
		Rewrite:  func(p *httputil.ProxyRequest) { p.SetURL(r.turn()); p.Out.Host = p.In.Host },
		ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelError),
	}}
	go func() { _ = balancer.Serve(front) }()
	t.Cleanup(func() { _ = balancer.Close() })
	redis, nats := redistest.Single(t), natstest.Single(t)
	r.edits = []func(*hub.Config){sealedBy(t), withRedis(redis), func(c *hub.Config) {
		c.NATS.URL, c.PublicURL = nats.URL(), "http://"+front.Addr().String()
	}}
	r.edits = append(r.edits, edit...)
	for range n {
		r.add()
	}
	return r
}

// turn is the hub whose turn it is.
func (r *replicas) turn() *url.URL {
	live := *r.live.Load()
	h := live[int(r.next.Add(1))%len(live)]
	return &url.URL{Scheme: "http", Host: h.FrontAddr()}
}

// add starts one more hub.
func (r *replicas) add() {
	r.Helper()
	h, err := hub.Start(r.Context(), hubConfig(r, r.edits...), slog.New(slog.DiscardHandler))
	if err != nil {
		r.Fatal(err)
	}
	r.Cleanup(func() {
		if err := h.Close(context.Background()); err != nil && !r.dead[h] {
			r.Errorf("a hub did not stop cleanly: %v", err)
		}
	})
	r.hubs = append(r.hubs, h)
	live := append(slices.Clone(*r.live.Load()), h)
	r.live.Store(&live)
}

// cut takes the stream away from a hub, so that it does what a dead one does:
// nothing.
func (r *replicas) cut(i int) {
	h := r.hubs[i]
	live := slices.DeleteFunc(slices.Clone(*r.live.Load()), func(other *hub.Hub) bool { return other == h })
	r.live.Store(&live)
	r.dead[h] = true
	h.Stream().Close()
}

// eventually waits until something holds.
func (r *replicas) eventually(what string, holds func() bool) {
	r.Helper()
	for end := time.Now().Add(untilTimeout); !holds(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			r.Fatalf("in time it does not come to be that %s", what)
		}
	}
}

// spread waits until each of these hubs holds so many shards at least.
func (r *replicas) spread(least int, hubs ...*hub.Hub) {
	r.Helper()
	r.eventually("the shards are spread", func() bool {
		return !slices.ContainsFunc(hubs, func(h *hub.Hub) bool { return h.Shards() < least })
	})
}

// push changes the status of an EVSE.
func (r *replicas) push(c *ocpitest.Platform, id string, n int) {
	r.Helper()
	at := time.Date(2026, 1, 2, 0, 0, n, 0, time.UTC).Format(time.RFC3339)
	req := ocpitest.Request{
		Module: ocpi.Locations, Interface: ocpi.Receiver, Method: "PATCH", To: hubParty, Path: "DE/ABC/" + id + "/" + id + "-1",
		Body: fmt.Appendf(nil, `{"status":"S%d","last_updated":%q}`, n, at),
	}
	r.eventually("the push is acknowledged", func() bool {
		reply, err := c.Do(r.Context(), req)
		return err == nil && reply.Code() == 1000
	})
}

// allLive says whether so many platforms are live, with nothing pending.
func allLive(stats []fanout.Stat, platforms int) bool {
	return len(stats) == platforms && !slices.ContainsFunc(stats, func(s fanout.Stat) bool { return s.State != fanout.Live || s.Pending > 0 })
}

func TestReceiversEndWithTheNewestStateWhenReplicasFallAndJoin(t *testing.T) {
	r := startReplicas(t, 2)
	c := join(t, r.hubs[0], of(ocpi.CPO, cpo))
	var receivers []*ocpitest.Platform
	var parties []ocpi.PartyID
	for i := range 6 {
		party := ocpi.NewPartyID("NL", fmt.Sprintf("E%02d", i))
		parties = append(parties, party)
		receivers = append(receivers, join(t, r.hubs[i%2], of(ocpi.EMSP, party)))
	}
	objects := []string{"L1", "L2", "L3"}
	for _, id := range objects {
		want(t, send(t, c, putLocation(hubParty, cpo, id, location(cpo, id, t0))), 200, 1000)
	}
	for n := range 60 {
		switch n {
		case 15:
			r.add()
		case 30:
			r.spread(2, r.hubs...) // eight shards over three
			r.cut(0)
		}
		r.push(c, objects[n%len(objects)], n)
	}
	newest := map[string]string{"L1": `"S57"`, "L2": `"S58"`, "L3": `"S59"`}
	for i, e := range receivers {
		for id, status := range newest {
			until(t, e, parties[i].String()+" has the newest state of "+id, func() bool {
				return strings.Contains(arrived(e, parties[i], id), status)
			})
		}
		if old := e.Regressions(); len(old) > 0 {
			t.Errorf("older states came after newer ones: %v", old)
		}
	}
	r.spread(4, r.hubs[1:]...)
	r.eventually("all is delivered", func() bool { return allLive(r.hubs[1].Deliveries(), 7) })
	for _, h := range r.hubs[1:] {
		if got := h.Deliveries(); !allLive(got, 7) {
			t.Errorf("a replica says %+v", got)
		}
	}
}

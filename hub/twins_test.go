package hub_test

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ocpihub/ocpihub/hub"
	"github.com/ocpihub/ocpihub/internal/fault"
	"github.com/ocpihub/ocpihub/internal/redistest"
	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/ocpitest"
	"github.com/ocpihub/ocpihub/parties"
)

// twins are hubs on one Redis, behind a balancer that gives them the requests
// in turn.
type twins struct {
	hubs []*hub.Hub
	turn atomic.Int64
	edit []func(*hub.Config)
}

func startTwins(t *testing.T, redis *redistest.Setup, edit ...func(*hub.Config)) *twins {
	t.Helper()
	r := &twins{}
	balancer := httptest.NewServer(&httputil.ReverseProxy{Rewrite: func(p *httputil.ProxyRequest) {
		to := r.hubs[int(r.turn.Add(1))%len(r.hubs)]
		p.SetURL(&url.URL{Scheme: "http", Host: to.FrontAddr()})
	}})
	r.edit = append(edit, withRedis(redis), sealedBy(t), func(c *hub.Config) { c.PublicURL = balancer.URL })
	r.start(t)
	t.Cleanup(balancer.Close)
	return r
}

func (r *twins) start(t *testing.T) {
	t.Helper()
	r.hubs = nil
	for range 2 {
		r.hubs = append(r.hubs, startHub(t, r.edit...))
	}
}

// join registers a platform that was invited at the first replica.
func (r *twins) join(t *testing.T, o ocpitest.Options) *ocpitest.Platform {
	t.Helper()
	return join(t, r.hubs[0], o)
}

// each makes the same call at every replica, twice.
func (r *twins) each(t *testing.T, check func(*testing.T)) {
	t.Helper()
	for range 2 * len(r.hubs) {
		check(t)
	}
}

func (r *twins) platform(t *testing.T, party ocpi.PartyID) *parties.Platform {
	t.Helper()
	homes := r.hubs[0].Registry().Directory().Homes(party)
	if len(homes) == 0 {
		t.Fatalf("%s is not known", party)
	}
	return homes[0].Platform
}

func done(t *testing.T, reply ocpitest.Reply) {
	t.Helper()
	if err := reply.Err(); err != nil {
		t.Error(err)
	}
}

const morning = "2026-01-01T08:00:00Z"

func TestWhatOneReplicaAnsweredHoldsOnAllAtOnce(t *testing.T) {
	r := startTwins(t, redistest.Single(t))
	c := r.join(t, of(ocpi.CPO, cpo))
	for n := range 10 {
		driver := ocpi.NewPartyID("NL", "E"+strconv.Itoa(10+n))
		r.join(t, of(ocpi.EMSP, driver)) // the steps of each registration meet both replicas
		r.each(t, func(t *testing.T) {
			done(t, send(t, c, putLocation(driver, cpo, "L1", location(cpo, "L1", morning))))
		})
	}
	_, err := r.hubs[1].Registry().Suspend(t.Context(), r.platform(t, cpo).ID)
	if err != nil {
		t.Fatal(err)
	}
	r.each(t, func(t *testing.T) {
		want(t, send(t, c, putLocation(ocpi.NewPartyID("NL", "E10"), cpo, "L1", location(cpo, "L1", morning))), http.StatusForbidden, 2000)
	})
}

func TestAnAgreementThatOneReplicaMadeCountsOnAllAtOnce(t *testing.T) {
	r := startTwins(t, redistest.Single(t), byAgreement)
	c := r.join(t, of(ocpi.CPO, cpo))
	r.join(t, of(ocpi.EMSP, emsp))
	push := putLocation(emsp, cpo, "L1", location(cpo, "L1", morning))
	r.each(t, func(t *testing.T) { want(t, send(t, c, push), http.StatusOK, 4001) })
	for n := range 5 {
		at := r.hubs[n%2].Registry()
		a := agree(t, r.hubs[n%2], cpo, emsp)
		r.each(t, func(t *testing.T) { done(t, send(t, c, push)) })
		if _, _, err := at.EndAgreement(t.Context(), parties.Order{}, a.ID); err != nil {
			t.Fatal(err)
		}
		r.each(t, func(t *testing.T) { want(t, send(t, c, push), http.StatusOK, 4001) })
	}
}

func TestTheOldTokenDiesOnEveryReplicaOnceTheNewOneWasSeen(t *testing.T) {
	r := startTwins(t, redistest.Single(t))
	c := r.join(t, of(ocpi.CPO, cpo))
	before, err := c.Partner()
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := r.hubs[0].Registry().Rotate(t.Context(), r.platform(t, cpo).ID); err != nil {
		t.Fatal(err)
	}
	after, err := c.Partner()
	if err != nil || after.Token == before.Token {
		t.Fatalf("the token is the same, %v", err)
	}
	opens := func(h *hub.Hub, token string) bool {
		_, ok := h.Registry().Authenticate(t.Context(), []string{token}, time.Now())
		return ok
	}
	for i, h := range r.hubs {
		if !opens(h, before.Token) || !opens(h, after.Token) {
			t.Errorf("replica %d refuses a token of the rotation", i)
		}
	}
	want(t, send(t, c, putLocation(cpo2, cpo, "L1", location(cpo, "L1", morning))), http.StatusOK, 4001)
	for i, h := range r.hubs {
		comes(t, func() bool { return !opens(h, before.Token) })
		if !opens(h, after.Token) {
			t.Errorf("replica %d refuses the new token", i)
		}
	}
}

func TestOneReplicaAtATimeRenewsTokens(t *testing.T) {
	r := startTwins(t, redistest.Single(t))
	c := r.join(t, of(ocpi.CPO, cpo))
	id := r.platform(t, cpo).ID
	ended := make(chan error, 16)
	for n := range cap(ended) {
		go func() {
			_, _, err := r.hubs[n%2].Registry().Rotate(context.WithoutCancel(t.Context()), id)
			ended <- err
		}()
	}
	for range cap(ended) {
		if err := <-ended; err != nil && !fault.Is(err, fault.Conflict) && !fault.Is(err, fault.ClientUnusable) {
			t.Error(err)
		}
	}
	// Whatever came of them, both sides know one another.
	r.each(t, func(t *testing.T) {
		want(t, send(t, c, putLocation(cpo2, cpo, "L1", location(cpo, "L1", morning))), http.StatusOK, 4001)
	})
	if _, _, err := r.hubs[1].Registry().Rotate(t.Context(), id); err != nil {
		t.Error(err)
	}
}

func TestWhenAPlatformWasSeenIsKnownToEveryReplicaAndAfterARestart(t *testing.T) {
	r := startTwins(t, redistest.Single(t))
	r.join(t, of(ocpi.CPO, cpo))
	id := r.platform(t, cpo).ID
	comes(t, func() bool {
		a, b := r.hubs[0].Registry().LastSeen(id), r.hubs[1].Registry().LastSeen(id)
		return !a.IsZero() && a.Truncate(time.Millisecond).Equal(b.Truncate(time.Millisecond))
	})
	seen := r.hubs[0].Registry().LastSeen(id)
	for _, h := range r.hubs {
		if err := h.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	r.start(t)
	for i, h := range r.hubs {
		if got := h.Registry().LastSeen(id); !got.Equal(seen.Truncate(time.Millisecond)) {
			t.Errorf("replica %d says %s, want %s", i, got, seen)
		}
	}
}

func TestWithoutRedisTheRegistryGoesOnFromMemory(t *testing.T) {
	redis := redistest.Single(t)
	r := startTwins(t, redis)
	c := r.join(t, of(ocpi.CPO, cpo))
	r.join(t, of(ocpi.EMSP, emsp))
	push := putLocation(emsp, cpo, "L1", location(cpo, "L1", morning))
	redis.Kill(t)
	r.each(t, func(t *testing.T) { done(t, send(t, c, push)) })
	if _, _, err := r.hubs[0].Registry().Invite(t.Context(), "late", nil); !fault.Is(err, fault.Unavailable) {
		t.Errorf("got %v, want Unavailable", err)
	}
	for _, h := range r.hubs {
		if got := readiness(t, h); got != http.StatusServiceUnavailable {
			t.Errorf("readyz answers %d", got)
		}
	}
	redis.Restart(t)
	for i, h := range r.hubs {
		comes(t, func() bool { return readiness(t, h) == http.StatusOK })
		if _, _, err := h.Registry().Invite(t.Context(), "late "+strconv.Itoa(i), nil); err != nil {
			t.Error(err)
		}
	}
	r.each(t, func(t *testing.T) { done(t, send(t, c, push)) })
	for _, h := range r.hubs {
		if n := len(h.Registry().Directory().Platforms()); n != 4 {
			t.Errorf("%d platforms, want 4", n)
		}
	}
}

func readiness(t *testing.T, h *hub.Hub) int {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+h.AdminAddr()+"/readyz", nil)
	if err != nil {
		t.Fatal(err)
	}
	client := http.Client{Transport: &http.Transport{DialContext: (&net.Dialer{}).DialContext, DisableKeepAlives: true}}
	res, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	return res.StatusCode
}

// comes waits for what must come; only a broken hub uses its patience up.
func comes(t *testing.T, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); !holds(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("it does not come")
		}
	}
}

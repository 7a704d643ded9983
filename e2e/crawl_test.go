package e2e

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/ocpitest"
)

// The world that is crawled: what changes a second is spread evenly over it.
const (
	crawledOwners     = 60
	crawledPlatforms  = 4
	locationsAnOwner  = 20
	crawledLocations  = crawledOwners * locationsAnOwner
	changesEachSecond = 150
)

func TestACrawlWhileLocationsChangeBringsEachOfThemOnce(t *testing.T) {
	t.Parallel()
	h := startHub(t, "OCPI_HUB_LIMITS_REQUESTS_PER_SECOND=100000", "OCPI_HUB_LIMITS_BURST=100000")
	cpos := crawledWorld(t, h)
	reader := platformOf(ocpi.EMSP, "NL*TNM", "NL*TN2", "NL*TN3", "NL*TN4", "NL*TN5")
	reader.Endpoints = func(all []ocpi.Endpoint) []ocpi.Endpoint {
		return slices.DeleteFunc(all, func(e ocpi.Endpoint) bool { return e.Module == ocpi.Locations && e.Interface == ocpi.Receiver })
	}
	emsp := h.join(reader)

	ctx, stop := context.WithCancel(t.Context())
	var changing, crawling sync.WaitGroup
	var changed atomic.Int64
	changing.Go(func() { keepChanging(ctx, t, cpos, &changed) })
	began := time.Now()
	for i, limit := range []int{1, 37, 100, 1000} {
		crawling.Go(func() {
			seen := map[string]int{}
			list := ocpitest.List{Module: ocpi.Locations, From: emsp.Parties()[i].ID, To: hubParty, Limit: limit}
			crawl, err := emsp.GetAll(t.Context(), list, func(raw []byte) error { seen[ownedID(raw)]++; return nil })
			if err != nil || crawl.Total != crawledLocations {
				t.Errorf("pages of %d: %+v, %v", limit, crawl, err)
			}
			wantEachOnce(t, limit, seen)
		})
	}
	crawling.Go(func() { countingClient(t, emsp, emsp.Parties()[4].ID) })
	crawling.Wait()
	took := time.Since(began)
	stop()
	changing.Wait()
	if changed.Load() == 0 {
		t.Error("nothing changed meanwhile: the crawl proves nothing")
	}
	t.Logf("five crawls of %d locations in %s, while %.0f locations changed a second",
		crawledLocations, took.Round(time.Millisecond), float64(changed.Load())/took.Seconds())
}

// crawledWorld registers the CPOs and publishes their locations.
func crawledWorld(t *testing.T, h *hubProcess) []*ocpitest.Platform {
	t.Helper()
	var cpos []*ocpitest.Platform
	for p := range crawledPlatforms {
		var ids []string
		for n := range crawledOwners / crawledPlatforms {
			ids = append(ids, fmt.Sprintf("DE*%d%02d", p, n))
		}
		o := platformOf(ocpi.CPO, ids...)
		o.Name = fmt.Sprint("CPO ", p)
		cpos = append(cpos, h.join(o))
	}
	var all sync.WaitGroup
	for _, c := range cpos {
		for slice := range slices.Chunk(c.Parties(), 10) {
			all.Go(func() {
				for _, party := range slice {
					for n := range locationsAnOwner {
						putLocation(t.Context(), t, c, party.ID, n, "2026-01-01T00:00:00Z")
					}
				}
			})
		}
	}
	all.Wait()
	return cpos
}

// putLocation gives a location of the world to the hub; a changed one has a
// later last_updated.
func putLocation(ctx context.Context, t *testing.T, c *ocpitest.Platform, owner ocpi.PartyID, n int, updated string) {
	raw := ocpi.SetMember([]byte(locationWith(owner, fmt.Sprint("LOC", n), 0)), "last_updated", ocpi.Quote(updated))
	reply, err := c.Push(ctx, ocpi.Locations, hubParty, raw)
	if ctx.Err() == nil && (err != nil || !reply.OK()) {
		t.Errorf("put location %d of %s: %v, %v", n, owner, err, reply.Err())
	}
}

// keepChanging changes locations anywhere in the world, so many a second, until
// ctx ends.
func keepChanging(ctx context.Context, t *testing.T, cpos []*ocpitest.Platform, changed *atomic.Int64) {
	random := rand.New(rand.NewPCG(1, 2))
	began := time.Now()
	var all sync.WaitGroup
	slots := make(chan struct{}, 16)
	for n := 0; ctx.Err() == nil; n++ {
		due := began.Add(time.Duration(n) * time.Second / changesEachSecond)
		select {
		case <-time.After(time.Until(due)):
		case <-ctx.Done():
			continue
		}
		cpo := cpos[random.IntN(len(cpos))]
		owner, location := cpo.Parties()[random.IntN(len(cpo.Parties()))].ID, random.IntN(locationsAnOwner)
		slots <- struct{}{}
		all.Go(func() {
			defer func() { <-slots }()
			putLocation(ctx, t, cpo, owner, location, ocpi.FormatDateTime(time.Now()))
			changed.Add(1)
		})
	}
	all.Wait()
}

// countingClient crawls as those do who count themselves: it knows no Link,
// only offset, limit and X-Total-Count.
func countingClient(t *testing.T, emsp *ocpitest.Platform, from ocpi.PartyID) {
	const limit = 250
	seen := map[string]int{}
	for offset, total := 0, 1; offset < total; offset += limit {
		reply, err := emsp.Do(t.Context(), ocpitest.Request{
			Module: ocpi.Locations, Interface: ocpi.Sender, Method: http.MethodGet, From: from, To: hubParty,
			Query: url.Values{"offset": {strconv.Itoa(offset)}, "limit": {strconv.Itoa(limit)}},
		})
		if err != nil || !reply.OK() {
			t.Errorf("offset %d: %v, %v", offset, err, reply.Err())
			return
		}
		total, _ = strconv.Atoi(reply.Header.Get(ocpi.HeaderTotalCount))
		for raw := range ocpi.Elements(reply.Envelope.Data) {
			seen[ownedID(raw)]++
		}
	}
	wantEachOnce(t, limit, seen)
}

func ownedID(raw []byte) string {
	return ocpi.FindString(raw, "party_id") + "/" + ocpi.FindString(raw, "id")
}

func wantEachOnce(t *testing.T, limit int, seen map[string]int) {
	twice := 0
	for _, times := range seen {
		if times > 1 {
			twice++
		}
	}
	if len(seen) != crawledLocations || twice > 0 {
		t.Errorf("pages of %d: %d of %d locations, %d of them more than once", limit, len(seen), crawledLocations, twice)
	}
}

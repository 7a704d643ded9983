package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"time"

	"github.com/valyala/fasthttp"
	"golang.org/x/sync/errgroup"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/routing/catalog"
	"github.com/ocpihub/ocpihub/routing/catalog/boltcatalog"
)

// statusPatches is P7: the size of a location must not matter to a change of
// one of its EVSEs.
func statusPatches(ctx context.Context, r *rig) error {
	s, err := r.open(ctx, 1, oneToMany)
	if err != nil {
		return err
	}
	defer s.close()
	cpo := party("DE", 0)
	var targets []target
	for _, evses := range []int{200, 1} {
		var puts, patches []request
		for n := range 16 {
			path := fmt.Sprintf("%s/DE/000/P%d-%d", receiver(ocpi.Locations), evses, n)
			puts = append(puts, request{"PUT", path, routed(cpo, hubParty), locationOf(cpo, fmt.Sprintf("P%d-%d", evses, n), evses)})
			for _, status := range []string{"CHARGING", "AVAILABLE"} {
				patches = append(patches, request{"PATCH", path + "/3256", routed(cpo, hubParty), statusChange(status)})
			}
		}
		if err := s.each(ctx, puts); err != nil {
			return err
		}
		targets = append(targets, s.target(patches))
	}
	readings, err := r.interleaved(ctx, pace{connections: 16, span: r.span}, targets...)
	if err != nil {
		return err
	}
	cost, p50 := readings.medians(reading.cost), readings.medians(func(x reading) float64 { return x.quantile(.5) })
	r.table.add(row{
		line: "P7", what: "CPU of a status change in a location of 200 EVSEs", yardstick: "in one of 1 EVSE", figure: cost[0] / cost[1], goal: 1.3,
		detail: fmt.Sprintf("%.0f against %.0f microseconds; p50 %.2f against %.2f ms", cost[0], cost[1], p50[0], p50[1]),
	})
	return nil
}

// owners is how many CPOs the locations of a crawl belong to.
const owners = 200

// readersAndOwners makes platform 0 an eMSP and platform 1 all CPOs.
func readersAndOwners(n int) []role {
	if n == 0 {
		return []role{roleOf(ocpi.EMSP, party("NL", 0))}
	}
	var out []role
	for o := range owners {
		out = append(out, roleOf(ocpi.CPO, party("DE", o)))
	}
	return out
}

// crawl is P8, P9, P10 and P14: a hub that holds very many locations.
func crawl(ctx context.Context, r *rig) error {
	s, err := r.open(ctx, 2, readersAndOwners)
	if err != nil {
		return err
	}
	defer s.close()
	empty, err := memoryOf(s.PID())
	if err != nil {
		return err
	}
	if err := s.Stop(); err != nil {
		return err
	}
	start, err := s.restart()
	if err != nil {
		return err
	}
	r.table.add(row{line: "P14", what: "ready after the start, empty", figure: start.Seconds(), goal: 0.3, unit: " s"})
	_ = s.Stop()
	file := filepath.Join(s.Dir, "data", "catalog.db")
	evses, err := fill(ctx, file, r.locations)
	if err != nil {
		return err
	}
	if start, err = s.restart(); err != nil {
		return err
	}
	r.table.add(row{line: "P14", what: fmt.Sprintf("ready after the start, %d EVSEs", evses), figure: start.Seconds(), goal: 3, unit: " s"})
	if err := r.pages(ctx, s); err != nil {
		return err
	}
	full, err := memoryOf(s.PID())
	if err != nil {
		return err
	}
	r.table.add(row{
		line: "P10", what: "RAM of an EVSE, embedded", yardstick: "its JSON, 1169 bytes", figure: (full - empty) / float64(evses) / 1169, goal: 0.6,
		detail: fmt.Sprintf("%.0f MiB more than empty, after the crawls, without the file's pages", (full-empty)/(1<<20)),
	})
	return r.crawls(ctx, s, file)
}

// restart starts the hub and returns how long that took.
func (s *site) restart() (time.Duration, error) {
	began := time.Now()
	err := s.Start()
	return time.Since(began), err
}

// fill writes locations of two and three EVSEs into the catalog of a hub that
// does not run.
func fill(ctx context.Context, file string, locations int) (evses int, err error) {
	store, err := boltcatalog.Open(file)
	if err != nil {
		return 0, err
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(1000) // they share the syncs
	began := time.Now()
	for n := range locations {
		if n%50_000 == 49_999 {
			fmt.Fprintf(os.Stderr, "%d of %d locations written after %s\n", n+1, locations, time.Since(began).Round(time.Second))
		}
		size := 2 + n%2
		evses += size
		group.Go(func() error {
			owner := party("DE", n%owners)
			id := fmt.Sprintf("L%08d", n)
			_, err := store.Apply(ctx, catalog.Change{
				Key: catalog.Key{Module: ocpi.Locations, Owner: owner, ID: id}, Op: catalog.Put,
				Body: locationOf(owner, id, size), At: time.Now(),
			})
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return 0, err
	}
	return evses, store.Close()
}

var listHeader = routed(party("NL", 0), hubParty)

// pages is P8: the last page costs what the first one does.
func (r *rig) pages(ctx context.Context, s *site) error {
	first := sender(ocpi.Locations) + "?limit=100"
	last := first
	if _, err := s.follow(ctx, first, func(page string) { last = page }); err != nil {
		return err
	}
	ask := func(path string) target { return s.target([]request{{"GET", path, listHeader, nil}}) }
	readings, err := r.interleaved(ctx, pace{connections: 4, span: r.span}, ask(last), ask(first))
	if err != nil {
		return err
	}
	cost := readings.medians(reading.cost)
	r.table.add(row{
		line: "P8", what: fmt.Sprintf("CPU of the last page of 100 of %d locations", r.locations), yardstick: "of the first", figure: cost[0] / cost[1], goal: 1.3,
		detail: fmt.Sprintf("%.0f against %.0f microseconds", cost[0], cost[1]),
	})
	return nil
}

// crawls is P9: a whole crawl, against reading the pages out of the same store.
func (r *rig) crawls(ctx context.Context, s *site, file string) error {
	var over, raw []float64
	for range min(r.rounds, 3) {
		began := time.Now()
		objects, err := s.follow(ctx, sender(ocpi.Locations)+"?limit=1000", func(string) {})
		if err != nil {
			return err
		}
		if objects != r.locations {
			return fmt.Errorf("the crawl found %d of %d locations", objects, r.locations)
		}
		over = append(over, float64(objects)/time.Since(began).Seconds())
		if err := s.Stop(); err != nil {
			return err
		}
		perSecond, err := readRaw(ctx, file)
		if err != nil {
			return err
		}
		raw = append(raw, perSecond)
		if err := s.Start(); err != nil {
			return err
		}
	}
	r.table.add(row{
		line: "P9", what: fmt.Sprintf("locations a second of a crawl over HTTP, %d in pages of 1000", r.locations), yardstick: "read from the store", atLeast: true,
		figure: median(over) / median(raw), goal: 0.4, detail: fmt.Sprintf("%.0f against %.0f", median(over), median(raw)),
	})
	return nil
}

// readRaw reads all pages of a catalog and returns how many objects a second.
func readRaw(ctx context.Context, file string) (float64, error) {
	store, err := boltcatalog.Open(file)
	if err != nil {
		return 0, err
	}
	defer func() { _ = store.Close() }()
	began, objects := time.Now(), 0
	q := catalog.Query{Module: ocpi.Locations, Reader: party("NL", 0), Limit: 1000}
	for {
		page, err := store.List(ctx, q)
		if err != nil {
			return 0, err
		}
		objects += len(page.Objects)
		if q.Cursor = page.Next; q.Cursor == "" {
			return float64(objects) / time.Since(began).Seconds(), nil
		}
	}
}

var nextLink = regexp.MustCompile(`<http://[^/]*([^>]*)>; *rel="next"`)

// follow crawls a list and tells the path of each page.
func (s *site) follow(ctx context.Context, path string, page func(string)) (objects int, err error) {
	client := &fasthttp.HostClient{Addr: s.Listen, DisablePathNormalizing: true, MaxResponseBodySize: 64 << 20}
	defer client.CloseIdleConnections()
	t := s.target(nil)
	for path != "" && ctx.Err() == nil {
		page(path)
		req, resp := fasthttp.AcquireRequest(), fasthttp.AcquireResponse()
		req.SetRequestURI(path)
		req.Header.SetHost(s.Listen)
		for _, header := range []map[string]string{listHeader, t.header} {
			for name, value := range header {
				req.Header.Set(name, value)
			}
		}
		if err := client.Do(req, resp); err != nil {
			return objects, err
		}
		var env struct {
			Data []json.RawMessage `json:"data"`
		}
		if err := json.Unmarshal(resp.Body(), &env); err != nil {
			return objects, fmt.Errorf("the page behind %d objects: %w", objects, err)
		}
		objects += len(env.Data)
		path = ""
		if m := nextLink.FindStringSubmatch(string(resp.Header.Peek("Link"))); m != nil {
			path = m[1]
		}
		fasthttp.ReleaseRequest(req)
		fasthttp.ReleaseResponse(resp)
	}
	return objects, ctx.Err()
}

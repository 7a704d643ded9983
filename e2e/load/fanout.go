package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/valyala/fasthttp"
	"golang.org/x/sync/errgroup"

	"github.com/ocpihub/ocpihub/ocpi"
)

// oneToMany makes platform 0 a CPO and all others eMSPs.
func oneToMany(n int) []role {
	if n == 0 {
		return []role{roleOf(ocpi.CPO, party("DE", 0))}
	}
	return []role{roleOf(ocpi.EMSP, party("NL", n))}
}

// wave is how many deliveries one measurement makes.
const wave = 20_000

// fanOut is P4 and P5: what a copy of a status change costs, from its push on.
func fanOut(ctx context.Context, r *rig) error {
	costs := map[int]float64{}
	for _, receivers := range []int{10, 100, 500} {
		hub, bare, err := r.fanOutTo(ctx, receivers)
		if err != nil {
			return err
		}
		costs[receivers] = hub
		if receivers > 10 {
			r.table.add(row{
				line: "P4", what: fmt.Sprintf("CPU of a delivery to %d receivers", receivers), yardstick: "a bare HTTP client",
				figure: hub / bare, goal: 1.6, detail: fmt.Sprintf("%.0f against %.0f microseconds", hub, bare),
			})
		}
	}
	r.table.add(row{
		line: "P5", what: "CPU of a delivery to 500 receivers", yardstick: "to 10 receivers", figure: costs[500] / costs[10], goal: 1.3,
		detail: fmt.Sprintf("%.0f against %.0f microseconds", costs[500], costs[10]),
	})
	return nil
}

// fanOutTo returns the medians of what a delivery costs the hub and a client
// that does nothing else, in microseconds.
func (r *rig) fanOutTo(ctx context.Context, receivers int) (hub, bare float64, err error) {
	s, err := r.open(ctx, receivers+1, oneToMany)
	if err != nil {
		return 0, 0, err
	}
	defer s.close()
	events := wave / receivers
	if err := s.publish(ctx, receivers, (events+3)/4); err != nil {
		return 0, 0, err
	}
	var hubs, bares []float64
	for range r.rounds {
		own, err := s.waveOf(ctx, receivers, events)
		if err != nil {
			return 0, 0, err
		}
		other, err := bareWave(ctx, s.crowd, receivers, events)
		if err != nil {
			return 0, 0, err
		}
		hubs, bares = append(hubs, own), append(bares, other)
	}
	return median(hubs), median(bares), nil
}

// publish pushes locations of four EVSEs each and waits until all have them.
func (s *site) publish(ctx context.Context, receivers, locations int) error {
	before := s.crowd.arrived.Load()
	cpo := party("DE", 0)
	var requests []request
	for n := range locations {
		id := fmt.Sprint("LOC", n)
		requests = append(requests, request{"PUT", receiver(ocpi.Locations) + "/DE/000/" + id, routed(cpo, hubParty), locationOf(cpo, id, 4)})
	}
	if err := s.each(ctx, requests); err != nil {
		return err
	}
	return s.crowd.await(ctx, before+int64(receivers*locations))
}

var hubParty = ocpi.NewPartyID("NL", "HUB")

// each sends requests as platform 0, each once.
func (s *site) each(ctx context.Context, requests []request) error {
	d := driver{target: s.target(requests), client: &fasthttp.HostClient{Addr: s.Listen, MaxConns: 16}, began: time.Now()}
	defer d.client.CloseIdleConnections()
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(16)
	for n, request := range requests {
		if ctx.Err() != nil {
			break
		}
		group.Go(func() error { return d.send(int64(n), request) })
	}
	return group.Wait()
}

// changes are pushes of the status of as many EVSEs as there are events.
func changes(events int) []request {
	cpo := party("DE", 0)
	var out []request
	for n := range events {
		path := fmt.Sprintf("%s/DE/000/LOC%d/%d", receiver(ocpi.Locations), n/4, 3256+n%4)
		out = append(out, request{"PATCH", path, routed(cpo, hubParty), statusChange("S" + strconv.Itoa(int(time.Now().UnixNano()%1_000_000)))})
	}
	return out
}

// waveOf pushes events to the hub and returns what a delivery costs it.
func (s *site) waveOf(ctx context.Context, receivers, events int) (float64, error) {
	before, err := cpuOf(s.PID())
	if err != nil {
		return 0, err
	}
	arrived := s.crowd.arrived.Load()
	if err := s.each(ctx, changes(events)); err != nil {
		return 0, err
	}
	if err := s.crowd.await(ctx, arrived+int64(receivers*events)); err != nil {
		return 0, err
	}
	after, err := cpuOf(s.PID())
	return float64((after - before).Microseconds()) / float64(receivers*events), err
}

// await waits until so many functional requests have arrived in all.
func (c *crowd) await(ctx context.Context, wanted int64) error {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	for c.arrived.Load() < wanted {
		if !sleepUntil(ctx, time.Now().Add(5*time.Millisecond)) {
			return fmt.Errorf("%d of %d requests have not arrived: %w", wanted-c.arrived.Load(), wanted, context.Cause(ctx))
		}
	}
	return nil
}

// bareWave has a process of its own send the same changes, and returns what one
// costs it.
func bareWave(ctx context.Context, c *crowd, receivers, events int) (float64, error) {
	y, err := again(ctx, bareClient, bareClient, c.addr, strconv.Itoa(receivers), strconv.Itoa(events))
	if err != nil {
		return 0, err
	}
	used, err := time.ParseDuration(y.addr) // it says what it used where others say their address
	return float64(used.Microseconds()) / float64(receivers*events), errors.Join(err, y.cmd.Wait())
}

// runBareClient sends changes to receivers and prints the processor time that
// it took.
func runBareClient(args []string) error {
	addr := args[0]
	receivers, _ := strconv.Atoi(args[1])
	events, _ := strconv.Atoi(args[2])
	client := &fasthttp.Client{NoDefaultUserAgentHeader: true, DisablePathNormalizing: true, MaxConnsPerHost: 64}
	all := changes(events)
	before := ownUsage()
	work := make(chan [2]int, 1024)
	var group sync.WaitGroup
	var failed atomic.Int64
	for range 64 {
		group.Go(func() {
			for job := range work {
				if err := sendBare(client, addr, job[0]+1, all[job[1]]); err != nil {
					failed.Add(1)
				}
			}
		})
	}
	for event := range events {
		for receiver := range receivers {
			work <- [2]int{receiver, event}
		}
	}
	close(work)
	group.Wait()
	fmt.Println(ownUsage() - before)
	if n := failed.Load(); n > 0 {
		return fmt.Errorf("the bare client failed %d times", n)
	}
	return nil
}

func ownUsage() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func sendBare(client *fasthttp.Client, addr string, n int, r request) error {
	req, resp := fasthttp.AcquireRequest(), fasthttp.AcquireResponse()
	defer fasthttp.ReleaseRequest(req)
	defer fasthttp.ReleaseResponse(resp)
	req.SetRequestURI("http://" + hostOf(addr, n) + "/" + strconv.Itoa(n) + r.path)
	req.Header.SetMethod(r.method)
	for name, value := range r.header {
		req.Header.Set(name, value)
	}
	req.Header.Set("Authorization", "Token dGhlLWh1Yg==")
	req.SetBodyRaw(r.body)
	return client.Do(req, resp)
}

// liveFanOut is P6: 50 changes a second to 100 receivers, the time from their
// acceptance to their arrival.
func liveFanOut(ctx context.Context, r *rig) error {
	const receivers, perSecond = 100, 50
	s, err := r.open(ctx, receivers+1, oneToMany)
	if err != nil {
		return err
	}
	defer s.close()
	if err := s.publish(ctx, receivers, 50); err != nil {
		return err
	}
	quiet, err := s.live(ctx, r.span*3, perSecond)
	if err != nil {
		return err
	}
	hangs := func(n int) bool { return n%10 == 1 }
	s.crowd.hanging.Store(&hangs)
	hanging, err := s.live(ctx, r.span*3, perSecond)
	if err != nil {
		return err
	}
	r.table.add(row{
		line: "P6", what: "p99 from acceptance to arrival, 100 receivers", yardstick: "", figure: quiet.quantile(.99), goal: 25, unit: " ms",
		detail: fmt.Sprintf("p50 %.1f ms", quiet.quantile(.5)),
	})
	r.table.add(row{
		line: "P6", what: "p99 with a tenth of the receivers hanging", yardstick: "p50 without", figure: hanging.quantile(.99) / quiet.quantile(.5), goal: 3,
		detail: fmt.Sprintf("%.1f against %.1f ms", hanging.quantile(.99), quiet.quantile(.5)),
	})
	return nil
}

// live pushes changes at their pace and measures when those who answer have
// them.
func (s *site) live(ctx context.Context, span time.Duration, perSecond int) (reading, error) {
	var mu sync.Mutex
	var out reading
	accepted := map[string]time.Time{}
	arrival := func(_ int, body []byte) {
		now, id := time.Now(), ocpi.FindString(body, "event")
		mu.Lock()
		defer mu.Unlock()
		if at, ok := accepted[id]; ok {
			out.latencies = append(out.latencies, now.Sub(at))
		}
	}
	s.crowd.onArrival.Store(&arrival)
	defer s.crowd.onArrival.Store(nil)
	all := changes(200)
	began := time.Now()
	d := driver{target: s.target(nil), client: &fasthttp.HostClient{Addr: s.Listen, MaxConns: 256}, began: began}
	defer d.client.CloseIdleConnections()
	group, ctx := errgroup.WithContext(ctx)
	for n := range int(span.Seconds() * float64(perSecond)) {
		if !sleepUntil(ctx, began.Add(time.Duration(n)*time.Second/time.Duration(perSecond))) {
			break
		}
		id, change := fmt.Sprint("e", began.UnixNano(), "-", n), all[n%len(all)]
		change.body = ocpi.SetMember(change.body, "event", ocpi.Quote(id))
		group.Go(func() error {
			mu.Lock()
			accepted[id] = time.Now() // when it was sent: its copies may arrive before its answer
			mu.Unlock()
			return d.send(int64(n), change)
		})
	}
	if err := group.Wait(); err != nil {
		return out, err
	}
	sleepUntil(ctx, time.Now().Add(2*time.Second)) // the last ones
	mu.Lock()
	defer mu.Unlock()
	slices.Sort(out.latencies)
	out.answers = len(out.latencies)
	return out, nil
}

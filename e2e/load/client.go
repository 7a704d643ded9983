package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/valyala/fasthttp"
)

// request is one of a mix, ready to be sent to any target: only the address
// differs.
type request struct {
	method, path string
	header       map[string]string
	body         []byte
}

// target is what requests are sent to, and the process that is measured.
type target struct {
	name, addr string
	pid        int
	header     map[string]string // beside those of the request
	requests   []request
}

// reading is what one measurement saw.
type reading struct {
	answers   int
	took, cpu time.Duration
	latencies []time.Duration // sorted
}

func (r reading) perSecond() float64 { return float64(r.answers) / r.took.Seconds() }

// cost is the processor time of an answer, in microseconds.
func (r reading) cost() float64 { return float64(r.cpu.Microseconds()) / float64(max(r.answers, 1)) }

// quantile returns the latency below which a share of the answers came, in
// milliseconds.
func (r reading) quantile(q float64) float64 {
	if len(r.latencies) == 0 {
		return 0
	}
	at := min(int(float64(len(r.latencies))*q), len(r.latencies)-1)
	return float64(r.latencies[at].Microseconds()) / 1000
}

// pace says how requests come.
type pace struct {
	connections int
	span        time.Duration
	// perSecond makes the loop an open one: requests come at their time,
	// whether the ones before are answered or not, and latency counts from
	// that time. 0: each connection sends its next when it has its answer.
	perSecond int
}

// drive sends the requests of a target in turn and measures its process.
func drive(ctx context.Context, t target, p pace) (reading, error) {
	client := &fasthttp.HostClient{
		Addr: t.addr, MaxConns: p.connections, NoDefaultUserAgentHeader: true, DisablePathNormalizing: true,
		ReadTimeout: 10 * time.Second, WriteTimeout: 10 * time.Second,
	}
	defer client.CloseIdleConnections()
	ctx, cancel := context.WithTimeoutCause(ctx, p.span, errOver)
	defer cancel()
	before, err := cpuOf(t.pid)
	if err != nil {
		return reading{}, err
	}
	d := driver{target: t, pace: p, client: client, began: time.Now()}
	d.run(ctx)
	out := reading{took: time.Since(d.began), answers: len(d.latencies), latencies: d.latencies}
	after, err := cpuOf(t.pid)
	out.cpu = after - before
	slices.Sort(out.latencies)
	return out, errors.Join(d.failure, err)
}

var errOver = errors.New("the measurement is over")

// driver is one measurement under way.
type driver struct {
	target
	pace
	client *fasthttp.HostClient
	began  time.Time
	next   atomic.Int64

	mu        sync.Mutex
	latencies []time.Duration
	failure   error
}

func (d *driver) run(ctx context.Context) {
	var work sync.WaitGroup
	for range d.connections {
		work.Go(func() {
			latencies, err := d.connection(ctx)
			d.mu.Lock()
			defer d.mu.Unlock()
			d.latencies = append(d.latencies, latencies...)
			d.failure = errors.Join(d.failure, err)
		})
	}
	work.Wait()
}

func (d *driver) connection(ctx context.Context) (latencies []time.Duration, err error) {
	for ctx.Err() == nil {
		n := d.next.Add(1) - 1
		due := time.Now()
		if d.perSecond > 0 {
			due = d.began.Add(time.Duration(n) * time.Second / time.Duration(d.perSecond))
			if !sleepUntil(ctx, due) {
				break
			}
		}
		if err := d.send(n, d.requests[int(n)%len(d.requests)]); err != nil {
			return latencies, err
		}
		latencies = append(latencies, time.Since(due))
	}
	return latencies, nil
}

func sleepUntil(ctx context.Context, due time.Time) bool {
	timer := time.NewTimer(time.Until(due))
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

func (d *driver) send(n int64, r request) error {
	req, resp := fasthttp.AcquireRequest(), fasthttp.AcquireResponse()
	defer fasthttp.ReleaseRequest(req)
	defer fasthttp.ReleaseResponse(resp)
	req.Header.SetMethod(r.method)
	req.SetRequestURI(r.path)
	req.Header.SetHost(d.addr)
	for name, value := range r.header {
		req.Header.Set(name, value)
	}
	for name, value := range d.header {
		req.Header.Set(name, value)
	}
	id := strconv.FormatInt(d.began.UnixNano()+n, 36)
	req.Header.Set("X-Request-ID", id)
	req.Header.Set("X-Correlation-ID", id)
	req.SetBodyRaw(r.body)
	if err := d.client.Do(req, resp); err != nil {
		return fmt.Errorf("%s: %s %s: %w", d.name, r.method, r.path, err)
	}
	if resp.StatusCode() != fasthttp.StatusOK || !succeeded(resp.Body()) {
		return fmt.Errorf("%s: %s %s is answered %d: %.300s", d.name, r.method, r.path, resp.StatusCode(), resp.Body())
	}
	return nil
}

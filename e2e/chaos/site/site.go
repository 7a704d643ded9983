// Package site runs everything that a hub is made of as processes of their own,
// on the loopback interface: one hub with the embedded default, or several over
// Redis and NATS. Between them, and between them and the platforms, are links
// that can be cut; each may have a small disk and a clock that can be stepped.
package site

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"sync/atomic"
	"time"

	"github.com/ocpihub/ocpihub/e2e/chaos/link"
	"github.com/ocpihub/ocpihub/e2e/harness"
)

// Options say what a site is.
type Options struct {
	Programs harness.Programs
	Dir      string
	// Replicas is the number of hubs over Redis and NATS; 0 is one hub with the
	// embedded default.
	Replicas int
	// Redis is how the Redis of a shared site is built.
	Redis RedisKind
	// RedisOnly and NATSOnly leave the other to the embedded default; for one
	// replica.
	RedisOnly, NATSOnly bool
	// Disks puts what keeps data on small disks of its own; it needs root.
	Disks bool
	// Clocks says that the programs were built with SteppedClock.
	Clocks bool
	// Env are further settings of the hubs, OCPI_HUB_*=value.
	Env []string
}

// Site is a running site.
type Site struct {
	// Hubs are the replicas, Redis and NATS the processes behind them.
	Hubs        []*Hub
	Redis, NATS []*Process
	Disks       []*Disk
	// Behind are the links from hubs to Redis and NATS.
	Behind []*link.Link

	// Straight makes the front lead to the replicas themselves, not over the links
	// to them, which take a connection also where nobody listens behind.
	Straight atomic.Bool

	front *link.Link
	fit   atomic.Pointer[[]string] // the doors of the replicas that are ready
	quit  context.CancelFunc
	done  chan struct{}
}

// Open starts a site and returns when it is ready.
func Open(ctx context.Context, o Options) (*Site, error) {
	s := &Site{quit: func() {}}
	err := s.open(ctx, &o)
	if err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

func (s *Site) open(ctx context.Context, o *Options) (err error) {
	if s.front, err = link.Open("front", "127.0.0.1:0", s.doors); err != nil {
		return err
	}
	settings := append(slices.Clone(hubSettings), o.Env...)
	if o.Replicas == 0 {
		err = s.openEmbedded(o, settings)
	} else {
		err = s.openShared(ctx, o, settings)
	}
	if err != nil {
		return err
	}
	ctx2, quit := context.WithCancel(context.WithoutCancel(ctx))
	s.quit, s.done = quit, make(chan struct{})
	go s.watch(ctx2)
	for _, h := range s.Hubs {
		if err := h.Start(); err != nil {
			return err
		}
	}
	return s.AwaitReady(ctx)
}

// hubSettings let the hub call the loopback interface, and notice soon who went
// and came.
var hubSettings = []string{
	"OCPI_HUB_EGRESS_ALLOW=127.0.0.0/8", "OCPI_HUB_PULL_MODE=never",
	"OCPI_HUB_LIMITS_REQUESTS_PER_SECOND=100000", "OCPI_HUB_LIMITS_BURST=100000",
	"OCPI_HUB_ALIVE_INTERVAL=2s", "OCPI_HUB_FORWARD_TIMEOUT=3s", "OCPI_HUB_LOG_FORMAT=text",
}

// The sizes of small disks: what a trial writes fits several times over.
const (
	hubDisk   = 256 << 20
	redisDisk = 96 << 20
	natsDisk  = 192 << 20
)

func (s *Site) openEmbedded(o *Options, settings []string) error {
	h, err := newHub(o, "hub1", s.PublicURL(), settings)
	if err != nil {
		return err
	}
	s.Hubs = append(s.Hubs, h)
	return s.addDisk(o, h.Name, h.data, hubDisk)
}

func (s *Site) addDisk(o *Options, name, dir string, size int64) error {
	if !o.Disks {
		return os.MkdirAll(dir, 0o755)
	}
	d, err := newDisk(name, dir, size)
	if err == nil {
		s.Disks = append(s.Disks, d)
	}
	return err
}

// PublicURL is the base of every URL that parties are given: it leads to any
// replica that is ready.
func (s *Site) PublicURL() string { return "http://" + s.front.Addr }

// VersionsURL is where partners begin.
func (s *Site) VersionsURL() string { return s.PublicURL() + "/ocpi/versions" }

// doors are the ways to the replicas that are ready, in random order, and all of
// them when none is.
func (s *Site) doors() []string {
	var out []string
	if fit := s.fit.Load(); fit != nil {
		out = slices.Clone(*fit)
	}
	if len(out) == 0 {
		for _, h := range s.Hubs {
			out = append(out, s.wayTo(h))
		}
	}
	rand.Shuffle(len(out), func(i, k int) { out[i], out[k] = out[k], out[i] })
	return out
}

func (s *Site) wayTo(h *Hub) string {
	if s.Straight.Load() {
		return h.Listen
	}
	return h.Door.Addr
}

// watchEvery is how often a load balancer asks who is ready.
const watchEvery = 250 * time.Millisecond

// watch does what a load balancer does: it asks the replicas who is ready.
func (s *Site) watch(ctx context.Context) {
	defer close(s.done)
	for ctx.Err() == nil {
		var fit []string
		for _, h := range s.Hubs {
			ask, cancel := context.WithTimeout(ctx, 2*watchEvery)
			if !h.leaving.Load() && h.Ready(ask) == nil {
				fit = append(fit, s.wayTo(h))
			}
			cancel()
		}
		s.fit.Store(&fit)
		select {
		case <-time.After(watchEvery):
		case <-ctx.Done():
		}
	}
}

// preStop is how long a replica serves on when it is to stop, until the load
// balancer knows; the chart has the same (preStopSeconds).
const preStop = 5 * time.Second

// Retire stops a replica as an orchestrator does: new connections go elsewhere
// first.
func (s *Site) Retire(h *Hub) {
	h.leaving.Store(true)
	time.Sleep(preStop)
	h.Stop()
	h.leaving.Store(false)
}

// readyWithin bounds how long a site may take to serve; the machine may be busy.
const readyWithin = time.Minute

// AwaitReady waits until every replica is ready.
func (s *Site) AwaitReady(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(ctx, readyWithin, fmt.Errorf("not within %s", readyWithin))
	defer cancel()
	for _, h := range s.Hubs {
		for err := h.Ready(ctx); err != nil; err = h.Ready(ctx) {
			select {
			case <-time.After(50 * time.Millisecond):
			case <-ctx.Done():
				return fmt.Errorf("%s is not ready: %w: %w\n%s", h.Name, context.Cause(ctx), err, h.Tail(5))
			}
		}
	}
	return nil
}

// Processes are all that run, hubs first.
func (s *Site) Processes() []*Process {
	var out []*Process
	for _, h := range s.Hubs {
		out = append(out, h.Process)
	}
	return append(append(out, s.Redis...), s.NATS...)
}

// AnyHub is a replica that is ready, else the first.
func (s *Site) AnyHub(ctx context.Context) *Hub {
	for _, h := range s.Hubs {
		if h.Ready(ctx) == nil {
			return h
		}
	}
	return s.Hubs[0]
}

// Heal ends all that was done to the site: links pass, disks have room, clocks
// are right, everything runs.
func (s *Site) Heal() error {
	var failed []error
	for _, l := range s.Behind {
		l.Set(link.Pass, 0)
	}
	for _, d := range s.Disks {
		failed = append(failed, d.Free())
	}
	for _, h := range s.Hubs {
		h.Door.Set(link.Pass, 0)
		if h.Clock != nil {
			failed = append(failed, h.Clock.Step(0))
		}
	}
	for _, p := range slices.Backward(s.Processes()) {
		p.Resume()
		failed = append(failed, p.Start())
	}
	return errors.Join(failed...)
}

// Close ends everything.
func (s *Site) Close() {
	s.quit()
	if s.done != nil {
		<-s.done
	}
	for _, p := range s.Processes() {
		p.Kill()
	}
	for _, h := range s.Hubs {
		h.Door.Close()
	}
	for _, l := range s.Behind {
		l.Close()
	}
	if s.front != nil {
		s.front.Close()
	}
	for _, d := range s.Disks {
		_ = d.unmount() // detached: it goes when its last user does
	}
}

// dirOf is where a process keeps its data.
func dirOf(o *Options, name string) string { return filepath.Join(o.Dir, name, "data") }

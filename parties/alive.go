package parties

import (
	"cmp"
	"context"
	"hash/fnv"
	"log/slog"
	"sync"
	"time"
)

// WatchdogOptions are what a Watchdog is made of. Registry and Ping must be
// given.
type WatchdogOptions struct {
	Registry *Registry
	// Ping asks a platform for a sign of life (GET versions); nil is one. It
	// must end when its context does.
	Ping func(context.Context, *Platform) error
	// Mine says whether the checks are surely this process's to do, which what a
	// ping came to is of no account without; nil is yes.
	Mine     func() bool
	Interval time.Duration    // silence after which a platform is pinged; default 5 min
	Failures int              // failures in a row that make a platform OFFLINE; default 2
	Now      func() time.Time // default time.Now
	Log      *slog.Logger     // default none
}

const (
	defaultInterval = 5 * time.Minute
	defaultFailures = 2
	heartbeat       = 250 * time.Millisecond // how often the watchdog looks round
	pingGap         = time.Second            // least time between two pings of one platform
	pingWithin      = 10 * time.Second       // longest wait for an answer
	returnInterval  = 15 * time.Second       // longest time between pings of an OFFLINE platform
	pingsAtOnce     = 256                    // over all platforms
)

// Watchdog finds out which platforms can be reached (HubClientInfo, Still
// alive check; H-190). A platform is OFFLINE after some failures in a row, the
// last of them a ping; a message from it or a ping that succeeds ends that at
// once. It is safe for concurrent use. Make one with NewWatchdog.
type Watchdog struct {
	registry *Registry
	ask      func(context.Context, *Platform) error
	mine     func() bool
	pace     pace
	now      func() time.Time
	log      *slog.Logger

	mu     sync.Mutex
	pulses map[string]*pulse
	wake   chan struct{}
}

// NewWatchdog returns a watchdog; it works while Run is running.
func NewWatchdog(o WatchdogOptions) *Watchdog {
	w := &Watchdog{
		registry: o.Registry, ask: o.Ping, mine: o.Mine, now: o.Now, log: o.Log,
		pace:   pace{interval: cmp.Or(o.Interval, defaultInterval), failures: cmp.Or(o.Failures, defaultFailures)},
		pulses: map[string]*pulse{},
		wake:   make(chan struct{}, 1),
	}
	if w.mine == nil {
		w.mine = func() bool { return true }
	}
	if w.now == nil {
		w.now = time.Now
	}
	if w.log == nil {
		w.log = slog.New(slog.DiscardHandler)
	}
	return w
}

// Failed tells that a request to a platform was refused, dropped, not answered
// in time, or answered with 5xx or garbage. The watchdog asks the platform
// itself before it believes that it is gone. Failed never blocks.
func (w *Watchdog) Failed(platformID string) {
	p, ok := w.registry.Directory().Platform(platformID)
	if !ok || p.Status != Connected {
		return
	}
	w.mu.Lock()
	w.pulseOf(platformID).fail(w.now(), w.registry.LastSeen(platformID))
	w.mu.Unlock()
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

// Run pings until ctx ends, and returns nil when the last ping has ended. It may be
// called again then.
func (w *Watchdog) Run(ctx context.Context) error {
	var pings sync.WaitGroup
	defer pings.Wait()
	w.begin()
	beat := time.NewTicker(heartbeat)
	defer beat.Stop()
	for {
		for _, p := range w.due() {
			pings.Go(func() { w.ping(ctx, p) })
		}
		select {
		case <-ctx.Done():
			return nil
		case <-beat.C:
		case <-w.wake:
		}
	}
}

// begin forgets the pings that ended with the last Run. What failed meanwhile
// counts.
func (w *Watchdog) begin() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.pace.began = w.now()
	for _, u := range w.pulses {
		u.pinging = false
	}
}

// due returns the platforms that must be pinged now, and notes that they are.
func (w *Watchdog) due() []*Platform {
	w.mu.Lock()
	defer w.mu.Unlock()
	now, dir := w.now(), w.registry.Directory()
	for id := range w.pulses {
		if _, ok := dir.Platform(id); !ok {
			delete(w.pulses, id)
		}
	}
	running := 0
	for _, u := range w.pulses {
		if u.pinging {
			running++
		}
	}
	var due []*Platform
	for _, p := range dir.Platforms() {
		u := w.pulseOf(p.ID)
		at, watched := u.due(p, w.registry.LastSeen(p.ID), w.pace)
		if watched && !now.Before(at) && running+len(due) < pingsAtOnce {
			u.start(now)
			due = append(due, p)
		}
	}
	return due
}

// pulseOf returns the platform's pulse. The lock must be held.
func (w *Watchdog) pulseOf(id string) *pulse {
	u := w.pulses[id]
	if u == nil {
		u = &pulse{}
		w.pulses[id] = u
	}
	return u
}

func (w *Watchdog) ping(ctx context.Context, p *Platform) {
	within, cancel := context.WithTimeout(ctx, max(pingGap, min(pingWithin, w.pace.interval)))
	err := w.ask(within, p)
	cancel()
	if ctx.Err() != nil || !w.mine() {
		return // the hub stops, or stood still; that says nothing about the platform
	}
	w.mu.Lock()
	gone := w.pulseOf(p.ID).end(err == nil, w.now(), w.registry.LastSeen(p.ID), w.pace)
	w.mu.Unlock()
	switch {
	case err == nil:
		err = w.registry.MarkConnected(ctx, p.ID)
	case gone && p.Status == Connected:
		w.log.WarnContext(ctx, "platform does not answer", "platform_id", p.ID, "error", err)
		err = w.registry.MarkOffline(ctx, p.ID)
	default:
		return
	}
	if err != nil && ctx.Err() == nil { // the next ping comes to the same end
		w.log.WarnContext(ctx, "the state of a platform could not be saved", "platform_id", p.ID, "error", err)
	}
}

// pace says how patient the watchdog is.
type pace struct {
	interval time.Duration
	failures int
	began    time.Time
}

// pulse is what the watchdog knows of one platform: a state machine without
// clock or network.
type pulse struct {
	failures int       // in a row
	failed   time.Time // the last failure
	pinged   time.Time // the start of the last ping
	passed   time.Time // the end of the last ping that succeeded
	pinging  bool
}

// due says when the platform must be pinged next; watched is false while it
// must not be, or is being pinged.
func (u *pulse) due(p *Platform, lastSeen time.Time, by pace) (at time.Time, watched bool) {
	if u.pinging || p.Status != Connected && p.Status != Offline {
		return time.Time{}, false
	}
	if p.Status == Offline {
		return u.pinged.Add(min(by.interval, returnInterval)), true
	}
	earliest := u.pinged.Add(pingGap)
	if u.failures > 0 && !lastSeen.After(u.failed) {
		return earliest, true
	}
	silent := latest(lastSeen, u.passed, by.began)
	return latest(earliest, silent.Add(by.interval-splay(p.ID, by.interval))), true
}

func (u *pulse) start(now time.Time) { u.pinging, u.pinged = true, now }

// end notes how a ping ended. It says whether the platform must count as gone.
func (u *pulse) end(answered bool, now, lastSeen time.Time, by pace) (gone bool) {
	u.pinging = false
	if answered {
		u.failures, u.passed = 0, now
		return false
	}
	if lastSeen.After(u.pinged) { // it spoke up meanwhile
		u.failures = 0
		return false
	}
	u.fail(now, lastSeen)
	return u.failures >= by.failures
}

// fail counts a failure. A message since the last one ended that row.
func (u *pulse) fail(now, lastSeen time.Time) {
	if lastSeen.After(u.failed) {
		u.failures = 0
	}
	u.failures++
	u.failed = now
}

func latest(times ...time.Time) time.Time {
	var last time.Time
	for _, t := range times {
		if t.After(last) {
			last = t
		}
	}
	return last
}

// splay brings a platform's pings forward by up to a tenth of the interval, so
// that not all platforms are pinged in the same moment.
func splay(id string, interval time.Duration) time.Duration {
	const parts = 1000
	h := fnv.New32a()
	_, _ = h.Write([]byte(id)) // never fails
	return interval / 10 * time.Duration(h.Sum32()%parts) / parts
}

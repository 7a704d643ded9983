package pull

import (
	"context"
	"hash/fnv"
	"slices"
	"sync"
	"time"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/parties"
)

const (
	// retryFirst is the wait after a pull that failed; it doubles with each
	// further one, up to the interval.
	retryFirst = time.Second
	// idle is how long the schedule sleeps when nothing is due.
	idle = time.Hour
)

// Run pulls by the schedule until ctx ends, and returns when the last pull has
// ended. It may be called again then.
func (p *Puller) Run(ctx context.Context) error {
	if p.mode == Never {
		<-ctx.Done()
		return nil
	}
	if err := p.begin(ctx); err != nil {
		return err
	}
	var pulls sync.WaitGroup
	defer pulls.Wait()
	for {
		due, wait := p.take()
		for _, d := range due {
			pulls.Go(func() { p.automatic(ctx, d) })
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return nil
		case <-p.wake:
		case <-timer.C:
		}
		timer.Stop()
	}
}

// begin finds out when the platforms are due that were connected before: by when
// they were last read, and at once where that is not known. What the registry made
// due since they were read, and who read them before did not come to, stays due.
func (p *Puller) begin(ctx context.Context) error {
	for _, platform := range p.registry.Directory().Platforms() {
		if platform.Status != parties.Connected {
			continue
		}
		marks, err := p.marks.Load(ctx, platform.ID)
		if err != nil {
			return unavailable(err)
		}
		p.mu.Lock()
		l := p.lineOf(platform.ID)
		clear(l.pushed) // they were noted for somebody else's pulls
		if l.due.IsZero() || l.due.Before(lastRead(platform, marks)) {
			l.due, l.all = p.first(platform, marks)
		}
		p.mu.Unlock()
	}
	return nil
}

// first is when a platform is due after a start of the hub, and whether with
// all that it offers.
func (p *Puller) first(platform *parties.Platform, marks map[List]Mark) (due time.Time, all bool) {
	for _, l := range listsOf(platform, nil) {
		if m := marks[l]; m.Read.IsZero() || m.Doubt {
			return p.now(), true
		}
	}
	return lastRead(platform, marks).Add(p.pause(platform.ID)), false
}

// lastRead is when all lists of a platform had been read; zero when one was not.
func lastRead(platform *parties.Platform, marks map[List]Mark) (oldest time.Time) {
	for i, l := range listsOf(platform, nil) {
		if m := marks[l]; i == 0 || m.Read.Before(oldest) {
			oldest = m.Read
		}
	}
	return oldest
}

// pause is the time between two pulls of a platform: the interval, less up to a
// tenth of it, so that not all platforms are due in the same moment (H-134).
func (p *Puller) pause(id string) time.Duration {
	const parts = 1000
	h := fnv.New32a()
	_, _ = h.Write([]byte(id)) // never fails
	return p.interval - p.interval/10*time.Duration(h.Sum32()%parts)/parts
}

// Changed follows the registry: a platform that connects, comes back or offers
// something else is due at once; the pull of one that is gone ends. It does
// not block.
func (p *Puller) Changed(before, after *parties.Directory) {
	for _, platform := range after.Platforms() {
		was, known := before.Platform(platform.ID)
		switch {
		case platform.Status != parties.Connected:
			p.line(platform.ID).stop()
		case !known || was.Status != parties.Connected:
			p.want(platform.ID, p.connected(platform))
		case !sameOffer(was, platform):
			p.want(platform.ID, p.now())
		}
	}
	for _, platform := range before.Platforms() {
		if _, there := after.Platform(platform.ID); !there {
			p.line(platform.ID).stop()
			p.mu.Lock()
			delete(p.lines, platform.ID)
			p.mu.Unlock()
		}
	}
	p.rouse()
}

// want makes all that a platform offers due since a time.
func (p *Puller) want(id string, since time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	l := p.lineOf(id)
	l.due, l.all, l.failures = since, true, 0
}

// connected is since when a platform is, by the registry: another process may have
// heard of it, and read it, a moment before this one hears of it.
func (p *Puller) connected(platform *parties.Platform) time.Time {
	now := p.now()
	if platform.Updated.IsZero() || platform.Updated.After(now) {
		return now
	}
	return platform.Updated
}

func sameOffer(a, b *parties.Platform) bool {
	return slices.Equal(a.Endpoints, b.Endpoints) && slices.EqualFunc(a.Parties, b.Parties, func(x, y parties.Party) bool {
		return x.Claim == y.Claim
	})
}

func (p *Puller) rouse() {
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

// Pushed notes that a platform pushes a module: in mode auto it need not be
// pulled. It is quick.
func (p *Puller) Pushed(platform string, m ocpi.ModuleID) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if l := p.lines[platform]; l != nil {
		l.pushed[m] = true
	}
}

// errand is one pull that is due.
type errand struct {
	id      string
	line    *line
	modules []ocpi.ModuleID
}

// take returns the pulls that are due now, as many as there is room for, and how
// long nothing else is.
func (p *Puller) take() (due []errand, wait time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now, dir, room := p.now(), p.registry.Directory(), p.atOnce
	for _, l := range p.lines {
		if l.running {
			room--
		}
	}
	wait = idle
	for _, platform := range dir.Platforms() { // oldest first
		l := p.lines[platform.ID]
		if l == nil || l.running || l.due.IsZero() || platform.Status != parties.Connected {
			continue
		}
		if left := l.due.Sub(now); left > 0 {
			wait = min(wait, left)
			continue
		}
		modules := p.wanted(l)
		if len(modules) == 0 {
			l.begin(now.Add(p.pause(platform.ID)))
			wait = min(wait, l.due.Sub(now))
		} else if room > 0 {
			room--
			l.running = true
			l.begin(time.Time{})
			due = append(due, errand{platform.ID, l, modules})
		}
	}
	return due, wait
}

// begin ends what was due on a line, and watches anew what is pushed.
func (l *line) begin(due time.Time) {
	l.due, l.all = due, false
	clear(l.pushed)
}

// wanted returns the modules that are due on a line.
func (p *Puller) wanted(l *line) []ocpi.ModuleID {
	var out []ocpi.ModuleID
	for _, m := range Modules() {
		if l.all || p.mode == Always || !l.pushed[m] {
			out = append(out, m)
		}
	}
	return out
}

// automatic pulls one platform by the schedule.
func (p *Puller) automatic(ctx context.Context, e errand) {
	failed := false
	inner, leave, err := e.line.enter(ctx)
	if err == nil {
		err = p.locked(inner, e.id, func(ctx context.Context) { failed = p.run(ctx, e) })
		failed = failed || err != nil
		leave()
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.finish(e.line, e.id, failed)
	p.rouse()
}

// run pulls what is due; failed says that it should be tried again soon.
func (p *Puller) run(ctx context.Context, e errand) (failed bool) {
	platform, lists, err := p.lists(e.id, e.modules)
	if err != nil {
		return false // it is gone, which Changed notices, or offers nothing
	}
	report, err := p.pull(ctx, platform, lists, false, nil)
	failed = err != nil
	for i := range report.Lists {
		failed = failed || report.Lists[i].Err != nil
	}
	return failed
}

// finish sets the next time of a line. What became due meanwhile stays due.
func (p *Puller) finish(l *line, id string, failed bool) {
	l.running = false
	pause := p.pause(id)
	if failed {
		pause = min(pause, retryFirst<<min(l.failures, 20))
		l.failures++
	} else {
		l.failures = 0
	}
	if l.due.IsZero() {
		l.due, l.all = p.now().Add(pause), failed
	}
}

package fanout_test

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"math/rand/v2"
	"net/http"
	"testing/synctest"
	"time"

	"github.com/ocpihub/ocpihub/internal/fault"
	"github.com/ocpihub/ocpihub/routing/catalog"
	"github.com/ocpihub/ocpihub/routing/fanout"
)

// fleetShards is how many shards a fleet has: its two platforms are of two.
const fleetShards = 3

// bug is one that is planted, to see whether it is found.
type bug string

const (
	deafLease  bug = "a second process goes on delivering"
	earlyMark  bug = "a mark says that more is done than is"
	orderBlind bug = "changes go out as they came, whatever the newest state is"
)

// fleet is a world with several processes of the hub, over one catalog and one
// feed.
type fleet struct {
	*world
	board    *board
	peers    *fanout.MemoryPeers
	replicas []*replica
	planted  bug
	dim      bool // the catalog cannot be read
	barredAt map[string]time.Time
}

// replica is one process from its start to its end.
type replica struct {
	life
	turns *turns
}

func newFleet(w *world, replicas int, planted bug) *fleet {
	f := &fleet{world: w, board: &board{leases: map[int]*boardLease{}}, peers: fanout.NewMemoryPeers(), planted: planted, barredAt: map[string]time.Time{}}
	w.barred = map[string]bool{}
	for range replicas {
		f.replicas = append(f.replicas, f.launch())
	}
	w.life = &f.replicas[0].life
	for i := range fleetShards {
		f.board.give(i, f.replicas[i%replicas].turns)
	}
	synctest.Wait()
	return f
}

// launch starts a process, which serves nothing yet.
func (f *fleet) launch() *replica {
	r := &replica{turns: newTurns(fleetShards, f.planted == deafLease)}
	r.ended = make(chan error, 1)
	o := f.options
	o.Feed, o.Progress, o.Now = lagging{f.feed, f.world, &r.life}, f.progress(r), time.Now
	o.Audience, o.States, o.Courier = f.world, f, flash{f, r}
	o.Changed, o.Stock, o.Rejected = f.changed, f.world, mortalDocket{f.rejected, f.world, &r.life}
	o.Leases, o.Peers, o.Agrees, o.Shards = r.turns, f.peers, f.agrees, fleetShards
	r.engine = fanout.New(o)
	ctx, cancel := context.WithCancel(f.t.Context())
	r.stop = cancel
	go func() { r.ended <- r.engine.Run(ctx) }()
	return r
}

func (f *fleet) progress(r *replica) fanout.Progress {
	m := mortal{f.feed, f.world, &r.life}
	if f.planted == earlyMark || f.planted == deafLease {
		return faulty{m, f.planted}
	}
	return m
}

// faulty keeps marks with a bug.
type faulty struct {
	mortal
	planted bug
}

func (h faulty) Take(ctx context.Context, s fanout.Shard) (fanout.Ledger, error) {
	l, err := h.mortal.Take(ctx, s)
	return faultyLedger{l, h}, err
}

type faultyLedger struct {
	fanout.Ledger
	faulty
}

func (l faultyLedger) Marks() map[string]fanout.Mark { return l.Ledger.Marks() }

func (l faultyLedger) Save(ctx context.Context, marks map[string]fanout.Mark) error {
	if l.planted == deafLease {
		_ = l.Ledger.Save(ctx, marks) // it does not hear of this either
		return nil
	}
	_, last, _ := l.Bounds(ctx)
	marks = maps.Clone(marks)
	for platform, m := range marks {
		m.Seq = last
		marks[platform] = m
	}
	return l.Ledger.Save(ctx, marks)
}

var errDim = errors.New("the catalog cannot be read")

// Newest implements fanout.States.
func (f *fleet) Newest(ctx context.Context, platform string, k catalog.Key, part catalog.Part) (fanout.Content, error) {
	f.mu.Lock()
	dim := f.dim
	f.mu.Unlock()
	if dim {
		return fanout.Content{}, errDim
	}
	return f.world.Newest(ctx, platform, k, part)
}

// agrees compares a change with the newest state; the answer is under way for a
// while.
func (f *fleet) agrees(_ context.Context, c fanout.Change) (bool, error) {
	if f.planted == orderBlind {
		return true, nil
	}
	var brings versions
	if err := json.Unmarshal(c.Body, &brings); err != nil {
		return false, err
	}
	f.mu.Lock()
	agrees, dim := true, f.dim
	for part, v := range brings {
		agrees = agrees && f.catalog[c.Key.ID][part] == v
	}
	f.mu.Unlock()
	f.pause()
	if dim {
		return false, errDim
	}
	return agrees, nil
}

// flash is a courier whose deliveries take effect at once, and are answered
// later: what is cut off has arrived all the same.
type flash struct {
	f *fleet
	r *replica
}

func (c flash) Deliver(ctx context.Context, d fanout.Delivery) (fanout.Answer, error) {
	answer, takes, err := c.arrive(d)
	if c.f.slow > 0 {
		takes += rand.N(c.f.slow)
	}
	if !waited(ctx, takes) {
		return fanout.Answer{}, fault.Wrap(fault.Timeout, ctx.Err(), "cut off")
	}
	return answer, err
}

func (c flash) arrive(d fanout.Delivery) (fanout.Answer, time.Duration, error) {
	f, p := c.f, c.f.platform(d.Platform)
	f.mu.Lock()
	defer f.mu.Unlock()
	if c.r.dead {
		return fanout.Answer{}, 0, fault.New(fault.NotConnected, "killed")
	}
	if since := f.barredAt[p.id]; f.barred[p.id] && time.Since(since) > 5*time.Second {
		f.breaks("%s got %s %s although it may not have it since %v", p.id, d.Method, d.Path, since)
	}
	p.got = append(p.got, d)
	if p.answers != nil {
		if answer, err, instead := p.answers(d); instead {
			return answer, p.takes, err
		}
	}
	answer := f.receive(p, d)
	if p.late {
		return fanout.Answer{}, p.takes, fault.New(fault.Timeout, "late")
	}
	return answer, p.takes, nil
}

// someone is a process that runs.
func (f *fleet) someone(n int) *replica {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.replicas[n%len(f.replicas)]
}

// pushVia pushes an object through a process that stops for a while between
// catalog and feed. What the feed does not acknowledge is repeated through another
// one, unless it has been left behind.
func (f *fleet) pushVia(n int, stops time.Duration, id, part string) {
	method := http.MethodPatch
	if part == "whole" {
		method, part = http.MethodPut, ""
	}
	c := f.apply(id, part, method)
	for {
		if stops > 0 {
			time.Sleep(stops)
		}
		if f.someone(n).engine.Accept(f.t.Context(), c) == nil || f.stale(c) {
			return
		}
		n++
		time.Sleep(time.Millisecond)
	}
}

func (f *fleet) stale(c fanout.Change) bool {
	var brought versions
	_ = json.Unmarshal(c.Body, &brought)
	f.mu.Lock()
	defer f.mu.Unlock()
	for part, v := range brought {
		if f.catalog[c.Key.ID][part] == v {
			return false
		}
	}
	return true
}

// fell ends a process without a word and starts another one; what it served goes
// to the others.
func (f *fleet) fell(n int) {
	old, next := f.someone(n), f.launch()
	f.mu.Lock()
	old.dead = true
	f.replicas[n%len(f.replicas)] = next
	if f.life == &old.life {
		f.life = &next.life
	}
	f.mu.Unlock()
	old.stop()
	for i := range fleetShards {
		if l := f.board.lease(i); old.turns.has(l) {
			l.lost.Store(true)
			f.board.give(i, f.someone(n+1).turns)
		}
	}
	<-old.ended
}

// has says whether a lease was given to these.
func (t *turns) has(l *boardLease) bool { return l.owner == t }

// bar keeps everything from a platform, or lets it have it again.
func (f *fleet) bar(p *platform, barred bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if barred && !f.barred[p.id] {
		f.barredAt[p.id] = time.Now()
	}
	f.barred[p.id] = barred
	p.lost = true // nobody brings what it missed
}

// close ends all processes in order.
func (f *fleet) close() {
	for _, r := range f.replicas {
		r.stop()
		<-r.ended
	}
}

// darken says whether the catalog can be read.
func (f *fleet) darken(dim bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.dim = dim
}

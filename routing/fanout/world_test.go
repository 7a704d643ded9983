package fanout_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/routing/catalog"
	"github.com/ocpihub/ocpihub/routing/fanout"
	"github.com/ocpihub/ocpihub/routing/fanout/memfeed"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var cpo = ocpi.PartyID{Country: "DE", ID: "CPO"}

// versions is the body of every push: how new each part of a location is; the
// part "" is the location itself. A whole location has all its parts.
type versions map[string]int

var evses = []string{"E1", "E2"}

// world is a hub around an engine, in which time is that of a synctest bubble:
// a catalog, a feed, and platforms with their receivers.
type world struct {
	t    *testing.T
	feed *memfeed.Feed
	// mode is delivery.catch_up; bounds and such are those of the options.
	options fanout.Options
	// Everything takes a random time below slow, and the reader of the feed
	// one below lag for each change.
	slow, lag time.Duration

	mu        sync.Mutex
	catalog   map[string]versions
	stored    map[catalog.Key]time.Time
	tariffs   map[string]int // how new each is; without those that are deleted
	info      string         // the client info of every party
	lanes     map[string]chan struct{}
	clock     int
	platforms []*platform
	barred    map[string]bool // platforms that get only what is for them
	broken    []string
	failing   bool          // publishing fails half the time
	module    ocpi.ModuleID // that an operator may hold back
	rejected  *fanout.MemoryRejections
	*life
}

// life is one engine from its start to its stop or kill.
type life struct {
	engine *fanout.Engine
	dead   bool
	stop   context.CancelFunc
	ended  chan error
}

// platform receives for its parties.
type platform struct {
	id      string
	parties []ocpi.PartyID
	away    bool
	paused  bool
	holds   []ocpi.ModuleID
	lost    bool // its database, so that it needs a resync
	// answers says what becomes of a delivery instead of the ordinary; nil
	// for the ordinary. It runs before the delivery takes effect.
	answers func(fanout.Delivery) (fanout.Answer, error, bool)
	// late deliveries take effect, but are answered by a time-out.
	late  bool
	takes time.Duration

	got  []fanout.Delivery
	held map[string]versions // by party and location
}

func newWorld(t *testing.T, platforms ...*platform) *world {
	w := &world{
		t: t, feed: memfeed.New(time.Now), catalog: map[string]versions{}, stored: map[catalog.Key]time.Time{}, info: "{}",
		tariffs: map[string]int{}, module: ocpi.Locations, rejected: fanout.NewMemoryRejections(), lanes: map[string]chan struct{}{}, platforms: platforms,
	}
	return w
}

func receiver(id string, parties ...string) *platform {
	p := &platform{id: id, held: map[string]versions{}}
	for _, party := range parties {
		p.parties = append(p.parties, ocpi.PartyID{Country: "NL", ID: party})
	}
	return p
}

// start starts an engine on what the one before left.
func (w *world) start() {
	l := &life{ended: make(chan error, 1)}
	o := w.options
	o.Feed, o.Progress, o.Now = lagging{w.feed, w, l}, mortal{w.feed, w, l}, time.Now
	o.Audience, o.States, o.Courier = w, w, courier{w, l}
	o.Changed, o.Stock, o.Rejected = w.changed, w, mortalDocket{w.rejected, w, l}
	l.engine = fanout.New(o)
	ctx, cancel := context.WithCancel(w.t.Context())
	l.stop = cancel
	w.life = l
	go func() { l.ended <- l.engine.Run(ctx) }()
	synctest.Wait()
}

// end stops the engine in order.
func (w *world) end() {
	w.stop()
	if err := <-w.ended; err != nil {
		w.t.Errorf("the engine ended with %v", err)
	}
}

// kill stops the engine so that nothing that it does from now on has an effect.
func (w *world) kill() {
	w.mu.Lock()
	w.dead = true
	w.mu.Unlock()
	w.stop()
	<-w.ended
}

func (w *world) pause() { linger(w.slow) }

func linger(most time.Duration) {
	if most > 0 {
		time.Sleep(rand.N(most))
	}
}

func (w *world) breaks(format string, args ...any) {
	w.broken = append(w.broken, fmt.Sprintf(format, args...))
}

// Platforms implements fanout.Audience.
func (w *world) Platforms() (out []fanout.Target) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, p := range w.platforms {
		out = append(out, fanout.Target{Platform: p.id, Away: p.away, Paused: p.paused, Held: slices.Clone(p.holds)})
	}
	return out
}

// Receivers implements fanout.Audience.
func (w *world) Receivers(id string, c fanout.Change) []ocpi.PartyID {
	w.mu.Lock()
	barred := w.barred[id]
	w.mu.Unlock()
	if c.For != "" && c.For != id || c.For == "" && barred {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(w.platform(id).parties), func(p ocpi.PartyID) bool { return p == c.Key.Owner })
}

func (w *world) platform(id string) *platform {
	for _, p := range w.platforms {
		if p.id == id {
			return p
		}
	}
	w.t.Fatalf("no platform %s", id)
	return nil
}

// present lets a platform come or go.
func (w *world) present(p *platform, here bool) {
	w.mu.Lock()
	p.away = !here
	w.mu.Unlock()
	w.engine.Refresh()
	synctest.Wait()
}

// Newest implements fanout.States.
func (w *world) Newest(_ context.Context, _ string, k catalog.Key, part catalog.Part) (fanout.Content, error) {
	w.mu.Lock()
	body, err := w.newest(k, part)
	w.mu.Unlock()
	w.pause()
	return fanout.Content{Version: ocpi.V221, Body: body}, err
}

func (w *world) newest(k catalog.Key, part catalog.Part) ([]byte, error) {
	if k.Module == ocpi.HubClientInfo {
		return []byte(w.info), nil
	}
	if n, ok := w.tariffs[k.ID]; ok && k.Module == ocpi.Tariffs {
		return json.Marshal(versions{"": n})
	}
	v, ok := w.catalog[k.ID]
	if !ok || k.Module == ocpi.Tariffs {
		return nil, catalog.ErrUnknown
	}
	if part.EVSE == "" {
		return json.Marshal(v)
	}
	n, ok := v[part.EVSE]
	if !ok {
		return nil, catalog.ErrUnknown
	}
	return json.Marshal(versions{part.EVSE: n})
}

func (w *world) changed(_ context.Context, since time.Time, each func(catalog.Key) bool) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	for key, at := range w.stored {
		if !at.Before(since) {
			each(key)
		}
	}
	return nil
}

func location(id string) catalog.Key {
	return catalog.Key{Module: ocpi.Locations, Owner: cpo, ID: id}
}

// put pushes a whole location, patch a part of one: state, then stream.
func (w *world) put(id string)         { w.push(id, "", http.MethodPut) }
func (w *world) patch(id, part string) { w.push(id, part, http.MethodPatch) }

func (w *world) push(id, part, method string) {
	lane := w.lane(id)
	lane <- struct{}{}
	defer func() { <-lane }()
	c := w.apply(id, part, method)
	w.pause()
	for w.engine.Accept(w.t.Context(), c) != nil {
		time.Sleep(time.Millisecond)
	}
}

func (w *world) lane(id string) chan struct{} {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.lanes[id] == nil {
		w.lanes[id] = make(chan struct{}, 1)
	}
	return w.lanes[id]
}

func (w *world) apply(id, part, method string) fanout.Change {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.clock++
	delta := versions{part: w.clock}
	if method == http.MethodPut {
		for _, e := range evses {
			delta[e] = w.clock
		}
	}
	if w.catalog[id] == nil {
		w.catalog[id] = versions{}
	}
	maps.Copy(w.catalog[id], delta)
	w.stored[location(id)] = time.Now()
	body, _ := json.Marshal(delta)
	c := fanout.Change{
		Key: location(id), Method: method, Path: "DE/CPO/" + id, Body: body, Role: ocpi.CPO, Platform: "sender",
		Version: ocpi.V221, CorrelationID: fmt.Sprint("c", w.clock),
	}
	if part != "" {
		c.Part.EVSE = part
		c.Path += "/" + part
	}
	return c
}

// settled fails the test unless every party holds what the catalog holds.
func (w *world) settled() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, p := range w.platforms {
		for _, to := range p.parties {
			for id, want := range w.catalog {
				if got := p.held[to.String()+" "+id]; !maps.Equal(got, want) {
					w.breaks("%s holds %v of %s, want %v", to, got, id, want)
				}
			}
		}
	}
}

func (w *world) verify() {
	w.t.Helper()
	for _, b := range w.broken {
		w.t.Error(b)
	}
}

// took returns the deliveries to a platform so far, as "METHOD path", and
// forgets them.
func (w *world) took(p *platform) (out []string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, d := range p.got {
		out = append(out, d.Method+" "+d.Path)
	}
	p.got = nil
	return out
}

// inWorld runs a test in a world whose engine has started.
func inWorld(t *testing.T, platforms []*platform, test func(t *testing.T, w *world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, platforms...)
		w.start()
		test(t, w)
		w.end()
		w.verify()
	})
}

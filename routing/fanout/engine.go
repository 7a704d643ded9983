// Package fanout brings accepted pushes to every party that is entitled to
// them: feed, queues, deliveries, verdicts. See DESIGN.md beside this file.
package fanout

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"log/slog"
	"maps"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ocpihub/ocpihub/internal/fault"
	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/routing/catalog"
)

// The ways to catch up (delivery.catch_up).
const (
	CatchUpLatest = "latest" // the newest state of each object that changed
	CatchUpNone   = "none"   // nothing: the letter of the specification
)

// Options configure an Engine. Feed, Progress, Audience, States and Courier are
// required.
type Options struct {
	Feed     Feed
	Progress Progress
	Audience Audience
	States   States
	Courier  Courier
	// Changed lists what changed since a time, for platforms that were away
	// longer than the feed reaches back; nil when nothing can.
	Changed func(ctx context.Context, since time.Time, each func(catalog.Key) bool) error
	// Rejected keeps rejections; default: in memory.
	Rejected Rejections
	CatchUp  string // default CatchUpLatest
	// Terms goes before CatchUp; nil: nobody agreed on anything else.
	Terms Terms
	// Introductions are the client info that a platform must have before
	// anything else when it has registered: of all, or of those that were updated
	// at or after since; nil when there is none.
	Introductions func(platform string, since time.Time) []Change
	// Stock lists what is held, for Resync.
	Stock Stock
	// RoleOf says in which role a party pushes a module, where only the key of an
	// object is known; nil: CPO, of tokens eMSP.
	RoleOf func(owner ocpi.PartyID, m ocpi.ModuleID) ocpi.Role
	// Observe is told of every attempt; may be nil. It must be quick.
	Observe func(Attempt)
	Now     func() time.Time // default time.Now
	Log     *slog.Logger     // default none
	// Parallel bounds the deliveries under way to one platform, default 8;
	// Entries and Bytes bound its queue, default 10,000 and 64 MiB. Over the
	// bound the queue is dropped and the platform catches up instead.
	Parallel, Entries, Bytes int
	// Shards is the number of readers of the feed, default 2. Platforms are
	// spread over them.
	Shards int
	// Grace bounds how long Run waits for deliveries under way when it ends,
	// default 10 s.
	Grace time.Duration
}

// Attempt is one delivery and what came of it.
type Attempt struct {
	Platform string
	To       ocpi.PartyID
	Module   ocpi.ModuleID
	Method   string
	// CorrelationID is that of the push, Covers those of further ones that it
	// brings.
	CorrelationID string
	Covers        []string
	// Owner is the party whose object it is; Path that below the endpoint, what
	// could name a driver masked.
	Owner ocpi.PartyID
	Path  string
	// Number counts the attempts of this delivery from 1. RequestID is that of
	// the call; empty when there was none.
	Number     int
	RequestID  string
	TraceID    string // as in Answer
	Began      time.Time
	HTTPStatus int
	Status     ocpi.StatusCode
	Verdict    Verdict
	Took       time.Duration
	Bodies     ocpi.Bodies // what was sent, and what was answered; it hides itself
}

// Engine is the fan-out. It is safe for concurrent use. Run does the work.
type Engine struct {
	Options
	shards []*shard
	docket *docket
	wake   chan struct{}
	work   sync.WaitGroup // deliveries and catch-ups under way
	end    end
	infos  atomic.Uint64 // the last sequence of client info that this process published
	saving sync.Mutex    // keeps a flush from writing a mark that is being forgotten

	mu      sync.Mutex
	outlets map[string]*outlet
	marks   map[string]Mark // as they are stored
	loaded  bool            // the marks have been read
}

// New returns an Engine.
func New(o Options) *Engine {
	o.complete()
	e := &Engine{Options: o, docket: newDocket(), wake: make(chan struct{}, 1), outlets: map[string]*outlet{}, marks: map[string]Mark{}}
	for range o.Shards {
		e.shards = append(e.shards, &shard{engine: e})
	}
	return e
}

func (o *Options) complete() {
	if o.CatchUp == "" {
		o.CatchUp = CatchUpLatest
	}
	if o.Observe == nil {
		o.Observe = func(Attempt) {}
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	for field, value := range map[*int]int{&o.Parallel: 8, &o.Entries: 10_000, &o.Bytes: 64 << 20, &o.Shards: 2} {
		if *field == 0 {
			*field = value
		}
	}
	if o.Grace == 0 {
		o.Grace = 10 * time.Second
	}
	if o.Introductions == nil {
		o.Introductions = func(string, time.Time) []Change { return nil }
	}
	if o.Rejected == nil {
		o.Rejected = NewMemoryRejections()
	}
	if o.RoleOf == nil {
		o.RoleOf = usualRole
	}
}

// Accept puts a push into the feed. When it returns nil the push will reach
// everybody who is entitled to it, whatever becomes of this process.
func (e *Engine) Accept(ctx context.Context, c Change) error {
	seq, err := e.Feed.Publish(ctx, c)
	if err != nil {
		e.end.failed.Add(1)
		return &fault.Error{Kind: fault.Unavailable, Message: "the hub cannot take pushes now: try again", RetryAfter: time.Second, Cause: err}
	}
	if c.Key.Module == ocpi.HubClientInfo {
		raise(&e.infos, seq)
	}
	e.end.note(seq)
	return nil
}

// Reached is the time up to which everything has been done for a platform; zero
// when it does not receive pushes.
func (e *Engine) Reached(platform string) time.Time {
	e.mu.Lock()
	o, mark := e.outlets[platform], e.marks[platform]
	e.mu.Unlock()
	if o == nil {
		return mark.At
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.reached().At
}

// Join writes down that a platform gets what comes from now on, and has it
// introduced to the others first. It is called when the platform registers,
// before the registration is answered. A platform that has a mark already, for
// it was here before, goes on from that.
func (e *Engine) Join(ctx context.Context, platform string) error {
	err := e.load(ctx)
	if err != nil {
		return err
	}
	e.mu.Lock()
	mark, known := e.marks[platform]
	e.mu.Unlock()
	if !known {
		mark.At = e.Now()
		if _, mark.Seq, err = e.Feed.Bounds(ctx); err != nil {
			return err
		}
	}
	mark.New = true
	if err := e.save(ctx, map[string]Mark{platform: mark}); err != nil {
		return err
	}
	if o := e.outlet(platform); o != nil { // else it is made as that of a newcomer
		o.welcome()
	}
	return nil
}

// Forget ends the deliveries to a platform that is gone for good and drops its
// mark. The audience must not list it any more.
func (e *Engine) Forget(ctx context.Context, platform string) error {
	e.saving.Lock()
	defer e.saving.Unlock()
	e.mu.Lock()
	gone := e.outlets[platform]
	delete(e.outlets, platform)
	delete(e.marks, platform)
	e.mu.Unlock()
	if gone != nil {
		gone.close()
	}
	return errors.Join(e.forgetRejections(ctx, platform), e.Progress.Forget(ctx, platform))
}

// Refresh tells that platforms have come, gone away or come back. It does not
// block.
func (e *Engine) Refresh() {
	select {
	case e.wake <- struct{}{}:
	default:
	}
}

// load reads the marks that are stored, once: Join may come before Run.
func (e *Engine) load(ctx context.Context) error {
	e.saving.Lock()
	defer e.saving.Unlock()
	if e.loaded {
		return nil
	}
	marks, err := e.Progress.Load(ctx)
	if err != nil {
		return fmt.Errorf("load the progress of deliveries: %w", err)
	}
	rejected, err := e.Rejected.Load(ctx)
	if err != nil {
		return fmt.Errorf("load the rejected deliveries: %w", err)
	}
	e.docket.load(rejected)
	e.mu.Lock()
	defer e.mu.Unlock()
	maps.Copy(e.marks, marks)
	e.loaded = true
	return nil
}

// save writes marks and remembers what is written.
func (e *Engine) save(ctx context.Context, marks map[string]Mark) error {
	if err := e.Progress.Save(ctx, marks); err != nil {
		return err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	maps.Copy(e.marks, marks)
	return nil
}

// shardOf spreads platforms over the readers.
func (e *Engine) shardOf(platform string) *shard {
	h := fnv.New32a()
	_, _ = h.Write([]byte(platform))
	return e.shards[h.Sum32()%uint32(len(e.shards))] //nolint:gosec // a handful of shards
}

// Package fanout brings accepted pushes to every party that is entitled to
// them: feed, queues, deliveries, verdicts. See DESIGN.md beside this file.
package fanout

import (
	"context"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ocpihub/ocpihub/internal/fault"
	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/bridge"
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
	// Leases says which shards this process serves, Peers reaches the processes
	// that serve the others; nil: this process serves all.
	Leases Leases
	Peers  Peers
	// Agrees says whether the newest state of the object of a change holds what the
	// change brings, so that it is nothing older that goes out with it. Needed
	// where several processes publish: they may do so in another order than that
	// in which the catalog took the changes. Nil: this process alone publishes, in
	// order.
	Agrees func(ctx context.Context, c Change) (bool, error)
	// Acquainted says whether a platform has surely been told of a party for long,
	// from what is at hand; nil: whoever serves the platform is asked.
	Acquainted func(platform string, party ocpi.PartyID) bool
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
	// Shards is the number of parts over which the platforms are spread, each with
	// its own reader of the feed; default 2. All processes must have the same.
	Shards int
	// Grace bounds how long Run waits for deliveries under way when it ends,
	// default 10 s. A shard that goes to another process waits two seconds at most:
	// its other platforms wait as long.
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
	Bodies     ocpi.Bodies       // what was sent, and what was answered; it hides itself
	Bridged    []bridge.Crossing // as in Answer
}

// Engine is the fan-out. It is safe for concurrent use. Run does the work.
type Engine struct {
	Options
	end   end
	infos atomic.Uint64 // the last sequence of client info that this process published

	unpublished unpublished
	deaf        deafness

	mu    sync.Mutex
	seats map[int]*shard // the shards that this process serves now
}

// New returns an Engine.
func New(o Options) *Engine {
	o.complete()
	return &Engine{Options: o, seats: map[int]*shard{}}
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
		if !e.unpublished.note(c, e.Now()) {
			e.Log.Warn("too many objects could not be published: their senders must repeat their pushes")
		}
		return &fault.Error{Kind: fault.Unavailable, Message: "the hub cannot take pushes now: try again", RetryAfter: time.Second, Cause: err}
	}
	if c.Key.Module == ocpi.HubClientInfo {
		raise(&e.infos, seq)
	}
	e.end.note(seq)
	e.unpublished.settle(c)
	return nil
}

// Refresh tells that platforms have come, gone away or come back. It does not
// block.
func (e *Engine) Refresh() {
	for _, s := range e.served() {
		s.rouse()
	}
}

// seat makes a shard one that this process serves; leave ends that.
func (e *Engine) seat(s *shard) (leave func()) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.seats[s.Index] = s
	return func() {
		e.mu.Lock()
		defer e.mu.Unlock()
		delete(e.seats, s.Index)
	}
}

// served are the shards that this process serves now.
func (e *Engine) served() []*shard {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Collect(maps.Values(e.seats))
}

// local returns the shard of a platform if this process serves it, else nil.
func (e *Engine) local(platform string) *shard {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.seats[e.shardOf(platform).Index]
}

// shardOf is the shard of a platform.
func (e *Engine) shardOf(platform string) Shard { return ShardOf(platform, e.Shards) }

// alone says whether this is the only process that delivers.
func (e *Engine) alone() bool { return e.Leases == nil }

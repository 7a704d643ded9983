package hub

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"time"

	"github.com/ocpihub/ocpihub/internal/gossip"
	"github.com/ocpihub/ocpihub/internal/lease"
	"github.com/ocpihub/ocpihub/internal/lease/natslease"
	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/parties"
	"github.com/ocpihub/ocpihub/routing/fanout"
)

// shared says whether this process may be one of several: both the registry and
// the stream are outside of it.
func (h *Hub) shared() bool { return h.cfg.Registry.RedisURL != "" && h.cfg.NATS.URL != "" }

// openLeases finds out what this process does of that which is done once per hub:
// everything, unless it may be one of several.
func (h *Hub) openLeases(ctx context.Context) error {
	id := h.id
	if !h.shared() {
		h.gossip = gossip.New(gossip.Options{ID: id})
		h.leases = lease.NewAlone(id, version(), time.Now())
		return nil
	}
	bucket, err := natslease.Open(ctx, h.nats.Conn(), h.cfg.NATS.Replicas)
	if err != nil {
		return err
	}
	h.leases, err = lease.New(lease.Options{Bucket: bucket, ID: id, Version: version(), Now: time.Now, Log: h.log})
	if err != nil {
		return err
	}
	h.gossip = gossip.New(gossip.Options{Conn: h.nats.Conn(), ID: id, Log: h.log})
	h.life.background(ctx, "notes to the other replicas", stopQuick, h.failed, h.gossip.Run)
	h.life.background(ctx, "leases", stopQuick, h.failed, h.leases.Run)
	return nil
}

// shardLeases gives the shards of the deliveries their leases.
type shardLeases struct{ lease.Leases }

var _ fanout.Leases = shardLeases{}

// Serve implements fanout.Leases.
func (l shardLeases) Serve(ctx context.Context, s fanout.Shard, work func(context.Context, fanout.Held) error) error {
	return l.Leases.Serve(ctx, fmt.Sprintf("shard.%d-of-%d", s.Index, s.Of), func(ctx context.Context, held lease.Held) error {
		return work(ctx, held)
	})
}

// task is what runs once per hub: on the replica that holds its lease.
type task struct {
	name  string // for people
	lease string
	bound time.Duration
	run   func(context.Context) error
	held  *tenure // told of the lease; may be nil
}

// once runs a task whenever this replica holds its lease.
func (h *Hub) once(ctx context.Context, t task) {
	h.life.background(ctx, t.name, t.bound, h.failed, func(ctx context.Context) error {
		return h.leases.Serve(ctx, "hub."+t.lease, func(ctx context.Context, held lease.Held) error {
			if t.held != nil {
				t.held.set(held)
				defer t.held.set(nil)
			}
			return t.run(ctx)
		})
	})
}

// tenure says whether a task is this replica's now.
type tenure struct{ held atomic.Pointer[lease.Held] }

func (t *tenure) set(held lease.Held) {
	if held == nil {
		t.held.Store(nil)
		return
	}
	t.held.Store(&held)
}

// valid says whether the lease is surely held.
func (t *tenure) valid() bool {
	held := t.held.Load()
	return held != nil && (*held).Valid()
}

// locked pulls a platform when no other replica does.
func (h *Hub) locked(ctx context.Context, platform string, pull func(context.Context)) error {
	return h.leases.Serve(ctx, "pull-"+platform, func(ctx context.Context, _ lease.Held) error {
		pull(ctx)
		return nil
	})
}

// What the replicas tell one another.
const (
	noteSeen   = "seen"   // a platform has sent a message: it is there to be called
	noteDoubt  = "doubt"  // a platform has failed a call
	notePushed = "pushed" // a platform pushes a module
	noteWatch  = "watch"  // what one replica saw, for the one that watches
)

// hearOthers hears what the other replicas know.
func (h *Hub) hearOthers(context.Context) error {
	for topic, heard := range map[string]func(note string){
		noteSeen:  h.breaker.reset,
		noteDoubt: h.watchdog.Failed,
		notePushed: func(note string) {
			if platform, module, ok := strings.Cut(note, " "); ok {
				h.puller.Pushed(platform, ocpi.ModuleID(module))
			}
		},
	} {
		if err := h.gossip.Hear(topic, heard); err != nil {
			return err
		}
	}
	return nil
}

// doubt tells the watchdogs of all replicas that a platform has failed a call.
func (h *Hub) doubt(platform string) {
	h.watchdog.Failed(platform)
	h.gossip.Say(noteDoubt, platform)
}

// pushed tells the pullers of all replicas that a platform pushes a module.
func (h *Hub) pushed(platform string, m ocpi.ModuleID) {
	h.puller.Pushed(platform, m)
	h.gossip.Say(notePushed, platform+" "+string(m))
}

// heardRegistry tells the breaker and the other replicas which platforms were
// seen here.
type heardRegistry struct {
	*parties.Registry
	reset func(platform string)
	say   func(topic, note string)
}

// Seen implements front.Registry.
func (r heardRegistry) Seen(l parties.Login) {
	r.Registry.Seen(l)
	r.reset(l.Platform.ID)
	r.say(noteSeen, l.Platform.ID)
}

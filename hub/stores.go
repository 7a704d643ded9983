package hub

import (
	"context"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/ocpihub/ocpihub/hub/admin/access"
	"github.com/ocpihub/ocpihub/internal/embednats"
	"github.com/ocpihub/ocpihub/parties"
	"github.com/ocpihub/ocpihub/routing/catalog"
	"github.com/ocpihub/ocpihub/routing/fanout"
	"github.com/ocpihub/ocpihub/routing/fanout/boltrejections"
	"github.com/ocpihub/ocpihub/routing/fanout/jsfeed"
	"github.com/ocpihub/ocpihub/routing/fanout/redisrejections"
	"github.com/ocpihub/ocpihub/routing/held"
	"github.com/ocpihub/ocpihub/routing/journal"
	"github.com/ocpihub/ocpihub/routing/journal/jsjournal"
	"github.com/ocpihub/ocpihub/routing/pull"
	"github.com/ocpihub/ocpihub/routing/quality"
	"github.com/ocpihub/ocpihub/routing/trail"
	"github.com/ocpihub/ocpihub/routing/watch"
)

// stores are the adapters behind the ports: embedded, in the data directory
// (docs/storage.md), or in Redis (docs/redis.md).
type stores struct {
	registry parties.Store
	book     parties.Book
	catalog  catalog.Store
	transit  catalog.Transit
	purger   catalog.Purger
	trails   trail.Store
	findings quality.Store
	feed     fanout.Feed
	progress fanout.Progress
	shards   *jsfeed.Feed // says how many there are
	rejected fanout.Rejections
	marks    pull.Marks
	access   access.Store
	held     held.Store
	alerts   watch.Store
	journal  journal.Log // nil: none is kept
}

// feedBytes bounds the stream on disk.
const feedBytes = 2 << 30

// openStores opens what the hub keeps: in Redis where one is named, else in the
// data directory.
func (h *Hub) openStores(ctx context.Context) error {
	open := h.openEmbedded
	if h.cfg.Registry.RedisURL != "" {
		open = h.openShared
	}
	if err := open(ctx); err != nil {
		return err
	}
	feed, messages, err := h.openStream(ctx)
	if err != nil {
		return err
	}
	h.stores.feed, h.stores.progress, h.stores.shards, h.stores.journal = h.seen.Feed(feed), feed, feed, messages
	return nil
}

// openRejections opens the store of rejected deliveries, whose records are
// sealed.
func (h *Hub) openRejections(sealer fanout.Sealer) error {
	if h.redis != nil {
		h.stores.rejected = redisrejections.New(h.redis, sealer, h.log)
		return nil
	}
	rejected, err := boltrejections.Open(h.file("rejections.db"), sealer, h.log)
	if err != nil {
		return err
	}
	h.life.onClose("rejection store", rejected.Close)
	h.stores.rejected = rejected
	return nil
}

func (h *Hub) openStream(ctx context.Context) (feed *jsfeed.Feed, messages journal.Log, err error) {
	server, err := embednats.Start(h.file("nats"), h.log)
	if err != nil {
		return nil, nil, err
	}
	h.nats = server
	h.life.onStop("stream", stopQuick, server.Close)
	feed, err = jsfeed.Open(ctx, jsfeed.Options{
		Conn: server.Conn(), Retention: h.cfg.Delivery.Retention, Bytes: feedBytes, Log: h.log,
	})
	if err != nil {
		return nil, nil, err
	}
	h.metrics.FeedSkipped(feed.Skipped)
	if h.cfg.Journal.MaxAge == 0 {
		return feed, nil, nil
	}
	messages, err = h.openMessages(ctx, server)
	return feed, messages, err
}

// openMessages opens the message log. It does not keep the hub from starting:
// the streams are made as soon as that can be.
func (h *Hub) openMessages(ctx context.Context, server *embednats.Server) (journal.Log, error) {
	conn, err := server.Connect()
	if err != nil {
		return nil, err
	}
	o := jsjournal.Options{Conn: conn, MaxAge: h.cfg.Journal.MaxAge, Bytes: int64(h.cfg.Journal.MaxBytes)}
	if h.cfg.Journal.Bodies {
		o.BodiesMaxAge = h.cfg.Journal.BodiesMaxAge
	}
	messages, err := jsjournal.New(o)
	if err != nil {
		return nil, err
	}
	h.life.onStop("message log", stopQuick, messages.Close)
	ctx, cancel := context.WithTimeout(ctx, journalWithin)
	defer cancel()
	if err := messages.Prepare(ctx); err != nil {
		h.log.Warn("the message log cannot be opened now: it will be when it can", "error", err)
	}
	return messages, nil
}

// journalWithin bounds how long a start waits for the message log.
const journalWithin = 2 * time.Second

// Stream is a connection to the embedded server, for the same as Registry: so that
// tests and measurements can put its streams out of order.
func (h *Hub) Stream() *nats.Conn { return h.nats.Conn() }

package hub

import (
	"context"

	"github.com/ocpihub/ocpihub/hub/admin/access"
	"github.com/ocpihub/ocpihub/parties"
	"github.com/ocpihub/ocpihub/routing/catalog"
	"github.com/ocpihub/ocpihub/routing/fanout"
	"github.com/ocpihub/ocpihub/routing/fanout/boltrejections"
	"github.com/ocpihub/ocpihub/routing/fanout/jsfeed"
	"github.com/ocpihub/ocpihub/routing/fanout/redisrejections"
	"github.com/ocpihub/ocpihub/routing/held"
	"github.com/ocpihub/ocpihub/routing/journal"
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
	index    indexer
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

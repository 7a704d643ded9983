package hub

import (
	"context"
	"crypto/rand"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/ocpihub/ocpihub/hub/admin/access/redisaccess"
	"github.com/ocpihub/ocpihub/internal/redisconn"
	"github.com/ocpihub/ocpihub/parties"
	"github.com/ocpihub/ocpihub/parties/redisstore"
	"github.com/ocpihub/ocpihub/routing/catalog/rediscatalog"
	"github.com/ocpihub/ocpihub/routing/held/redisheld"
	"github.com/ocpihub/ocpihub/routing/pull/redismarks"
	"github.com/ocpihub/ocpihub/routing/quality/redisquality"
	"github.com/ocpihub/ocpihub/routing/trail/redistrail"
	"github.com/ocpihub/ocpihub/routing/watch/rediswatch"
)

// openShared opens the stores in Redis, where any number of replicas may use
// them together.
func (h *Hub) openShared(ctx context.Context) error {
	c, err := redisconn.Open(ctx, redisconn.Options{
		URL: h.cfg.Registry.RedisURL, WaitReplicas: h.cfg.Registry.WaitReplicas, Prefix: h.cfg.keyPrefix(), Log: h.log,
	})
	if err != nil {
		return fmt.Errorf("registry.redis_url: %w", err)
	}
	h.life.onClose("connection to Redis", c.Close)
	if err := refuseHalfMoved(ctx, c); err != nil {
		return err
	}
	h.redis = c
	registry := redisstore.New(c)
	h.stores.registry, h.stores.book = registry, registry
	h.replica = registry.Join(h.id)
	h.stores.trails = h.seen.Trails(redistrail.New(c, time.Now))
	h.stores.findings = redisquality.New(c)
	h.stores.marks = redismarks.New(c)
	h.stores.access = redisaccess.New(c)
	h.stores.held = redisheld.New(c)
	h.stores.alerts = rediswatch.New(c)
	objects := rediscatalog.New(c)
	h.life.onClose("catalog store", objects.Close)
	h.stores.catalog, h.stores.transit, h.stores.purger, h.stores.index = h.seen.Catalog(objects), h.seen.Transit(objects), objects, objects
	return nil
}

// keyPrefix begins the names of all keys: hubs of different parties may share a
// Redis.
func (c *Config) keyPrefix() string { return "ocpi:" + c.Party().String() + ":" }

// newID names this process among the replicas: after its host, so that an
// operator knows it, and unlike any other.
func newID() string {
	host, err := os.Hostname()
	if err != nil || host == "" {
		host = "hub"
	}
	return host + "-" + strings.ToLower(rand.Text()[:6])
}

// together is what the registry needs of the other replicas.
func (h *Hub) together(o parties.Options) parties.Options {
	if h.replica != nil {
		o.Replicas, o.Sightings, o.Locks = h.replica, h.replica, h.replica
	}
	return o
}

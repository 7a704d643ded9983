package hub

import (
	"context"
	"time"

	"github.com/ocpihub/ocpihub/hub/admin/access/boltaccess"
	"github.com/ocpihub/ocpihub/parties/boltstore"
	"github.com/ocpihub/ocpihub/routing/catalog/boltcatalog"
	"github.com/ocpihub/ocpihub/routing/held/boltheld"
	"github.com/ocpihub/ocpihub/routing/pull/boltmarks"
	"github.com/ocpihub/ocpihub/routing/quality/boltquality"
	"github.com/ocpihub/ocpihub/routing/trail/bolttrail"
	"github.com/ocpihub/ocpihub/routing/watch/boltwatch"
)

// openEmbedded opens the stores in the data directory.
func (h *Hub) openEmbedded(context.Context) error {
	for _, open := range []func() error{
		h.registryFile, h.catalogFile, h.trailFile, h.findingsFile, h.marksFile, h.accessFile, h.heldFile, h.alertsFile,
	} {
		if err := open(); err != nil {
			return err
		}
	}
	return nil
}

func (h *Hub) registryFile() error {
	s, err := boltstore.Open(h.file("registry.db"))
	if err != nil {
		return err
	}
	h.life.onClose("registry store", s.Close)
	h.stores.registry, h.stores.book = s, s
	return nil
}

func (h *Hub) catalogFile() error {
	s, err := boltcatalog.Open(h.file("catalog.db"))
	if err != nil {
		return err
	}
	h.life.onClose("catalog store", s.Close)
	h.stores.catalog, h.stores.transit, h.stores.purger, h.stores.index = h.seen.Catalog(s), h.seen.Transit(s), s, s
	return nil
}

func (h *Hub) trailFile() error {
	s, err := bolttrail.Open(h.file("trails.db"), time.Now)
	if err != nil {
		return err
	}
	h.life.onClose("trail store", s.Close)
	h.stores.trails = h.seen.Trails(s)
	return nil
}

func (h *Hub) findingsFile() error {
	s, err := boltquality.Open(h.file("quality.db"))
	if err != nil {
		return err
	}
	h.life.onClose("findings store", s.Close)
	h.stores.findings = s
	return nil
}

func (h *Hub) marksFile() error {
	s, err := boltmarks.Open(h.file("pulls.db"))
	if err != nil {
		return err
	}
	h.life.onClose("pull store", s.Close)
	h.stores.marks = s
	return nil
}

func (h *Hub) accessFile() error {
	s, err := boltaccess.Open(h.file("admin.db"))
	if err != nil {
		return err
	}
	h.life.onClose("admin token store", s.Close)
	h.stores.access = s
	return nil
}

func (h *Hub) heldFile() error {
	s, err := boltheld.Open(h.file("held.db"))
	if err != nil {
		return err
	}
	h.life.onClose("store of held removals", s.Close)
	h.stores.held = s
	return nil
}

// alertsFile is not there without a watcher.
func (h *Hub) alertsFile() error {
	if !h.cfg.Alerts.Enabled {
		return nil
	}
	s, err := boltwatch.Open(h.file("alerts.db"))
	if err != nil {
		return err
	}
	h.life.onClose("alert store", s.Close)
	h.stores.alerts = s
	return nil
}

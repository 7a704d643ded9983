package hub

import (
	"io"
	"log/slog"
	"os"
	"time"

	"github.com/ocpihub/ocpihub/hub/admin/access/boltaccess"
	"github.com/ocpihub/ocpihub/parties"
	"github.com/ocpihub/ocpihub/parties/boltstore"
	"github.com/ocpihub/ocpihub/routing/catalog/boltcatalog"
	"github.com/ocpihub/ocpihub/routing/fanout/boltrejections"
	"github.com/ocpihub/ocpihub/routing/held/boltheld"
	"github.com/ocpihub/ocpihub/routing/pull/boltmarks"
	"github.com/ocpihub/ocpihub/routing/quality/boltquality"
	"github.com/ocpihub/ocpihub/routing/trail/bolttrail"
	"github.com/ocpihub/ocpihub/routing/watch/boltwatch"
)

// files are the stores of an embedded hub.
type files struct {
	sealer     *parties.KeySealer
	registry   *boltstore.Store
	catalog    *boltcatalog.Store
	trails     *bolttrail.Store
	quality    *boltquality.Store
	marks      *boltmarks.Store
	access     *boltaccess.Store
	held       *boltheld.Store
	rejections *boltrejections.Store
	watch      *boltwatch.Store
}

// openFiles opens the files, which are in use while their hub runs.
func (m *migration) openFiles() (err error) {
	h := &Hub{cfg: m.cfg}
	if _, err := os.Stat(h.file("seal.key")); err != nil {
		return err
	}
	if m.from.sealer, err = parties.OpenKeyFile(h.file("seal.key")); err != nil {
		return err
	}
	quiet := slog.New(slog.DiscardHandler)
	for _, open := range []func() (io.Closer, error){
		func() (c io.Closer, err error) {
			m.from.registry, err = boltstore.Open(h.file("registry.db"))
			return m.from.registry, err
		},
		func() (c io.Closer, err error) {
			m.from.catalog, err = boltcatalog.Open(h.file("catalog.db"))
			return m.from.catalog, err
		},
		func() (c io.Closer, err error) {
			m.from.trails, err = bolttrail.Open(h.file("trails.db"), func() time.Time { return m.now() })
			return m.from.trails, err
		},
		func() (c io.Closer, err error) {
			m.from.quality, err = boltquality.Open(h.file("quality.db"))
			return m.from.quality, err
		},
		func() (c io.Closer, err error) {
			m.from.marks, err = boltmarks.Open(h.file("pulls.db"))
			return m.from.marks, err
		},
		func() (c io.Closer, err error) {
			m.from.access, err = boltaccess.Open(h.file("admin.db"))
			return m.from.access, err
		},
		func() (c io.Closer, err error) {
			m.from.held, err = boltheld.Open(h.file("held.db"))
			return m.from.held, err
		},
		func() (c io.Closer, err error) {
			m.from.rejections, err = boltrejections.Open(h.file("rejections.db"), m.from.sealer, quiet)
			return m.from.rejections, err
		},
		func() (c io.Closer, err error) {
			m.from.watch, err = boltwatch.Open(h.file("alerts.db"))
			return m.from.watch, err
		},
	} {
		c, err := open()
		if err != nil {
			return err
		}
		m.closing = append(m.closing, c.Close)
	}
	return nil
}

package telemetry

import (
	"runtime"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/ocpihub/ocpihub/ocpi"
)

// The states of the hub that are read when the metrics are: each of these
// methods must be called at most once, and asks its function every time.

// Platforms shows the number of platforms in each status.
func (m *Metrics) Platforms(count func() map[string]int) {
	m.count("ocpi_hub_platforms", "Platforms in each status.", "status", count)
}

// Versions shows how many platforms speak each version.
func (m *Metrics) Versions(count func() map[string]int) {
	m.count("ocpi_hub_platform_versions", "Registered platforms, by the version of OCPI that they speak.", "version", count)
}

// Parties shows the number of parties in each role.
func (m *Metrics) Parties(count func() map[string]int) {
	m.count("ocpi_hub_parties", "Parties of registered platforms, by role.", "role", count)
}

// Agreements shows the number of agreements in each state.
func (m *Metrics) Agreements(count func() map[string]int) {
	m.count("ocpi_hub_agreements", "Agreements between parties, by state.", "state", count)
}

// Ready shows of each part that the hub depends on whether it serves: 1, or 0.
func (m *Metrics) Ready(ask func() map[string]int) {
	m.count("ocpi_hub_ready", "Whether a part that the hub depends on serves, as on /readyz: 1, or 0.", "part", ask)
}

func (m *Metrics) count(name, help, label string, count func() map[string]int) {
	m.registry.MustRegister(&gauges{desc: prometheus.NewDesc(name, help, []string{label}, nil), read: count})
}

func (m *Metrics) gauge(name, help string, read func() int) {
	m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, func() float64 { return float64(read()) }))
}

// gauges reads a family of gauges with one label when it is collected.
type gauges struct {
	desc *prometheus.Desc
	read func() map[string]int
}

func (g *gauges) Describe(ch chan<- *prometheus.Desc) { ch <- g.desc }

func (g *gauges) Collect(ch chan<- prometheus.Metric) {
	for label, n := range g.read() {
		ch <- prometheus.MustNewConstMetric(g.desc, prometheus.GaugeValue, float64(n), label)
	}
}

// Backlog is how far the deliveries to one platform are.
type Backlog struct {
	PlatformID string
	Pending    int
	Oldest     time.Duration // age of what waits longest
	State      string        // of a closed set
}

// Deliveries shows how far the deliveries to each platform are: their number is
// bounded by the registrations that the operator allows.
func (m *Metrics) Deliveries(read func() []Backlog) {
	perPlatform := []string{"platform_id"}
	m.registry.MustRegister(&backlogs{
		read:    read,
		pending: prometheus.NewDesc("ocpi_hub_deliveries_pending", "Deliveries that wait or are under way.", perPlatform, nil),
		oldest:  prometheus.NewDesc("ocpi_hub_deliveries_oldest_pending_seconds", "Age of the delivery that waits longest; 0 when none does.", perPlatform, nil),
		states:  prometheus.NewDesc("ocpi_hub_deliveries_platforms", "Platforms that receive pushes, by what their deliveries do.", []string{"state"}, nil),
	})
}

type backlogs struct {
	read                    func() []Backlog
	pending, oldest, states *prometheus.Desc
}

func (b *backlogs) Describe(ch chan<- *prometheus.Desc) {
	ch <- b.pending
	ch <- b.oldest
	ch <- b.states
}

func (b *backlogs) Collect(ch chan<- prometheus.Metric) {
	states := map[string]int{}
	for _, one := range b.read() {
		states[one.State]++
		ch <- prometheus.MustNewConstMetric(b.pending, prometheus.GaugeValue, float64(one.Pending), one.PlatformID)
		ch <- prometheus.MustNewConstMetric(b.oldest, prometheus.GaugeValue, one.Oldest.Seconds(), one.PlatformID)
	}
	for state, n := range states {
		ch <- prometheus.MustNewConstMetric(b.states, prometheus.GaugeValue, float64(n), state)
	}
}

// Feed shows which changes the stream holds. bounds says no when it cannot be
// asked now: then nothing is shown.
func (m *Metrics) Feed(bounds func() (first, last uint64, ok bool)) {
	m.registry.MustRegister(&feedBounds{
		read:  bounds,
		first: prometheus.NewDesc("ocpi_hub_feed_first_sequence", "Sequence of the oldest change that the stream holds.", nil, nil),
		last:  prometheus.NewDesc("ocpi_hub_feed_last_sequence", "Sequence of the newest change in the stream.", nil, nil),
	})
}

type feedBounds struct {
	read        func() (first, last uint64, ok bool)
	first, last *prometheus.Desc
}

func (f *feedBounds) Describe(ch chan<- *prometheus.Desc) {
	ch <- f.first
	ch <- f.last
}

func (f *feedBounds) Collect(ch chan<- prometheus.Metric) {
	if first, last, ok := f.read(); ok {
		ch <- prometheus.MustNewConstMetric(f.first, prometheus.GaugeValue, float64(first))
		ch <- prometheus.MustNewConstMetric(f.last, prometheus.GaugeValue, float64(last))
	}
}

// CatalogObjects shows how many objects the catalog holds of each module; nil takes
// away what is shown.
func (m *Metrics) CatalogObjects(counts map[ocpi.ModuleID]int) {
	if counts == nil {
		m.catalogObjects.Reset()
	}
	for module, n := range counts {
		m.catalogObjects.WithLabelValues(moduleLabel(module)).Set(float64(n))
	}
}

func newCatalogObjects(r prometheus.Registerer) *prometheus.GaugeVec {
	g := prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Name: "ocpi_hub_catalog_objects",
		Help: "Objects that the catalog holds, counted once a minute.",
	}, []string{"module"})
	r.MustRegister(g)
	return g
}

// Build shows what the program was made from. It must be called at most once.
func (m *Metrics) Build(version string) {
	g := prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Name: "ocpi_hub_build_info",
		Help: "Always 1; its labels say what the program was made from.",
	}, []string{"version", "go_version"})
	g.WithLabelValues(version, runtime.Version()).Set(1)
	m.registry.MustRegister(g)
}

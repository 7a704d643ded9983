package telemetry

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/ocpihub/ocpihub/ocpi"
)

// Findings counts what is wrong with the objects of parties.
type Findings struct {
	registry *prometheus.Registry
	total    *prometheus.CounterVec
}

// Findings shows the counts of these kinds, from 0 on. It must be called at most
// once.
func (m *Metrics) Findings(kinds []ocpi.FindingKind) *Findings {
	f := &Findings{registry: m.registry, total: prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "ocpi_hub_findings_total",
		Help: "Findings in the objects that parties sent, by kind.",
	}, []string{"kind"})}
	m.registry.MustRegister(f.total)
	for _, kind := range kinds {
		f.Add(kind, 0)
	}
	return f
}

// Add counts findings of a kind.
func (f *Findings) Add(kind ocpi.FindingKind, n int) {
	f.total.WithLabelValues(string(kind)).Add(float64(n))
}

// Dropped shows how many objects could not be looked at. It asks count whenever
// the metrics are read; it must be called at most once.
func (f *Findings) Dropped(count func() int64) {
	f.registry.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{
		Name: "ocpi_hub_findings_dropped_objects_total",
		Help: "Objects that were not looked at because too many waited.",
	}, func() float64 { return float64(count()) }))
}

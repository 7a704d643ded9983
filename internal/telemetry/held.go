package telemetry

import "github.com/prometheus/client_golang/prometheus"

// HeldChanges shows how many pushes wait for the operator. It asks count whenever
// the metrics are read; it must be called at most once.
func (m *Metrics) HeldChanges(count func() int) {
	m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "ocpi_hub_held_changes",
		Help: "Acknowledged removals that wait for the operator.",
	}, func() float64 { return float64(count()) }))
}

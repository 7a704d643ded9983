package telemetry

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/ocpihub/ocpihub/ocpi/bridge"
)

// newBridged counts what translations between versions change, from 0 on: the
// reasons are a closed set, and each is of one kind.
func newBridged(registry *prometheus.Registry) *prometheus.CounterVec {
	total := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "ocpi_hub_bridge_findings_total",
		Help: "What was lost, narrowed, invented or withheld between versions of OCPI, in messages and copies, by reason.",
	}, []string{"kind", "reason"})
	registry.MustRegister(total)
	for _, row := range bridge.Losses() {
		if row.Kind != bridge.Whole {
			total.WithLabelValues(string(row.Kind), string(row.Reason))
		}
	}
	return total
}

// Bridged counts what translations changed.
func (m *Metrics) Bridged(crossings []bridge.Crossing) {
	for _, c := range crossings {
		for _, f := range c.Findings {
			m.bridged.WithLabelValues(string(f.Kind), string(f.Reason)).Inc()
		}
		if c.Withheld != "" {
			m.bridged.WithLabelValues(string(bridge.Refused), string(c.Withheld)).Inc()
		}
	}
}

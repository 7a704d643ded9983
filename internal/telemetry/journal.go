package telemetry

import "github.com/prometheus/client_golang/prometheus"

// JournalDropped shows how many records of the message log were dropped, and how
// many are kept without their bodies. It asks both whenever the metrics are read;
// it must be called at most once.
func (m *Metrics) JournalDropped(records, bodies func() int64) {
	m.registry.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{
		Name: "ocpi_hub_journal_dropped_total",
		Help: "Records of the message log that were dropped: too many waited, or the stream did not take them.",
	}, func() float64 { return float64(records()) }), prometheus.NewCounterFunc(prometheus.CounterOpts{
		Name: "ocpi_hub_journal_bodies_dropped_total",
		Help: "Records of the message log that lost their bodies: too many waited, or the stream did not take them.",
	}, func() float64 { return float64(bodies()) }))
}

package telemetry

import "github.com/prometheus/client_golang/prometheus"

// JournalDropped shows how many records of the message log were dropped. It asks
// count whenever the metrics are read; it must be called at most once.
func (m *Metrics) JournalDropped(count func() int64) {
	m.registry.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{
		Name: "ocpi_hub_journal_dropped_total",
		Help: "Records of the message log that were dropped: too many waited, or the stream did not take them.",
	}, func() float64 { return float64(count()) }))
}

package telemetry

import "github.com/prometheus/client_golang/prometheus"

// FeedSkipped shows how many messages of the feed could not be read. It asks
// count whenever the metrics are read; it must be called at most once.
func (m *Metrics) FeedSkipped(count func() uint64) {
	m.registry.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{
		Name: "ocpi_hub_feed_skipped_total",
		Help: "Messages of the stream of changes that could not be read and were skipped.",
	}, func() float64 { return float64(count()) }))
}

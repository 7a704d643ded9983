package telemetry

import "github.com/prometheus/client_golang/prometheus"

// CopiesLost shows how many copies of what one party was sent could not be
// kept. It asks count whenever the metrics are read; it must be called at most
// once.
func (m *Metrics) CopiesLost(count func() int64) {
	m.registry.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{
		Name: "ocpi_hub_copies_lost_total",
		Help: "Copies of what one party was sent that could not be written: its lists at the hub miss them.",
	}, func() float64 { return float64(count()) }))
}

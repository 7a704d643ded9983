package telemetry

import "github.com/prometheus/client_golang/prometheus"

// Load is what of the bounds against overload is taken up. All functions must be
// quick and safe for concurrent use.
type Load struct {
	Connections, Bodies, Circuits func() int64
	// Closed counts connections.
	Closed func() int64
	// Alone says whether requests are limited by this replica alone.
	Alone func() bool
}

// Load puts what is taken up on the metrics page.
func (m *Metrics) Load(l Load) {
	gauge := func(name, help string, read func() int64) prometheus.Collector {
		return prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, func() float64 { return float64(read()) })
	}
	alone := func() int64 {
		if l.Alone() {
			return 1
		}
		return 0
	}
	m.registry.MustRegister(
		gauge("ocpi_hub_connections", "Connections that are open at the OCPI front-end; limits.connections bounds them.", l.Connections),
		counterOf("ocpi_hub_connections_closed_total", "Connections without a request that were closed for others to have room.", l.Closed),
		gauge("ocpi_hub_request_bodies_bytes", "Bytes of the bodies of requests that are under way; limits.bodies bounds them.", l.Bodies),
		gauge("ocpi_hub_circuits_open", "Platforms that no calls go to just now, because they took no connections.", l.Circuits),
		gauge("ocpi_hub_rates_alone", "1 while Redis does not answer and each replica limits requests by itself.", alone),
	)
}

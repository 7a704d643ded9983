package telemetry

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/ocpihub/ocpihub/ocpi"
)

// Call is one call to a platform. Outcome must come from a closed set.
type Call struct {
	Module  ocpi.ModuleID
	Outcome string
	Took    time.Duration
}

// seenMetrics are the numbers of what goes through the ports of the hub.
type seenMetrics struct {
	inFlight prometheus.Gauge
	refused  *prometheus.CounterVec
	calls    *prometheus.HistogramVec
	stored   *prometheus.HistogramVec
	written  prometheus.Counter
}

func newSeenMetrics(r prometheus.Registerer) seenMetrics {
	s := seenMetrics{
		inFlight: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "ocpi_hub_requests_in_flight",
			Help: "Requests of parties that are being answered.",
		}),
		refused: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "ocpi_hub_requests_refused_total",
			Help: "Requests that were refused before they were routed, by reason.",
		}, []string{"reason"}),
		calls: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "ocpi_hub_call_duration_seconds",
			Help:    "Time that calls of the hub to platforms took, by what came of them.",
			Buckets: buckets(),
		}, []string{"module", "outcome"}),
		stored: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "ocpi_hub_store_duration_seconds",
			Help:    "Time that operations of the stores and of the stream took.",
			Buckets: []float64{.00005, .0001, .00025, .0005, .001, .0025, .005, .01, .025, .05, .1, .25, 1, 5},
		}, []string{"store", "operation"}),
		written: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "ocpi_hub_journal_records_total",
			Help: "Records of the message log that were written.",
		}),
	}
	r.MustRegister(s.inFlight, s.refused, s.calls, s.stored, s.written)
	return s
}

// InFlight counts requests in (1) and out (-1).
func (m *Metrics) InFlight(change int) { m.seen.inFlight.Add(float64(change)) }

// Refused counts a request that was refused before it was routed. Reason must
// come from a closed set.
func (m *Metrics) Refused(reason string) { m.seen.refused.WithLabelValues(reason).Inc() }

// Call notes a call to a platform.
func (m *Metrics) Call(c Call) {
	m.seen.calls.WithLabelValues(moduleLabel(c.Module), c.Outcome).Observe(c.Took.Seconds())
}

// Journaled counts records of the message log that were written.
func (m *Metrics) Journaled(records int) { m.seen.written.Add(float64(records)) }

// Stored notes an operation of a store; both names must come from closed sets.
func (m *Metrics) Stored(store, operation string, took time.Duration) {
	m.seen.stored.WithLabelValues(store, operation).Observe(took.Seconds())
}

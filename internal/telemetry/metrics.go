package telemetry

import (
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/ocpihub/ocpihub/ocpi"
)

// Metrics are the numbers that the hub shows to Prometheus. All methods are
// safe for concurrent use.
type Metrics struct {
	registry *prometheus.Registry

	requests        *prometheus.CounterVec
	requestSeconds  *prometheus.HistogramVec
	deliveries      *prometheus.CounterVec
	deliverySeconds *prometheus.HistogramVec
	removed         *prometheus.CounterVec
	exportFailures  *prometheus.CounterVec
	pulls           pullMetrics
	seen            seenMetrics
	catalogObjects  *prometheus.GaugeVec
	bridged         *prometheus.CounterVec
}

// Request is one message of a party and what became of it. Route and Outcome
// must come from closed sets: each value is a time series.
type Request struct {
	Module  ocpi.ModuleID
	Role    ocpi.Role // of the sender
	Route   string    // direct, broadcast, open, get_all, callback
	Outcome string    // ok, or the reason of the refusal
	Took    time.Duration
}

// Delivery is one attempt to bring a push to a receiver. Outcome must come from
// a closed set.
type Delivery struct {
	Module  ocpi.ModuleID
	Outcome string // delivered, rejected, retried
	Took    time.Duration
}

// NewMetrics makes the metrics of one hub in a registry of their own, with
// those of the Go runtime and the process.
func NewMetrics() *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "ocpi_hub_requests_total",
			Help: "Messages of parties, by what became of them.",
		}, []string{"module", "route", "outcome", "role"}),
		requestSeconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "ocpi_hub_request_duration_seconds",
			Help:    "Time from a party's message to the hub's answer.",
			Buckets: buckets(),
		}, []string{"module", "route"}),
		deliveries: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "ocpi_hub_deliveries_total",
			Help: "Attempts to deliver a push to a receiver, by outcome.",
		}, []string{"module", "outcome"}),
		deliverySeconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "ocpi_hub_delivery_duration_seconds",
			Help:    "Time that a receiver took to answer a delivery.",
			Buckets: buckets(),
		}, []string{"module"}),
	}
	m.removed = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "ocpi_hub_removed_total",
		Help: "What was removed because it was kept long enough.",
	}, []string{"what"})
	m.exportFailures = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "ocpi_hub_telemetry_export_failures_total",
		Help: "Batches of traces, metrics or logs that a collector did not take.",
	}, []string{"signal"})
	m.pulls, m.seen, m.catalogObjects = newPullMetrics(m.registry), newSeenMetrics(m.registry), newCatalogObjects(m.registry)
	m.bridged = newBridged(m.registry)
	for _, s := range []signal{traces, metrics, logs} {
		m.exportFailures.WithLabelValues(s.label())
	}
	m.registry.MustRegister(
		m.removed, m.exportFailures,
		collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		m.requests, m.requestSeconds, m.deliveries, m.deliverySeconds,
	)
	return m
}

// buckets reach from a message that the hub answers itself to the longest
// waits for a receiver.
func buckets() []float64 {
	return []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60}
}

// Request counts a message.
func (m *Metrics) Request(r Request) {
	module := moduleLabel(r.Module)
	m.requests.WithLabelValues(module, r.Route, r.Outcome, roleLabel(r.Role)).Inc()
	m.requestSeconds.WithLabelValues(module, r.Route).Observe(r.Took.Seconds())
}

// Delivery counts an attempt.
func (m *Metrics) Delivery(d Delivery) {
	module := moduleLabel(d.Module)
	m.deliveries.WithLabelValues(module, d.Outcome).Inc()
	m.deliverySeconds.WithLabelValues(module).Observe(d.Took.Seconds())
}

// Removed counts what was removed because it was kept long enough. What must
// come from a closed set.
func (m *Metrics) Removed(what string, n int) { m.removed.WithLabelValues(what).Add(float64(n)) }

// Handler serves the metrics in the formats of Prometheus.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
}

// moduleLabel keeps strangers from making time series: a module that the
// specification does not list is "other".
func moduleLabel(m ocpi.ModuleID) string {
	switch m {
	case ocpi.Versions, ocpi.Credentials, ocpi.Locations, ocpi.Sessions, ocpi.CDRs, ocpi.Tariffs,
		ocpi.Tokens, ocpi.Commands, ocpi.ChargingProfiles, ocpi.HubClientInfo,
		ocpi.InvoiceReconciliation, ocpi.Payments, ocpi.Bookings:
		return string(m)
	}
	return "other"
}

// roleLabel is the role, OTHER when the specification does not list it, and
// empty when the sender is not known.
func roleLabel(r ocpi.Role) string {
	switch r {
	case "", ocpi.CPO, ocpi.EMSP, ocpi.HUB, ocpi.NAP, ocpi.NSP, ocpi.SCSP, ocpi.PTP:
		return string(r)
	default:
		return string(ocpi.OTHER)
	}
}

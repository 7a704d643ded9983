package telemetry

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/ocpihub/ocpihub/ocpi"
)

// Pull is one list that was read from a platform, and what came of it. Outcome
// and the names of Objects must come from closed sets.
type Pull struct {
	Module  ocpi.ModuleID
	Outcome string         // done, or the reason why the list was not read to its end
	Objects map[string]int // new, updated, unchanged, rejected
	Took    time.Duration
}

// pullMetrics are the numbers of pulls.
type pullMetrics struct {
	lists   *prometheus.CounterVec
	objects *prometheus.CounterVec
	seconds *prometheus.HistogramVec
}

func newPullMetrics(r prometheus.Registerer) pullMetrics {
	p := pullMetrics{
		lists: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "ocpi_hub_pulls_total",
			Help: "Lists read from the Sender interfaces of platforms, by outcome.",
		}, []string{"module", "outcome"}),
		objects: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "ocpi_hub_pulled_objects_total",
			Help: "Objects read from the Sender interfaces of platforms, by what became of them.",
		}, []string{"module", "outcome"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "ocpi_hub_pull_duration_seconds",
			Help:    "Time to read one list to its end.",
			Buckets: []float64{.01, .05, .25, 1, 5, 15, 60, 300, 1800, 7200},
		}, []string{"module"}),
	}
	r.MustRegister(p.lists, p.objects, p.seconds)
	return p
}

// Pull counts a list that was read.
func (m *Metrics) Pull(p Pull) {
	module := moduleLabel(p.Module)
	m.pulls.lists.WithLabelValues(module, p.Outcome).Inc()
	for outcome, n := range p.Objects {
		m.pulls.objects.WithLabelValues(module, outcome).Add(float64(n))
	}
	m.pulls.seconds.WithLabelValues(module).Observe(p.Took.Seconds())
}

package telemetry

import "github.com/prometheus/client_golang/prometheus"

// AlertCount is how many alerts of one kind and severity hold. Both come from
// closed sets.
type AlertCount struct {
	Kind, Severity string
	Count          int
}

// AlertSource is read when the metrics are.
type AlertSource struct {
	Holding                  func() []AlertCount
	Dropped, WebhookFailures func() int64
}

// Alerts shows the alerts that hold. It must be called at most once.
func (m *Metrics) Alerts(s AlertSource) {
	m.registry.MustRegister(
		&alerts{desc: prometheus.NewDesc("ocpi_hub_alerts", "Alerts that hold, by kind and severity.", []string{"kind", "severity"}, nil), read: s.Holding},
		counterOf("ocpi_hub_alerts_dropped_observations_total", "Observations that were not looked at for alerts because too many waited.", s.Dropped),
		counterOf("ocpi_hub_alerts_webhook_failures_total", "Calls to the webhook of alerts that failed; they are repeated.", s.WebhookFailures),
	)
}

func counterOf(name, help string, count func() int64) prometheus.Collector {
	return prometheus.NewCounterFunc(prometheus.CounterOpts{Name: name, Help: help}, func() float64 { return float64(count()) })
}

// alerts is the family of gauges of the alerts.
type alerts struct {
	desc *prometheus.Desc
	read func() []AlertCount
}

func (a *alerts) Describe(ch chan<- *prometheus.Desc) { ch <- a.desc }

func (a *alerts) Collect(ch chan<- prometheus.Metric) {
	for _, c := range a.read() {
		ch <- prometheus.MustNewConstMetric(a.desc, prometheus.GaugeValue, float64(c.Count), c.Kind, c.Severity)
	}
}

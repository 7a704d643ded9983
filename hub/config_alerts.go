package hub

import (
	"errors"
	"fmt"
	"net/url"
	"time"

	"github.com/ocpihub/ocpihub/routing/watch"
)

// AlertsConfig rules what becomes an alert, and who is told.
type AlertsConfig struct {
	Enabled bool
	watch.Thresholds
	Webhook WebhookConfig
}

// WebhookConfig says whom alerts are told; empty: nobody.
type WebhookConfig struct{ URL, TokenFile string }

func defaultAlerts() AlertsConfig {
	return AlertsConfig{Enabled: true, Thresholds: watch.Thresholds{
		Interval: time.Minute, Cycle: 7 * day, Silence: 30 * time.Minute, Window: 15 * time.Minute,
		ErrorShare: 0.2, MassShare: 0.5, Backlog: 15 * time.Minute, Expiry: 14 * day,
		Invitation: 7 * day, ClockSkew: 30 * time.Second,
	}}
}

// maskSecret hides all of a URL but scheme and host: those of webhooks have
// their secrets in the path.
func maskSecret(s string) string {
	u, err := url.Parse(s)
	switch {
	case s == "":
		return ""
	case err != nil || u.Host == "":
		return "***"
	}
	return u.Scheme + "://" + u.Host + "/***"
}

// leastCycle is a cycle whose 168 parts are still longer than a timer is exact.
const leastCycle = time.Second

func (a *AlertsConfig) verify() error {
	errs := []error{
		verifyPositive("alerts.interval", a.Interval),
		verifyNotNegative("alerts.silence", a.Silence),
		verifyPositive("alerts.window", a.Window),
		verifyShare("alerts.error_share", a.ErrorShare),
		verifyShare("alerts.mass_share", a.MassShare),
		verifyPositive("alerts.backlog", a.Backlog),
		verifyPositive("alerts.expiry", a.Expiry),
		verifyPositive("alerts.invitation", a.Invitation),
		verifyPositive("alerts.clock_skew", a.ClockSkew),
		a.Webhook.verify(),
	}
	if a.Cycle < leastCycle {
		errs = append(errs, fmt.Errorf("alerts.cycle: want a week (168h) or a day (24h), %s at least, got %s", leastCycle, a.Cycle))
	}
	return errors.Join(errs...)
}

// verify does not repeat the URL: it may hold a secret.
func (w *WebhookConfig) verify() error {
	if w.URL == "" {
		if w.TokenFile != "" {
			return errors.New("alerts.webhook.token_file: serves only together with alerts.webhook.url")
		}
		return nil
	}
	u, err := url.Parse(w.URL)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || u.User != nil {
		return errors.New("alerts.webhook.url: want an absolute URL such as https://oncall.example.com/hook, without user: a secret goes into alerts.webhook.token_file")
	}
	return nil
}

func verifyShare(key string, share float64) error {
	if !(share > 0 && share <= 1) {
		return fmt.Errorf("%s: want more than 0 and at most 1, such as 0.2, got %g", key, share)
	}
	return nil
}

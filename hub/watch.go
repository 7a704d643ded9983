package hub

import (
	"context"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/netip"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/ocpihub/ocpihub/hub/front"
	"github.com/ocpihub/ocpihub/internal/fault"
	"github.com/ocpihub/ocpihub/internal/peer"
	"github.com/ocpihub/ocpihub/internal/telemetry"
	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/parties"
	"github.com/ocpihub/ocpihub/routing"
	"github.com/ocpihub/ocpihub/routing/fanout"
	"github.com/ocpihub/ocpihub/routing/quality"
	"github.com/ocpihub/ocpihub/routing/watch"
)

// watching is what tells the watcher; without one it tells nobody.
type watching struct{ *watch.Watcher }

// openWatch starts the watcher and, where there is one, tells the webhook.
func (h *Hub) openWatch(ctx context.Context) error {
	if !h.cfg.Alerts.Enabled {
		return nil
	}
	options := watch.Options{
		Store: h.stores.alerts, Surroundings: surroundings{h}, Deadlines: deadlines{h}, Thresholds: h.cfg.Alerts.Thresholds,
		Now: time.Now, Log: h.log,
	}
	if h.shared() {
		options.Elsewhere = func(text string) { h.gossip.Say(noteWatch, text) }
	}
	teller, err := h.teller()
	if err != nil {
		return err
	}
	if teller != nil {
		options.Changed = teller.Wake
	}
	if h.watching.Watcher, err = watch.Open(ctx, options); err != nil {
		return err
	}
	h.showAlerts(teller)
	return h.startWatch(ctx, teller)
}

// startWatch has this replica watch, or assist the one that does. The one that
// watches tells the webhook.
func (h *Hub) startWatch(ctx context.Context, teller *watch.Teller) error {
	h.once(ctx, task{name: "alerts", lease: "alerts", bound: stopQuick, run: func(ctx context.Context) error {
		tell, done := context.WithCancel(ctx)
		var telling sync.WaitGroup
		defer telling.Wait()
		defer done()
		if teller != nil {
			telling.Go(func() { _ = teller.Run(tell, h.watching.Watcher) }) // it ends with tell alone
		}
		return h.watching.Run(ctx)
	}})
	if !h.shared() {
		return nil
	}
	h.life.background(ctx, "what the watcher is told", stopQuick, h.failed, h.watching.Assist)
	return h.gossip.Hear(noteWatch, h.watching.Hear)
}

// showAlerts puts the alerts on the metrics page.
func (h *Hub) showAlerts(teller *watch.Teller) {
	failures := func() int64 { return 0 }
	if teller != nil {
		failures = teller.Failures
	}
	h.metrics.Alerts(telemetry.AlertSource{
		Dropped: h.watching.Dropped, WebhookFailures: failures,
		Holding: func() (out []telemetry.AlertCount) {
			counts := h.watching.Counts()
			for _, kind := range watch.Kinds() {
				for _, severity := range watch.Severities() {
					out = append(out, telemetry.AlertCount{Kind: string(kind), Severity: string(severity), Count: counts[kind][severity]})
				}
			}
			return out
		},
	})
}

// teller tells the operator's webhook; nil when there is none. Its URL is the
// operator's own word, not a partner's: it may be a private address without
// being listed in egress.allow.
func (h *Hub) teller() (*watch.Teller, error) {
	hook := h.cfg.Alerts.Webhook
	if hook.URL == "" {
		return nil, nil
	}
	authorization := ""
	if hook.TokenFile != "" {
		token, err := os.ReadFile(hook.TokenFile)
		if err != nil {
			return nil, fmt.Errorf("alerts.webhook.token_file: %w", err)
		}
		if authorization = strings.TrimSpace(string(token)); !strings.Contains(authorization, " ") {
			authorization = "Bearer " + authorization
		}
	}
	trust, err := h.egressTLS()
	if err != nil {
		return nil, err
	}
	everywhere := []netip.Prefix{netip.MustParsePrefix("0.0.0.0/0"), netip.MustParsePrefix("::/0")}
	client := peer.New(peer.Options{Guard: peer.NewGuard(everywhere), MaxBody: maxWebhookAnswer, TLS: trust})
	h.life.onClose("connections to the webhook", func() error { client.Close(); return nil })
	return watch.NewTeller(h.cfg.Party().String(), h.log, func(ctx context.Context, body []byte) error {
		reply, err := client.Do(ctx, peer.Call{
			Method: http.MethodPost, URL: hook.URL, Authorization: authorization, Body: body, Timeout: webhookTimeout,
		})
		if err == nil && (reply.Status < http.StatusOK || reply.Status >= http.StatusMultipleChoices) {
			err = fmt.Errorf("it answers HTTP %d", reply.Status)
		}
		return err
	}), nil
}

const (
	webhookTimeout   = 10 * time.Second
	maxWebhookAnswer = 1 << 20
)

// message tells of a message of a party. What failed at the receiver is not the
// sender's.
func (w watching) message(rec routing.Record) {
	if w.Watcher == nil {
		return
	}
	m := watch.Message{At: rec.Began, Party: rec.From.Party, Module: rec.Module}
	switch {
	case rec.Failed:
		m.Refused = sendersFault(rec.Fault)
	default:
		m.Refused = rec.OCPIStatus.ClientFault()
	}
	if rec.Method == http.MethodDelete && !rec.Failed && rec.OCPIStatus.Success() {
		m.Deleted = rec.Object
	}
	w.Message(m)
}

// mostBlamed is how many parties of a platform a refusal counts for at most.
const mostBlamed = 16

// refused tells of a request that came no further than the door: of the party
// that sent it, or, where only the platform is known, as with an old token, of
// its parties. p is nil where nothing is known.
func (w watching) refused(r front.Refusal, p *parties.Platform) {
	if w.Watcher == nil || p == nil || !sendersFault(r.Fault) {
		return
	}
	blamed := map[ocpi.PartyID]bool{}
	if !r.From.IsZero() {
		blamed[r.From] = true
	}
	for i := 0; r.From.IsZero() && i < len(p.Parties) && len(blamed) < mostBlamed; i++ {
		blamed[p.Parties[i].Party] = true
	}
	for party := range blamed {
		w.Message(watch.Message{At: r.Began, Party: party, Module: r.Module, AtDoor: true})
	}
}

// sendersFault says whether a failure is for what the sender did.
func sendersFault(k fault.Kind) bool {
	switch k {
	case fault.NotConnected, fault.Timeout, fault.BadAnswer, fault.NoInterface, fault.Busy, fault.Unavailable, fault.Internal:
		return false
	default:
		return true
	}
}

// hop tells of a call to a platform.
func (w watching) hop(hop routing.Hop) {
	if w.Watcher != nil && !hop.GivenUp {
		w.Call(watch.Call{At: hop.Began, Platform: hop.Platform, Failed: hop.Failed})
	}
}

// attempt tells of a delivery.
func (w watching) attempt(a fanout.Attempt) {
	if w.Watcher != nil {
		failed := a.Verdict.Outcome == fanout.Again || a.Verdict.Outcome == fanout.Rejected
		w.Call(watch.Call{At: a.Began, Platform: a.Platform, Failed: failed})
	}
}

// object tells of an object that a party sent.
func (w watching) object(o quality.Object) {
	if w.Watcher != nil && !o.WentBack {
		w.Object(watch.Object{Party: o.Owner, Module: o.Module, Class: o.Class, ID: o.ID, Body: o.Body})
	}
}

// surroundings are what the watcher looks at.
type surroundings struct{ *Hub }

// Presence implements watch.Surroundings.
func (s surroundings) Presence() watch.Presence {
	out := watch.Presence{Active: map[ocpi.PartyID]bool{}, Platforms: map[string]watch.Standing{}}
	for _, p := range s.registry.Directory().Platforms() {
		out.Platforms[p.ID] = watch.Standing{Invited: p.Status == parties.Planned, Since: p.Created}
		if p.Status != parties.Connected && p.Status != parties.Offline {
			continue
		}
		for _, party := range p.Parties {
			out.Active[party.Party] = true
		}
	}
	return out
}

// Backlogs implements watch.Surroundings.
func (s surroundings) Backlogs() (out []watch.Load) {
	for _, d := range s.engine.Deliveries() {
		away := d.State != fanout.Live && d.State != fanout.CatchingUp
		out = append(out, watch.Load{Platform: d.Platform, Pending: d.Pending, Oldest: d.OldestPending, Away: away})
	}
	return out
}

// Stock implements watch.Surroundings.
func (s surroundings) Stock(ctx context.Context, party ocpi.PartyID, m ocpi.ModuleID) (int, error) {
	return countStock(ctx, s.stores.catalog, party, m)
}

// deadlines are the ends that the hub knows by itself.
type deadlines struct{ *Hub }

// Ends implements watch.Deadlines.
func (d deadlines) Ends(ctx context.Context) ([]watch.End, error) {
	out := []watch.End{}
	if file := d.cfg.TLS.CertFile; file != "" {
		at, err := certificateEnd(file)
		if err != nil {
			return nil, err
		}
		out = append(out, watch.End{Kind: watch.Certificates, Subject: watch.Subject{Name: "tls.cert_file"}, At: at})
	}
	tokens, err := d.access.Tokens(ctx)
	if err != nil {
		return nil, err
	}
	for _, t := range tokens {
		if !t.Expires.IsZero() {
			out = append(out, watch.End{Kind: watch.TokenExpiry, Subject: watch.Subject{Name: t.Name}, At: t.Expires})
		}
	}
	return out, nil
}

// certificateEnd is when the first certificate in a PEM file ends.
func certificateEnd(file string) (time.Time, error) {
	text, err := os.ReadFile(file) //nolint:gosec // the operator named the file
	if err != nil {
		return time.Time{}, fmt.Errorf("tls.cert_file: %w", err)
	}
	block, _ := pem.Decode(text)
	if block == nil {
		return time.Time{}, fmt.Errorf("tls.cert_file: %s holds no PEM certificate", file)
	}
	cert, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return time.Time{}, fmt.Errorf("tls.cert_file: %w", err)
	}
	return cert.NotAfter, nil
}

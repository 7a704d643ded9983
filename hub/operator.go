package hub

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/ocpihub/ocpihub/hub/admin"
	"github.com/ocpihub/ocpihub/hub/admin/access"
	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/routing"
	"github.com/ocpihub/ocpihub/routing/probe"
)

// openAccess loads who may come through the operator's door.
func (h *Hub) openAccess(ctx context.Context) error {
	root, err := admin.LoadToken(h.cfg.AdminTokenFile())
	if err != nil {
		return fmt.Errorf("admin.token_file: %w", err)
	}
	h.access, err = access.Open(ctx, access.Options{Store: h.stores.access, Root: root, Now: time.Now, Log: h.log})
	if err != nil {
		return err
	}
	h.life.background(ctx, "admin tokens", stopQuick, h.failed, h.access.Run)
	return nil
}

// adminDoor makes the operator's door.
func (h *Hub) adminDoor() (http.Handler, error) {
	var alerts admin.Alerts
	if h.watching.Watcher != nil {
		alerts = h.watching.Watcher
	}
	return admin.New(admin.Options{
		Alerts:   alerts,
		Replicas: h.leases,
		Held:     holdings{h.router.Guard, h.router},
		Registry: h.registry, Rehearse: func() admin.Registry { return h.registry.Rehearse() }, Agreements: h.registry, Outlook: h.outlook(), Deliveries: h.engine, Puller: h.puller, Explainer: explainer{h.router, h.cfg.newest()}, Verifier: h.Verifier(),
		Prober: h.prober(),
		Setups: h.registry,
		Stats:  h.stores.catalog, Findings: h.inspector, Bridge: h.interpreter, Traffic: traffic{h.journal, h.stores.journal != nil, h.ended}, Checks: h.checks(), Metrics: h.metrics.Handler(), Traces: h.export.Traces(),
		VersionsURL: h.VersionsURL(), Versions: h.cfg.Versions, Access: h.access, Log: h.log, Now: time.Now,
	})
}

// checks are what readiness asks: the hub itself, and each store by a read.
func (h *Hub) checks() []admin.Check {
	checks := []admin.Check{
		{Name: "hub", Ping: func(context.Context) error {
			if !h.ready.Load() {
				return errNotReady
			}
			return nil
		}},
		{Name: "registry", Ping: func(ctx context.Context) error {
			_, err := h.stores.registry.Epoch(ctx)
			return err
		}},
		{Name: "catalog", Ping: func(ctx context.Context) error {
			_, err := h.stores.catalog.Owners(ctx, ocpi.Locations, "-", h.cfg.Party())
			return err
		}},
		{Name: "stream", Ping: func(ctx context.Context) error {
			_, _, err := h.stores.feed.Bounds(ctx)
			return err
		}},
	}
	if h.redis != nil {
		checks = append(checks, admin.Check{Name: "redis", Ping: h.redis.Healthy})
	}
	if h.cfg.NATS.URL != "" {
		checks = append(checks, admin.Check{Name: "nats", Ping: h.nats.Ping})
	}
	return checks
}

// Verifier verifies what platforms keep of the client info.
func (h *Hub) Verifier() routing.Verifier {
	return routing.Verifier{
		Registry: h.registry, Caller: h.caller, Pusher: h.engine, Now: time.Now, Log: h.log,
		Timeout: h.cfg.Forward.timeouts().Of(ocpi.HubClientInfo),
	}
}

// prober examines the platforms of partners.
func (h *Hub) prober() *probe.Prober {
	return &probe.Prober{Self: h.cfg.Party(), Offered: h.cfg.newest(), Registry: h.registry, Caller: h.caller, Timeout: h.cfg.Forward.Timeout, Now: time.Now}
}

// explainer answers the operator's questions with the decisions that route.
type explainer struct {
	router  *routing.Router
	offered ocpi.Version
}

// Explain says which way a message would go.
func (e explainer) Explain(ctx context.Context, q admin.Question) (admin.Explanation, error) {
	out, err := e.router.Explain(ctx, routing.Question{
		Offered: e.offered, From: q.From, To: q.To, Module: q.Module, Method: q.Method, Path: q.Path,
	})
	return admin.Explanation(out), err
}

// holdings is what waits for the operator: the guard holds it, the router lets it
// out.
type holdings struct {
	*routing.MassGuard
	*routing.Router
}

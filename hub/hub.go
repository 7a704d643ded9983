// Package hub is the running thing: it puts the rooms together, opens the
// doors, and stops everything in order. It alone names the adapters.
package hub

import (
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"time"

	"github.com/ocpihub/ocpihub/hub/admin/access"
	"github.com/ocpihub/ocpihub/hub/instrument"
	"github.com/ocpihub/ocpihub/internal/gossip"
	"github.com/ocpihub/ocpihub/internal/lease"
	"github.com/ocpihub/ocpihub/internal/peer"
	"github.com/ocpihub/ocpihub/internal/redisconn"
	"github.com/ocpihub/ocpihub/internal/telemetry"
	"github.com/ocpihub/ocpihub/parties"
	"github.com/ocpihub/ocpihub/parties/partner"
	"github.com/ocpihub/ocpihub/parties/redisstore"
	"github.com/ocpihub/ocpihub/routing"
	"github.com/ocpihub/ocpihub/routing/fanout"
	"github.com/ocpihub/ocpihub/routing/interpret"
	"github.com/ocpihub/ocpihub/routing/journal"
	"github.com/ocpihub/ocpihub/routing/pull"
	"github.com/ocpihub/ocpihub/routing/quality"
)

// Hub is a running hub.
type Hub struct {
	cfg    Config
	log    *slog.Logger
	life   lifecycle
	failed chan error

	ready       readiness
	metrics     *telemetry.Metrics
	export      *telemetry.Export
	seen        *instrument.Instruments
	stores      stores
	leases      lease.Leases
	gossip      *gossip.Circle
	alive       tenure // of the still-alive checks
	nats        natsServer
	id          string
	redis       *redisconn.Client   // nil: the stores are embedded
	replica     *redisstore.Replica // this process among the others that use the same Redis; nil: it is alone
	client      *peer.Client
	breaker     *breaker       // around client
	caller      routing.Caller // breaker, seen
	registry    *parties.Registry
	watchdog    *parties.Watchdog
	engine      *fanout.Engine
	announcer   *announcer
	interpreter *interpret.Interpreter
	router      *routing.Router
	inspector   *quality.Inspector
	watching    watching
	puller      *pull.Puller
	journal     *journal.Journal
	access      *access.Keyring
	refusals    sampler
	ended       chan struct{} // closed when the hub stops, for those who follow the journal
	doors       doors
}

// Run runs a hub until ctx ends, then stops it in order. The error says what
// kept it from starting, from going on, or from stopping cleanly.
func Run(ctx context.Context, cfg Config, log *slog.Logger) error {
	h, err := Start(ctx, cfg, log)
	if err != nil {
		return err
	}
	select {
	case <-ctx.Done():
		err = nil
	case err = <-h.failed:
	}
	log.Info("the hub stops")
	if stopErr := h.Close(context.WithoutCancel(ctx)); err == nil {
		err = stopErr
	}
	log.Info("the hub has stopped")
	return err
}

// Start starts a hub: stores first, doors last. An empty PublicURL stands for
// the address that the front-end got, for tests and the demo.
func Start(ctx context.Context, cfg Config, log *slog.Logger) (*Hub, error) {
	h := &Hub{cfg: cfg, log: log, id: newID(), failed: make(chan error, 1), ended: make(chan struct{}), metrics: telemetry.NewMetrics()}
	h.life.log = log
	for _, open := range []func(context.Context) error{
		h.openTelemetry, h.listen, h.openStores, h.openLeases, h.openJournal, h.openFindings, h.settleTransit, h.indexTokens, h.openRegistry, h.warnOfUnoffered, h.openRouting, h.openAccess, h.openWatch, h.openDoors, h.startTasks,
	} {
		if err := open(ctx); err != nil {
			_ = h.Close(context.WithoutCancel(ctx))
			return nil, err
		}
	}
	h.ready.set(true)
	h.log.Info("the hub is ready", "versions_url", h.VersionsURL(), "admin", h.AdminAddr())
	return h, nil
}

// Close stops the hub: not ready, doors, deliveries, stream, stores. It may be
// called any number of times.
func (h *Hub) Close(ctx context.Context) error {
	h.ready.set(false)
	return h.life.stop(ctx)
}

// VersionsURL is what a partner is given to find everything else.
func (h *Hub) VersionsURL() string { return h.self().VersionsURL() }

func (h *Hub) self() routing.Self {
	return routing.Self{Party: h.cfg.Party(), PublicURL: h.cfg.PublicURL}
}

func (h *Hub) openRegistry(ctx context.Context) error {
	sealer, err := h.openSealer(ctx)
	if err != nil {
		return err
	}
	if err := h.openRejections(sealer); err != nil {
		return err
	}
	trust, err := h.egressTLS()
	if err != nil {
		return err
	}
	h.client = peer.New(peer.Options{Guard: peer.NewGuard(h.cfg.Egress.Allow), MaxBody: maxAnswer, MaxConns: h.cfg.Limits.CallsTo, TLS: trust})
	h.life.onClose("outgoing connections", func() error { h.client.Close(); return nil })
	h.breaker = newBreaker(h.client, &h.cfg.Limits, time.Now)
	h.caller = h.lookout(h.seen.Caller(h.breaker))
	h.registry, err = parties.Open(ctx, h.together(parties.Options{
		Store: h.stores.registry, Sealer: sealer, Now: time.Now, Log: h.log,
		Partner: partner.Partner{Client: h.caller, Timeout: h.cfg.Forward.Timeout},
		Policy:  parties.Policy(h.cfg.Policy.Default), Grace: h.cfg.Credentials.Grace,
		Self: parties.Self{
			Party: h.cfg.Party(), Name: h.cfg.Hub.Name,
			VersionsURL: h.VersionsURL(), Versions: h.cfg.Versions,
		},
		Joined:  func(ctx context.Context, p *parties.Platform) error { return h.engine.Join(ctx, p.ID) },
		Reached: func(platform string) time.Time { return h.engine.Reached(platform) },
	}))
	return err
}

func (h *Hub) openRouting(ctx context.Context) error {
	h.watchdog = parties.NewWatchdog(parties.WatchdogOptions{
		Registry: h.registry, Ping: h.ping, Mine: h.alive.valid, Now: time.Now, Log: h.log,
		Interval: h.cfg.Alive.Interval, Failures: h.cfg.Alive.Failures,
	})
	h.interpreter = interpret.New(interpret.Options{Catalog: h.stores.catalog, Now: time.Now, Choices: h.cfg.Bridge.choices()})
	if err := h.openEngine(ctx); err != nil {
		return err
	}
	h.announcer = &announcer{
		directory: h.registry.Directory, feed: h.engine, book: h.stores.book, shared: h.shared(), now: time.Now, log: h.log,
		links: links{directory: h.registry.Directory, note: h.registry.NoteTold, now: time.Now},
	}
	copies := h.openCopies(ctx)
	guard, err := routing.OpenMassGuard(ctx, routing.GuardOptions{
		Store: h.stores.held, Shared: h.heldByAll(), Catalog: copies, Limits: h.cfg.Guard.limits(), Now: time.Now, Log: h.log,
	})
	if err != nil {
		return err
	}
	h.router = routing.New(routing.Options{
		Self: h.self(), Registry: h.registry, Catalog: copies, Copies: copies, Transit: h.stores.transit, Trails: h.stores.trails,
		Guard: guard, Feed: h.engine, Herald: herald{h.announcer, h.engine}, Caller: h.caller, Now: time.Now,
		Timeouts: h.cfg.Forward.timeouts(), Authorization: routing.Authorization(h.cfg.Authorize), Enforce: h.cfg.Validation.Mode == ValidationEnforce,
		Interpreter: h.interpreter, CDRLife: h.cfg.Retention.CDRs, OwnTokens: h.cfg.Validation.CommandTokens == CommandTokensOwn,
		Observe: h.routed, Hopped: h.hopped, Tracer: h.seen, Doubt: h.doubt, Inspect: h.inspect,
		Pushed: h.pushed,
	})
	h.puller = pull.New(pull.Options{
		Self: h.cfg.Party(), Registry: h.registry, Caller: h.caller, Intake: h.router, Marks: h.stores.marks,
		Mode: h.cfg.Pull.Mode, Interval: h.cfg.Pull.Interval, PageSize: h.cfg.Pull.PageSize,
		Timeout: h.cfg.Forward.Timeout, Locked: h.locked, Doubt: h.doubt, Observe: h.pulled, Begin: h.seen.Pulling, Now: time.Now, Log: h.log,
	})
	return h.announcer.open(ctx)
}

// startTasks starts what runs beside the doors. The last one started is the
// first to stop.
func (h *Hub) startTasks(ctx context.Context) error {
	h.registry.OnChange(h.announcer.changed)
	h.registry.OnChange(func(_, _ *parties.Directory) { h.engine.Refresh() })
	h.registry.OnChange(h.puller.Changed)
	forgetter := newForgetter(h.forget, h.log)
	h.registry.OnChange(forgetter.changed)
	h.life.background(ctx, "registry", stopQuick, h.failed, h.registry.Run)
	h.life.background(ctx, "deliveries", stopDeliveries, h.failed, h.engine.Run)
	arrears, roster := newArrears(h), newRoster(h)
	h.registry.OnChange(arrears.changed)
	h.registry.OnChange(roster.changed)
	sweeper := &sweeper{
		retention: h.cfg.Retention, purge: h.stores.purger.Purge, trails: h.stores.trails.Sweep,
		removed: h.metrics.Removed, now: time.Now, log: h.log,
	}
	stock := &stocktaker{count: h.stock, show: h.metrics.CatalogObjects, every: stockEvery}
	for _, t := range []task{
		{name: "pulls", lease: "pulls", bound: stopDeliveries, run: h.puller.Run},
		{name: "client info", lease: "client-info", bound: stopQuick, run: h.announcer.run},
		{name: "parties in credentials", lease: "roles", bound: stopDeliveries, run: roster.run},
		{name: "arrears of agreements", lease: "arrears", bound: stopQuick, run: arrears.run},
		{name: "removed platforms", lease: "removed", bound: stopQuick, run: forgetter.run},
		{name: "stocktaking", lease: "stock", bound: stopQuick, run: stock.run},
		{name: "retention", lease: "retention", bound: stopQuick, run: sweeper.run},
		{name: "transit", lease: "transit", bound: stopQuick, run: h.settler().run},
		{name: "still-alive checks", lease: "alive", bound: stopQuick, run: h.watchdog.Run, held: &h.alive},
	} {
		h.once(ctx, t)
	}
	if h.heldByAll() != nil {
		h.life.background(ctx, "what other replicas hold", stopQuick, h.failed, h.router.Guard.Follow)
	}
	if err := h.hearOthers(ctx); err != nil {
		return err
	}
	h.life.onStop("what is done once per hub", stopDeliveries, h.leases.Leave)
	if err := h.serve(ctx); err != nil {
		return err
	}
	h.endFollowing()
	return nil
}

// forget drops what is kept of how far a platform was served and read.
func (h *Hub) forget(ctx context.Context, platform string) error {
	return errors.Join(h.engine.Forget(ctx, platform), h.stores.marks.Forget(ctx, platform))
}

// ping asks a platform for its versions.
func (h *Hub) ping(ctx context.Context, p *parties.Platform) error {
	token, encoding, err := h.registry.Token(p)
	if err != nil {
		return err
	}
	understood, err := partner.Partner{Client: of{h.caller, p.ID}, Timeout: pingTimeout}.Ping(ctx, p.VersionsURL, token, encoding)
	if err != nil || understood == encoding {
		return err
	}
	return h.registry.Respell(ctx, p.ID, understood)
}

// file is the path of a file in the data directory.
func (h *Hub) file(name string) string { return filepath.Join(h.cfg.DataDir, name) }

// The bounds of the hub's own making.
const (
	maxAnswer      = 64 << 20 // bytes of a platform's answer: a page of 1,000 locations and more
	pingTimeout    = 10 * time.Second
	stopQuick      = 10 * time.Second
	stopDeliveries = 35 * time.Second
	stopDoors      = 20 * time.Second
	stopTelemetry  = 5 * time.Second
)

var errNotReady = errors.New("the hub is starting or stopping")

// Registry is the registry of a running hub, for those who run one in their
// own process: tests and the demo. Operators use the admin API.
func (h *Hub) Registry() *parties.Registry { return h.registry }

// Deliveries tells how far the deliveries to each platform are; for the same
// as Registry.
func (h *Hub) Deliveries() []fanout.Stat { return h.engine.Deliveries() }

// Findings tells what is wrong with the objects of parties; for the same as
// Registry.
func (h *Hub) Findings(ctx context.Context, q quality.Query) ([]quality.Row, error) {
	return h.inspector.Rows(ctx, q)
}

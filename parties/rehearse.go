package parties

import (
	"context"
	"log/slog"

	"github.com/ocpihub/ocpihub/internal/fault"
)

// Rehearse returns a registry on which an order of an operator can be tried:
// what its methods return is what would be. It decides on the present state, by
// the code by which r decides, and asks partners what can be read. It saves
// nothing, sends nobody credentials, and tells nobody; its store and its partner
// cannot. Take a new one for each order.
func (r *Registry) Rehearse() *Registry {
	dry := &Registry{
		store: dryStore{r.store}, partner: dryPartner{r.partner}, rehearsal: true,
		sealer: r.sealer, self: r.self, now: r.now, policy: r.policy, grace: r.grace, reached: r.reached,
		log:     slog.New(slog.DiscardHandler),
		joined:  func(context.Context, *Platform) error { return nil },
		opened:  openedTokens{tokens: map[string]string{}},
		arrived: newArrivals(),
	}
	dry.current.Store(r.current.Load())
	return dry
}

// dryStore reads a store and takes every change without making it. It names
// each method, so that one that is added to the port is thought of here.
type dryStore struct{ store Store }

// Load implements Store.
func (d dryStore) Load(ctx context.Context) ([]*Platform, uint64, error) { return d.store.Load(ctx) }

// LoadAgreements implements Store.
func (d dryStore) LoadAgreements(ctx context.Context) ([]*Agreement, error) {
	return d.store.LoadAgreements(ctx)
}

// Epoch implements Store.
func (d dryStore) Epoch(ctx context.Context) (uint64, error) { return d.store.Epoch(ctx) }

// Watch implements Store.
func (d dryStore) Watch(ctx context.Context) <-chan struct{} { return d.store.Watch(ctx) }

// Save makes no change.
func (dryStore) Save(context.Context, *Platform) error { return nil }

// SaveAgreement makes no change.
func (dryStore) SaveAgreement(context.Context, *Agreement) error { return nil }

// SaveAll makes no change.
func (dryStore) SaveAll(context.Context, Batch) error { return nil }

// dryPartner reads from partners and sends them nothing.
type dryPartner struct{ partner Partner }

// Versions implements Partner.
func (d dryPartner) Versions(ctx context.Context, url, token string) ([]VersionLink, error) {
	return d.partner.Versions(ctx, url, token)
}

// Details implements Partner.
func (d dryPartner) Details(ctx context.Context, link VersionLink, token string) (Details, error) {
	return d.partner.Details(ctx, link, token)
}

// Register refuses: nobody can know what the partner would answer.
func (dryPartner) Register(context.Context, RegisterCall) (Credentials, error) {
	return Credentials{}, fault.New(fault.Internal, "a rehearsal sends no credentials")
}

// foreseen is the platform with what its own endpoints tell before a handshake.
func (p *Platform) foreseen(found contact) *Platform {
	next := p.Clone()
	next.Version, next.VersionsURL, next.Endpoints = found.version, found.versionsURL, found.facing(p.SpeaksFor())
	return next
}

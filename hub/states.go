package hub

import (
	"context"
	"slices"
	"time"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/parties"
	"github.com/ocpihub/ocpihub/routing"
	"github.com/ocpihub/ocpihub/routing/catalog"
	"github.com/ocpihub/ocpihub/routing/fanout"
)

// states gives what the fan-out delivers: objects from the catalog, client info
// from the registry.
type states struct {
	catalog  catalog.Store
	registry routing.Registry
	now      func() time.Time
	// epoch is that of the store of the registry; nil: nobody else writes it.
	epoch func(context.Context) (uint64, error)
}

var _ fanout.States = states{}

// Newest returns an object as it is now, in the version that it came in; client
// info as the reader sees it, in its version.
func (s states) Newest(ctx context.Context, reader string, k catalog.Key, part catalog.Part) (fanout.Content, error) {
	if k.Module != ocpi.HubClientInfo {
		o, err := s.catalog.Get(ctx, k, part)
		return fanout.Content{Version: o.Version, Body: o.Body}, err
	}
	if err := s.fresh(ctx); err != nil {
		return fanout.Content{}, err
	}
	dir := s.registry.Directory()
	m, ok := dir.Member(parties.Claim{Role: ocpi.Role(k.ID), Party: k.Owner})
	if !ok {
		return fanout.Content{}, catalog.ErrUnknown
	}
	var version ocpi.Version
	if p, ok := dir.Platform(reader); ok {
		m, version = dir.SeenBy(p, m, s.now()), p.Version
	}
	return fanout.Content{Version: version, Body: m.ClientInfo()}, nil
}

// Changed lists what changed since a time: client info first, for it must
// arrive before what its party has to say.
func (s states) Changed(ctx context.Context, since time.Time, each func(catalog.Key) bool) error {
	dir := s.registry.Directory()
	for _, m := range dir.Members() {
		if !m.Updated.Before(since) && !each(routing.ClientInfoKey(m)) {
			return nil
		}
	}
	for _, m := range dir.NewlyLinked(since, s.now()) {
		if !each(routing.ClientInfoKey(m)) {
			return nil
		}
	}
	return s.catalog.Changed(ctx, since, each)
}

// introductions are the client info that changed since a time, of all that a
// platform is told of.
func (s states) introductions(platform string, since time.Time) (out []fanout.Change) {
	dir := s.registry.Directory()
	p, ok := dir.Platform(platform)
	if !ok {
		return nil
	}
	for _, m := range dir.Visible(p, s.now()) {
		if !m.Updated.Before(since) {
			out = append(out, routing.ClientInfoChange(m))
		}
	}
	return out
}

// roleOf is the role in which a party owns the objects of a module: a NAP only
// where it is no CPO.
func (s states) roleOf(owner ocpi.PartyID, m ocpi.ModuleID) ocpi.Role {
	if m == ocpi.Tokens {
		return ocpi.EMSP
	}
	homes := s.registry.Directory().Homes(owner)
	is := func(role ocpi.Role) bool {
		return slices.ContainsFunc(homes, func(h parties.Home) bool { return h.Role == role })
	}
	if is(ocpi.NAP) && !is(ocpi.CPO) {
		return ocpi.NAP
	}
	return ocpi.CPO
}

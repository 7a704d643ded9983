package hub

import (
	"cmp"
	"context"
	"slices"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/parties"
)

// warnOfUnoffered names the platforms that speak, or are pinned to, a version which
// the hub does not offer any more. The hub goes on calling them; what they send gets
// 404 until they have moved, for the version has no endpoints here.
func (h *Hub) warnOfUnoffered(ctx context.Context) error {
	for _, p := range h.registry.Directory().Platforms() {
		if speaks := unoffered(p, h.cfg.Versions); speaks != "" {
			h.log.WarnContext(ctx, "a platform is kept to a version of OCPI that is not in versions: "+
				"it cannot send anything until it has moved (hubctl platforms rotate, pin) or the version is offered again",
				"platform_id", p.ID, "name", p.Name, "version", speaks)
		}
	}
	return nil
}

// unoffered is the version that keeps a platform from talking to the hub; empty:
// none does.
func unoffered(p *parties.Platform, offered []ocpi.Version) ocpi.Version {
	for _, v := range []ocpi.Version{p.Version, p.Pinned} {
		if v != "" && !slices.Contains(offered, v) {
			return v
		}
	}
	return ""
}

// spokenBy counts the registered platforms by the version that they speak.
func spokenBy(platforms []*parties.Platform, offered []ocpi.Version) map[string]int {
	registered := slices.DeleteFunc(slices.Clone(platforms), func(p *parties.Platform) bool { return !p.Registered() })
	return countBy(registered, func(p *parties.Platform) string { return cmp.Or(string(p.Version), string(ocpi.V221)) }, offered...)
}

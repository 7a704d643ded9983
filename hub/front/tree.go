package front

import (
	"slices"
	"strings"

	"github.com/ocpihub/ocpihub/internal/fault"
	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/parties"
)

// tree is the endpoints of the hub in one version.
type tree struct {
	version ocpi.Version
	routes  []route
	// endpoints are those of its details, but for custom modules, by the role in
	// which the hub stands there: see route.as.
	endpoints map[ocpi.Role][]endpoint
}

// grow makes the tree of a version from the rules of its modules.
func (f *Front) grow(v ocpi.Version) tree {
	t := tree{version: v, routes: f.table(v), endpoints: map[ocpi.Role][]endpoint{}}
	for i := range t.routes {
		rt := &t.routes[i]
		rt.version, rt.path, rt.bare = v, "ocpi/"+string(v)+rt.path, !v.Headers()
	}
	split(t.routes)
	if v != ocpi.V211 {
		t.endpoints[ocpi.HUB] = f.everything(v)
		return t
	}
	for _, role := range roles211 {
		t.endpoints[role] = f.oneSide(role)
	}
	return t
}

// everything is what the hub has in a version that tells interfaces apart: it is
// both sender and receiver of every functional module (H-042).
func (f *Front) everything(v ocpi.Version) []endpoint {
	base := f.Self.VersionURL(v)
	out := []endpoint{{ocpi.Credentials, ocpi.Sender, ocpi.JoinURL(base, string(ocpi.Credentials))}}
	if informs(v) {
		out = append(out, endpoint{ocpi.HubClientInfo, ocpi.Sender, ocpi.JoinURL(base, string(ocpi.HubClientInfo))})
	}
	for _, m := range ocpi.FunctionalModules(v) {
		out = append(out, f.both(v, m)...)
	}
	return out
}

// roles211 are those in which the hub stands in OCPI 2.1.1, each with endpoints
// of its own.
var roles211 = []ocpi.Role{ocpi.CPO, ocpi.EMSP}

// oneSide is what the hub has in 2.1.1 where it stands in one role. Endpoints of
// that version have no role (H-040).
func (f *Front) oneSide(hub ocpi.Role) []endpoint {
	out := []endpoint{{Identifier: ocpi.Credentials, URL: ocpi.JoinURL(f.Self.RoleURL(hub), string(ocpi.Credentials))}}
	for _, m := range ocpi.FunctionalModules(ocpi.V211) {
		at := ocpi.Address{Version: ocpi.V211, Module: m, Interface: hub.Side(m)}
		if ocpi.Rules(at) != nil {
			out = append(out, endpoint{Identifier: m, URL: f.Self.Endpoint(at)})
		}
	}
	return out
}

// both are the endpoints of a module: one for each interface.
func (f *Front) both(v ocpi.Version, m ocpi.ModuleID) (out []endpoint) {
	for _, i := range []ocpi.Interface{ocpi.Sender, ocpi.Receiver} {
		out = append(out, endpoint{m, i, f.Self.Endpoint(ocpi.Address{Version: v, Module: m, Interface: i})})
	}
	return out
}

// informs says whether a version has hub client info.
func informs(v ocpi.Version) bool { return slices.Contains(ocpi.Classes(v), "ClientInfo") }

// faces refuses a platform on the side of 2.1.1 that is not its own: there is
// nothing for it. One of which no side is known may try to register, and is told
// what it lacks.
func (rt *route) faces(p *parties.Platform) error {
	if rt.as == ocpi.HUB {
		return nil
	}
	if faced, known := p.Faced(); known && faced == rt.as || !known && rt.registers {
		return nil
	}
	return fault.New(fault.NotFound, "there is nothing for this platform: the version list names the one endpoint of version %s that is for it", rt.version)
}

// routesAt are those that a path may be one of: the routes of its version.
func (f *Front) routesAt(path string) []route {
	_, below, _ := strings.Cut(path, "/")
	version, _, _ := strings.Cut(below, "/")
	for i := range f.trees {
		if string(f.trees[i].version) == version {
			return f.trees[i].routes
		}
	}
	return f.common
}

// split cuts the paths of routes.
func split(routes []route) []route {
	for i := range routes {
		routes[i].parts = strings.Split(routes[i].path, "/")
	}
	return routes
}

package front

import (
	"slices"
	"strings"

	"github.com/ocpihub/ocpihub/ocpi"
)

// tree is the endpoints of the hub in one version.
type tree struct {
	version   ocpi.Version
	routes    []route
	endpoints []endpoint // of its details, but for custom modules
}

// grow makes the tree of a version from the rules of its modules. A hub is both
// sender and receiver of every functional module (H-042).
func (f *Front) grow(v ocpi.Version) tree {
	t := tree{version: v, routes: f.table(v)}
	for i := range t.routes {
		t.routes[i].version, t.routes[i].path = v, "ocpi/"+string(v)+t.routes[i].path
	}
	split(t.routes)
	base := f.Self.VersionURL(v)
	t.endpoints = []endpoint{{ocpi.Credentials, ocpi.Sender, ocpi.JoinURL(base, string(ocpi.Credentials))}}
	if informs(v) {
		t.endpoints = append(t.endpoints, endpoint{ocpi.HubClientInfo, ocpi.Sender, ocpi.JoinURL(base, string(ocpi.HubClientInfo))})
	}
	for _, m := range ocpi.FunctionalModules(v) {
		t.endpoints = append(t.endpoints, f.both(v, m)...)
	}
	return t
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

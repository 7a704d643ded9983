package ocpitest

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/ocpihub/ocpihub/ocpi"
)

// versionLink is an entry of a version list.
type versionLink struct {
	Version ocpi.Version `json:"version"`
	URL     string       `json:"url"`
}

// endpointLine is a line of version details. Those of 2.1.1 have no role.
type endpointLine struct {
	Identifier ocpi.ModuleID  `json:"identifier"`
	Role       ocpi.Interface `json:"role,omitempty"`
	URL        string         `json:"url"`
}

// versions serves the version list and version details.
func (p *Platform) versions(in *incoming) answer {
	if in.Method != http.MethodGet {
		return refuse(http.StatusMethodNotAllowed, ocpi.StatusClientError, "use GET")
	}
	if in.Version == "" {
		var list []versionLink
		for _, v := range p.Versions() {
			list = append(list, versionLink{v, p.url(string(v))})
		}
		return done(mustJSON(list))
	}
	if !p.lists(in.Version) {
		return noSuchVersion()
	}
	lines := []endpointLine{}
	for _, e := range p.endpoints(in.Version) {
		if in.Version == ocpi.V211 {
			e.Interface = ""
		}
		lines = append(lines, endpointLine{e.Module, e.Interface, e.URL})
	}
	return done(mustJSON(map[string]any{"version": in.Version, "endpoints": lines}))
}

func noSuchVersion() answer {
	return refuse(http.StatusNotFound, ocpi.StatusClientError, "no such version")
}

// menu is what the platform lists in its versions and their details, and
// serves.
type menu struct {
	mu       sync.Mutex
	versions []ocpi.Version
	edit     func([]ocpi.Endpoint) []ocpi.Endpoint
	edits    int
	served   map[ocpi.Address]bool // made when it is first asked for
}

// Versions returns the versions that the platform lists.
func (p *Platform) Versions() []ocpi.Version {
	p.menu.mu.Lock()
	defer p.menu.mu.Unlock()
	return slices.Clone(p.menu.versions)
}

// SetVersions changes the versions that the platform lists. The partner sees it
// when it looks again: see UpdateCredentials, which then takes the highest that
// both have, and Upgrade.
func (p *Platform) SetVersions(versions ...ocpi.Version) {
	p.menu.mu.Lock()
	defer p.menu.mu.Unlock()
	p.menu.versions, p.menu.served = slices.Clone(versions), nil
	p.menu.edits++
}

func (p *Platform) lists(v ocpi.Version) bool { return slices.Contains(p.Versions(), v) }

// Version returns the version that the platform speaks with its partner; before
// there is one, the highest that it lists and knows.
func (p *Platform) Version() ocpi.Version {
	if partner, _ := p.link.get(); partner != nil {
		return partner.Version
	}
	return highest(p.Versions())
}

// Highest returns the highest version that the options list, of those that
// package ocpi knows.
func (o *Options) Highest() ocpi.Version { return highest(o.Versions) }

func highest(listed []ocpi.Version) ocpi.Version {
	out := ocpi.Version("")
	for _, v := range listed {
		if slices.Contains(ocpi.KnownVersions(), v) && (out == "" || v.Compare(out) > 0) {
			out = v
		}
	}
	setDefault(&out, ocpi.V221)
	return out
}

// SetEndpoints changes how the endpoints of the version details are edited, as
// Options.Endpoints does. The partner sees it when it looks again: see
// UpdateCredentials.
func (p *Platform) SetEndpoints(edit func([]ocpi.Endpoint) []ocpi.Endpoint) {
	p.menu.mu.Lock()
	defer p.menu.mu.Unlock()
	p.menu.edit, p.menu.served = edit, nil
	p.menu.edits++
}

// endpoints returns the endpoints that the platform lists in a version.
func (p *Platform) endpoints(v ocpi.Version) []ocpi.Endpoint {
	p.menu.mu.Lock()
	edit := p.menu.edit
	p.menu.mu.Unlock()
	slash := ""
	if p.opts.TrailingSlash {
		slash = "/"
	}
	out := []ocpi.Endpoint{{Module: ocpi.Credentials, Interface: ocpi.Sender, URL: p.url(string(v)) + "/credentials" + slash}}
	for _, at := range p.fitting(v) {
		out = append(out, ocpi.Endpoint{Module: at.Module, Interface: at.Interface, URL: p.url(pathOf(at)) + slash})
	}
	if edit != nil {
		out = edit(out)
	}
	return out
}

// pathOf returns the path of an endpoint. In 2.1.1 a module has one interface,
// which needs no name.
func pathOf(at ocpi.Address) string {
	if at.Version == ocpi.V211 {
		return string(at.Version) + "/" + string(at.Module)
	}
	return string(at.Version) + "/" + strings.ToLower(string(at.Interface)) + "/" + string(at.Module)
}

// offers says whether the platform lists one interface of a module in a version.
func (p *Platform) offers(at ocpi.Address) bool {
	p.menu.mu.Lock()
	served, versions, edits := p.menu.served, p.menu.versions, p.menu.edits
	p.menu.mu.Unlock()
	if served == nil {
		served = map[ocpi.Address]bool{}
		for _, v := range versions {
			for _, e := range p.endpoints(v) {
				served[ocpi.Address{Version: v, Module: e.Module, Interface: e.Interface}] = true
			}
		}
		p.menu.mu.Lock()
		if p.menu.edits == edits { // else it is out of date already
			p.menu.served = served
		}
		p.menu.mu.Unlock()
	}
	return served[at]
}

// fitting returns the interfaces of a version that fit the roles of the parties.
// Who sends commands lists the module, although all that it serves is response
// URLs.
func (p *Platform) fitting(v ocpi.Version) []ocpi.Address {
	var out []ocpi.Address
	if v == ocpi.V211 {
		for _, m := range ocpi.FunctionalModules(v) {
			out = append(out, ocpi.Address{Version: v, Module: m, Interface: p.side(m)})
		}
		return out
	}
	all := append(ocpi.Addresses(v), ocpi.Address{Version: v, Module: ocpi.Commands, Interface: ocpi.Sender})
	out = append(out, ocpi.Address{Version: v, Module: ocpi.HubClientInfo, Interface: ocpi.Receiver})
	for _, at := range all {
		if slices.ContainsFunc(p.opts.Parties, func(q Party) bool { return q.Role.Plays(at.Module, at.Interface) }) {
			out = append(out, at)
		}
	}
	return out
}

// side returns the one interface of a module that the platform has in 2.1.1.
func (p *Platform) side(m ocpi.ModuleID) ocpi.Interface { return p.first().Role.Side(m) }

// mustJSON writes what always can be written.
func mustJSON(v any) []byte {
	out, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return out
}

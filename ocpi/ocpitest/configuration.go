package ocpitest

import (
	"context"
	"crypto/rand"
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

// endpointLine is a line of version details.
type endpointLine struct {
	Identifier ocpi.ModuleID  `json:"identifier"`
	Role       ocpi.Interface `json:"role"`
	URL        string         `json:"url"`
}

// versions serves the version list and version details.
func (p *Platform) versions(in *incoming) answer {
	if in.Method != http.MethodGet {
		return refuse(http.StatusMethodNotAllowed, ocpi.StatusClientError, "use GET")
	}
	if in.version == "" {
		var list []versionLink
		for _, v := range p.opts.Versions {
			list = append(list, versionLink{v, p.url(string(v))})
		}
		return done(mustJSON(list))
	}
	if !slices.Contains(p.opts.Versions, in.version) {
		return refuse(http.StatusNotFound, ocpi.StatusClientError, "no such version")
	}
	lines := []endpointLine{}
	for _, e := range p.endpoints(in.version) {
		lines = append(lines, endpointLine{e.Module, e.Interface, e.URL})
	}
	return done(mustJSON(map[string]any{"version": in.version, "endpoints": lines}))
}

// menu is what the platform lists in its version details, and serves.
type menu struct {
	mu     sync.Mutex
	edit   func([]ocpi.Endpoint) []ocpi.Endpoint
	edits  int
	served map[ocpi.Address]bool // made when it is first asked for
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

// endpoints returns the endpoints that the platform lists.
func (p *Platform) endpoints(v ocpi.Version) []ocpi.Endpoint {
	p.menu.mu.Lock()
	edit := p.menu.edit
	p.menu.mu.Unlock()
	base, slash := p.url(string(v)), ""
	if p.opts.TrailingSlash {
		slash = "/"
	}
	out := []ocpi.Endpoint{{Module: ocpi.Credentials, Interface: ocpi.Sender, URL: base + "/credentials" + slash}}
	for _, at := range p.fitting() {
		url := base + "/" + strings.ToLower(string(at.Interface)) + "/" + string(at.Module) + slash
		out = append(out, ocpi.Endpoint{Module: at.Module, Interface: at.Interface, URL: url})
	}
	if edit != nil {
		out = edit(out)
	}
	return out
}

// offers says whether the platform lists one interface of a module.
func (p *Platform) offers(m ocpi.ModuleID, i ocpi.Interface) bool {
	p.menu.mu.Lock()
	served, edits := p.menu.served, p.menu.edits
	p.menu.mu.Unlock()
	if served == nil {
		served = map[ocpi.Address]bool{}
		for _, e := range p.endpoints(ocpi.V221) {
			served[ocpi.Address{Module: e.Module, Interface: e.Interface}] = true
		}
		p.menu.mu.Lock()
		if p.menu.edits == edits { // else it is out of date already
			p.menu.served = served
		}
		p.menu.mu.Unlock()
	}
	return served[ocpi.Address{Module: m, Interface: i}]
}

// fitting returns the interfaces that fit the roles of the parties. Who sends
// commands lists the module, although all that it serves is response URLs.
func (p *Platform) fitting() []ocpi.Address {
	all := append(ocpi.Addresses(ocpi.V221), ocpi.Address{Module: ocpi.Commands, Interface: ocpi.Sender})
	out := []ocpi.Address{{Module: ocpi.HubClientInfo, Interface: ocpi.Receiver}}
	for _, at := range all {
		if slices.ContainsFunc(p.opts.Parties, func(q Party) bool { return q.Role.Plays(at.Module, at.Interface) }) {
			out = append(out, at)
		}
	}
	return out
}

// credentialsObject is the Credentials object (credentials chapter).
type credentialsObject struct {
	Token string            `json:"token"`
	URL   string            `json:"url"`
	Roles []credentialsRole `json:"roles"`
}

type credentialsRole struct {
	Role            ocpi.Role         `json:"role"`
	BusinessDetails map[string]string `json:"business_details"`
	PartyID         string            `json:"party_id"`
	CountryCode     string            `json:"country_code"`
}

// present returns the platform's credentials with a token for the partner.
func (p *Platform) present(token string) []byte {
	out := credentialsObject{Token: token, URL: p.VersionsURL()}
	for _, party := range p.opts.Parties {
		out.Roles = append(out.Roles, credentialsRole{
			Role: party.Role, PartyID: party.ID.ID, CountryCode: party.ID.Country,
			BusinessDetails: map[string]string{"name": p.opts.Name},
		})
	}
	if p.opts.Credentials != nil {
		return p.opts.Credentials(mustJSON(out))
	}
	return mustJSON(out)
}

// credentials serves the credentials module as Receiver.
func (p *Platform) credentials(in *incoming) answer {
	known := in.standing == registered || p.opts.KnowsPartner
	switch in.Method {
	case http.MethodGet:
		return done(p.present(in.Token))
	case http.MethodPost, http.MethodPut:
		if known != (in.Method == http.MethodPut) {
			return refuse(http.StatusMethodNotAllowed, ocpi.StatusClientError, "POST is for the first time, PUT for later")
		}
		return p.registration(in)
	case http.MethodDelete:
		if known {
			p.link.part()
			return done(nil)
		}
	}
	return refuse(http.StatusMethodNotAllowed, ocpi.StatusClientError, "not now")
}

// registration takes the partner's credentials, looks at its API and answers
// with a new token (credentials, Registration).
func (p *Platform) registration(in *incoming) answer {
	var theirs credentialsObject
	if err := json.Unmarshal(in.Body, &theirs); err != nil || theirs.Token == "" || theirs.URL == "" {
		return refuse(http.StatusOK, ocpi.StatusInvalidParameters, "want a Credentials object")
	}
	ctx, cancel := context.WithTimeout(context.Background(), p.opts.Timeout)
	defer cancel()
	partner, err := p.discover(ctx, theirs.URL, theirs.Token)
	if err != nil {
		return refuse(http.StatusOK, ocpi.StatusUnableToUseClient, err.Error())
	}
	partner.Parties = theirs.parties()
	token := "C-" + rand.Text()
	p.link.enter(partner, token)
	return done(p.present(token))
}

// parties returns the roles of credentials.
func (c credentialsObject) parties() []Party {
	var out []Party
	for _, r := range c.Roles {
		out = append(out, Party{r.Role, ocpi.NewPartyID(r.CountryCode, r.PartyID)})
	}
	return out
}

// mustJSON writes what always can be written.
func mustJSON(v any) []byte {
	out, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return out
}

package probe

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/parties"
)

func number(n int) string { return strconv.Itoa(n) }

// count writes a number of things.
func count(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	if thing == "party" {
		return number(n) + " parties"
	}
	return number(n) + " " + thing + "s"
}

// versionLink is an entry of a version list.
type versionLink struct {
	Version ocpi.Version `json:"version"`
	URL     string       `json:"url"`
}

// judgeVersions looks at the version list for the version in use. url is where
// its details are; empty when the list does not tell.
func judgeVersions(x Exchange, used ocpi.Version) (l Line, url string) {
	if why := x.refusal(); why != "" {
		return checkVersions.fail("GET versions: "+why, "make the versions endpoint answer the hub's token with the list of versions"), ""
	}
	var list []versionLink
	if err := json.Unmarshal(x.answer().data, &list); err != nil {
		return checkVersions.fail("data is no list of versions", "answer with a list of version and url"), ""
	}
	var names []string
	for _, v := range list {
		if slices.Contains(names, string(v.Version)) {
			return checkVersions.fail("version "+shown(string(v.Version))+" is listed twice", "list each version once"), ""
		}
		names = append(names, shown(string(v.Version)))
		if v.Version == used {
			url = v.URL
		}
	}
	if url == "" {
		return checkVersions.fail(fmt.Sprintf("version %s, which is in use, is not offered any more, only %s", used, orNone(names)),
			"offer it again, or register anew: hubctl platforms rotate"), ""
	}
	return checkVersions.ok("%s is offered, of %s", used, strings.Join(names, ", ")), url
}

// shown is a word of the partner's that is told.
func shown(word string) string {
	if runes := []rune(word); len(runes) > 40 {
		word = string(runes[:40]) + "..."
	}
	return word
}

func orNone(words []string) string {
	if len(words) == 0 {
		return "none"
	}
	return strings.Join(words, ", ")
}

// endpoint is one line of version details, as it came.
type endpoint struct {
	Identifier string `json:"identifier"`
	Role       string `json:"role"`
	URL        string `json:"url"`
}

func (e endpoint) module() ocpi.ModuleID { return ocpi.ModuleNamed(e.Identifier) }

func (e endpoint) side() ocpi.Interface { return ocpi.Interface(strings.ToUpper(e.Role)) }

// String names the endpoint as it is told.
func (e endpoint) String() string { return shown(e.Identifier) + " " + shown(e.Role) }

// judgeDetails looks at version details for the version in use.
func judgeDetails(x Exchange, used ocpi.Version) (Line, []endpoint) {
	if why := x.refusal(); why != "" {
		return checkDetails.fail("GET version details: "+why, "make the URL of the version list answer the hub's token"), nil
	}
	data := x.answer().data
	var details struct {
		Version   string     `json:"version"`
		Endpoints []endpoint `json:"endpoints"`
	}
	var list []endpoint
	if json.Unmarshal(data, &list) == nil {
		return checkDetails.warn("data is the list of endpoints alone", "answer with an object of version and endpoints"), list
	}
	if err := json.Unmarshal(data, &details); err != nil || len(details.Endpoints) == 0 {
		return checkDetails.fail("data holds no endpoints", "answer with an object of version and endpoints"), nil
	}
	if details.Version != string(used) {
		return checkDetails.fail(fmt.Sprintf("the details of %s say version %q", used, shown(details.Version)),
			"give the details of the version that the list promises"), details.Endpoints
	}
	return checkDetails.ok("%s of version %s", count(len(details.Endpoints), "endpoint"), used), details.Endpoints
}

// sided gives endpoints of 2.1.1, which have no role, the one that the platform
// plays there, as the hub goes by it. They have it whatever they say: others of
// that version do not look.
func sided(list []endpoint, p *parties.Platform) []endpoint {
	hub, ok := p.Faced()
	if !ok || p.Version != ocpi.V211 {
		return list
	}
	for i := range list {
		if e := &list[i]; e.module().Functional() {
			e.Role = string(hub.Faced().Side(e.module()))
		}
	}
	return list
}

// judgeEndpoints looks at a list of endpoints: what it is in itself, where it
// leads, whether it fits the roles, and what the hub registered.
func judgeEndpoints(list []endpoint, p *parties.Platform) []Line {
	out := []Line{judgeListing(list), judgeHosts(list, p), judgeModules(list, p), judgeChanges(list, p)}
	if p.Version == ocpi.V211 {
		return out // there are no roles
	}
	return slices.Insert(out, 2, judgeRoles(list, p))
}

func judgeListing(list []endpoint) Line {
	seen := map[string]bool{}
	for _, e := range list {
		at := string(e.module()) + " " + string(e.side())
		if e.module() == ocpi.Credentials {
			at = string(ocpi.Credentials)
		}
		if seen[at] {
			return checkEndpoints.fail(e.String()+" is listed twice: which one is meant?", "list each module once for each role")
		}
		seen[at] = true
		if u, err := url.Parse(e.URL); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
			return checkEndpoints.fail("the URL of "+e.String()+" is not absolute", "give absolute http or https URLs")
		}
	}
	if !seen[string(ocpi.Credentials)] {
		return checkEndpoints.fail("credentials is not listed", "list the credentials module: without it tokens cannot be renewed")
	}
	return checkEndpoints.ok("%s, each listed once, with absolute URLs", count(len(list), "endpoint"))
}

// judgeHosts looks for endpoints away from the host of the versions URL.
func judgeHosts(list []endpoint, p *parties.Platform) Line {
	for _, e := range list {
		if !sameHost(e.URL, p.VersionsURL) {
			return checkEndpointHosts.warn(e.String()+" is at "+shown(hostOf(e.URL))+", the versions at "+shown(hostOf(p.VersionsURL)),
				"nothing, if the partner means it: the hub sends its token there")
		}
	}
	return checkEndpointHosts.ok("all endpoints are at %s", hostOf(p.VersionsURL))
}

func judgeRoles(list []endpoint, p *parties.Platform) Line {
	for _, e := range list {
		switch {
		case e.side() != ocpi.Sender && e.side() != ocpi.Receiver:
			return checkEndpointRoles.fail(fmt.Sprintf("%s has role %q", shown(e.Identifier), shown(e.Role)), "say SENDER or RECEIVER")
		case e.Identifier != string(e.module()) || e.Role != string(e.side()):
			return checkEndpointRoles.warn(e.String()+" is written in other letters", "write identifiers in small letters, roles in capitals")
		case !plays(p, e.module(), e.side()):
			return checkEndpointRoles.warn(e.String()+" fits none of the roles "+rolesOf(p), "leave out the endpoints that no party of the platform serves")
		}
	}
	return checkEndpointRoles.ok("all endpoints fit the roles %s", rolesOf(p))
}

func plays(p *parties.Platform, m ocpi.ModuleID, i ocpi.Interface) bool {
	return slices.ContainsFunc(p.Parties, func(party parties.Party) bool { return party.Role.Plays(m, i) })
}

func rolesOf(p *parties.Platform) string {
	var out []string
	for _, party := range p.Parties {
		if !slices.Contains(out, string(party.Role)) {
			out = append(out, string(party.Role))
		}
	}
	return strings.Join(out, ", ")
}

// usual are the interfaces that roles are expected to have.
var usual = map[ocpi.Role][]ocpi.Endpoint{
	ocpi.CPO: {
		{Module: ocpi.Locations, Interface: ocpi.Sender},
		{Module: ocpi.Sessions, Interface: ocpi.Sender},
		{Module: ocpi.CDRs, Interface: ocpi.Sender},
		{Module: ocpi.Tokens, Interface: ocpi.Receiver},
	},
	ocpi.EMSP: {
		{Module: ocpi.Tokens, Interface: ocpi.Sender},
		{Module: ocpi.Locations, Interface: ocpi.Receiver},
		{Module: ocpi.Sessions, Interface: ocpi.Receiver},
		{Module: ocpi.CDRs, Interface: ocpi.Receiver},
	},
}

func judgeModules(list []endpoint, p *parties.Platform) Line {
	var missing []string
	for _, role := range []ocpi.Role{ocpi.CPO, ocpi.EMSP} {
		if !slices.ContainsFunc(p.Parties, func(party parties.Party) bool { return party.Role == role }) {
			continue
		}
		for _, want := range usual[role] {
			has := func(e endpoint) bool { return e.module() == want.Module && e.side() == want.Interface }
			if !slices.ContainsFunc(list, has) {
				missing = append(missing, string(want.Module)+" "+string(want.Interface))
			}
		}
	}
	if len(missing) > 0 {
		return checkModules.warn("missing for the roles "+rolesOf(p)+": "+strings.Join(missing, ", "),
			"offer them: without a SENDER nothing can be pulled, without a RECEIVER nothing arrives (4000)")
	}
	return checkModules.ok("what is usual for the roles %s is there", rolesOf(p))
}

// judgeChanges compares with what the hub goes by.
func judgeChanges(list []endpoint, p *parties.Platform) Line {
	for _, e := range p.Endpoints {
		same := func(now endpoint) bool {
			return now.module() == e.Module && (now.side() == e.Interface || now.side() != ocpi.Sender && now.side() != ocpi.Receiver) && now.URL == e.URL
		}
		if !slices.ContainsFunc(list, same) {
			return checkEndpointChanges.warn(fmt.Sprintf("%s %s is not where it was at the registration", e.Module, e.Interface),
				"have the partner send PUT credentials, or run hubctl platforms rotate: the hub goes by what was registered")
		}
	}
	return checkEndpointChanges.ok("the endpoints are those of the registration")
}

// sameHost says whether two URLs have the same scheme and host.
func sameHost(a, b string) bool {
	u, err := url.Parse(a)
	v, otherErr := url.Parse(b)
	return err == nil && otherErr == nil && u.Scheme == v.Scheme && strings.EqualFold(u.Host, v.Host) && u.User == nil
}

func hostOf(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return "no URL"
	}
	return u.Scheme + "://" + u.Host
}

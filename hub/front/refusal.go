package front

import (
	"slices"
	"strings"
	"time"

	"github.com/ocpihub/ocpihub/internal/fault"
	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/parties"
)

// Refusal is a request that came no further than the door. It holds no token
// and nothing that names a driver.
type Refusal struct {
	Began                    time.Time
	RequestID, CorrelationID string
	// Platform is whose token came with it, be it a wrong one; empty when that
	// is not known.
	Platform string
	// From is the party that sent it, To the one that OCPI-to names, both zero
	// when that is not known or cannot be believed.
	From, To ocpi.PartyID
	// Module is one that the specification knows, else empty; Object the path
	// below its endpoint, masked, or of a path that is not there its beginning.
	Module ocpi.ModuleID
	Method string
	Object string
	// Version is that of the endpoint; empty when there is none.
	Version  ocpi.Version
	Fault    fault.Kind
	Duration time.Duration
}

// tell tells of a request that failed before the router had it.
func (f *Front) tell(req *request, err error, began time.Time) {
	if f.Refused == nil || req.routed {
		return
	}
	r := Refusal{
		Began: began, RequestID: req.requestID, CorrelationID: req.correlationID, Platform: req.stray,
		Method: method(req.http.Method), Fault: asFault(err).Kind, Duration: f.Now().Sub(began),
	}
	if req.at != nil {
		r.Version = req.version()
	}
	var side ocpi.Interface
	if r.Module, side, r.Object = place(segments(req.http)); r.Module != "" {
		r.Object = ocpi.MaskPath(r.Module, side, r.Object)
	}
	if p := req.login.Platform; p != nil {
		r.Platform = p.ID
		r.From, r.To = between(p, req)
	}
	f.Refused(req.context(), r)
}

// between tells between whom a message of a platform is: from the party that it
// names, if it has it, or its only one.
func between(p *parties.Platform, req *request) (from, to ocpi.PartyID) {
	var asked ocpi.Routing
	if !req.bare() {
		asked, _ = ocpi.ParseRouting(req.http.Header) // what cannot be read is zero
	}
	if asked.From.IsZero() && len(p.Parties) == 1 {
		asked.From = p.Parties[0].Party
	}
	for i := range p.Parties {
		if p.Parties[i].Party == asked.From {
			from = asked.From
		}
	}
	if asked.To.Valid() {
		to = asked.To
	}
	return from, to
}

// method is the method of a request, if it is one that OCPI knows.
func method(m string) string {
	if slices.Contains([]string{"GET", "POST", "PUT", "PATCH", "DELETE"}, m) {
		return m
	}
	return "other"
}

// place tells module, interface and path below the endpoint from the segments
// of a path of the hub. Where they are not those of a module that the
// specification knows, it is the beginning of the path as it may be shown.
func place(parts []string) (module ocpi.ModuleID, side ocpi.Interface, path string) {
	rest := parts[min(2, len(parts)):]
	if as := standsAs(parts); as != "" {
		return placeAs(as, parts)
	}
	if len(rest) > 0 && interfaces[rest[0]] != "" {
		side, rest = interfaces[rest[0]], rest[1:]
	}
	switch {
	case len(rest) > 0 && !ocpi.ModuleID(rest[0]).Custom():
		return ocpi.ModuleID(rest[0]), side, strings.Join(rest[1:], "/")
	case len(rest) == 0 && side == "" && len(parts) == 2 && parts[0] == "ocpi":
		return ocpi.Versions, "", ""
	}
	return "", "", beginning(parts)
}

// placeAs is place where the hub stands in one role.
func placeAs(hub ocpi.Role, parts []string) (module ocpi.ModuleID, side ocpi.Interface, path string) {
	if len(parts) == 3 {
		return ocpi.Versions, "", ""
	}
	if module = ocpi.ModuleID(parts[3]); module.Custom() {
		return "", "", beginning(parts)
	}
	if module.Functional() {
		side = hub.Side(module)
	}
	return module, side, strings.Join(parts[4:], "/")
}

// standsAs is the role in which the hub stands at a path of OCPI 2.1.1, or "".
func standsAs(parts []string) ocpi.Role {
	if len(parts) > 2 && parts[1] == string(ocpi.V211) {
		if role := ocpi.Role(strings.ToUpper(parts[2])); slices.Contains(roles211, role) && parts[2] == strings.ToLower(parts[2]) {
			return role
		}
	}
	return ""
}

// beginning shows a path that is not there up to where a module should be: enough
// to see which word of an endpoint's URL is wrong. What follows may be an id.
func beginning(parts []string) string {
	shown := 3
	if len(parts) > 2 && (interfaces[parts[2]] != "" || standsAs(parts) != "") {
		shown = 4
	}
	var out []string
	for i, part := range parts {
		if i >= shown {
			return "/" + strings.Join(append(out, ocpi.Masked), "/")
		}
		if !isWord(part) {
			part = ocpi.Masked
		}
		out = append(out, part)
	}
	return "/" + strings.Join(out, "/")
}

// isWord says whether a text is a short word, or a version number.
func isWord(s string) bool {
	letters := strings.Trim(strings.ToLower(s), "abcdefghijklmnopqrstuvwxyz_") == ""
	version := len(s) <= 6 && strings.Trim(s, "0123456789.") == "" && strings.Contains(s, ".")
	return len(s) <= 20 && (letters || version)
}

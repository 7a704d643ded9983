package front

import (
	"net/http"
	"slices"
	"strings"

	"github.com/ocpihub/ocpihub/internal/fault"
	"github.com/ocpihub/ocpihub/ocpi"
)

// route is one row of the door's URL table.
type route struct {
	path    string   // see params
	parts   []string // of path, between its slashes
	methods []string // nil: the handler decides by the module table
	opens   bool
	serve   func(*request) (reply, error)
	version ocpi.Version // of its tree
	bare    bool         // messages of that version carry no OCPI headers (H-084)
	// as is the role in which the hub stands here: HUB, or in 2.1.1 the role that
	// a platform faces.
	as        ocpi.Role
	registers bool // it is the credentials endpoint
}

// params are the parts of a path that a route names in braces. The last part of
// a route may take the rest of the path.
type params struct {
	key    string
	side   string // interface
	module ocpi.ModuleID
	path   string // path...
}

// match finds the route of a request. Paths are compared as they came, escaped
// and uncleaned: ids may hold escaped slashes (H-080).
func (f *Front) match(req *request) (*route, error) {
	path := trimmedPath(req.http)
	routes := f.routesAt(path)
	for i := range routes {
		rt := &routes[i]
		params, ok := rt.capture(path)
		if !ok {
			continue
		}
		if rt.methods != nil && !slices.Contains(rt.methods, req.http.Method) {
			return nil, noMethod(rt.methods)
		}
		req.at, req.params = rt, params
		return rt, nil
	}
	return nil, fault.New(fault.NotFound, "no such path: the version details list the endpoints of the hub")
}

func noMethod(allow []string) error {
	return &fault.Error{
		Kind: fault.NoMethod, Allow: allow,
		Message: "this method is not there: use " + strings.Join(allow, ", "),
	}
}

// capture compares a path with that of the route and returns its named parts.
func (rt *route) capture(path string) (p params, ok bool) {
	rest, more := path, true
	for _, want := range rt.parts {
		if want == "{path...}" {
			p.path = rest
			return p, true
		}
		if !more {
			return params{}, false
		}
		var part string
		part, rest, more = strings.Cut(rest, "/")
		switch want {
		case "{key}":
			p.key = part
		case "{interface}":
			p.side = part
		case "{module}":
			p.module = ocpi.ModuleID(part)
		case part:
		default:
			return params{}, false
		}
	}
	return p, !more
}

// pattern is the path with names in place of what varies, but for what comes
// from a closed set; empty when there is no such path.
func (q *request) pattern() string {
	if q.at == nil {
		return ""
	}
	var out strings.Builder
	out.Grow(len(q.at.path))
	for _, part := range q.at.parts {
		switch {
		case part == "{interface}" && q.rule != nil:
			part = q.params.side
		case part == "{module}" && q.rule != nil:
			part = string(q.rule.Module)
		}
		out.WriteByte('/')
		out.WriteString(part)
	}
	return out.String()
}

// trimmedPath is the escaped path of a request without slashes at its ends.
func trimmedPath(r *http.Request) string { return strings.Trim(r.URL.EscapedPath(), "/") }

// segments cuts the escaped path of a request.
func segments(r *http.Request) []string { return strings.Split(trimmedPath(r), "/") }

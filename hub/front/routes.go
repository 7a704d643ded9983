package front

import (
	"slices"
	"strings"

	"github.com/ocpihub/ocpihub/internal/fault"
	"github.com/ocpihub/ocpihub/ocpi"
)

// route is one row of the door's URL table.
type route struct {
	path    string
	methods []string // nil: the handler decides by the module table
	opens   bool
	serve   func(*request) (reply, error)
}

// match finds the route of a request. Paths are compared as they came, escaped
// and uncleaned: ids may hold escaped slashes (H-080).
func (f *Front) match(req *request) (*route, error) {
	parts := segments(req.http)
	for i := range f.routes {
		rt := &f.routes[i]
		params, ok := capture(rt.path, parts)
		if !ok || !f.offers(params) {
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

// offers says whether the version in a path is one of the hub's.
func (f *Front) offers(params map[string]string) bool {
	v, named := params["version"]
	return !named || slices.Contains(f.Versions, ocpi.Version(v))
}

// capture compares a path with a pattern and returns its named parts. The last
// part of a pattern may take the rest of the path.
func capture(pattern string, parts []string) (map[string]string, bool) {
	params := map[string]string{}
	want := strings.Split(pattern, "/")
	for i, w := range want {
		switch {
		case w == "{path...}":
			params["path"] = strings.Join(parts[min(i, len(parts)):], "/")
			return params, i <= len(parts)
		case i >= len(parts):
			return nil, false
		case w[0] == '{':
			params[w[1:len(w)-1]] = parts[i]
		case w != parts[i]:
			return nil, false
		}
	}
	return params, len(want) == len(parts)
}

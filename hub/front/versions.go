package front

import (
	"encoding/json"
	"net/http"
	"slices"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/parties"
)

// versions lists the versions that the hub offers to a platform (H-039). Where its
// endpoints of 2.1.1 are depends on what the platform is.
func (f *Front) versions(req *request) (reply, error) {
	list := make([]parties.VersionLink, 0, len(f.trees))
	for _, v := range req.login.Platform.Speakable(f.Versions) {
		link := parties.VersionLink{Version: v, URL: f.Self.VersionURL(v)}
		if v == ocpi.V211 {
			faced, _ := req.login.Platform.Faced() // known, else it could not be spoken
			link.URL = f.Self.RoleURL(faced)
		}
		list = append(list, link)
	}
	return f.data(list)
}

// endpoint is one line of version details (version information endpoint,
// Endpoint class).
type endpoint struct {
	Identifier ocpi.ModuleID  `json:"identifier"`
	Role       ocpi.Interface `json:"role,omitempty"` // none in 2.1.1
	URL        string         `json:"url"`
}

// versionDetails is the answer of a version details endpoint.
type versionDetails struct {
	Version   ocpi.Version `json:"version"`
	Endpoints []endpoint   `json:"endpoints"`
}

// details lists the hub's endpoints in one version. Custom modules are shown only
// to those who have agreed on them (H-044).
func (f *Front) details(req *request) (reply, error) {
	at := slices.IndexFunc(f.trees, func(t tree) bool { return t.version == req.version() })
	t := f.trees[at]
	out := versionDetails{Version: t.version, Endpoints: slices.Clone(t.endpoints[req.at.as])}
	if req.at.bare {
		return f.data(out) // without headers nobody can name the party that a custom message is for
	}
	for _, m := range f.Registry.Directory().CustomModules(req.login.Platform, f.Now()) {
		out.Endpoints = append(out.Endpoints, f.both(t.version, m)...)
	}
	return f.data(out)
}

// data answers a configuration module: no routing headers (H-068).
func (f *Front) data(v any) (reply, error) {
	raw, err := json.Marshal(v)
	if err != nil {
		return reply{}, err
	}
	return f.raw(raw), nil
}

// raw answers with data that is JSON already.
func (f *Front) raw(data []byte) reply {
	env := ocpi.NewEnvelope(ocpi.StatusOK, "", f.Now())
	env.Data = data
	return reply{status: http.StatusOK, body: env.Bytes()}
}

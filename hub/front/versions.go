package front

import (
	"encoding/json"
	"net/http"
	"slices"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/parties"
)

// versions lists the versions that the hub offers (H-039).
func (f *Front) versions(*request) (reply, error) {
	list := make([]parties.VersionLink, 0, len(f.Versions))
	for _, v := range f.Versions {
		list = append(list, parties.VersionLink{Version: v, URL: f.Self.VersionURL(v)})
	}
	return f.data(list)
}

// endpoint is one line of version details (version information endpoint,
// Endpoint class).
type endpoint struct {
	Identifier ocpi.ModuleID  `json:"identifier"`
	Role       ocpi.Interface `json:"role"`
	URL        string         `json:"url"`
}

// versionDetails is the answer of a version details endpoint.
type versionDetails struct {
	Version   ocpi.Version `json:"version"`
	Endpoints []endpoint   `json:"endpoints"`
}

// details lists the hub's endpoints in one version: a hub is both sender and
// receiver of every functional module (H-042). Custom modules are shown only to
// those who have agreed on them (H-044).
func (f *Front) details(req *request) (reply, error) {
	v := req.version()
	base := f.Self.VersionURL(v)
	out := versionDetails{Version: v, Endpoints: []endpoint{
		{ocpi.Credentials, ocpi.Sender, ocpi.JoinURL(base, string(ocpi.Credentials))},
		{ocpi.HubClientInfo, ocpi.Sender, ocpi.JoinURL(base, string(ocpi.HubClientInfo))},
	}}
	modules := slices.Concat(ocpi.FunctionalModules(v), f.Registry.Directory().CustomModules(req.login.Platform, f.Now()))
	for _, m := range modules {
		for _, i := range []ocpi.Interface{ocpi.Sender, ocpi.Receiver} {
			at := ocpi.Address{Version: v, Module: m, Interface: i}
			out.Endpoints = append(out.Endpoints, endpoint{m, i, f.Self.Endpoint(at)})
		}
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

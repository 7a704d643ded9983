package front

import (
	"net/http"

	"github.com/ocpihub/ocpihub/internal/fault"
	"github.com/ocpihub/ocpihub/parties"
)

// credentials serves the registration of a platform: the credentials module,
// with the hub as Receiver.
func (f *Front) credentials(req *request) (reply, error) {
	switch req.http.Method {
	case http.MethodPost:
		return f.register(req, f.Registry.Register)
	case http.MethodPut:
		return f.register(req, f.Registry.Update)
	case http.MethodDelete:
		if err := f.Registry.SignOff(req.context(), req.login); err != nil {
			return reply{}, err
		}
		return f.raw(nil), nil
	}
	return f.written(req, f.Registry.Credentials(req.login, req.version()))
}

// register reads a credentials object and answers with the hub's.
func (f *Front) register(req *request, step registration) (reply, error) {
	if len(req.body) == 0 {
		return reply{}, fault.New(fault.Malformed, "the body is empty: send a Credentials object")
	}
	theirs, err := parties.ReadCredentials(req.version(), req.body)
	if err != nil {
		return reply{}, err
	}
	ours, err := step(req.context(), req.login, req.version(), theirs)
	if err != nil {
		return reply{}, err
	}
	return f.written(req, ours)
}

// written answers with the hub's credentials, in the manner of the endpoint.
func (f *Front) written(req *request, ours parties.Credentials) (reply, error) {
	raw, err := parties.WriteCredentials(req.version(), ours)
	if err != nil {
		return reply{}, err
	}
	return f.raw(raw), nil
}

package front

import (
	"encoding/json"
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
	return f.data(f.Registry.Credentials(req.login))
}

// register reads a credentials object and answers with the hub's.
func (f *Front) register(req *request, step registration) (reply, error) {
	if len(req.body) == 0 {
		return reply{}, fault.New(fault.Malformed, "the body is empty: send a Credentials object")
	}
	var theirs parties.Credentials
	if err := json.Unmarshal(req.body, &theirs); err != nil {
		return reply{}, fault.New(fault.Invalid, "the body is not a Credentials object of OCPI %s: %s", req.version(), err)
	}
	ours, err := step(req.context(), req.login, req.version(), theirs)
	if err != nil {
		return reply{}, err
	}
	return f.data(ours)
}

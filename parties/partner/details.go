package partner

import (
	"encoding/json"
	"strings"

	"github.com/ocpihub/ocpihub/ocpi"
)

// line is one endpoint of version details as it comes.
type line struct {
	Identifier string `json:"identifier"`
	Role       string `json:"role"`
	URL        string `json:"url"`
}

// endpoints reads version details: an object with endpoints, or, as some
// answer, the bare list.
func endpoints(data json.RawMessage) ([]line, error) {
	var list []line
	if err := json.Unmarshal(data, &list); err == nil {
		return list, nil
	}
	var details struct {
		Endpoints []line `json:"endpoints"`
	}
	err := json.Unmarshal(data, &details)
	return details.Endpoints, err
}

// both returns the endpoint for its interface, or for both where the platform
// names none. Module ids are lower-case; other spellings occur.
func (l line) both() []ocpi.Endpoint {
	module := ocpi.ModuleNamed(l.Identifier)
	switch i := ocpi.Interface(strings.ToUpper(l.Role)); i {
	case ocpi.Sender, ocpi.Receiver:
		return []ocpi.Endpoint{{Module: module, Interface: i, URL: l.URL}}
	}
	return []ocpi.Endpoint{
		{Module: module, Interface: ocpi.Sender, URL: l.URL},
		{Module: module, Interface: ocpi.Receiver, URL: l.URL},
	}
}

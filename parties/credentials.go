package parties

import (
	"encoding/json"

	"github.com/ocpihub/ocpihub/ocpi"
)

// VersionLink is one entry of a version list (version information endpoint).
type VersionLink struct {
	Version ocpi.Version `json:"version"`
	URL     string       `json:"url"`
}

// Details are the endpoints of one version (Version details endpoint), and the
// way in which the partner took the token.
type Details struct {
	Endpoints []ocpi.Endpoint
	Encoding  ocpi.TokenEncoding
}

// Credentials is a Credentials object, as OCPI 2.2.1 has it (credentials chapter).
// ReadCredentials and WriteCredentials know how the other versions write it.
type Credentials struct {
	Token string            `json:"token"`
	URL   string            `json:"url"`
	Roles []CredentialsRole `json:"roles"`
	// HubPartyID is what a hub of 2.3.0 calls itself: country code and party id.
	HubPartyID string `json:"hub_party_id,omitempty"`

	// The fields of OCPI 2.1.1, which some platforms write beside the roles,
	// and some of these want to read as well. The hub goes by the roles alone.
	CountryCode     string          `json:"country_code,omitempty"`
	PartyID         string          `json:"party_id,omitempty"`
	BusinessDetails json.RawMessage `json:"business_details,omitempty"`
}

// hasOldFields says whether there are fields of OCPI 2.1.1 beside the roles.
func (c Credentials) hasOldFields() bool { return c.CountryCode != "" && c.PartyID != "" }

// CredentialsRole is one party of a Credentials object.
type CredentialsRole struct {
	Role            ocpi.Role       `json:"role"` // none in 2.1.1
	BusinessDetails json.RawMessage `json:"business_details"`
	PartyID         string          `json:"party_id"`
	CountryCode     string          `json:"country_code"`
}

// RegisterCall is one call of a partner's credentials module.
type RegisterCall struct {
	Version  ocpi.Version // of the endpoint
	Method   string       // POST, PUT or DELETE
	URL      string
	Token    string
	Encoding ocpi.TokenEncoding
	Send     Credentials // not sent with DELETE
}

package parties

import (
	"encoding/json"

	"github.com/ocpihub/ocpihub/internal/fault"
	"github.com/ocpihub/ocpihub/ocpi"
)

// credentials211 is the Credentials object of OCPI 2.1.1: one party, which has no
// role.
type credentials211 struct {
	Token           string          `json:"token"`
	URL             string          `json:"url"`
	BusinessDetails json.RawMessage `json:"business_details"`
	PartyID         string          `json:"party_id"`
	CountryCode     string          `json:"country_code"`
}

// DecodeCredentials reads a Credentials object as a version writes it: the version
// of the endpoint that it came to or from. A party of 2.1.1 becomes a role
// without Role, which the registry knows. Errors are those of encoding/json.
func DecodeCredentials(v ocpi.Version, body []byte) (Credentials, error) {
	if v == ocpi.V211 {
		return readParty(body)
	}
	var c Credentials
	err := json.Unmarshal(body, &c)
	return c, err
}

// ReadCredentials is DecodeCredentials for what a platform proposes. Faults are of
// kind Invalid; an object of another version is told by the field that gives it
// away (H-036).
func ReadCredentials(v ocpi.Version, body []byte) (Credentials, error) {
	c, err := DecodeCredentials(v, body)
	if err != nil {
		return Credentials{}, fault.New(fault.Invalid, "the body is not a Credentials object of OCPI %s: %s", v, err)
	}
	if len(c.Roles) > 0 {
		return c, nil
	}
	const partial = false
	if field, other, foreign := ocpi.ForeignVersion(v, "Credentials", body, partial); foreign {
		return Credentials{}, fault.New(fault.Invalid, "%s is of OCPI %s, and this is an object of %s: send it as that version writes it, or to the endpoint of %s",
			field, other, v, other)
	}
	return c, nil // the handshake says what is missing
}

// readParty goes by the party alone, be there roles beside it or not.
func readParty(body []byte) (Credentials, error) {
	var c credentials211
	if err := json.Unmarshal(body, &c); err != nil {
		return Credentials{}, err
	}
	out := Credentials{Token: c.Token, URL: c.URL}
	if c.CountryCode != "" && c.PartyID != "" {
		out.Roles = []CredentialsRole{{BusinessDetails: c.BusinessDetails, PartyID: c.PartyID, CountryCode: c.CountryCode}}
	}
	return out, nil
}

// WriteCredentials writes a Credentials object as a version wants it. In 2.1.1 it
// names the party of the first role.
func WriteCredentials(v ocpi.Version, c Credentials) ([]byte, error) {
	if v != ocpi.V211 {
		return json.Marshal(c)
	}
	out := credentials211{Token: c.Token, URL: c.URL}
	if len(c.Roles) > 0 {
		who := c.Roles[0]
		out.BusinessDetails, out.PartyID, out.CountryCode = who.BusinessDetails, who.PartyID, who.CountryCode
	}
	return json.Marshal(out)
}

package ocpitest

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"net/http"

	"github.com/ocpihub/ocpihub/ocpi"
)

// credentialsObject is the Credentials object (credentials chapter). In 2.1.1 it
// names one party itself, later roles do; a hub of 2.3.0 names itself beside.
type credentialsObject struct {
	Token      string            `json:"token"`
	URL        string            `json:"url"`
	HubPartyID string            `json:"hub_party_id,omitempty"`
	Roles      []credentialsRole `json:"roles"`
}

type credentialsRole struct {
	Role            ocpi.Role `json:"role"`
	BusinessDetails business  `json:"business_details"`
	PartyID         string    `json:"party_id"`
	CountryCode     string    `json:"country_code"`
}

// credentials211 is the Credentials object of 2.1.1.
type credentials211 struct {
	Token           string   `json:"token"`
	URL             string   `json:"url"`
	BusinessDetails business `json:"business_details"`
	PartyID         string   `json:"party_id"`
	CountryCode     string   `json:"country_code"`
}

type business struct {
	Name string `json:"name"`
}

// present returns the platform's credentials in a version, with a token for the
// partner.
func (p *Platform) present(token string, v ocpi.Version) []byte {
	out := mustJSON(p.credentialsIn(v, token))
	if p.opts.Credentials != nil {
		return p.opts.Credentials(out)
	}
	return out
}

func (p *Platform) credentialsIn(v ocpi.Version, token string) any {
	is := business{p.opts.Name}
	if v == ocpi.V211 {
		id := p.first().ID
		return credentials211{Token: token, URL: p.VersionsURL(), BusinessDetails: is, PartyID: id.ID, CountryCode: id.Country}
	}
	out := credentialsObject{Token: token, URL: p.VersionsURL()}
	for _, party := range p.opts.Parties {
		out.Roles = append(out.Roles, credentialsRole{
			Role: party.Role, PartyID: party.ID.ID, CountryCode: party.ID.Country, BusinessDetails: is,
		})
	}
	return out
}

// credentials serves the credentials module as Receiver.
func (p *Platform) credentials(in *incoming) answer {
	if !p.lists(in.Version) {
		return noSuchVersion()
	}
	known := in.standing == registered || p.opts.KnowsPartner
	switch in.Method {
	case http.MethodGet:
		return done(p.present(in.Token, in.Version))
	case http.MethodPost, http.MethodPut:
		if known != (in.Method == http.MethodPut) {
			return refuse(http.StatusMethodNotAllowed, ocpi.StatusClientError, "POST is for the first time, PUT for later")
		}
		return p.registration(in)
	case http.MethodDelete:
		if known {
			p.link.part()
			return done(nil)
		}
	}
	return refuse(http.StatusMethodNotAllowed, ocpi.StatusClientError, "not now")
}

// registration takes the partner's credentials, looks at its API in the version
// of the endpoint that was called, and answers with a new token (credentials,
// Registration).
func (p *Platform) registration(in *incoming) answer {
	given, err := readCredentials(in.Version, in.Body)
	if err != nil || given.VersionsURL == "" {
		return refuse(http.StatusOK, ocpi.StatusInvalidParameters, "want a Credentials object")
	}
	ctx, cancel := context.WithTimeout(context.Background(), p.opts.Timeout)
	defer cancel()
	partner, err := p.discover(ctx, *given, in.Version)
	if err != nil {
		return refuse(http.StatusOK, ocpi.StatusUnableToUseClient, err.Error())
	}
	token := "C-" + rand.Text()
	p.link.enter(partner, token)
	return done(p.present(token, in.Version))
}

var errNoCredentials = errors.New("want a Credentials object")

// readCredentials reads the credentials of a partner.
func readCredentials(v ocpi.Version, body []byte) (*Partner, error) {
	out := &Partner{Version: v}
	if v == ocpi.V211 {
		var in credentials211
		if err := json.Unmarshal(body, &in); err != nil || in.Token == "" || in.PartyID == "" {
			return nil, errNoCredentials
		}
		out.VersionsURL, out.Token = in.URL, in.Token
		out.Parties = []Party{{ID: ocpi.NewPartyID(in.CountryCode, in.PartyID)}}
		return out, nil
	}
	var in credentialsObject
	if err := json.Unmarshal(body, &in); err != nil || in.Token == "" {
		return nil, errNoCredentials
	}
	out.VersionsURL, out.Token = in.URL, in.Token
	for _, r := range in.Roles {
		out.Parties = append(out.Parties, Party{r.Role, ocpi.NewPartyID(r.CountryCode, r.PartyID)})
	}
	if id := in.HubPartyID; len(id) > 2 {
		out.HubParty = ocpi.NewPartyID(id[:2], id[2:])
	}
	return out, nil
}

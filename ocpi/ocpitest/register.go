package ocpitest

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"

	"github.com/ocpihub/ocpihub/ocpi"
)

// Register makes the platform known to a partner, as Sender: it gets the
// versions and the details of the highest that both have, sends its
// credentials, and keeps those that it is answered with. An answer that refuses
// it is a *RefusedError.
func (p *Platform) Register(ctx context.Context, versionsURL, tokenA string) error {
	partner, err := p.discover(ctx, Partner{VersionsURL: versionsURL, Token: tokenA}, "")
	if err == nil {
		err = p.exchange(ctx, http.MethodPost, partner)
	}
	if err != nil {
		return fmt.Errorf("register %s: %w", p.opts.Name, err)
	}
	return nil
}

// UpdateCredentials sends the credentials again, with a new token, after
// looking at the partner's versions once more, in the highest that both have.
func (p *Platform) UpdateCredentials(ctx context.Context) error { return p.renew(ctx, "") }

// Upgrade goes on in another version, which the platform lists from then on: it
// sends its credentials by PUT to the endpoint of that version (credentials,
// Updating to a newer version). What it offers it has to offer anew: objects are
// listed in the version in which they were offered.
func (p *Platform) Upgrade(ctx context.Context, v ocpi.Version) error {
	if !p.lists(v) {
		p.SetVersions(append(p.Versions(), v)...)
	}
	return p.renew(ctx, v)
}

// renew sends the credentials in a version, or in the highest mutual one.
func (p *Platform) renew(ctx context.Context, v ocpi.Version) error {
	known, err := p.Partner()
	if err != nil {
		return err
	}
	partner, err := p.discover(ctx, known, v)
	if err == nil {
		err = p.exchange(ctx, http.MethodPut, partner)
	}
	if err != nil {
		return fmt.Errorf("update credentials of %s: %w", p.opts.Name, err)
	}
	return nil
}

// Unregister ends the connection with the partner.
func (p *Platform) Unregister(ctx context.Context) error {
	reply, err := p.Do(ctx, Request{Module: ocpi.Credentials, Method: http.MethodDelete})
	if err != nil {
		return err
	}
	if err := reply.Err(); err != nil {
		return err
	}
	p.link.part()
	return nil
}

// exchange sends the platform's credentials and takes the partner's. The token
// that it sends is good at once: the partner looks at the platform's versions
// before it answers.
func (p *Platform) exchange(ctx context.Context, method string, partner *Partner) error {
	token := "B-" + rand.Text()
	p.link.try(token)
	defer p.link.try("")
	reply, err := p.Do(ctx, Request{
		URL: partner.Endpoint(ocpi.Credentials, ocpi.Sender), Module: ocpi.Credentials, Version: partner.Version,
		Method: method, Token: partner.Token, Body: p.present(token, partner.Version),
	})
	if err != nil {
		return err
	}
	if err := reply.Err(); err != nil {
		return err
	}
	given, err := readCredentials(partner.Version, reply.Envelope.Data)
	if err != nil {
		return fmt.Errorf("the answer holds no credentials")
	}
	partner.Token, partner.Parties, partner.HubParty = given.Token, given.Parties, given.HubParty
	if given.VersionsURL != "" {
		partner.VersionsURL = given.VersionsURL
	}
	p.link.enter(partner, token)
	return nil
}

// discover finds the endpoints of a partner, of which its credentials are known,
// in one version, or in the highest that both have.
func (p *Platform) discover(ctx context.Context, given Partner, want ocpi.Version) (*Partner, error) {
	var offered []versionLink
	if err := p.fetch(ctx, Request{URL: given.VersionsURL, Token: given.Token, Version: want}, &offered); err != nil {
		return nil, err
	}
	link, err := p.choose(offered, want)
	if err != nil {
		return nil, err
	}
	var details struct {
		Endpoints []endpointLine `json:"endpoints"`
	}
	if err := p.fetch(ctx, Request{URL: link.URL, Token: given.Token, Version: link.Version}, &details); err != nil {
		return nil, err
	}
	out := given
	out.Version, out.Endpoints = link.Version, nil
	for _, l := range details.Endpoints {
		out.Endpoints = append(out.Endpoints, p.endpointOf(link.Version, l))
	}
	if out.Endpoint(ocpi.Credentials, ocpi.Sender) == "" {
		return nil, fmt.Errorf("%s lists no credentials endpoint", link.URL)
	}
	return &out, nil
}

// endpointOf reads a line of a partner's version details. A partner of 2.1.1
// stands on the side that the platform does not.
func (p *Platform) endpointOf(v ocpi.Version, l endpointLine) ocpi.Endpoint {
	out := ocpi.Endpoint{Module: l.Identifier, Interface: l.Role, URL: l.URL}
	if v == ocpi.V211 {
		out.Interface = p.side(l.Identifier).Other()
	}
	return out
}

// choose returns the version that is wanted, or the highest that both sides have.
func (p *Platform) choose(offered []versionLink, want ocpi.Version) (versionLink, error) {
	fits := p.Versions()
	if want != "" {
		fits = []ocpi.Version{want}
	}
	offered = slices.DeleteFunc(offered, func(l versionLink) bool { return !slices.Contains(fits, l.Version) })
	if len(offered) == 0 {
		return versionLink{}, fmt.Errorf("no mutual version: want one of %v", fits)
	}
	return slices.MaxFunc(offered, func(a, b versionLink) int { return a.Version.Compare(b.Version) }), nil
}

// fetch gets the data of a URL.
func (p *Platform) fetch(ctx context.Context, req Request, into any) error {
	req.Module, req.Method = ocpi.Versions, http.MethodGet
	reply, err := p.Do(ctx, req)
	if err != nil {
		return err
	}
	if err := reply.Err(); err != nil {
		return err
	}
	if err := json.Unmarshal(reply.Envelope.Data, into); err != nil {
		return fmt.Errorf("%s gave something else than expected: %w", req.URL, err)
	}
	return nil
}

package ocpitest

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/ocpihub/ocpihub/ocpi"
)

// Register makes the platform known to a partner, as Sender: it gets the
// versions and the details, sends its credentials, and keeps those that it is
// answered with. An answer that refuses it is a *RefusedError.
func (p *Platform) Register(ctx context.Context, versionsURL, tokenA string) error {
	partner, err := p.discover(ctx, versionsURL, tokenA)
	if err != nil {
		return fmt.Errorf("register %s: %w", p.opts.Name, err)
	}
	if err := p.exchange(ctx, http.MethodPost, partner); err != nil {
		return fmt.Errorf("register %s: %w", p.opts.Name, err)
	}
	return nil
}

// UpdateCredentials sends the credentials again, with a new token, after
// looking at the partner's versions once more.
func (p *Platform) UpdateCredentials(ctx context.Context) error {
	known, err := p.Partner()
	if err != nil {
		return err
	}
	partner, err := p.discover(ctx, known.VersionsURL, known.Token)
	if err != nil {
		return fmt.Errorf("update credentials of %s: %w", p.opts.Name, err)
	}
	if err := p.exchange(ctx, http.MethodPut, partner); err != nil {
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
		URL: partner.Endpoint(ocpi.Credentials, ocpi.Sender), Module: ocpi.Credentials,
		Method: method, Token: partner.Token, Body: p.present(token),
	})
	if err != nil {
		return err
	}
	if err := reply.Err(); err != nil {
		return err
	}
	var theirs credentialsObject
	if err := json.Unmarshal(reply.Envelope.Data, &theirs); err != nil || theirs.Token == "" {
		return fmt.Errorf("the answer holds no credentials")
	}
	partner.Token, partner.Parties = theirs.Token, theirs.parties()
	if theirs.URL != "" {
		partner.VersionsURL = theirs.URL
	}
	p.link.enter(partner, token)
	return nil
}

// discover finds the version to speak with a partner, and its endpoints.
func (p *Platform) discover(ctx context.Context, versionsURL, token string) (*Partner, error) {
	var offered []versionLink
	if err := p.fetch(ctx, versionsURL, token, &offered); err != nil {
		return nil, err
	}
	link, err := p.highest(offered)
	if err != nil {
		return nil, err
	}
	var details struct {
		Endpoints []endpointLine `json:"endpoints"`
	}
	if err := p.fetch(ctx, link.URL, token, &details); err != nil {
		return nil, err
	}
	out := &Partner{VersionsURL: versionsURL, Token: token, Version: link.Version}
	for _, l := range details.Endpoints {
		out.Endpoints = append(out.Endpoints, ocpi.Endpoint{Module: l.Identifier, Interface: l.Role, URL: l.URL})
	}
	if out.Endpoint(ocpi.Credentials, ocpi.Sender) == "" {
		return nil, fmt.Errorf("%s lists no credentials endpoint", link.URL)
	}
	return out, nil
}

// highest returns the highest version that both sides have.
func (p *Platform) highest(offered []versionLink) (versionLink, error) {
	offered = slices.DeleteFunc(offered, func(l versionLink) bool { return !slices.Contains(p.opts.Versions, l.Version) })
	if len(offered) == 0 {
		return versionLink{}, fmt.Errorf("no mutual version: want one of %v", p.opts.Versions)
	}
	return slices.MaxFunc(offered, func(a, b versionLink) int {
		return strings.Compare(string(a.Version), string(b.Version))
	}), nil
}

// fetch gets the data of a URL.
func (p *Platform) fetch(ctx context.Context, url, token string, into any) error {
	reply, err := p.Do(ctx, Request{URL: url, Module: ocpi.Versions, Method: http.MethodGet, Token: token})
	if err != nil {
		return err
	}
	if err := reply.Err(); err != nil {
		return err
	}
	if err := json.Unmarshal(reply.Envelope.Data, into); err != nil {
		return fmt.Errorf("%s gave something else than expected: %w", url, err)
	}
	return nil
}

// Package partner speaks to the platform at the other end of a handshake:
// versions, version details and credentials. It is lenient with what real
// platforms answer; what it cannot use is a fault of kind ClientUnusable.
package partner

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/ocpihub/ocpihub/internal/fault"
	"github.com/ocpihub/ocpihub/internal/peer"
	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/parties"
)

// Partner implements parties.Partner over HTTP.
type Partner struct {
	// Client makes the calls.
	Client Caller
	// Timeout bounds each call.
	Timeout time.Duration
}

// Caller makes one call. Errors are faults. Implementation: peer.Client.
type Caller interface {
	Do(ctx context.Context, call peer.Call) (peer.Reply, error)
}

var _ parties.Partner = Partner{}

// Versions fetches a version list.
func (p Partner) Versions(ctx context.Context, url, token string) ([]parties.VersionLink, error) {
	data, _, err := p.fetch(ctx, url, token, ocpi.TokenBase64)
	if err != nil {
		return nil, err
	}
	var list []parties.VersionLink
	if err := json.Unmarshal(data, &list); err != nil {
		return nil, unusable(err, "%s gave no list of versions", url)
	}
	return list, nil
}

// Details fetches the endpoints of one version.
func (p Partner) Details(ctx context.Context, link parties.VersionLink, token string) (parties.Details, error) {
	usual := ocpi.UsualEncoding(link.Version)
	data, encoding, err := p.fetch(ctx, link.URL, token, usual)
	if err != nil {
		return parties.Details{}, err
	}
	lines, err := endpoints(data)
	if err != nil {
		return parties.Details{}, unusable(err, "%s gave no version details", link.URL)
	}
	out := parties.Details{Encoding: encoding}
	for _, l := range lines {
		out.Endpoints = append(out.Endpoints, l.both()...)
	}
	if encoding == usual {
		out.Encoding = p.spelling(ctx, out.Endpoints, token, usual)
	}
	return out, nil
}

func otherEncoding(e ocpi.TokenEncoding) ocpi.TokenEncoding {
	if e == ocpi.TokenRaw {
		return ocpi.TokenBase64
	}
	return ocpi.TokenRaw
}

// spelling finds out how a platform reads tokens from its credentials
// endpoint: many give versions and details to everybody, so that an answer to
// these tells nothing. Where it cannot be told it is the usual spelling.
func (p Partner) spelling(ctx context.Context, endpoints []ocpi.Endpoint, token string, usual ocpi.TokenEncoding) ocpi.TokenEncoding {
	i := slices.IndexFunc(endpoints, func(e ocpi.Endpoint) bool { return e.Module == ocpi.Credentials })
	if i < 0 {
		return usual
	}
	url, other := endpoints[i].URL, otherEncoding(usual)
	_, err := p.call(ctx, http.MethodGet, url, ocpi.FormatAuthorization(token, usual), nil)
	if err == nil || unreachable(err) || fault.Is(err, fault.NoMethod) {
		return usual
	}
	if _, err := p.call(ctx, http.MethodGet, url, ocpi.FormatAuthorization(token, other), nil); err != nil {
		return usual
	}
	return other
}

// Register calls the partner's credentials endpoint.
func (p Partner) Register(ctx context.Context, call parties.RegisterCall) (parties.Credentials, error) {
	var body []byte
	if call.Method != http.MethodDelete {
		var err error
		if body, err = parties.WriteCredentials(call.Version, call.Send); err != nil {
			return parties.Credentials{}, err
		}
	}
	data, err := p.call(ctx, call.Method, call.URL, ocpi.FormatAuthorization(call.Token, call.Encoding), body)
	if err != nil || call.Method == http.MethodDelete {
		return parties.Credentials{}, err
	}
	// Of what version it is does not matter yet: the platform goes by its token.
	theirs, err := parties.DecodeCredentials(call.Version, data)
	if err != nil {
		return parties.Credentials{}, unusable(err, "%s answered without a Credentials object: %s", call.URL, err)
	}
	return theirs, nil
}

// fetch makes a GET with the token in its usual spelling, and again in the other
// where the platform did not understand that: older implementations know the raw
// form only.
func (p Partner) fetch(ctx context.Context, url, token string, usual ocpi.TokenEncoding) (json.RawMessage, ocpi.TokenEncoding, error) {
	data, err := p.call(ctx, http.MethodGet, url, ocpi.FormatAuthorization(token, usual), nil)
	if err == nil || unreachable(err) {
		return data, usual, err
	}
	other := otherEncoding(usual)
	data, otherErr := p.call(ctx, http.MethodGet, url, ocpi.FormatAuthorization(token, other), nil)
	if otherErr != nil {
		return nil, "", err
	}
	return data, other, nil
}

// unreachable says whether a call failed before an answer came: the spelling
// of the token has nothing to do with that.
func unreachable(err error) bool {
	_, transport := errors.AsType[*fault.Error](errors.Unwrap(err))
	return transport
}

// Ping asks a registered platform for its versions, to see whether it is
// there (hub client info, still-alive check). One that does not understand the
// token is asked in the other spelling: platforms change that with a release.
// The spelling that it understood is returned.
func (p Partner) Ping(ctx context.Context, url, token string, encoding ocpi.TokenEncoding) (ocpi.TokenEncoding, error) {
	_, err := p.call(ctx, http.MethodGet, url, ocpi.FormatAuthorization(token, encoding), nil)
	if err == nil || unreachable(err) {
		return encoding, err
	}
	other := otherEncoding(encoding)
	if _, otherErr := p.call(ctx, http.MethodGet, url, ocpi.FormatAuthorization(token, other), nil); otherErr != nil {
		return encoding, err
	}
	return other, nil
}

// call makes one call and returns the data of a good answer.
func (p Partner) call(ctx context.Context, method, url, authorization string, body []byte) (json.RawMessage, error) {
	reply, err := p.Client.Do(ctx, peer.Call{
		Method: method, URL: url, Authorization: authorization, Body: body,
		RequestID: uuid.NewString(), CorrelationID: uuid.NewString(), Timeout: p.Timeout,
		Module: moduleOf(method),
	})
	if err != nil {
		return nil, unusable(err, "%s %s failed", method, url)
	}
	if reply.Status < 200 || reply.Status > 299 {
		return nil, refusal(reply, "%s %s answered HTTP %d", method, url, reply.Status)
	}
	env, err := ocpi.ParseEnvelope(reply.Body)
	if err != nil {
		if json.Valid(reply.Body) { // some answer without an envelope
			return reply.Body, nil
		}
		return nil, unusable(err, "%s %s gave no OCPI answer", method, url)
	}
	if !env.StatusCode.Success() {
		return nil, unusable(nil, "%s %s answered status_code %d: %s", method, url, env.StatusCode, env.StatusMessage)
	}
	return env.Data, nil
}

// moduleOf is what a call is about. Credentials are read only to see whether a
// token is understood, which counts as reading versions.
func moduleOf(method string) ocpi.ModuleID {
	if method == http.MethodGet {
		return ocpi.Versions
	}
	return ocpi.Credentials
}

// refusal tells a platform that knows the hub already (405) from a failure.
func refusal(reply peer.Reply, format string, args ...any) error {
	if reply.Status == http.StatusMethodNotAllowed {
		return fault.New(fault.NoMethod, format, args...)
	}
	return fault.New(fault.ClientUnusable, format, args...)
}

func unusable(cause error, format string, args ...any) error {
	return fault.Wrap(fault.ClientUnusable, cause, format, args...)
}

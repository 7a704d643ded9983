package routing

import (
	"cmp"
	"context"
	"encoding/base64"
	"net/url"
	"strings"
	"time"

	"github.com/ocpihub/ocpihub/internal/fault"
	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/routing/trail"
)

// nextParam carries, in a Link that the hub gives, the receiver's own link.
const nextParam = "hub_next"

// forGood is as long as a trail can be meant to live.
const forGood = 100 * 365 * 24 * time.Hour

// leadCDR gives a CDR a Location that leads to the receiver's through the hub
// (H-150). Without the store the CDR is taken and kept all the same: to refuse
// it now would make the sender post it again.
func (r *Router) leadCDR(ctx context.Context, m *Message, plan Plan, p passage) string {
	if p.reply.Location == "" {
		return ""
	}
	key := newKey()
	err := r.Trails.Remember(context.WithoutCancel(ctx), trail.Trail{
		Kind: trail.CDR, Key: key, URL: cdrURL(p.target.Endpoint, p.reply.Location), Module: ocpi.CDRs, Version: p.target.Platform.Version,
		Asked:   trail.End{Party: plan.From.Party, Platform: m.Sender.ID},
		Answers: trail.End{Party: plan.To, Platform: p.target.Platform.ID},
		Expires: r.Now().Add(cmp.Or(r.CDRLife, forGood)), CorrelationID: m.CorrelationID,
	})
	if err != nil {
		return ""
	}
	return ocpi.JoinURL(r.endpoint(m), key)
}

// cdrURL is where a receiver keeps a CDR. The form of a Location is not
// specified: some give the last part of the path alone.
func cdrURL(endpoint, location string) string {
	if !strings.ContainsAny(location, "/:?") {
		return ocpi.JoinURL(endpoint, location)
	}
	return absolute(endpoint, location)
}

// endpoint is the URL of the hub's endpoint that the message was sent to.
func (r *Router) endpoint(m *Message) string {
	return r.Self.Endpoint(ocpi.Address{Version: m.Rule.Version, Module: m.Rule.Module, Interface: m.Rule.Interface})
}

// nextURL is where a message goes on the second hop: the path below the
// receiver's endpoint, escaped as it came, or the link of an earlier answer.
func nextURL(m *Message, target Target, path, query string) (string, error) {
	given := ""
	if m.Rule.List {
		given = m.param(nextParam)
	}
	if given == "" {
		return withQuery(ocpi.JoinURL(target.Endpoint, path), query), nil
	}
	next, err := base64.RawURLEncoding.DecodeString(given)
	if err != nil || !registeredLink(target, string(next)) {
		return "", fault.New(fault.Invalid, "%s is not from a Link of this hub: start the list anew", nextParam)
	}
	return string(next), nil
}

// registeredLink says whether a link leads to a host of the receiver's own
// platform: anybody can make up the parameter, and the hub sends a token there.
func registeredLink(target Target, link string) bool {
	u, err := url.Parse(link)
	return err == nil && u.User == nil && (u.Scheme == "http" || u.Scheme == "https") &&
		registeredHost(target.Platform, u.Hostname()) && samePort(target.Endpoint, u)
}

func samePort(endpoint string, u *url.URL) bool {
	e, err := url.Parse(endpoint)
	return err == nil && e.Host == u.Host
}

// absolute resolves a URL against the endpoint that gave it.
func absolute(endpoint, given string) string {
	base, err := url.Parse(endpoint)
	if err != nil {
		return given
	}
	u, err := base.Parse(given)
	if err != nil {
		return given
	}
	return u.String()
}

// setParam replaces one parameter of a raw query, or adds it; all other bytes
// stay as they are.
func setParam(query, name, value string) string {
	pair := name + "=" + url.QueryEscape(value)
	if query == "" {
		return pair
	}
	pieces, done := strings.Split(query, "&"), false
	for i, piece := range pieces {
		key, _, _ := strings.Cut(piece, "=")
		if key, err := url.QueryUnescape(key); err == nil && key == name {
			pieces[i], done = pair, true
		}
	}
	if !done {
		pieces = append(pieces, pair)
	}
	return strings.Join(pieces, "&")
}

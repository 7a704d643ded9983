package routing

import (
	"context"
	"errors"
	"net/url"
	"strings"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/bridge"
	"github.com/ocpihub/ocpihub/routing/catalog"
)

// In 2.1.1 a uid names one token, and no URL tells its type. Later versions, and
// the catalog, tell tokens of one uid apart by it.

// typed is a message of 2.1.1 about a token with the type in its query, as later
// versions have it; every other message is returned as it is.
func (r *Router) typed(ctx context.Context, m *Message, plan Plan) (*Message, error) {
	if m.Rule.Version != ocpi.V211 || m.Rule.Module != ocpi.Tokens || m.Rule.List || m.param("type") != "" {
		return m, nil
	}
	kind := m.param("token_type") // so the table of 2.1.1 calls it, and its text type
	if kind == "" && m.Rule.Owned() {
		var err error
		if kind, err = r.heldType(ctx, m, plan.To); err != nil {
			return m, err
		}
	}
	if kind == "" || strings.EqualFold(kind, catalog.DefaultTokenType) {
		return m, nil
	}
	out := *m
	out.Query = setParam(withoutParam(m.Query, "token_type"), "type", kind)
	return &out, nil
}

// heldType is the type of a token as its body says or, where that does not, as
// the hub holds it.
func (r *Router) heldType(ctx context.Context, m *Message, to ocpi.PartyID) (string, error) {
	if kind := ocpi.FindString(m.Body, "type"); kind != "" {
		return kind, nil
	}
	for _, kind := range []string{catalog.DefaultTokenType, "OTHER"} {
		for _, audience := range []ocpi.PartyID{to, catalog.Everyone} {
			k := catalog.Key{Module: ocpi.Tokens, Owner: m.owner(), Audience: audience, ID: catalog.TokenID(m.id(), kind)}
			_, err := r.Catalog.Get(ctx, k, catalog.Part{})
			if err == nil {
				return kind, nil
			}
			if !errors.Is(err, catalog.ErrUnknown) {
				return "", unavailable(err)
			}
		}
	}
	return "", nil
}

// tokenQuery is the query of a message about a token as a version has it: one
// that does not know the type calls it OTHER, and 2.1.1 has it only in an
// authorisation.
func tokenQuery(v ocpi.Version, owned bool, query string) string {
	given, err := url.ParseQuery(query)
	kind := given.Get("type")
	switch {
	case err != nil || kind == "":
		return query
	case owned && v == ocpi.V211:
		return withoutParam(query, "type")
	}
	if known := bridge.TokenType(v, kind); known != kind {
		return setParam(query, "type", known)
	}
	return query
}

// withoutParam takes one parameter out of a raw query; all other bytes stay as
// they are.
func withoutParam(query, name string) string {
	var kept []string
	for piece := range strings.SplitSeq(query, "&") {
		key, _, _ := strings.Cut(piece, "=")
		if plain, err := url.QueryUnescape(key); err != nil || plain != name {
			kept = append(kept, piece)
		}
	}
	return strings.Join(kept, "&")
}

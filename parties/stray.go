package parties

import (
	"context"

	"github.com/ocpihub/ocpihub/ocpi"
)

// Stray is a token that the hub knows although it opens nothing.
type Stray struct {
	// Platform is whose it is.
	Platform *Platform
	// Token says which one it is: "token A", spent at the registration, or
	// "token B", by which the hub calls the platform.
	Token string
}

// Stray tells whose and which one a refused token is: platforms go on using
// token A, or confuse the token that they gave with the one that they got. Tokens
// are the readings of one Authorization header.
func (r *Registry) Stray(tokens []string) (Stray, bool) {
	for _, token := range tokens {
		hash := HashToken(token)
		for _, p := range r.Directory().Platforms() {
			if p.Spent == hash {
				return Stray{p, "token A"}, true
			}
			if theirs, _, err := r.Token(p); err == nil && HashToken(theirs) == hash {
				return Stray{p, "token B"}, true
			}
		}
	}
	return Stray{}, false
}

// Respell notes that a platform reads the hub's token in another spelling now.
func (r *Registry) Respell(ctx context.Context, id string, e ocpi.TokenEncoding) error {
	_, err := r.change(ctx, id, func(p *Platform) error {
		if p.TokenEncoding == e || !p.Registered() {
			return errUnchanged
		}
		p.TokenEncoding = e
		return nil
	})
	if err == nil {
		r.log.InfoContext(ctx, "platform reads tokens in another spelling now", "platform_id", id, "token_encoding", e)
	}
	return err
}

package parties

import (
	"bytes"
	"context"
	"net/http"

	"github.com/ocpihub/ocpihub/internal/fault"
)

// renewal is how the credentials with a registered platform are to be renewed.
type renewal struct {
	wish wish
	// again: with the token that had no good answer, where there is one, rather than
	// a new one.
	again bool
}

// renew sends PUT credentials to a registered platform.
func (r *Registry) renew(ctx context.Context, p *Platform, how renewal) (*Platform, error) {
	if p.Status == Suspended {
		return nil, fault.New(fault.Conflict, "platform %s is suspended and gets no requests: resume it first", p.ID)
	}
	token, _, err := r.Token(p)
	if err != nil {
		return nil, err
	}
	found, err := r.discover(ctx, p.VersionsURL, token, how.wish)
	if err != nil {
		return nil, err
	}
	if r.rehearsal {
		return p.foreseen(found), nil
	}
	return r.put(ctx, p, exchange{found: found, method: http.MethodPut, token: token}, how.again)
}

// put sends the hub's credentials to a registered platform, and takes what it
// answers.
func (r *Registry) put(ctx context.Context, p *Platform, x exchange, again bool) (*Platform, error) {
	end, err := r.renewing.begin(ctx, p.ID)
	if err != nil {
		return nil, err
	}
	defer end()
	// The partner may just have renewed them, and moved to another version.
	now, err := r.find(p.ID)
	if err != nil {
		return nil, err
	}
	if !bytes.Equal(now.SealedToken, p.SealedToken) {
		return nil, fault.New(fault.Conflict, "platform %s has renewed the credentials at this very moment: try again if they are to change once more", p.ID)
	}
	if x.mine, err = r.offer(ctx, p.ID, again); err != nil {
		return nil, err
	}
	x.send = r.present(p, x.found.version, x.mine)
	ctx = context.WithoutCancel(ctx) // the platform changes its tokens, whether anybody waits for that or not
	answer, err := r.partner.Register(ctx, x.call())
	if err != nil {
		// The new token stays valid beside the old one: the platform may have
		// taken it although its answer was lost.
		return nil, unusable(err, "the platform did not take the hub's new credentials")
	}
	p, err = r.accept(ctx, p.ID, x, answer)
	if err != nil {
		return nil, err
	}
	r.log.InfoContext(ctx, "credentials renewed with a platform", "platform_id", p.ID, "version", p.Version)
	return p, nil
}

// offer makes a token good that is about to be offered to a registered platform.
// Again: the one of the last PUT where that had no good answer, so that there is
// one such token however often the hub tries.
func (r *Registry) offer(ctx context.Context, id string, again bool) (mine string, err error) {
	_, err = r.change(ctx, id, func(p *Platform) error {
		if again && p.SealedOffer != nil {
			if mine, err = r.sealer.Open(p.SealedOffer); err == nil && p.holdsKey(HashToken(mine), r.now()) {
				return errUnchanged
			}
		}
		mine = newToken()
		sealed, err := r.seal(mine)
		if err != nil {
			return err
		}
		p.SealedOffer, p.Keys = sealed, append(p.Keys, Key{Hash: HashToken(mine), Use: ForAll})
		return nil
	})
	return mine, err
}
